"""How a room's code looks in a URL: checked before anything else is done with it."""

import re

from werkzeug.routing import BaseConverter

from myapp.rooms import LETTERS

EITHER_CASE = f"[{LETTERS}{LETTERS.lower()}]{{4}}"
CODE = re.compile(EITHER_CASE)


class CodeConverter(BaseConverter):
    """Four letters, in either case."""

    regex = EITHER_CASE
    part_isolating = True

    def to_python(self, value: str) -> str:
        return value.upper()


def find_code(text: str) -> str | None:
    """The code in what somebody typed or pasted: the code itself, or a link that ends with it."""
    last = text.strip().split("?")[0].rstrip("/").split("/")[-1]
    return last.upper() if CODE.fullmatch(last) else None
