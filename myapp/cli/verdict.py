"""One check of the doctor: what is well, or what is wrong and the cure, in good time."""

from collections.abc import Callable

import click
import gevent

from myapp.hub import aside
from myapp.store import StoreDown

Check = Callable[[], str]
"""Returns good news as a sentence, or raises Wrong. Runs in a real thread."""


class Wrong(Exception):
    """What is wrong and the cure, in sentences for the operator."""


def verdict(name: str, check: Check, seconds: float = 10.0, thread: bool = True) -> bool:
    """Print what a check finds; whether all is well. What takes too long is wrong.

    A check that uses the store runs here and not in a thread: the store waits by itself.
    """
    well = False
    try:
        with gevent.Timeout(seconds):
            said = aside(check) if thread else check()
        well = True
    except gevent.Timeout:
        said = (
            f"no answer within {seconds:.0f} s. What it asks is overloaded or hangs: see its log."
        )
    except Wrong as wrong:
        said = str(wrong)
    except (StoreDown, OSError) as error:
        said = f"{error}."
    click.secho("ok     " if well else "WRONG  ", fg="green" if well else "red", nl=False)
    click.echo(f"{name}: {said}")
    return well
