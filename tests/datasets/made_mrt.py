"""MRT records put together octet by octet, as RFC 4271, 4760, 6396 and 8050 draw them."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from struct import pack

Segments = Sequence[tuple[int, Sequence[int]]]
"""Kind and networks of each segment."""

PEER, LOCAL = "192.0.2.1", "192.0.2.2"


def prefix(text: str, path_id: int | None = None) -> bytes:
    """A prefix as NLRI has it."""
    network = ip_network(text)
    octets = network.network_address.packed[: (network.prefixlen + 7) // 8]
    return (b"" if path_id is None else pack(">I", path_id)) + bytes([network.prefixlen]) + octets


def attribute(kind: int, value: bytes, flags: int = 0x40) -> bytes:
    """A path attribute; long ones get a long length."""
    if len(value) > 255 or flags & 0x10:
        return pack(">BBH", flags | 0x10, kind, len(value)) + value
    return pack(">BBB", flags, kind, len(value)) + value


def as_path(segments: Segments, width: int = 4, kind: int = 2) -> bytes:
    """AS_PATH, or AS4_PATH as ``kind`` 17."""
    code = {2: ">H", 4: ">I"}[width]
    value = b"".join(
        bytes([what, len(asns)]) + b"".join(pack(code, asn) for asn in asns)
        for what, asns in segments
    )
    return attribute(kind, value)


def reach(family: int, hop: str, prefixes: Iterable[bytes], safi: int = 1) -> bytes:
    """MP_REACH_NLRI."""
    packed = ip_address(hop).packed
    head = pack(">HBB", family, safi, len(packed)) + packed + b"\0"
    return attribute(14, head + b"".join(prefixes), 0x80)


def unreach(family: int, prefixes: Iterable[bytes], safi: int = 1) -> bytes:
    """MP_UNREACH_NLRI."""
    return attribute(15, pack(">HB", family, safi) + b"".join(prefixes), 0x80)


def record(kind: int, subtype: int, body: bytes, time: int = 1_000_000_000) -> bytes:
    """An MRT record; BGP4MP_ET ones get 123 microseconds."""
    body = pack(">I", 123) + body if kind == 17 else body
    return pack(">IHHI", time, kind, subtype, len(body)) + body


def session(width: int = 4, peer_asn: int = 64500, peer: str = PEER, local: str = LOCAL) -> bytes:
    """Who speaks with whom, at the head of BGP4MP records."""
    code = {2: ">HH", 4: ">II"}[width]
    family = {4: 1, 6: 2}[ip_address(peer).version]
    return (
        pack(code, peer_asn, 64499)
        + pack(">HH", 0, family)
        + ip_address(peer).packed
        + ip_address(local).packed
    )


def update(attributes: bytes = b"", nlri: bytes = b"", withdrawn: bytes = b"") -> bytes:
    """An UPDATE message."""
    body = pack(">H", len(withdrawn)) + withdrawn + pack(">H", len(attributes)) + attributes + nlri
    return b"\xff" * 16 + pack(">HB", 19 + len(body), 2) + body


def message(attributes: bytes, nlri: bytes = b"", withdrawn: bytes = b"", width: int = 4) -> bytes:
    """A BGP4MP record of an UPDATE."""
    return record(16, 4 if width == 4 else 1, session(width) + update(attributes, nlri, withdrawn))


def peer_index(*peers: tuple[str, int]) -> bytes:
    """A PEER_INDEX_TABLE."""
    body = pack(">IHH", 0x0A000001, 4, 0)[:6] + b"view" + pack(">H", len(peers))
    for address, asn in peers:
        packed = ip_address(address).packed
        body += bytes([2 | (len(packed) == 16)]) + pack(">I", 7) + packed + pack(">I", asn)
    return record(13, 1, body)


def entry(peer: int, attributes: bytes, path_id: int | None = None) -> bytes:
    """An entry of a RIB record."""
    between = b"" if path_id is None else pack(">I", path_id)
    return pack(">HI", peer, 900_000_000) + between + pack(">H", len(attributes)) + attributes


def rib(subtype: int, network: str, *entries: bytes, generic: bytes = b"") -> bytes:
    """A RIB record of TABLE_DUMP_V2."""
    body = pack(">I", 5) + generic + prefix(network) + pack(">H", len(entries))
    return record(13, subtype, body + b"".join(entries))


def network(text: str) -> IPv4Network | IPv6Network:
    """The prefix that a text names."""
    return ip_network(text)
