"""The beginning of a file, unpacked: enough to tell what it is."""

import gzip
import lzma
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mxpath.datasets.snapshot import unpacked
from mxpath.errors import InputError, ParseError

HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 4 * 1024
_MAX_TAIL_AT = 256 * 2**20
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|([{}\[\]])')


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Names of members near the top of a JSON document, by what they lie in."""

    top: frozenset[str]
    """Of the document itself."""
    inner: frozenset[str]
    """Of objects in its members: ``{"a": {"here": …}}``."""
    rows: frozenset[str]
    """Of objects in its lists: ``{"a": [{"here": …}]}``."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """A file's name, and its first octets as they are when unpacked."""

    path: Path
    octets: bytes

    @classmethod
    def of(cls, path: Path) -> "Head":
        """Read the beginning of a file.

        Raises
        ------
        InputError
            When there is no such file, or it cannot be read.
        ParseError
            When its packing is broken at once.
        """
        try:
            with path.open("rb") as file:
                octets = unpacked(file).read(HEAD_BYTES)
        except (gzip.BadGzipFile, lzma.LZMAError, EOFError) as error:
            raise ParseError(f"cannot be unpacked: {error}", source=str(path)) from error
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
        return cls(path=path, octets=octets)

    @property
    def is_binary(self) -> bool:
        """Whether it is no text."""
        return b"\0" in self.octets

    @cached_property
    def text(self) -> str:
        """The beginning as text."""
        return self.octets.decode(errors="replace").removeprefix("\ufeff")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Whole lines that say something; the last is not whole in a longer file."""
        found = self.text.splitlines()
        if len(self.octets) == HEAD_BYTES and len(found) > 1:
            found.pop()
        return tuple(line for line in found if line.strip())

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """The lines that are no comment."""
        return tuple(line for line in self.lines if not line.lstrip().startswith("#"))

    @cached_property
    def outline(self) -> Outline:
        """What its members are called, when it is JSON; else nothing."""
        found: dict[str, set[str]] = {"{": set(), "{{": set(), "{[{": set()}
        if self.text.lstrip()[:1] == "{":
            _walk(self.text, found)
        return Outline(
            top=frozenset(found["{"]), inner=frozenset(found["{{"]), rows=frozenset(found["{[{"])
        )

    def tail(self) -> str:
        """Return the end of the document: some publishers write there when they made it."""
        size, last = 0, b""
        with self.path.open("rb") as file:
            whole = unpacked(file)
            while size < _MAX_TAIL_AT and (block := whole.read(HEAD_BYTES)):
                size, last = size + len(block), (last + block)[-_TAIL_BYTES:]
        return last.decode(errors="replace")


def _walk(text: str, found: dict[str, set[str]]) -> None:
    """Note names by the brackets that they stand in; deep ones are passed over."""
    within = ""
    for token in _TOKEN.finditer(text):
        name, is_name, mark = token.groups()
        if mark is None:
            if is_name and within in found:
                found[within].add(name)
        elif mark in "{[":
            within += mark
        else:
            within = within[:-1]
