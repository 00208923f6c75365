"""Validated ROA payloads in columns: which cover a prefix, without reading them all."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from mxpath.datasets.vrps import VrpRow
from mxpath.model.address import Prefix
from mxpath.model.rpki import Vrp
from mxpath.tables.columns import Column, Columns
from mxpath.tables.prefix_pieces import keys
from mxpath.tables.prefixes import BITS, Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class VrpTable:
    """Payloads of one address family, sorted by prefix length and then by prefix."""

    version: int
    lengths: Column
    """The prefix lengths that occur, ascending."""
    offsets: Column
    """Where the payloads of each length begin; one more than there are lengths."""
    starts: Keys
    """First address of each payload's prefix."""
    max_lengths: Column
    asns: Column

    @classmethod
    def of(cls, rows: Iterable[VrpRow], *, version: int) -> "VrpTable":
        """Build from rows in any order, repeats allowed; those of the other family are left out."""
        kept = sorted(
            {
                (length, start, max_length, asn)
                for family, start, length, max_length, asn in rows
                if family == version
            }
        )
        all_lengths = [row[0] for row in kept]
        lengths = sorted(set(all_lengths))
        offsets = [bisect_left(all_lengths, length) for length in lengths]
        return cls(
            version=version,
            lengths=memoryview(bytes(lengths)),
            offsets=memoryview(array("I", [*offsets, len(kept)])),
            starts=keys([row[1] for row in kept], version),
            max_lengths=memoryview(bytes([row[2] for row in kept])),
            asns=memoryview(array("I", [row[3] for row in kept])),
        )

    @classmethod
    def of_columns(cls, columns: Columns, *, version: int) -> "VrpTable":
        """Take the columns that :meth:`columns` gave."""
        return cls(
            version=version,
            lengths=columns["lengths"],
            offsets=columns["offsets"],
            starts=Keys(high=columns["start_high"], low=columns["start_low"]),
            max_lengths=columns["max_lengths"],
            asns=columns["asns"],
        )

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        return {
            "lengths": self.lengths,
            "offsets": self.offsets,
            "start_high": self.starts.high,
            "start_low": self.starts.low,
            "max_lengths": self.max_lengths,
            "asns": self.asns,
        }

    def __len__(self) -> int:
        return len(self.asns)

    def covering(self, prefix: Prefix) -> tuple[Vrp, ...]:
        """Return the payloads whose prefix is ``prefix`` or holds it, longest first (RFC 6811)."""
        if prefix.version != self.version:
            return ()
        number, network = int(prefix.network_address), _NETWORK[self.version]
        found = []
        for place in reversed(range(bisect_right(self.lengths, prefix.prefixlen))):
            length = self.lengths[place]
            hosts = BITS[self.version] - length
            start = number >> hosts << hosts
            for row in self._at(place, start):
                held = network((start, length))
                max_length: int = self.max_lengths[row]
                found.append(Vrp(prefix=held, asn=self.asns[row], max_length=max_length))
        return tuple(found)

    def _at(self, place: int, start: int) -> range:
        """Payloads of the length at ``place`` and of one prefix."""
        first, after = self.offsets[place], self.offsets[place + 1]
        after = self.starts.up_to(start, first, after)
        return range(self.starts.up_to(start - 1, first, after) if start else first, after)


_NETWORK: dict[int, Callable[[tuple[int, int]], Prefix]] = {4: IPv4Network, 6: IPv6Network}
