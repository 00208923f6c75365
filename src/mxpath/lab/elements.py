"""The nouns of a world: what its TOML file may say, key by key.

Unknown keys are errors. How these parts are numbered, and what follows from them
without being written down, is the law of ``topology``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import ClassVar

from pydantic import ConfigDict

from mxpath.lab.http_elements import HttpBehaviour
from mxpath.model.address import Prefix

_STRICT = ConfigDict(extra="forbid")


class Behaviour(StrEnum):
    """How a mail host treats a client on port 25."""

    FINE = "fine"
    SLOW_GREETING = "slow_greeting"
    """Waits ``greeting_delay_s`` before its greeting."""
    REJECT = "reject"
    """Greets with 554."""
    BUSY = "busy"
    """Greets with 451."""
    TARPIT = "tarpit"
    """Waits one second before every line that it says."""
    LIMITED = "limited"
    """Serves ``connections_at_once`` connections of one client; greets the next with 421."""
    MUTE = "mute"
    """Takes the connection and never says a word."""
    RESET = "reset"
    """Takes the connection and resets it."""
    CLOSED = "closed"
    """Nothing listens: the kernel answers RST."""
    DROPPED = "dropped"
    """SYNs vanish without an answer."""


class Certificate(StrEnum):
    """What a mail host shows after STARTTLS."""

    VALID = "valid"
    """Issued by the lab's authority for the host's name."""
    EXPIRED = "expired"
    SELF_SIGNED = "self_signed"
    WRONG_NAME = "wrong_name"
    LARGE = "large"
    """Valid, with so many names that the server's flight fills several full packets."""


class TlsVersion(StrEnum):
    """Protocol versions that still meet clients; they differ in round trips."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpHost:
    """What listens on a host's port 25."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    """Its DNS name, also said in greeting and EHLO and carried by its certificate."""
    behaviour: Behaviour = Behaviour.FINE
    greeting_delay_s: float = 0.0
    words: str = ""
    """Said after the code of a refusing greeting, instead of the usual; ASCII, one line."""
    starttls: bool = True
    starttls_refused: bool = False
    """Offers STARTTLS, and answers it with 454."""
    certificate: Certificate = Certificate.VALID
    tls_version: TlsVersion = TlsVersion.TLS_1_3
    """The newest version that it speaks."""
    tls_delay_s: float = 0.0
    """Waited before the server's part of the TLS handshake."""
    tls_fails: bool = False
    """Agrees to STARTTLS, then answers the handshake with what is no TLS."""
    connections_at_once: int = 1
    """For ``limited`` alone; with 0 nobody is served."""
    takes_mail: bool = False
    """Accepts messages and throws them away; else MAIL is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """An end system behind one router."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    router: str
    delay_ms: float = 0.1
    """One-way delay of the access link."""
    blocks: tuple[str, ...] = ()
    """What vanishes on the access link; see :class:`Link`."""
    families: tuple[int, ...] = (4, 6)
    """IP versions it speaks, of those that its network has."""
    same_as: str | None = None
    """Anycast: another host of this network, at another router, whose addresses this one has too."""
    smtp: SmtpHost | None = None
    postfix: bool = False
    """Where the kernel plays: a real Postfix runs here and can be given mail to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomousSystem:
    """A network: its routers, its prefixes, and whose customer or peer it is."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    prefixes: tuple[Prefix, ...]
    routers: tuple[str, ...]
    providers: tuple[int, ...] = ()
    peers: tuple[int, ...] = ()
    """Private peers; members of one exchange point's route server peer by themselves."""
    siblings: tuple[int, ...] = ()
    """Networks of one house: each tells the other every route. The other's own prefixes are liked
    as a customer's, its other routes by whom the house learnt them from."""
    prefer: tuple[int, ...] = ()
    """Neighbours whose routes are liked before all others, whatever the relationship."""
    country: str | None = None
    """Where its holder is registered, ISO 3166-1 alpha-2; its numbers are then delegated."""
    organisation: str | None = None
    """Who runs it: networks of one organisation are siblings, whatever they tell each other."""
    announce: dict[Prefix, tuple[int | str, ...]] = field(default_factory=dict)
    """Own or more-specific prefix to the only neighbours (AS number, or name of an exchange
    point) that are told of it; a prefix without an entry is told as the relationships have it."""

    @property
    def families(self) -> tuple[int, ...]:
        """IP versions that it has a prefix of."""
        return tuple(sorted({prefix.version for prefix in self.prefixes}))

    @property
    def prefix_v4(self) -> IPv4Network | None:
        """First IPv4 prefix: infrastructure space."""
        return next((p for p in self.prefixes if isinstance(p, IPv4Network)), None)

    @property
    def prefix_v6(self) -> IPv6Network | None:
        """First IPv6 prefix: infrastructure space."""
        return next((p for p in self.prefixes if isinstance(p, IPv6Network)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """How a router answers probes that die at it; most need no entry."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    silent: bool = False
    """Sends no ICMP error."""
    icmp_per_s: float | None = None
    """Sends at most so many ICMP errors a second to one destination, after a burst of 6."""
    answers_from: str | None = None
    """Exchange point whose LAN address its answers carry, whatever way the probe came."""
    mpls: tuple[int, ...] = ()
    """Labels with which packets arrive here, outermost first; its errors tell (RFC 4950)."""
    names_interfaces: bool = False
    """Its errors name the interface by which the packet came (RFC 5837)."""
    unsaid_length: bool = False
    """Both stand behind 128 octets of quote and nothing says so, as before RFC 4884."""
    quote_octets: int | None = None
    """Octets beyond the IP header that its errors quote; ``None`` for all that fit."""
    marks_tos: int | None = None
    """The octet of DSCP and ECN that it writes into what it forwards."""
    adds_to_sequence: int = 0
    """By so much the sequence numbers of TCP that it forwards grow; it takes that off answers."""
    translates: bool = False
    """Forwards under an address of its own (NAT), and puts answers right and the addresses in
    quotes, but not their transport checksums."""

    @property
    def memory_only(self) -> tuple[str, ...]:
        """Keys with other values than usual that the kernel player cannot play."""
        names = (
            "mpls",
            "names_interfaces",
            "unsaid_length",
            "quote_octets",
            "marks_tos",
            "adds_to_sequence",
            "translates",
        )
        return tuple(name for name in names if getattr(self, name) not in ((), False, None, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePoint:
    """An exchange point: a LAN, and a route server that all members peer with."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: int
    route_server_asn: int
    lan_v4: IPv4Network | None = None
    lan_v6: IPv6Network | None = None
    """One of the two LANs may be left out."""
    city: str = ""

    @property
    def lans(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The LANs that there are, IPv4 first."""
        return tuple(lan for lan in (self.lan_v4, self.lan_v6) if lan is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A wire between two routers, or between a router and an exchange point's LAN."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    ends: tuple[str, str]
    delay_ms: float
    """One-way delay."""
    jitter_ms: float = 0.0
    """Each packet takes up to so much longer, uniformly; order within the link is kept."""
    loss: float = 0.0
    """Share of packets that vanish, each way, in [0, 1]."""
    mtu: int | None = None
    """Largest IP packet in bytes; a router that must not fragment says so by ICMP."""
    mtu_hidden: bool = False
    """Too large packets vanish without that ICMP message."""
    buys: tuple[int, ...] = ()
    """On a wire into an exchange point's LAN: providers, members there too, whose transit is bought
    over that LAN by a session of their own; with everybody else one peers."""
    blocks: tuple[str, ...] = ()
    """What vanishes here: ``ipv4``, ``ipv6``, ``icmp`` (errors and echoes of both families),
    ``tcp/PORT`` or ``udp/PORT`` (the target's port). BGP passes whatever is blocked."""
    down: bool = False
    """Carries nothing, and its ends see that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A mail domain: its MX records as ``preference target`` (``0 .`` for null MX)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    mx: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """Further DNS content of a world; ``zone`` has the law of its zones."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    zone: str = "example"
    """The one zone that all names of the world lie in; reverse zones follow from the numbers."""
    records: tuple[str, ...] = ()
    """Lines in master-file form with absolute owner names, class IN implied."""
    servfail: tuple[str, ...] = ()
    """Names below the zone for which the server answers SERVFAIL."""
    server: str | None = None
    """Host of the authoritative server; without one it is the world's resolver itself. With one,
    the resolver is a recursive one that asks it."""
    signed: bool = False
    """The zones are signed (DNSSEC), and the resolver, where it is recursive, validates."""
    bogus: tuple[str, ...] = ()
    """Names below the zone that are signed zones of their own, with a wrong DS above them."""
    unsigned: tuple[str, ...] = ()
    """Names below the zone that are zones of their own, and not signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city on the map, and the routers that stand in it (with all hosts at them)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    country: str
    latitude: float
    """In degrees."""
    longitude: float
    routers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Roa:
    """A validated ROA payload (RFC 6811) that the world publishes."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    prefix: Prefix
    asn: int
    max_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """A route collector on a host: routers of several networks tell it all their routes."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    host: str
    asn: int
    peers: tuple[str, ...]
    """Routers, over multihop sessions."""


class FaultKind(StrEnum):
    """What can go wrong with a world while it is played."""

    LINK_DOWN = "link_down"
    """The link between ``ends`` carries nothing."""
    LINK_CHANGED = "link_changed"
    """The link between ``ends`` becomes as ``link`` says; what that leaves out stays."""
    NETWORK_DOWN = "network_down"
    """All links of ``network`` to others carry nothing."""
    PREFIX_MOVED = "prefix_moved"
    """``network`` announces ``prefix`` and its holder does not; packets follow the routes."""
    MORE_SPECIFIC = "more_specific"
    """``network`` announces ``prefix``, a part of somebody else's."""
    RESOLVER_DOWN = "resolver_down"
    RESOLVER_HALF_DEAD = "resolver_half_dead"
    """The resolver's first address does not answer, the second does."""
    SMTP_CHANGED = "smtp_changed"
    """The server of ``host`` becomes as ``smtp`` says; what that leaves out stays."""
    RDAP_CHANGED = "rdap_changed"
    """The registry behaves as ``rdap`` says."""
    LOOKING_GLASS_CHANGED = "looking_glass_changed"
    """The looking glass behaves as ``looking_glass`` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault that can be switched on and off, by hand or at its time."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: FaultKind
    at_s: float | None = None
    """Seconds after the world begins; ``None`` waits for a hand."""
    until_s: float | None = None
    ends: tuple[str, str] | None = None
    link: dict[str, float | int | bool | tuple[str, ...]] = field(default_factory=dict)
    """Keys of :class:`Link`, with their new values."""
    network: int | None = None
    prefix: Prefix | None = None
    host: str | None = None
    smtp: dict[str, float | int | bool | str] = field(default_factory=dict)
    """Keys of :class:`SmtpHost`, with their new values."""
    rdap: HttpBehaviour | None = None
    looking_glass: HttpBehaviour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an analysis of this world has to find."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    verdicts: dict[str, str] = field(default_factory=dict)
    """Domain to the name of its first verdict."""
    also: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Domain to further verdicts that must be there too."""
    under: dict[str, dict[str, str]] = field(default_factory=dict)
    """Fault to domain to the name of its first verdict while the fault lasts."""
    as_paths: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Host to the AS path from the sender, both families."""
    crossings: dict[str, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)
    """Host to (exchange id, near AS, far AS), both families."""
    unknowable: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Host to (exchange id, IP version) of crossings on the way there that nobody could tell."""
