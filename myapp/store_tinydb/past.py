"""What stands in a data folder beside documents, for one who moves house. Runs in real threads."""

import os
from contextlib import suppress
from pathlib import Path

from myapp.store import Past
from myapp.store_tinydb.locks import AWAY, RUNNING, away
from myapp.store_tinydb.tinydb_file import sync, write

SECRET = "secret-key"


def past(root: Path) -> Past:
    secret, served = "", None
    with suppress(FileNotFoundError):
        secret = (root / SECRET).read_text()
    with suppress(FileNotFoundError):
        served = (root / RUNNING).stat().st_mtime
    return Past(secret, away(root), served)


def carry(root: Path, past: Past) -> None:
    texts = {SECRET: past.secret, AWAY: f"{past.away:.3f}\n" if past.away else ""}
    for name, text in texts.items():
        if text:
            draft = root / f".{name}"
            draft.touch(0o600)
            write(draft, text.encode(), durable=True)
            draft.replace(root / name)
        else:
            (root / name).unlink(missing_ok=True)
    if past.served is not None:
        os.utime(root / RUNNING, (past.served, past.served))
    sync(root)
