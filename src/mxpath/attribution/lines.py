"""Attribution of addresses by the million: lines of text in, lines of NDJSON out.

The law: a line is what ``attribute`` says of its address, in short. Addresses of one
range differ in nothing but themselves, so each range has one *tail*, all that stands behind
the address, made when the range is first met. Special-purpose ranges and exchange points
have theirs from ``attribute`` itself; those of origins are put together from the table.

Memory does not grow with the input: tails are thrown away when there are too many.
A line that is no address becomes a line with an error.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mxpath.attribution.attribute import attribute
from mxpath.attribution.route_states import RouteStates
from mxpath.datasets.address_text import Text, addresses_v4, addresses_v6
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.datasets.prefixes import BITS, LOW, NO_SET, PrefixTable, row_of
from mxpath.errors import InputError
from mxpath.model import codec
from mxpath.model.address import Prefix, parse_address, special_ranges
from mxpath.model.attribution import Attribution
from mxpath.model.documents import Attributed
from mxpath.model.network import Network
from mxpath.model.snapshot import SnapshotRef

_MOST_TAILS = 1 << 17
_MOST_SHOWN = 200
"""Characters of a line that is no address."""

Answer = Callable[[int], bytes]
"""The tail of a piece, by its place in a table."""


class AttributionLines:
    """Turns blocks of lines into blocks of NDJSON, and counts."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._families: dict[int, _Family] = {}
        self.lines = 0
        """Lines that were not blank."""
        self.bad = 0
        """Those that were no address."""
        self.known = False
        """Whether anything was known of any address."""

    def answer(self, block: bytes) -> bytes:
        """Return one line for each line of ``block`` that is not blank, in its order."""
        words = block.split(b"\n")
        if any(mark in block for mark in (b" ", b"\t", b"\r")):
            words = [word.strip() for word in words]
            block = b"\n".join(words)
        words = list(filter(None, words))
        if not words:
            return b""
        text = Text.of(block)
        first, after = text.lines()
        self.lines += len(words)
        tails: list[bytes | None] = [None] * len(words)
        value, good = addresses_v4(text, first, after)
        self._fill(tails, np.flatnonzero(good), 4, value[good], None)
        rest = np.flatnonzero(~good)
        if len(rest):
            high, low, good = addresses_v6(text, first[rest], after[rest])
            self._fill(tails, rest[good], 6, high[good], low[good])
        return b"".join(
            [
                _HEAD + word + tail if tail is not None else self._alone(word)
                for word, tail in zip(words, tails, strict=True)
            ]
        )

    def _fill(
        self,
        tails: list[bytes | None],
        where: NDArray[np.intp],
        version: int,
        high: NDArray[Any],
        low: NDArray[Any] | None,
    ) -> None:
        if not len(where):
            return
        if version not in self._families:
            self._families[version] = _Family(self._gazetteer, version)
        family = self._families[version]
        keys = family.keys(high, low).tolist()
        self.known = self.known or any(key != _NOBODY for key in keys)
        found = family.tails
        if len(found) > _MOST_TAILS:
            found.clear()
        if len(where) == len(tails):
            tails[:] = [found[key] for key in keys]
            return
        for place, key in zip(where.tolist(), keys, strict=True):
            tails[place] = found[key]

    def _alone(self, word: bytes) -> bytes:
        """Answer a word that is written in an unusual way, or is no address."""
        written = word[: 4 * _MOST_SHOWN].decode(errors="replace")[:_MOST_SHOWN]
        try:
            address = parse_address(written)
        except InputError:
            self.bad += 1
            return line(Attributed(address=written, error="not an IPv4 or IPv6 address"))
        found = attributed(attribute([address], self._gazetteer)[address])
        self.known = self.known or found.source is not None
        return line(replace(found, address=written))


def attributed(owner: Attribution) -> Attributed:
    """Say in short what ``attribute`` found."""
    claims = (owner.special, owner.ixp_port, owner.ixp_lan, owner.origin)
    evidence = next((claim.evidence[0] for claim in claims if claim is not None), None)
    ixp = owner.ixp
    prefix: Prefix | None = None
    networks: tuple[Network, ...] = (owner.network,) if owner.network is not None else ()
    if owner.origin is not None:
        prefix, networks = owner.origin.value.prefix, owner.origin.value.networks
    elif owner.ixp_lan is not None:
        prefix = owner.ixp_lan.value.prefix
    return Attributed(
        address=str(owner.address),
        special=owner.special.value if owner.special is not None else None,
        ix_id=ixp.ix_id if ixp is not None else None,
        ix_name=ixp.ix_name if ixp is not None else None,
        prefix=prefix,
        networks=networks,
        rpki=tuple(one.state for one in owner.rpki.value.origins) if owner.rpki else None,
        source=evidence.source if evidence is not None else None,
        as_of=evidence.as_of if evidence is not None else None,
    )


def line(found: Attributed) -> bytes:
    """Return the line of an answer."""
    document = {"schema": codec.schema_name(Attributed), **codec.to_data(found)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


_HEAD, _, _EMPTY_TAIL = line(Attributed(address="?")).partition(b"?")
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class _Layer:
    """A table, the first key of its pieces, and what to say of one."""

    table: PrefixTable
    base: int
    held: NDArray[np.bool_]
    """Whether the layer answers for a piece."""
    answer: Answer


_base = attrgetter("base")


class _Tails(dict[int, bytes]):
    """Tails by key, made when they are first asked for."""

    def __init__(self, layers: list[_Layer]) -> None:
        super().__init__()
        self._layers = layers

    def __missing__(self, key: int) -> bytes:
        if key == _NOBODY:
            tail = _EMPTY_TAIL
        else:
            layer = self._layers[bisect_right(self._layers, key, key=_base) - 1]
            tail = layer.answer(key - layer.base)
        self[key] = tail
        return tail


class _Family:
    """The tables of one address family in the order of the questions."""

    def __init__(self, gazetteer: Gazetteer, version: int) -> None:
        self._gazetteer, self._version = gazetteer, version
        self._layers: list[_Layer] = []
        self.tails = _Tails(self._layers)
        special = PrefixTable.of(_special_rows(gazetteer), version=version)
        self._add(special, self._asked(special), only=1)
        ixps = PrefixTable.of(gazetteer.ixp_ranges(version), version=version)
        if len(ixps):
            self._add(ixps, self._asked(ixps))
        for table, snapshot in gazetteer.origin_tables(version):
            self._add(table, _Origins(table, snapshot, gazetteer).tail)

    def _add(self, table: PrefixTable, answer: Answer, *, only: int | None = None) -> None:
        last = self._layers[-1] if self._layers else None
        base = last.base + len(last.table.pieces) if last is not None else _NOBODY + 1
        held = np.frombuffer(table.piece_sets, dtype=np.uint32) != NO_SET
        if only is not None:
            held &= table.first_origins() == only
        self._layers.append(_Layer(table, base, held, answer))

    def keys(self, high: NDArray[Any], low: NDArray[Any] | None) -> NDArray[np.intp]:
        """Return for each address the key of its tail."""
        keys = np.full(len(high), _NOBODY, dtype=np.intp)
        for layer in reversed(self._layers):
            places = layer.table.find_many(high, low)
            keys = np.where(layer.held[places], places + layer.base, keys)
        return keys

    def _asked(self, table: PrefixTable) -> Answer:
        """Tails of ranges for which ``attribute`` is asked about their first address."""

        def answer(piece: int) -> bytes:
            kind = IPv4Address if self._version == 4 else IPv6Address
            address = kind(table.pieces[piece])
            found = attributed(attribute([address], self._gazetteer)[address])
            return line(replace(found, address="?")).partition(b"?")[2]

        return answer


def _special_rows(gazetteer: Gazetteer) -> Iterator[Any]:
    """Special-purpose ranges as rows of origin 1, what counts as public inside them as 0."""
    public = gazetteer.public
    for found, prefix in special_ranges():
        if not any(_inside(prefix, one) for one in public):
            yield row_of(prefix, (0 if found is None else 1,))
    for one in public:
        yield row_of(one, (0,))


def _inside(prefix: Prefix, other: Prefix) -> bool:
    return (
        prefix.version == other.version
        and prefix.prefixlen >= other.prefixlen
        and prefix.network_address in other
    )


class _Origins:
    """Tails of a table of origins: what differs is the prefix, the networks and the RPKI states."""

    def __init__(self, table: PrefixTable, snapshot: SnapshotRef, gazetteer: Gazetteer) -> None:
        self._table, self._gazetteer = table, gazetteer
        answer = Attributed(address="?", source=snapshot.name, as_of=snapshot.as_of)
        tail = line(answer).partition(b"?")[2]
        front, _, self._rest = tail.partition(b'"prefix":null,"networks":[],"rpki":null')
        self._front = front + b'"prefix":"'
        self._known: dict[int, bytes] = {}
        """Networks of each origin set that was met; there are at most some hundred thousand."""
        vrps = gazetteer.vrps(table.version)
        self._route_states = RouteStates(vrps) if vrps is not None else None

    def tail(self, piece: int) -> bytes:
        """Return the tail of a piece."""
        table = self._table
        length, number = table.piece_lengths[piece], table.piece_sets[piece]
        hosts = BITS[table.version] - length
        start = table.pieces[piece] >> hosts << hosts
        prefix = _prefix_text(start, length, table.version).encode()
        rpki = self._states(start, length, number)
        return self._front + prefix + self._networks(number) + rpki + self._rest

    def _networks(self, number: int) -> bytes:
        found = self._known.get(number)
        if found is None:
            name, asns = self._gazetteer.name, self._table.origin_set(number)
            words = ",".join([f'{{"asn":{asn},"name":{_string(name(asn))}}}' for asn in asns])
            found = self._known[number] = f'","networks":[{words}],"rpki":'.encode()
        return found

    def _states(self, start: int, length: int, number: int) -> bytes:
        if self._route_states is None:
            return b"null"
        state = self._route_states.state
        origins = self._table.origin_set(number)
        states = ",".join([f'"{state(start, length, asn).value}"' for asn in origins])
        return f"[{states}]".encode()


_string = json.JSONEncoder(ensure_ascii=False).encode
"""Text or ``None`` as JSON; made once, which costs more than a name."""


def _prefix_text(start: int, length: int, version: int) -> str:
    if version == 4:
        return f"{start >> 24}.{start >> 16 & 255}.{start >> 8 & 255}.{start & 255}/{length}"
    if start & LOW:
        return f"{IPv6Address(start)}/{length}"
    # The second half is the longest run of zeros, with those before it (RFC 5952 section 4.2).
    high = start >> 64
    text = f"{high >> 48:x}:{high >> 32 & 0xFFFF:x}:{high >> 16 & 0xFFFF:x}:{high & 0xFFFF:x}"
    while text.endswith(":0"):
        text = text[:-2]
    return f"{text if high else ''}::/{length}"
