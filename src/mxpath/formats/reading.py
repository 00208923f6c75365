"""What a reader and a writer of traces are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mxpath.model.trace import Trace


class Read(Protocol):
    """Reads the bytes of a whole file."""

    def __call__(self, content: bytes, *, source: str) -> tuple[Trace, ...]:
        """Return its traces; raises nothing but ParseError, which names source and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A format of traces that can be read."""

    title: str
    """What it is, in a few words."""
    read: Read
    fits: Callable[[bytes], bool]
    """Whether a file may be of this format, from its first octets (64 KiB at most)."""


Writer = Callable[[tuple[Trace, ...]], bytes]
"""Writes traces as a file."""
