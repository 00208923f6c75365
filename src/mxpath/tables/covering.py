"""Which prefixes of a long table lie around the few addresses that somebody asks about.

An address or prefix is a key of seventeen octets, its version and then the address
in the first ones of sixteen: so one order holds both families, and a prefix covers a
wanted address when one lies between its first and its last key.
"""

from collections.abc import Iterable
from ipaddress import ip_network

import numpy as np
from numpy.typing import NDArray

from mxpath.model.address import IPAddress, Prefix

_BITS = {4: 32, 6: 128}
_HOST_BITS = {
    version: np.packbits(
        (np.arange(128) >= np.arange(129)[:, None]) & (np.arange(128) < bits), axis=1
    )
    for version, bits in _BITS.items()
}
"""Octets of the last address of ``::/length``, shape (129, 16)."""


class Overlapping:
    """Prefixes that somebody chose, asked which others cover them or lie in them."""

    def __init__(self, prefixes: Iterable[Prefix]) -> None:
        # Of prefixes that lie in one another the widest will do: then both ends ascend.
        chosen: list[Prefix] = []
        for prefix in sorted(set(prefixes), key=lambda p: (p.version, p.network_address, p)):
            last = chosen[-1] if chosen else None
            if last is None or prefix.version != last.version or prefix[0] not in last:
                chosen.append(prefix)
        self._first = _keys(prefix[0] for prefix in chosen)
        self._last = _keys(prefix[-1] for prefix in chosen)

    def covered(
        self, versions: NDArray[np.uint8], addresses: NDArray[np.uint8], lengths: NDArray[np.uint8]
    ) -> NDArray[np.bool_]:
        """Return which prefixes have something of what was chosen in them, shape (n,).

        Parameters
        ----------
        versions, lengths
            Shape (n,).
        addresses
            Packed, an IPv4 one in the first four octets, shape (n, 16).
        """
        if not len(self._first):
            return np.zeros(len(versions), np.bool_)
        first = np.empty((len(versions), 17), np.uint8)
        first[:, 0], first[:, 1:] = versions, addresses
        last = first.copy()
        six = versions == 6
        last[:, 1:] |= np.where(six[:, None], _HOST_BITS[6][lengths], _HOST_BITS[4][lengths])
        begins = np.searchsorted(self._last, first.view("S17").ravel(), "left")
        ends = np.searchsorted(self._first, last.view("S17").ravel(), "right")
        found: NDArray[np.bool_] = begins < ends
        return found


class Wanted(Overlapping):
    """Addresses, asked whether they lie in prefixes.

    Examples
    --------
    >>> from ipaddress import ip_address
    >>> wanted = Wanted([ip_address("192.0.2.77")])
    >>> wanted.read("192.0.2.0/24"), wanted.read("192.0.3.0/24")
    (IPv4Network('192.0.2.0/24'), None)
    """

    def __init__(self, addresses: Iterable[IPAddress]) -> None:
        self.addresses = tuple(dict.fromkeys(addresses))
        super().__init__(ip_network(address) for address in self.addresses)
        # An address before its first dot or colon: what a prefix around it begins with, too.
        self._heads = {_head(a.exploded, a.version) for a in self.addresses}

    def covers(self, prefix: Prefix) -> bool:
        """Whether a wanted address lies in ``prefix``."""
        return any(address in prefix for address in self.addresses)

    def read(self, text: str) -> Prefix | None:
        """Return the prefix that ``text`` writes, if it covers a wanted address.

        Most are dismissed by how they begin: a table has a million of them.
        """
        address, _, length = text.partition("/")
        version = 6 if ":" in address else 4
        whole = length.isdigit() and int(length) >= (16 if version == 6 else 8)
        if whole and _head(address, version) not in self._heads:
            return None
        try:
            prefix = ip_network(text)
        except ValueError:
            return None
        return prefix if self.covers(prefix) else None


def _keys(addresses: Iterable[IPAddress]) -> NDArray[np.bytes_]:
    keys = [bytes([a.version]) + a.packed for a in addresses]
    return np.array(keys, "S17") if keys else np.zeros(0, "S17")


def _head(address: str, version: int) -> str:
    """What stands before the first dot or colon, without leading zeros."""
    return address.partition(":" if version == 6 else ".")[0].lower().lstrip("0") + f"v{version}"
