"""What is true in a world, whoever plays it.

The truth never comes from the analyzer: in the kernel player it is read from
the running kernels and daemons, in memory from the played forwarding tables.
This module imports nothing of inference, tracing or graph.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from mxpath.lab.elements import Behaviour, Certificate, SmtpHost, TlsVersion
from mxpath.lab.owner_truth import OwnerTruth
from mxpath.lab.topology import World
from mxpath.lab.zone import is_recursive
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HopTruth:
    """The node that a packet of one TTL reaches, and what its answer looks like."""

    ttl: int
    node: str
    asn: int
    address: IPAddress
    """Source address of its answer, or what it would be."""
    rtt_min_ms: float
    """Sum of link delays there and back, over the fastest of the equal-cost ways back."""
    rtt_max_ms: float
    """The same over the slowest, with all jitter."""
    there_ms: float = 0.0
    """One-way delay to it over the flow's own links, without jitter."""
    silent: bool = False
    """No answer of it ever comes: it sends none, or no way back lets it through."""
    limited: bool = False
    """It answers only so often: it may be silent, whether or not it got the packet."""
    lossy: bool = False
    """A link on the way there loses packets: it may seem silent by chance."""
    third_party: bool = False
    """The address is not that of the interface by which the packet came in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTruth:
    """The path of one flow from the sender to a target."""

    target: IPAddress
    source_port: int
    hops: tuple[HopTruth, ...]
    """By TTL from 1; the last one is the target's host, if the flow comes so far."""
    as_path: tuple[int, ...]
    """Networks of the nodes in order, the sender's first, repeats removed."""
    crossings: tuple[tuple[int, int, int], ...]
    """(exchange point id, near AS, far AS) for each exchange LAN that the path crosses."""
    arrives: bool = True
    """Whether the flow reaches the target."""
    mtu_back: int | None = None
    """Largest packet of the target's that comes back; ``None`` for what Ethernet takes."""
    mtu_hidden: bool = False
    """Larger ones vanish, and the target is not told."""
    loss: float = 0.0
    """Share of small packets that vanish by chance on the way there and back together."""
    protocol: Protocol = Protocol.TCP


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRow:
    """A row of the MX plan that a domain's zone prescribes."""

    preference: int
    host: str
    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTruth:
    """How a mail host behaves, and what it shows after STARTTLS."""

    behaviour: Behaviour
    greeting_delay_s: float
    starttls: bool
    starttls_refused: bool = False
    connections_at_once: int = 1
    certificate: Certificate | None = None
    """``None`` without STARTTLS."""
    not_before: datetime | None = None
    """Of the certificate that is shown."""
    not_after: datetime | None = None
    tls_version: TlsVersion = TlsVersion.TLS_1_3
    tls_delay_s: float = 0.0
    tls_fails: bool = False
    name: str = ""
    """The name that its certificate is for, where that is right."""

    @classmethod
    def of(cls, smtp: SmtpHost, certificate: x509.Certificate | None) -> "SmtpTruth":
        """Return the truth of a host and the certificate that was issued to it."""
        return cls(
            behaviour=smtp.behaviour,
            greeting_delay_s=smtp.greeting_delay_s,
            starttls=smtp.starttls,
            starttls_refused=smtp.starttls_refused,
            connections_at_once=smtp.connections_at_once,
            certificate=smtp.certificate if certificate else None,
            not_before=certificate.not_valid_before_utc if certificate else None,
            not_after=certificate.not_valid_after_utc if certificate else None,
            tls_version=smtp.tls_version,
            tls_delay_s=smtp.tls_delay_s,
            tls_fails=smtp.tls_fails,
            name=smtp.name.rstrip(".").lower(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SynCount:
    """SYNs of one flow that arrived at a mail host's port 25."""

    target: IPAddress
    source_port: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything an accuracy figure is counted against."""

    player: str
    """``kernel`` or ``memory``."""
    wire: str | None
    """``c`` or ``python`` in the kernel; ``None`` in memory."""
    paths: tuple[PathTruth, ...]
    mx: dict[str, tuple[MxRow, ...] | None]
    """Domain to the rows that are tried, by preference and name; none where there is no host to
    try, ``None`` where no answer can be had."""
    smtp: dict[IPAddress, SmtpTruth]
    syns: tuple[SynCount, ...]
    owners: dict[IPAddress, OwnerTruth] = field(default_factory=dict)
    """Whose each address is and where it is, as far as the world says."""
    unknowable: dict[IPAddress, tuple[int, ...]] = field(default_factory=dict)
    """Target to ids of exchange points whose crossing on the way there nobody could tell."""
    bgp: dict[IPAddress, tuple[int, ...]] = field(default_factory=dict)
    """Target to the networks, ours first, by the table of the sender's own router."""

    def path(
        self, target: IPAddress, source_port: int, protocol: Protocol = Protocol.TCP
    ) -> PathTruth | None:
        """The path of one flow."""
        key = target, source_port, protocol
        return next((p for p in self.paths if (p.target, p.source_port, p.protocol) == key), None)


def smtp_truth(world: World, hosts: Mapping[str, SmtpTruth]) -> dict[IPAddress, SmtpTruth]:
    """Return the truth of each address, from what the player says of its mail hosts."""
    return {address: truth for name, truth in hosts.items() for address in world.addresses_of(name)}


def unknowable(world: World) -> dict[IPAddress, tuple[int, ...]]:
    """Return what a world marks as beyond anybody's knowledge, by target address."""
    return {
        address: tuple(ix_id for ix_id, version in marks if version == address.version)
        for host, marks in world.expected.unknowable.items()
        for address in world.addresses_of(host)
    }


def mx_rows(
    world: World,
    domain: str,
    records: Iterable[str],
    addresses: Callable[[str], tuple[IPAddress, ...]],
) -> tuple[MxRow, ...]:
    """Return the rows that the world's sender tries by the letter of RFC 5321 section 5.1.

    Parameters
    ----------
    world
        Says who the sender is: its own row and those that are no better fall away.
    domain
        Its own host at preference 0 where it has no MX record, but an address.
    records
        The MX records as the zone has them, such as ``10 mx.example.``.
    addresses
        Addresses of a name, aliases followed.
    """
    pairs = [(int(words[0]), words[1].rstrip(".").lower()) for r in records if (words := r.split())]
    if pairs == [(0, "")]:
        return ()
    rows = [
        MxRow(preference=preference, host=host or ".", addresses=addresses(host) if host else ())
        for preference, host in sorted(pairs)
    ]
    if not rows and addresses(domain):
        rows = [MxRow(preference=0, host=domain, addresses=addresses(domain))]
    own = set(world.addresses_of(world.sender))
    limit = min((row.preference for row in rows if own & set(row.addresses)), default=1 << 16)
    return tuple(row for row in rows if row.preference < limit)


def has_no_answer(world: World, domain: str) -> bool:
    """Whether a world's resolver must fail at a domain.

    It does when nothing comes through to it, for a broken zone, and for one with false signatures.
    """
    resolver = world.hosts[world.resolver]
    if all(f"ipv{a.version}" in resolver.blocks for a in world.addresses_of(world.resolver)):
        return True
    validates = is_recursive(world) and world.dns.signed
    failing = (*world.dns.servfail, *(world.dns.bogus if validates else ()))
    labels = domain.rstrip(".").lower().split(".")
    return any(
        labels[-len(bad) :] == bad for bad in (n.rstrip(".").lower().split(".") for n in failing)
    )
