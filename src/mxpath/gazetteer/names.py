"""Names of networks in columns: looked up by bisection, without reading them all."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from mxpath.model.network import Network
from mxpath.tables.columns import Column, Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTable:
    """AS numbers in ascending order, and the text of each one's name."""

    asns: Column
    offsets: Column
    """Where each name begins in ``text``; one more than there are names."""
    text: Column
    """All names one after the other, UTF-8."""

    @classmethod
    def of(cls, networks: Iterable[Network]) -> "NameTable":
        """Build from networks in any order; of several names of a network the first is taken."""
        names: dict[int, bytes] = {}
        for network in networks:
            if network.name is not None:
                names.setdefault(network.asn, network.name.encode())
        asns = sorted(names)
        offsets = array("I", [0])
        for asn in asns:
            offsets.append(offsets[-1] + len(names[asn]))
        text = b"".join(names[asn] for asn in asns)
        return cls(
            asns=memoryview(array("I", asns)), offsets=memoryview(offsets), text=memoryview(text)
        )

    @classmethod
    def of_columns(cls, columns: Columns) -> "NameTable":
        """Take the columns that :meth:`columns` gave."""
        return cls(**columns)

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        return {"asns": self.asns, "offsets": self.offsets, "text": self.text}

    def __len__(self) -> int:
        return len(self.asns)

    def get(self, asn: int) -> str | None:
        """Return the name of a network, ``None`` when it has none here."""
        at = bisect_left(self.asns, asn)
        if at == len(self.asns) or self.asns[at] != asn:
            return None
        return bytes(self.text[self.offsets[at] : self.offsets[at + 1]]).decode()
