"""The resolver of a played world: one zone, answered as an authoritative server does.

The law: a name outside the zone is REFUSED; a name marked so is SERVFAIL; an
alias is followed inside the zone; a name that neither exists nor lies above
one that does is NXDOMAIN (RFC 8020); a name without the type is NODATA: NOERROR
and no records (RFC 2308). Wildcards match below their closest encloser (RFC 4592).
"""

from collections.abc import Iterator
from dataclasses import replace

import dns.exception
import dns.name
import dns.node
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.zone

from mxpath.errors import ParseError
from mxpath.lab.simulated_faults import Uplink
from mxpath.lab.topology import World
from mxpath.lab.zone import zone_file
from mxpath.model.address import parse_address
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.vantage.ports import Clock

_CHAIN_LIMIT = 16
"""Aliases that are followed at most."""
_TIMEOUT_S = 5.0


class PlayedZone:
    """A world's zone and its answers, without any time passing.

    Raises
    ------
    ParseError
        When the world's records are not in master-file form.
    """

    def __init__(self, world: World) -> None:
        self.origin = dns.name.from_text(world.dns.zone)
        try:
            self._zone = dns.zone.from_text(zone_file(world), origin=self.origin, relativize=False)
        except dns.exception.DNSException as error:
            raise ParseError(f"dns.records: {error}", source=world.name) from error
        self._names = {
            ancestor
            for name in self._zone.nodes
            for ancestor in _upwards(name)
            if ancestor.is_subdomain(self.origin)
        }
        self._servfail = tuple(dns.name.from_text(name) for name in world.dns.servfail)

    def answer(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer one question; bad names and types are MALFORMED."""
        asked = name.rstrip(".").lower() or "."
        try:
            start, wanted = dns.name.from_text(name), dns.rdatatype.from_text(rdtype)
        except (dns.exception.DNSException, UnicodeError, ValueError) as error:
            return DnsAnswer(
                name=asked, rdtype=rdtype, status=DnsStatus.MALFORMED, detail=str(error)
            )
        status, chain, found = self._follow(start, wanted)
        ttls = [rdataset.ttl for rdataset in found]
        last = found[-1] if found and found[-1].rdtype == wanted else None
        return DnsAnswer(
            name=asked,
            rdtype=rdtype,
            status=status,
            records=tuple(rdata.to_text() for rdata in last) if last else (),
            chain=tuple(_text(alias) for alias in chain),
            ttl_s=min(ttls, default=None),
        )

    def _follow(
        self, name: dns.name.Name, wanted: dns.rdatatype.RdataType
    ) -> tuple[DnsStatus, list[dns.name.Name], list[dns.rdataset.Rdataset]]:
        """Follow aliases; return the status, the aliases, and all record sets on the way."""
        chain: list[dns.name.Name] = []
        found: list[dns.rdataset.Rdataset] = []
        seen = {name}
        while True:
            status, node = self._node(name)
            if node is None:
                # Aliases that lead out of the zone are answered as far as they are known.
                outside = bool(chain) and status is DnsStatus.REFUSED
                return (DnsStatus.NOERROR if outside else status), chain, found
            alias = node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.CNAME)
            if alias is None or wanted == dns.rdatatype.CNAME:
                records = node.get_rdataset(dns.rdataclass.IN, wanted)
                return status, chain, [*found, *([records] if records else [])]
            name = alias[0].target
            found.append(alias)
            if name in seen or len(chain) == _CHAIN_LIMIT:
                return DnsStatus.CNAME_LOOP, chain, found
            seen.add(name)
            chain.append(name)

    def _node(self, name: dns.name.Name) -> tuple[DnsStatus, dns.node.Node | None]:
        if not name.is_subdomain(self.origin):
            return DnsStatus.REFUSED, None
        if any(name.is_subdomain(broken) for broken in self._servfail):
            return DnsStatus.SERVFAIL, None
        node = self._zone.get_node(name)
        if node is not None:
            return DnsStatus.NOERROR, node
        if name in self._names:
            return DnsStatus.NOERROR, None
        encloser = next(n for n in _upwards(name) if n in self._names)
        wild = self._zone.get_node(dns.name.Name((b"*", *encloser.labels)))
        return (DnsStatus.NXDOMAIN if wild is None else DnsStatus.NOERROR), wild


def _upwards(name: dns.name.Name) -> Iterator[dns.name.Name]:
    """The name and everything above it."""
    while True:
        yield name
        if name == dns.name.root:
            return
        name = name.parent()


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else "."


class PlayedResolver:
    """Asks the zone over the played network; satisfies :class:`mxpath.vantage.ports.Resolver`."""

    def __init__(
        self,
        zone: PlayedZone,
        clock: Clock,
        uplink: Uplink,
        *,
        server: str,
        round_trip_ms: float | None,
    ) -> None:
        self._zone = zone
        self._clock = clock
        self._uplink = uplink
        self.server = server
        self._round_trip_ms = round_trip_ms

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer after one round trip to the server, or not at all."""
        self._uplink.feel_interrupt()
        faults, answer = self._uplink.faults, self._zone.answer(name, rdtype)
        if self._uplink.is_down or parse_address(self.server).version in faults.no_route:
            answer, elapsed_ms = _failed(answer, DnsStatus.UNREACHABLE), 0.0
        elif faults.resolver_down or self._round_trip_ms is None:
            answer, elapsed_ms = _failed(answer, DnsStatus.TIMEOUT), _TIMEOUT_S * 1e3
        else:
            elapsed_ms = self._round_trip_ms
        self._clock.sleep(elapsed_ms / 1e3)
        return replace(answer, elapsed_ms=elapsed_ms, server=self.server)


def _failed(answer: DnsAnswer, status: DnsStatus) -> DnsAnswer:
    return DnsAnswer(name=answer.name, rdtype=answer.rdtype, status=status)
