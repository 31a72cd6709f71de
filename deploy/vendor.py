"""Puts Datastar and htmx into static/vendor/, with the licences of all that set-up puts there.

Run by make, once. Datastar 1.0 is in no package registry but inside the starhtml wheel, so the
wheel is downloaded, never installed, and one file taken out of it.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static/vendor"

WHEEL = (
    "starhtml==0.7.0"
    " --hash=sha256:3515ac3a21f1be7ce3e724b45440ed2be20d3afcdb60f92f6ebbfaec883d3ea2\n"
)
INSIDE = "starhtml/static/js/datastar-core.js"
DATASTAR = "31c8c9efb895beadeba5f73407c3ca60201dee321c5dea56c182817b475bde9f"

PIECES = """\
The chess pieces drawn inside vroum.js are by User:Cburnett of Wikimedia Commons, "Category:SVG
chess pieces" (commons.wikimedia.org), licensed under CC BY-SA 3.0
(creativecommons.org/licenses/by-sa/3.0), as adapted by gchessboard."""


def datastar() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        pin = Path(folder, "pin.txt")
        pin.write_text(WHEEL)
        # The wheel says it wants a newer Python than ours; its one file does not care.
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        what = ["--no-deps", "--only-binary=:all:", "--python-version=3.13", "--require-hashes"]
        if subprocess.run([*pip, *what, "--dest", folder, "-r", str(pin)]).returncode != 0:
            sys.exit("Datastar could not be fetched: is the network up? Then run make again.")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            script = wheel.read(INSIDE)
    if hashlib.sha256(script).hexdigest() != DATASTAR:
        sys.exit("Datastar is not the file it was when it was chosen: see deploy/vendor.py.")
    return script


def licences() -> str:
    star = next(f for f in files("datastar-py") or [] if f.name.startswith("LICENSE")).read_text()
    lit = (ROOT / "node_modules/lit/LICENSE").read_text()
    board = (ROOT / "node_modules/gchessboard/LICENSE").read_text()
    htmx = (ROOT / "node_modules/htmx.org/LICENSE").read_text()
    parts = [
        ("Datastar (datastar.js), MIT", star),
        ("Lit (in vroum.js), BSD 3-Clause", lit),
        ("htmx (htmx.js), Zero-Clause BSD", htmx),
        ("gchessboard (in vroum.js), MIT", board),
        ("Chess pieces (in vroum.js), CC BY-SA 3.0", PIECES),
    ]
    return "\n\n".join(f"{title}\n{'-' * len(title)}\n\n{text.strip()}\n" for title, text in parts)


if __name__ == "__main__":
    VENDOR.mkdir(parents=True, exist_ok=True)
    (VENDOR / "LICENSES.txt").write_text(licences())
    (VENDOR / "htmx.js").write_bytes((ROOT / "node_modules/htmx.org/dist/htmx.min.js").read_bytes())
    (VENDOR / "datastar.js").write_bytes(datastar())
