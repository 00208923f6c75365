"""The stub resolver of this host: one question, one answer, never an exception.

The rules, in their order:

1. The servers are those given, else those of the system's configuration; reading
   it asks nobody. No search list is applied: names here are complete.
2. UDP first, with EDNS and room for 1232 octets, the size that passes without
   fragments (DNS Flag Day 2020); a truncated answer is asked for again over TCP.
3. The UDP socket is connected, so that a closed port is "unreachable" at once
   and answers from elsewhere never reach us.
4. Each server in turn, and those that were not heard once more; ``turns`` has the
   order. NOERROR and NXDOMAIN are final. Anything else may be one server's trouble,
   so the next is asked; when none does better, the first thing that a server said
   counts. Who was not heard is told, and the time that it cost is part of the time.
5. A SERVFAIL is asked for its reason: the extended error that came with it (RFC 8914),
   else the same question once more with CD set, which a resolver answers without
   validating (RFC 4035 section 3.2.2). That second question is not part of the time.
6. The AD bit counts from a server on this host, or one whose channel the user trusts:
   ``trust-ad`` in resolv.conf(5) says so (RFC 4035 section 3.2.3, RFC 6840 section 5.8).
7. The alias chain is followed inside the answer (at most 16 links), and the
   TTL is the smallest of the chain and the records.
"""

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus, ExtendedError
from mxpath.vantage.ports import Clock
from mxpath.vantage.turns import Turns

EDNS_PAYLOAD_OCTETS = 1232
_RESOLV_CONF = Path("/etc/resolv.conf")

_RCODES = {
    dns.rcode.NOERROR: DnsStatus.NOERROR,
    dns.rcode.NXDOMAIN: DnsStatus.NXDOMAIN,
    dns.rcode.SERVFAIL: DnsStatus.SERVFAIL,
    dns.rcode.REFUSED: DnsStatus.REFUSED,
    dns.rcode.FORMERR: DnsStatus.MALFORMED,
}
_MAX_EXTENDED, _MAX_TEXT = 8, 300
"""Extended errors of one answer, and characters of each, that are kept."""
_OF_NAMES = ("MX", "CNAME", "NS", "PTR", "SRV")
"""Types whose text is numbers and names, and may be lower-cased; TXT may not."""

_FINAL = (DnsStatus.NOERROR, DnsStatus.NXDOMAIN, DnsStatus.CNAME_LOOP)
_FROM_NOBODY = (DnsStatus.TIMEOUT, DnsStatus.UNREACHABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to ask."""

    address: str
    """IPv4 or IPv6 address; a link-local one with its zone, as ``fe80::1%eth0``."""
    port: int = 53
    trusted: bool = False
    """Whether the user trusts the way there; one on this host needs no such word."""

    @property
    def believed(self) -> bool:
        """Whether its AD bit counts (rule 6)."""
        return self.trusted or ip_address(self.address).is_loopback

    def __str__(self) -> str:
        if self.port == 53:
            return self.address
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return f"{shown}:{self.port}"


def parse_server(text: str) -> Server:
    """Read ``ADDRESS``, ``ADDRESS:PORT`` or ``[ADDRESS]:PORT``.

    Raises
    ------
    InputError
        When it is none of these; a resolver's *name* would itself need a resolver.
    """
    address, port = text.strip(), "53"
    if address.startswith("["):
        address, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif address.count(":") == 1:
        address, _, port = address.partition(":")
    try:
        ip_address(address)
    except ValueError as error:
        raise InputError(
            f"resolver {text!r} is not an address; give one such as 9.9.9.9"
        ) from error
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise InputError(f"resolver {text!r}: the port must be 1 to 65535")
    return Server(address=address, port=int(port))


def system_servers() -> tuple[Server, ...]:
    """The resolvers this system is configured with; none when it has no configuration."""
    try:
        configured = dns.resolver.Resolver(configure=True)
    except dns.exception.DNSException:
        return ()
    # A name server may also be a DNS-over-HTTPS URL; those are not stub resolvers' business.
    plain = (str(server) for server in configured.nameservers)
    trusted = trusts_ad(_RESOLV_CONF)
    return tuple(
        Server(address=a, port=configured.port, trusted=trusted) for a in plain if "/" not in a
    )


def trusts_ad(configuration: Path) -> bool:
    """Whether a resolv.conf(5) has the option ``trust-ad``."""
    try:
        lines = configuration.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    words = (line.split() for line in lines)
    return any(row[:1] == ["options"] and "trust-ad" in row for row in words)


def _warm_up() -> None:
    """Load what dnspython loads at its first message, so that no answer is charged for it."""
    for rdtype, text in (("MX", "0 ."), ("A", "192.0.2.1"), ("AAAA", "2001:db8::1")):
        sample = dns.message.make_response(dns.message.make_query("example.", rdtype))
        sample.answer.append(dns.rrset.from_text("example.", 0, "IN", rdtype, text))
        dns.message.from_wire(sample.to_wire())


class StubResolver:
    """Asks recursive resolvers; satisfies :class:`mxpath.vantage.ports.Resolver`.

    Parameters
    ----------
    clock
        Times the answers.
    servers
        Whom to ask, in this order.
    source
        Our addresses to ask from, at most one a family. A resolver of this host is asked
        from wherever the kernel likes: no other address is nearer to it.
    timeout_s
        How long one server may take for one try.
    tries
        How many times a server is asked that does not answer.
    """

    def __init__(
        self,
        clock: Clock,
        servers: Sequence[Server],
        *,
        source: Sequence[IPAddress] = (),
        timeout_s: float = 3.0,
        tries: int = 2,
    ) -> None:
        self._clock = clock
        self._turns = Turns(servers, timeout_s=timeout_s, tries=tries)
        self._servers = tuple(servers)
        self._source = {address.version: str(address) for address in source}
        self._timeout_s = timeout_s
        _warm_up()

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer one question. Never raises for what the DNS does."""
        since_s = self._clock.monotonic_s()
        answer, server = self._ask(name, rdtype)
        elapsed_ms = (self._clock.monotonic_s() - since_s) * 1000
        if answer.status is DnsStatus.SERVFAIL and server is not None and not answer.is_bogus:
            answer = replace(answer, unchecked=self._unchecked(name, rdtype, server))
        return replace(answer, elapsed_ms=round(elapsed_ms, 3))

    def _unchecked(self, name: str, rdtype: str, server: Server) -> DnsStatus:
        """What the question comes to when the server does not validate (rule 5)."""
        blank = DnsAnswer(name=name, rdtype=rdtype, status=DnsStatus.OTHER)
        question = _question(name, rdtype, unchecked=True)
        return self._try(question, blank, server, self._timeout_s).status

    def _ask(self, name: str, rdtype: str) -> tuple[DnsAnswer, Server | None]:
        """The answer, and the server that gave it."""
        blank = DnsAnswer(name=_plain(name), rdtype=rdtype.upper(), status=DnsStatus.OTHER)
        if not self._servers:
            detail = "no resolver is configured here"
            return replace(blank, status=DnsStatus.UNREACHABLE, detail=detail), None
        try:
            question = _question(name, rdtype)
        except dns.exception.DNSException as error:
            detail = f"cannot be asked: {error}"
            return replace(blank, status=DnsStatus.MALFORMED, detail=detail), None
        answers: dict[Server, DnsAnswer] = {}
        for server, limit_s in self._turns.turns():
            if server in answers and answers[server].status not in _FROM_NOBODY:
                continue
            answers[server] = self._try(question, blank, server, limit_s)
            self._note(server, answers[server])
            if answers[server].status in _FINAL:
                break
        silent = tuple(str(s) for s, a in answers.items() if a.status in _FROM_NOBODY)
        best = next((s for s, a in answers.items() if a.status in _FINAL), None)
        heard = (s for s, a in answers.items() if a.status not in _FROM_NOBODY)
        best = best or next(heard, None) or next(iter(answers))
        return replace(answers[best], silent=silent), best

    def _note(self, server: Server, answer: DnsAnswer) -> None:
        """Remember whether a server was heard, for the questions to come."""
        if answer.status in _FROM_NOBODY:
            self._turns.silent(server)
        else:
            self._turns.heard(server)

    def _try(
        self,
        question: dns.message.QueryMessage,
        blank: DnsAnswer,
        server: Server,
        limit_s: float,
    ) -> DnsAnswer:
        here = replace(blank, server=str(server))
        try:
            return _read(self._exchange(question, server, limit_s), here, believed=server.believed)
        except (dns.exception.Timeout, TimeoutError):
            detail = f"no answer within {limit_s:g} s"
            return replace(here, status=DnsStatus.TIMEOUT, detail=detail)
        except OSError as error:
            detail = error.strerror or str(error)
            return replace(here, status=DnsStatus.UNREACHABLE, detail=detail)
        except EOFError:
            return replace(here, status=DnsStatus.UNREACHABLE, detail="connection closed")
        except (dns.exception.DNSException, ValueError, LookupError, struct.error) as error:
            detail = f"{type(error).__name__}: {error}"[:200]
            return replace(here, status=DnsStatus.MALFORMED, detail=detail)

    def _exchange(
        self, question: dns.message.QueryMessage, server: Server, limit_s: float
    ) -> dns.message.Message:
        family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
        target = socket.getaddrinfo(
            server.address, server.port, family, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST
        )[0][4]
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            own = self._own(server)
            if own is not None:
                udp.bind((own, 0))
            udp.connect(target)
            try:
                return dns.query.udp(
                    question,
                    server.address,
                    timeout=limit_s,
                    port=server.port,
                    ignore_unexpected=True,
                    raise_on_truncation=True,
                    sock=udp,
                )
            except dns.message.Truncated as cut:
                if not question.is_response(cut.message()):  # type: ignore[no-untyped-call]
                    raise dns.query.BadResponse from cut
                return dns.query.tcp(
                    question,
                    server.address,
                    timeout=limit_s,
                    port=server.port,
                    source=own,
                )

    def _own(self, server: Server) -> str | None:
        """The address to ask ``server`` from; ``None`` leaves it to the kernel."""
        far = ip_address(server.address.partition("%")[0])
        own = self._source.get(far.version)
        on_this_host = far.is_loopback and own is not None and not ip_address(own).is_loopback
        return None if on_this_host or far.is_link_local else own


def _question(name: str, rdtype: str, *, unchecked: bool = False) -> dns.message.QueryMessage:
    """A query with EDNS; AD asks for the validation result (RFC 6840 section 5.7)."""
    absolute = dns.name.from_text(name, origin=dns.name.root)
    question = dns.message.make_query(
        absolute, rdtype, use_edns=0, payload=EDNS_PAYLOAD_OCTETS, ednsflags=0
    )
    question.flags |= dns.flags.CD if unchecked else dns.flags.AD
    return question


def _read(response: dns.message.Message, here: DnsAnswer, *, believed: bool) -> DnsAnswer:
    """The response as a value; ``here`` brings question and server."""
    here = replace(here, trusted=believed, extended=_extended(response))
    status = _RCODES.get(response.rcode(), DnsStatus.OTHER)
    if status not in (DnsStatus.NOERROR, DnsStatus.NXDOMAIN):
        detail = f"the server answered {dns.rcode.to_text(response.rcode())}"
        return replace(here, status=status, detail=detail)
    if not isinstance(response, dns.message.QueryMessage):
        return replace(here, status=DnsStatus.MALFORMED, detail="not the answer to a query")
    try:
        found = response.resolve_chaining()
    except dns.message.ChainTooLong:
        detail = "the alias chain turns in a circle or is too long"
        return replace(here, status=DnsStatus.CNAME_LOOP, detail=detail)
    chain = tuple(_plain(rrset[0].target.to_text()) for rrset in found.cnames)
    records = tuple(rdata.to_text() for rdata in found.answer) if found.answer else ()
    if here.rdtype in _OF_NAMES:
        records = tuple(record.lower() for record in records)
    return replace(
        here,
        status=status,
        records=records,
        chain=chain,
        ttl_s=found.minimum_ttl if _has_ttl(response) else None,
        authenticated=believed and bool(response.flags & dns.flags.AD),
    )


def _extended(response: dns.message.Message) -> tuple[ExtendedError, ...]:
    found = response.extended_errors()[:_MAX_EXTENDED]
    return tuple(
        ExtendedError(code=int(each.code), text=(each.text or "")[:_MAX_TEXT]) for each in found
    )


def _has_ttl(response: dns.message.Message) -> bool:
    return bool(response.answer or response.authority)


def _plain(name: str) -> str:
    """Lower case, no trailing dot; the root stays ``.``."""
    return name.lower().removesuffix(".") or "."
