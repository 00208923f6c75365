"""What a caller may choose about a trace."""

from dataclasses import dataclass

from mxpath.errors import InputError
from mxpath.model.probe import USUAL_PORT, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOptions:
    """Limits and patience of a trace.

    Raises
    ------
    InputError
        When a value is outside its range.
    """

    protocol: Protocol = Protocol.TCP
    port: int | None = None
    """Destination port; ``None`` takes the protocol's usual one, and ICMP has none."""
    max_ttl: int = 30
    """At most 63: six bits of the sequence number carry it."""
    queries: int = 3
    """Probes to each hop before the target, the first included; the target gets no more for it."""
    stretch: float = 1.3
    """Further queries may prolong a trace to at most so many times the time without them."""
    attempts: int = 2
    """Probes to a hop that stays silent, the first included."""
    max_past_target: int = 5
    """SYNs that may arrive at the target beyond the one at its distance, retries included."""
    max_silent_hops: int = 6
    """Silent hops past the last answer after which the trace gives up.

    Up to ``max_past_target + 1`` a target that drops SYNs gets no more of them than one that
    answers. More than that looks further behind filters, at one SYN each ``min_wait_s``.
    """
    min_wait_s: float = 0.2
    """Least time until a hop is given up once a later hop has answered."""
    rtt_factor: float = 3.0
    """That time as a multiple of the round-trip time of the hop's neighbours."""
    silence_timeout_s: float = 2.0
    """Time without any answer, after the last SYN, until a target counts as dead."""

    use_known: bool = True
    """Whether distances and first hops from earlier traces are used (``known.py``)."""

    @property
    def destination_port(self) -> int | None:
        """Destination port of the probes; ``None`` for ICMP, which has none."""
        return USUAL_PORT[self.protocol] if self.port is None else self.port

    def __post_init__(self) -> None:
        if self.protocol is Protocol.ICMP and self.port is not None:
            raise InputError("ICMP has no ports: leave the port out, or trace by tcp or udp")
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InputError(f"{name} = {value} must lie between {low} and {high}")


_RANGES = (
    ("port", 1, 65535),
    ("max_ttl", 1, 63),
    ("queries", 1, 32),
    ("stretch", 1, 100),
    ("attempts", 1, 32),
    ("max_past_target", 0, 5),
    ("max_silent_hops", 1, 63),
    ("min_wait_s", 0.01, 60),
    ("rtt_factor", 1, 100),
    ("silence_timeout_s", 0.01, 60),
)
