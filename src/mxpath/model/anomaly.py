"""What is out of the ordinary in a trace, or worth knowing: a closed list."""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.evidence import Evidence


class AnomalyKind(StrEnum):
    """Everything that is looked for. The first ones are faults, the last ones plain facts."""

    FORWARDING_LOOP = "forwarding loop"
    """The same addresses in the same order, again and again: packets turn in a circle."""
    CYCLE = "cycle"
    """An address comes back after others."""
    LOOP = "loop"
    """One address at consecutive TTLs."""
    ZERO_TTL = "zero-TTL forwarding"
    """A probe arrived with TTL 0: the router before has passed it on where it had to die."""
    UNREACHABLE = "unreachable"
    """Somebody on the way says that the target, or its port, cannot be reached."""
    FILTERED = "filtered"
    """Somebody on the way says that this is forbidden."""
    TOO_BIG = "packet too big"
    """A link on the way is too narrow for a probe."""
    REWRITTEN_SEQUENCE = "sequence rewritten"
    """An answer names another TCP sequence number than was sent."""
    REWRITTEN_CHECKSUM = "checksum rewritten"
    """The quoted transport checksum is not the one that was sent."""
    REWRITTEN_ID = "identification rewritten"
    """The quoted IPv4 identification is not the one that was sent."""
    REWRITTEN_TOS = "DSCP or ECN rewritten"
    """The quoted TOS octet, or traffic class, is not the one that was sent."""
    ASYMMETRY = "asymmetry"
    """By its reply TTL the way back is of another length than the way there."""
    QUOTED_TTL = "quoted TTL above 1"
    """A probe expired although, by its quote, TTL was left."""
    PRIVATE_ADDRESS = "private address"
    """A hop behind public ones answers from a private address."""
    MPLS = "MPLS"
    """Answers carry label stacks."""
    INTERFACE = "interface"
    """A router tells by which interface the probe came, or would have left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One thing that was found, where, and why we say so."""

    kind: AnomalyKind
    flow: int
    """Index of the flow in the trace, from 0."""
    ttls: tuple[int, ...]
    """The hops that it concerns, ascending."""
    words: str
    """What was found, in a few words; no stronger than the evidence. May hold foreign text."""
    evidence: tuple[Evidence, ...]
