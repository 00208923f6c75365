"""What a reader and a writer of traces are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mxpath.errors import ParseError
from mxpath.model.trace import Trace

MAX_BYTES = 256 * 2**20
"""Larger files are refused unread, and packed ones that hold more."""


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


def check_size(content: bytes, *, source: str) -> None:
    """Refuse a file that is too large; every reader asks this first.

    Raises
    ------
    ParseError
        When it is larger than :data:`MAX_BYTES`.
    """
    if len(content) > MAX_BYTES:
        raise ParseError(f"larger than {MAX_BYTES} bytes", source=source)
