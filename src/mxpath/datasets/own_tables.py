"""Routing tables of our own: files of several kinds, told apart by what is in them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path

from mxpath.datasets import birdc_routes, frr_routes, mrt_entries
from mxpath.datasets.mrt_framing import REGISTERED_TYPES
from mxpath.datasets.mrt_unpacking import blocks
from mxpath.datasets.snapshot import Tally
from mxpath.errors import InputError, ParseError
from mxpath.model.address import IPAddress
from mxpath.model.bgp import RibEntry

_GLANCE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKind:
    """A form in which routers give their tables."""

    title: str
    looks_like_it: Callable[[bytes], bool]
    """Whether a file that begins so is one."""
    rib_entries: Callable[..., tuple[RibEntry, ...]]
    """``rib_entries(content, addresses, *, source, tally)``."""
    moment: Callable[[bytes], datetime | None] = lambda _head: None
    """The moment that the table says it is of, by how its file begins."""


def _moment_of_mrt(head: bytes) -> datetime | None:
    """The time of the first record (RFC 6396 section 2)."""
    seconds = int.from_bytes(head[:4])
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _is_mrt(head: bytes) -> bool:
    return len(head) >= 12 and int.from_bytes(head[4:6]) in REGISTERED_TYPES and head[4] == 0


KINDS: dict[str, TableKind] = {
    "birdc": TableKind(
        title="BIRD's `birdc show route all`",
        looks_like_it=birdc_routes.looks_like_it,
        rib_entries=birdc_routes.rib_entries,
    ),
    "frr": TableKind(
        title="FRR's `show bgp ipv4|ipv6 unicast json`, or of one prefix",
        looks_like_it=frr_routes.looks_like_it,
        rib_entries=frr_routes.rib_entries,
    ),
    "mrt": TableKind(
        title="a table in MRT",
        looks_like_it=_is_mrt,
        rib_entries=mrt_entries.rib_entries,
        moment=_moment_of_mrt,
    ),
}
"""Every kind of table that ``--rib`` reads; a text is a text before it could be MRT."""


@dataclass(frozen=True, kw_only=True)
class OwnTable:
    """A file with a routing table of our own."""

    path: Path
    kind: str
    written_at: datetime
    """Of when it is, where it says so (MRT does), else when the file was last written."""

    def entries(
        self, addresses: Iterable[IPAddress], *, tally: Tally | None = None
    ) -> tuple[RibEntry, ...]:
        """Return its routes around ``addresses``; their ``collector`` is the file's name.

        Raises
        ------
        InputError
            When the file cannot be opened any more.
        ParseError
            When it is not what it began like.
        """
        with _opened(self.path) as file:
            return KINDS[self.kind].rib_entries(file, addresses, source=self.path.name, tally=tally)

    @cached_property
    def sha256(self) -> str:
        """The digest of the file as it lies there, in hexadecimal."""
        with _opened(self.path) as file:
            return file_digest(file, "sha256").hexdigest()


def open_table(path: Path) -> OwnTable:
    """Look at a file, plain or packed, and say which kind of table it holds.

    Raises
    ------
    InputError
        When it cannot be opened.
    ParseError
        When it is of no known kind.
    """
    with _opened(path) as file:
        written = os.fstat(file.fileno()).st_mtime
        head = next(blocks(file, source=path.name), b"")[:_GLANCE_BYTES]
    for name, kind in KINDS.items():
        if kind.looks_like_it(head):
            moment = kind.moment(head) or datetime.fromtimestamp(written, UTC)
            return OwnTable(path=path, kind=name, written_at=moment)
    known = "; ".join(kind.title for kind in KINDS.values())
    raise ParseError(f"no routing table that can be read here: {known}", source=path.name)


def _opened(path: Path) -> BufferedReader:
    if str(path) == "-":
        raise InputError("a routing table is read more than once: give a file, not standard input")
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
