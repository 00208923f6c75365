"""A JSON text read value by value: a large list is never built as one tree."""

import json
import re
from collections.abc import Iterator
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")


class Walk:
    """A place in a JSON text, moved value by value; ValueError where there is none.

    A value that is nested too deeply is a RecursionError, as everywhere in ``json``.
    """

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._decode = json.JSONDecoder().raw_decode

    @property
    def line(self) -> int:
        """The line of the place, counted from 1."""
        return self._text.count("\n", 0, self._at) + 1

    def next(self) -> str:
        """Return the character with which the next value begins, empty at the end."""
        self._skip()
        return self._text[self._at : self._at + 1]

    def _skip(self) -> None:
        gap = _SPACE.match(self._text, self._at)
        if gap is not None:
            self._at = gap.end()

    def _mark(self, wanted: str) -> str:
        found = self.next()
        if not found or found not in wanted:
            raise ValueError(f"expected one of {wanted!r} at character {self._at}, found {found!r}")
        self._at += 1
        return found

    def value(self) -> Any:
        """Return the next value, whole."""
        self._skip()
        found, self._at = self._decode(self._text, self._at)
        return found

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.next():
            raise ValueError(f"more follows at character {self._at}")

    def members(self) -> Iterator[str]:
        """Yield the name of each member; the caller takes its value before the next."""
        self._mark("{")
        if self.next() == "}":
            self._mark("}")
            return
        while True:
            if self.next() != '"':
                raise ValueError(f"expected a name at character {self._at}")
            name = self.value()
            self._mark(":")
            yield name
            if self._mark(",}") == "}":
                return

    def elements(self) -> Iterator[Any]:
        """Yield the elements of a list."""
        self._mark("[")
        if self.next() == "]":
            self._mark("]")
            return
        while True:
            yield self.value()
            if self._mark(",]") == "]":
                return
