"""One probe and what came back: the nouns of the wire.

What an answer does not tell is ``None``; traces of other tools leave more of it out than ours.
"""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.address import IPAddress


class Protocol(StrEnum):
    """What a probe is made of."""

    TCP = "tcp"
    """A SYN, as a mail server would send it."""
    UDP = "udp"
    """A datagram to a port at which nobody listens."""
    ICMP = "icmp"
    """An echo request (RFC 792, RFC 4443)."""


USUAL_PORT: dict[Protocol, int | None] = {
    Protocol.TCP: 25,
    Protocol.UDP: 33434,
    Protocol.ICMP: None,
}
"""Destination ports where none is asked for; ICMP has none."""


class ReplyKind(StrEnum):
    """What kind of packet answered."""

    TIME_EXCEEDED = "time exceeded"
    SYN_ACK = "syn-ack"
    ACK = "ack"
    """A bare ACK: another SYN of this flow has arrived; proves no distance."""
    RST = "rst"
    ECHO_REPLY = "echo reply"
    UDP_REPLY = "udp reply"
    """A datagram from the very port that was probed."""
    UNREACHABLE = "unreachable"
    PACKET_TOO_BIG = "packet too big"


_OWN_ANSWERS = {
    ReplyKind.SYN_ACK,
    ReplyKind.RST,
    ReplyKind.ECHO_REPLY,
    ReplyKind.UDP_REPLY,
}
_PORT_UNREACHABLE = {4: 3, 6: 4}
"""Code of "port unreachable" within "destination unreachable" (RFC 792; RFC 4443 section 3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MplsLabel:
    """One entry of the label stack with which the expired packet arrived (RFC 4950, RFC 3032)."""

    label: int
    """20 bits."""
    traffic_class: int
    """Three bits (RFC 5462)."""
    bottom: bool
    """Last of its stack."""
    ttl: int


class InterfaceRole(StrEnum):
    """What an interface has to do with the expired packet (RFC 5837 section 4.1)."""

    INCOMING = "incoming"
    """The packet arrived by it."""
    SUB_IP = "sub-ip"
    """A component of the incoming one."""
    OUTGOING = "outgoing"
    """The packet would have left by it."""
    NEXT_HOP = "next hop"
    """Address of the router to which it would have gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceInfo:
    """An interface of the router that answered, in its own words (RFC 5837)."""

    role: InterfaceRole
    index: int | None = None
    """ifIndex (RFC 2863)."""
    address: IPAddress | None = None
    name: str | None = None
    """ifName, at most 63 octets; foreign text."""
    mtu: int | None = None
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSpec:
    """A probe to be sent."""

    target: IPAddress
    source: IPAddress
    source_port: int
    """Of ICMP: the identifier."""
    destination_port: int
    """Of ICMP: 0."""
    ttl: int
    sequence: int
    """What names the probe within its flow: a TCP sequence number of 32 bits; of UDP and ICMP a
    number of 16. Carries TTL, attempt and cookie."""
    spare: bool = False
    """A further sample of a hop that has answered this flow: it dies before the target, and may
    be left out."""
    protocol: Protocol = Protocol.TCP
    size: int | None = None
    """Bytes of the whole IP packet, padded (UDP and ICMP); ``None`` for the smallest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A packet that came back, decoded; ``sequence`` says which probe it answers."""

    kind: ReplyKind | None
    """``None`` where a foreign trace does not tell."""
    responder: IPAddress
    target: IPAddress
    """Destination of the probe it answers."""
    source_port: int | None = None
    """Of ICMP: the identifier."""
    destination_port: int | None = None
    sequence: int | None = None
    """That of the probe it answers (acknowledgement - 1 for TCP)."""
    received_ns: int | None = None
    """CLOCK_REALTIME, kernel timestamp where there is one."""
    told_rtt_ms: float | None = None
    """Round-trip time as another tool tells it, who gives no stamps."""
    protocol: Protocol | None = Protocol.TCP
    reply_ttl: int | None = None
    """TTL with which it arrived."""
    quoted_ttl: int | None = None
    """TTL with which the probe arrived where it died."""
    quoted_id: int | None = None
    """IPv4 identification in the quote."""
    quoted_tos: int | None = None
    """DSCP and ECN in the quote: the IPv4 TOS octet, the IPv6 traffic class."""
    quoted_checksum: int | None = None
    """Transport checksum in the quote, where the quote reaches so far."""
    icmp_type: int | None = None
    icmp_code: int | None = None
    mtu: int | None = None
    mpls: tuple[MplsLabel, ...] = ()
    interfaces: tuple[InterfaceInfo, ...] = ()

    @property
    def is_from_target(self) -> bool:
        """Whether the target itself has answered this very probe.

        A Destination Unreachable counts where that is how a target answers: port unreachable,
        from its own address, to a UDP probe. Where the kind is not told the address decides.
        """
        if self.kind in _OWN_ANSWERS:
            return True
        at_home = self.responder == self.target
        if self.kind is None:
            return at_home
        port = self.icmp_code == _PORT_UNREACHABLE[self.target.version]
        refused = self.kind is ReplyKind.UNREACHABLE and port
        return refused and at_home and self.protocol is Protocol.UDP

    @property
    def is_refusal(self) -> bool:
        """Whether somebody on the way says that the target cannot be reached."""
        return self.kind is ReplyKind.UNREACHABLE and not self.is_from_target


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One probe that was sent, and its reply or silence."""

    ttl: int
    attempt: int
    sequence: int | None = None
    sent_ns: int | None = None
    """CLOCK_REALTIME."""
    reply: Reply | None = None

    @property
    def rtt_ms(self) -> float | None:
        """Round-trip time; ``None`` when nothing came back, or nobody told it."""
        if self.reply is None:
            return None
        if self.sent_ns is None or self.reply.received_ns is None:
            return self.reply.told_rtt_ms
        return (self.reply.received_ns - self.sent_ns) / 1e6
