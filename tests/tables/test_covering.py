"""Prefixes around wanted addresses, against asking one after the other."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.address import IPAddress, Prefix
from mxpath.tables.covering import Wanted

# Few bits vary, so that many prefixes cover something.
V4 = st.integers(0, 2**32 - 1).map(lambda n: IPv4Address(n & 0xC0A8_0307))
V6 = st.integers(0, 2**128 - 1).map(lambda n: IPv6Address(n & (0x2001_0DB8 << 96 | 7 << 60 | 3)))
NETS: st.SearchStrategy[Prefix] = st.one_of(
    st.builds(lambda a, n: IPv4Network((a, n), strict=False), V4, st.integers(0, 32)),
    st.builds(lambda a, n: IPv6Network((a, n), strict=False), V6, st.integers(0, 128)),
)


@given(st.lists(st.one_of(V4, V6), max_size=4), st.lists(NETS, min_size=1, max_size=8))
def test_it_finds_what_asking_each_finds(
    addresses: list[IPAddress], prefixes: list[Prefix]
) -> None:
    wanted = Wanted(addresses)
    expected = [any(a in p for a in addresses) for p in prefixes]
    packed = np.zeros((len(prefixes), 16), np.uint8)
    for row, prefix in zip(packed, prefixes, strict=True):
        octets = np.frombuffer(prefix.network_address.packed, np.uint8)
        row[: len(octets)] = octets
    versions = np.array([p.version for p in prefixes], np.uint8)
    lengths = np.array([p.prefixlen for p in prefixes], np.uint8)
    assert wanted.covered(versions, packed, lengths).tolist() == expected
    read = [wanted.read(str(p)) for p in prefixes]
    assert read == [p if good else None for p, good in zip(prefixes, expected, strict=True)]


def test_foreign_words_are_no_prefix() -> None:
    wanted = Wanted([IPv4Address("192.0.2.1")])
    for text in ("192.0.2.0/33", "192.0.2.1/24", "192.0.2.0/24-28", "x/1", "192/24", "/0", "0/0"):
        assert wanted.read(text) is None
