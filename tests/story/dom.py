"""As much of a browser's document as the stories need."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "br", "hr", "img", "input", "link", "meta", "wbr"}


class Element:
    """A tag, its attributes, and what is in it."""

    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag = tag
        self.attrs = attrs
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        """What one reads: all its words, with single spaces."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in ("script", "noscript"):
                yield from child._words()

    def all(self, tag: str = "", cls: str = "", **attrs: str) -> Iterator["Element"]:
        """Everything in here with this tag, class and attributes (`aria_label` for aria-label)."""
        for child in self.children:
            if isinstance(child, Element):
                fits = tag in ("", child.tag)
                fits = fits and (not cls or cls in child.attrs.get("class", "").split())
                fits = fits and all(
                    child.attrs.get(name.replace("_", "-")) == value
                    for name, value in attrs.items()
                )
                if fits:
                    yield child
                yield from child.all(tag, cls, **attrs)

    def first(self, **what: Any) -> "Element | None":
        return next(self.all(**what), None)

    def replace(self, new: "Element") -> bool:
        """Put `new` in the place of what has its id; whether there is such a place."""
        for n, child in enumerate(self.children):
            if isinstance(child, Element):
                if child.attrs.get("id") == new.attrs.get("id"):
                    self.children[n] = new
                    return True
                if child.replace(new):
                    return True
        return False

    def put_before(self, id: str, new: "Element") -> bool:
        """Put `new` before what has this id; whether there is such a thing."""
        for n, child in enumerate(self.children):
            if isinstance(child, Element):
                if child.attrs.get("id") == id:
                    self.children.insert(n, new)
                    return True
                if child.put_before(id, new):
                    return True
        return False

    def remove(self, id: str) -> bool:
        """Take out what has this id; whether there is such a thing."""
        for n, child in enumerate(self.children):
            if isinstance(child, Element):
                if child.attrs.get("id") == id:
                    del self.children[n]
                    return True
                if child.remove(id):
                    return True
        return False

    @property
    def data(self) -> dict[str, str]:
        """What its data-* attributes say; "url" is what its stream is asked from."""
        effect = re.search(r"@get\('([^']*)'", self.attrs.get("data-effect", ""))
        return {"url": effect[1] if effect else ""}


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def parse(html: str) -> Element:
    """The tree of a page or a fragment; every tag must be closed in its order."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert len(builder._open) == 1, f"<{builder._open[-1].tag}> is never closed"
    return builder.root
