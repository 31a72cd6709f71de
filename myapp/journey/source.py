"""Source: what runs a step, as its page shows it, read from the file when it is asked for."""

import ast
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

ROOT = Path(__file__).parents[2]
LANGUAGES = {".py": "python", ".js": "javascript", ".html": "html+jinja", ".json": "json"}
PLAIN = HtmlFormatter(nowrap=True, classprefix="hl-")


def source(path: str, *names: str) -> Markup:
    """The file, or of a Python file the things with these names, highlighted by classes."""
    file = ROOT / path
    return _highlighted(file, names, file.stat().st_mtime_ns)


@lru_cache(500)
def _highlighted(file: Path, names: tuple[str, ...], _: int) -> Markup:
    text = file.read_text()
    if names:
        text = "\n\n".join(_part(text, name) for name in names)
    lexer = get_lexer_by_name(LANGUAGES[file.suffix])
    return Markup(highlight(text, lexer, PLAIN))  # every character of `text` has been escaped


def _part(text: str, name: str) -> str:
    """One function or class, with its decorators, or one constant."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            first = node.lineno
        else:
            continue
        return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise LookupError(f"there is no {name}")
