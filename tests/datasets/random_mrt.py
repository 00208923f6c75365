"""Random MRT streams of everything that bgpdump reads rightly, from a seed."""

from ipaddress import ip_address
from random import Random
from struct import pack

from datasets.made_mrt import (
    Segments,
    as_path,
    attribute,
    entry,
    peer_index,
    prefix,
    reach,
    record,
    session,
    unreach,
    update,
)

# What bgpdump 1.6.2 gets wrong is left out: it names the wrong end of LOCAL_ADDPATH messages and
# of LOCAL ones with multiprotocol attributes, copies the first segment again and again when it
# completes a path of several by AS4_PATH, prints a MED beyond 2^31 as negative in IPv4 routes
# of MP_REACH_NLRI, and gives up where AS4_AGGREGATOR stands before AGGREGATOR.
MESSAGES = {1: 2, 4: 4, 6: 2, 7: 4, 8: 2, 9: 4}
LOCAL = (6, 7)
RIBS = (2, 4, 8, 10)
PEERS = (("192.0.2.1", 64500), ("2001:db8::1", 4200000000), ("192.0.2.3", 3))


class Made:
    """A stream in the making."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def stream(self, size: int) -> bytes:
        made = [self.message, self.message, self.message, self.rib, self.old, self.state]
        return peer_index(*PEERS) + b"".join(self.random.choice(made)() for _ in range(size))

    def maybe(self, share: float) -> bool:
        return self.random.random() < share

    def asn(self, width: int) -> int:
        wide = width == 4 and self.maybe(0.5)
        small = 23456 if width == 2 and self.maybe(0.4) else self.random.randrange(1, 2**16)
        return self.random.randrange(2**16, 2**32) if wide else small

    def segments(self, width: int, *, confederations: bool) -> Segments:
        kinds = [2, 2, 2, 1, 3, 4] if confederations else [2, 2, 2, 1]
        return [
            (
                self.random.choice(kinds),
                [self.asn(width) for _ in range(self.random.randrange(1, 6))],
            )
            for _ in range(self.random.choice([1, 1, 1, 2, 3]))
        ]

    def prefix(self, version: int, path_id: int | None) -> bytes:
        bits = 32 if version == 4 else 128
        length = self.random.randrange(bits + 1)
        number = self.random.getrandbits(bits) >> bits - length << bits - length
        address = ip_address(number.to_bytes(bits // 8))
        return prefix(f"{address}/{length}", path_id)

    def path_id(self, wanted: bool) -> int | None:  # noqa: FBT001 - asked for in long rows
        return self.random.getrandbits(32) if wanted else None

    def paths(self, width: int) -> bytes:
        path = self.segments(width, confederations=width == 4)
        if width == 4 or self.maybe(0.5):
            return as_path(path, width)
        new = self.segments(4, confederations=False)
        return as_path(path[:1], width) + as_path(new, 4, 17)

    def aggregator(self, width: int) -> bytes:
        where = self.random.randrange(2**31)
        made = attribute(7, pack({2: ">HI", 4: ">II"}[width], self.asn(width), where))
        if width == 2 and self.maybe(0.5):
            made += attribute(18, pack(">II", self.asn(4), where + 1))
        return made

    def attributes(self, width: int, *more: bytes) -> bytes:
        draw = self.random
        communities = [0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF03, *(draw.getrandbits(32) for _ in "1234")]
        chosen = draw.choices(communities, k=draw.choice([1, 3, 80]))
        every = [
            attribute(1, bytes([draw.randrange(3)])),
            self.paths(width),
            attribute(3, draw.randbytes(3) + b"\1"),
            attribute(4, pack(">I", draw.randrange(2**31))),
            attribute(5, pack(">I", draw.randrange(2**31))),
            attribute(6, b""),
            self.aggregator(width),
            attribute(8, b"".join(pack(">I", one) for one in chosen)),
            attribute(16, draw.randbytes(16)),
            attribute(32, draw.randbytes(24)),
            attribute(draw.choice([20, 35, 77]), draw.randbytes(draw.choice([0, 5, 300]))),
        ]
        kept = [one for one in [*every, *more] if self.maybe(0.7)]
        draw.shuffle(kept)
        return b"".join(kept)

    def message(self) -> bytes:
        subtype = self.random.choice(list(MESSAGES))
        width, with_ids = MESSAGES[subtype], subtype >= 8
        peer = self.random.choice(["192.0.2.1", "2001:db8::1"])

        def prefixes(version: int) -> list[bytes]:
            return [self.prefix(version, self.path_id(with_ids)) for _ in "123"[: self.number()]]

        hop = str(ip_address((self.random.getrandbits(127) | 1 << 125).to_bytes(16)))
        more = [
            self.random.choice([reach(2, hop, prefixes(6)), reach(1, "192.0.2.77", prefixes(4))]),
            self.random.choice([unreach(2, prefixes(6)), unreach(1, prefixes(4))]),
        ]
        told = update(
            self.attributes(width, *(more if subtype not in LOCAL else ())),
            b"".join(prefixes(4)) if self.maybe(0.7) else b"",
            b"".join(prefixes(4)) if self.maybe(0.3) else b"",
        )
        head = session(width, self.asn(width), peer, peer)
        return record(self.random.choice([16, 17]), subtype, head + told, self.time())

    def rib(self) -> bytes:
        subtype = self.random.choice(RIBS)
        version, with_ids = (6 if subtype in (4, 10) else 4), subtype >= 8
        hop = (self.random.getrandbits(127) | 1 << 125).to_bytes(16)
        shortened = [attribute(14, b"\x10" + hop), attribute(14, b"\x20" + hop + hop)]
        more = [self.random.choice(shortened)] if version == 6 else []
        entries = [
            entry(self.random.randrange(3), self.attributes(4, *more), self.path_id(with_ids))
            for _ in "123"[: self.number()]
        ]
        body = pack(">I", 5) + self.prefix(version, None) + pack(">H", len(entries))
        return record(13, subtype, body + b"".join(entries), self.time())

    def old(self) -> bytes:
        size = self.random.choice([4, 16])
        peer, network = (
            b"\x20" + self.random.randbytes(size - 1),
            b"\x21\x22\x23".ljust(size, b"\0"),
        )
        attributes = self.attributes(2)
        body = pack(">HH", 0, 1) + network + b"\x18\x01" + pack(">I", self.time()) + peer
        body += pack(">HH", self.asn(2), len(attributes)) + attributes
        return record(12, 1 if size == 4 else 2, body, self.time())

    def state(self) -> bytes:
        subtype, width = self.random.choice([(0, 2), (5, 4)])
        states = pack(">HH", self.random.randrange(1, 7), self.random.randrange(1, 7))
        return record(16, subtype, session(width, self.asn(width)) + states, self.time())

    def number(self) -> int:
        return self.random.randrange(4)

    def time(self) -> int:
        return self.random.getrandbits(31)
