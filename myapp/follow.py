"""Follow: learn each document below a prefix, now and whenever it changes."""

import logging
from collections.abc import Callable

import gevent

from myapp.hub import Hub
from myapp.store import Store, StoreDown

log = logging.getLogger(__name__)


def follow(hub: Hub, store: Store, prefix: str, learn: Callable[[str], None]) -> None:
    """Call `learn(key)` for each document there is, and for each that changes or goes.

    Returns when the hub closes; until then whatever goes wrong is logged, and it goes on.
    """
    known: set[str] = set()
    while not hub.closing:
        try:
            with store.listen(prefix) as bell:
                rung = {prefix}
                while not hub.closing:
                    keys = {*store.keys(prefix), *known} if prefix in rung else rung
                    for key in keys:
                        learn(key)
                    known |= keys
                    rung = bell.wait(None)
        except StoreDown as error:
            log.warning("following %s waits: %s", prefix, error)
            gevent.sleep(1)
        except Exception:
            log.exception("following %s stumbled and goes on", prefix)
            gevent.sleep(1)
