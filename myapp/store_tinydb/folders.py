"""The folders of the documents: which there are, what stands in one. Runs in real threads."""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from myapp.store import split
from myapp.store_tinydb.locks import SIDE
from myapp.store_tinydb.tinydb_file import sync

ENDING = ".json"


def folders(root: Path) -> list[str]:
    """Those of the kind that keys name, sorted."""
    if not root.exists():
        return []
    names = [entry.name for entry in os.scandir(root) if entry.is_dir()]
    return sorted(name for name in names if name.isalpha() and name.islower() and name.isascii())


def keys(root: Path, folder: str, start: str) -> list[str]:
    """The keys of the files whose names begin so, sorted; none if there is no such folder."""
    try:
        names = os.listdir(root / folder)
    except FileNotFoundError:
        return []
    found = (key_of(folder, name) for name in names if name.startswith(start))
    return sorted(key for key in found if key)


@lru_cache(4096)  # the loop asks for each event of a folder
def key_of(folder: str, name: str) -> str | None:
    """The key of a file; None if the file is an editor's or anybody else's."""
    with suppress(ValueError):
        if name.endswith(ENDING):
            key = f"{folder}/{name.removesuffix(ENDING)}"
            split(key)
            return key
    return None


def furnish(folder: Path) -> None:
    """Make what is missing for documents to stand in it."""
    if not folder.exists():
        folder.mkdir(exist_ok=True)
        sync(folder.parent)
    (folder / SIDE).mkdir(exist_ok=True)
