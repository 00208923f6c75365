"""The zones of a played world and what its resolver makes of a question, without any time passing.

The law: a name that fails is SERVFAIL; an alias is followed through all zones; a name
that neither exists nor lies above one that does is NXDOMAIN (RFC 8020); a name without
the type is NODATA: NOERROR and no records (RFC 2308). Wildcards match below their
closest encloser (RFC 4592).

The world's own server refuses what lies outside its zones, and shows aliases as far as
it knows them. A recursive resolver knows the root, gives up after 11 aliases (as
Unbound does), and validates where the zones are signed: an answer is authenticated when
every zone that had a part in it is signed, and what lies in a bogus zone is SERVFAIL.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import dns.exception
import dns.name
import dns.node
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.zone

from mxpath.errors import ParseError
from mxpath.lab.topology import World
from mxpath.lab.zone import TTL_S, Zone, is_recursive, zones
from mxpath.model.dns import DnsAnswer, DnsStatus, ExtendedError

_CHAIN_LIMIT = 16
"""Aliases that our stub follows in one answer."""
_RECURSIVE_CHAIN_LIMIT = 11
"""Aliases after which Unbound gives up."""
_NO_FITTING_KEY = ExtendedError(code=9)


@dataclass(slots=True, kw_only=True)
class _Found:
    """What following a name has come to so far."""

    status: DnsStatus = DnsStatus.NOERROR
    chain: list[dns.name.Name] = field(default_factory=list)
    sets: list[dns.rdataset.Rdataset] = field(default_factory=list)
    secure: bool = True
    bogus: bool = False
    denied: bool = False
    """Whether a zone said that there is no such thing, for as long as its SOA says."""

    @property
    def ttls(self) -> list[int]:
        return [each.ttl for each in self.sets] + [TTL_S] * self.denied


class PlayedZones:
    """A world's zones and the answers that its resolver gives.

    Raises
    ------
    ParseError
        When the world's records are not in master-file form.
    """

    def __init__(self, world: World) -> None:
        self._recursive = is_recursive(world)
        self._zones = {dns.name.from_text(z.name): z for z in zones(world)}
        self._world = world
        self._loaded: dict[dns.name.Name, _Loaded] = {}
        for origin, zone in self._zones.items():
            if not set(world.dns.records).isdisjoint(zone.records):
                self._load(origin)
        self._servfail = tuple(dns.name.from_text(name) for name in world.dns.servfail)

    def answer(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer one question; bad names and types are MALFORMED."""
        asked = name.rstrip(".").lower() or "."
        blank = DnsAnswer(name=asked, rdtype=rdtype, status=DnsStatus.MALFORMED)
        try:
            start, wanted = dns.name.from_text(name), dns.rdatatype.from_text(rdtype)
        except (dns.exception.DNSException, UnicodeError, ValueError) as error:
            return replace(blank, detail=str(error))
        found = self._follow(start, wanted)
        here = replace(blank, status=found.status, trusted=self._recursive)
        if found.bogus:
            return replace(here, status=DnsStatus.SERVFAIL, extended=(_NO_FITTING_KEY,))
        if found.status is DnsStatus.SERVFAIL:
            # Asked again without validation (CD), it fails in the same way.
            return replace(here, unchecked=DnsStatus.SERVFAIL)
        last = found.sets[-1] if found.sets and found.sets[-1].rdtype == wanted else None
        heard = found.status in (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)
        return replace(
            here,
            records=tuple(rdata.to_text() for rdata in last) if last else (),
            chain=tuple(_text(alias) for alias in found.chain),
            ttl_s=min(found.ttls, default=None),
            authenticated=self._recursive and found.secure and heard,
        )

    def _follow(self, name: dns.name.Name, wanted: dns.rdatatype.RdataType) -> _Found:
        """Follow aliases to the end; keep the aliases and all record sets on the way."""
        found, seen = _Found(), {name}
        while True:
            found.status, node = self._node(name, found)
            if node is None:
                found.denied = found.status in (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)
                # Aliases that lead out of the zones are answered as far as they are known.
                if found.chain and found.status is DnsStatus.REFUSED:
                    found.status = DnsStatus.NOERROR
                return found
            alias = node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.CNAME)
            if alias is None or wanted == dns.rdatatype.CNAME:
                records = node.get_rdataset(dns.rdataclass.IN, wanted)
                found.sets += [records] if records else []
                found.denied = records is None
                return found
            name = alias[0].target
            found.sets.append(alias)
            if name in seen or len(found.chain) == self._chain_limit:
                found.status = DnsStatus.SERVFAIL if self._recursive else DnsStatus.CNAME_LOOP
                return found
            seen.add(name)
            found.chain.append(name)

    @property
    def _chain_limit(self) -> int:
        return _RECURSIVE_CHAIN_LIMIT if self._recursive else _CHAIN_LIMIT

    def _node(self, name: dns.name.Name, found: _Found) -> tuple[DnsStatus, dns.node.Node | None]:
        """One name in its zone; what the zone means for the whole answer is noted."""
        if any(name.is_subdomain(broken) for broken in self._servfail):
            return DnsStatus.SERVFAIL, None
        origin = next((n for n in _upwards(name) if n in self._zones), None)
        if origin is None:
            return DnsStatus.REFUSED, None
        found.secure &= self._zones[origin].signed
        found.bogus |= self._zones[origin].bogus
        loaded = self._load(origin)
        node = loaded.zone.get_node(name)
        if node is not None:
            return DnsStatus.NOERROR, node
        if name in loaded.names:
            return DnsStatus.NOERROR, None
        encloser = next(n for n in _upwards(name) if n in loaded.names)
        wild = loaded.zone.get_node(dns.name.Name((b"*", *encloser.labels)))
        return (DnsStatus.NXDOMAIN if wild is None else DnsStatus.NOERROR), wild

    def _load(self, origin: dns.name.Name) -> "_Loaded":
        """Parse a zone when it is first needed; most reverse zones never are."""
        if origin not in self._loaded:
            self._loaded[origin] = _load(self._zones[origin], self._world)
        return self._loaded[origin]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A parsed zone with all names in it, those without records of their own too."""

    zone: dns.zone.Zone
    names: frozenset[dns.name.Name]


def _load(zone: Zone, world: World) -> _Loaded:
    try:
        return _parse(zone.text, zone.name)
    except dns.exception.DNSException as error:
        raise ParseError(f"dns.records: {error}", source=world.name) from error


@lru_cache(maxsize=256)
def _parse(text: str, origin: str) -> _Loaded:
    parsed = dns.zone.from_text(text, origin=origin, relativize=False)
    names = {parsed.origin}
    for owner in parsed.nodes:
        name = owner
        while name not in names:
            names.add(name)
            name = name.parent()
    return _Loaded(zone=parsed, names=frozenset(n for n in names if n is not None))


def _upwards(name: dns.name.Name) -> Iterator[dns.name.Name]:
    """The name and everything above it."""
    while True:
        yield name
        if name == dns.name.root:
            return
        name = name.parent()


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else "."
