"""Trouble with the disk, as the operator is told of it: what went wrong, and the cure."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from myapp.store import StoreDown

CURES = {
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some space on the disk",
    errno.EIO: "the disk is failing, save the data elsewhere",
    errno.EMFILE: "raise the limit of open files and fs.inotify.max_user_instances",
}
CURE = "chown the data folder to the server's user, or set MYAPP_STORE_URL"


@contextmanager
def trouble_told() -> Iterator[None]:
    """An OSError inside the `with` is StoreDown to whoever is outside."""
    try:
        yield
    except OSError as error:
        raise StoreDown(sentence(error)) from error


def sentence(error: OSError) -> str:
    return f"{error.strerror or error}: {CURES.get(error.errno or 0, CURE)}"
