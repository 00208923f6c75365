"""AS paths to chosen prefixes as collectors' peers told them: routes kept of an MRT table, one a line.

A line is :attr:`.RibEntry.line`; ``mxpath data build --paths`` writes them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.address import IPAddress, Prefix

if TYPE_CHECKING:  # loaded late: few gazetteers hold any
    from mxpath.model.bgp import RibEntry

SPEC = Spec(
    name="paths",
    publisher="RIPE NCC (RIS), University of Oregon (RouteViews), or your own router",
    licence="RIS: RIPE NCC terms, free with attribution; RouteViews: CC BY 4.0",
    cadence="with the tables that they were kept of",
    url="https://data.ris.ripe.net/{collector}/{year}.{month}/bview.{date}.{time}.gz",
    gives="AS paths to chosen prefixes, by collector and peer",
    attribution="Routes: RIPE NCC RIS (ris.ripe.net), RouteViews (routeviews.org)",
)


def parse(lines: Iterable[str], *, source: str, tally: Tally | None = None) -> "Iterator[RibEntry]":
    """Read routes, in their order.

    Raises
    ------
    ParseError
        On a line that is none.
    """
    from mxpath.model.bgp import RibEntry  # noqa: PLC0415 - as above

    tally = Tally() if tally is None else tally
    for number, line in enumerate(lines, start=1):
        if not line or line[0] == "#":
            continue
        try:
            entry = RibEntry.parse(line)
        except ParseError as error:
            raise ParseError(
                f"expected a route, found {line[:80]!r}", source=source, line=number
            ) from error
        tally.rows += 1
        yield entry


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTable:
    """Routes by their prefix; make it with :meth:`of`."""

    routes: "dict[Prefix, tuple[RibEntry, ...]]" = field(default_factory=dict)

    @classmethod
    def of(cls, entries: "Iterable[RibEntry]") -> "PathTable":
        """Put routes in order."""
        found: dict[Prefix, list[RibEntry]] = {}
        for entry in entries:
            found.setdefault(entry.prefix, []).append(entry)
        return cls(routes={prefix: tuple(routes) for prefix, routes in found.items()})

    def covering(self, address: IPAddress) -> "tuple[RibEntry, ...]":
        """Return all routes whose prefix covers an address, those of the longest first."""
        network = IPv4Network if address.version == 4 else IPv6Network
        number, bits = int(address), address.max_prefixlen
        around = (
            network((number >> bits - length << bits - length, length))
            for length in range(bits, -1, -1)
        )
        return tuple(route for prefix in around for route in self.routes.get(prefix, ()))
