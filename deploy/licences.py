"""Prints what serves, with versions and licences (`make licences`); none may be unknown."""

import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path


def licence(package: Distribution) -> str:
    """What the package says of itself: an SPDX expression, a field, or its classifiers."""
    said = package.metadata
    classifiers = [c.split(" :: ")[-1] for c in said.get_all("Classifier", []) if "License ::" in c]
    named = said["License-Expression"] or ", ".join(classifiers) or said["License"] or ""
    return named.splitlines()[0] if named else ""


def main() -> None:
    pinned = {
        line.split("==")[0].lower()
        for line in Path("requirements.txt").read_text().splitlines()
        if "==" in line
    }
    rows = [
        (package.name, package.version, licence(package))
        for package in distributions()
        if package.name.lower().replace("_", "-").replace(".", "-") in pinned
    ]
    for name, version, named in sorted(rows, key=lambda row: row[0].lower()):
        print(f"{name:28} {version:12} {named or 'UNKNOWN'}")
    print("\nIn the browser: static/vendor/LICENSES.txt")
    sys.exit(any(not named for *_, named in rows))


if __name__ == "__main__":
    main()
