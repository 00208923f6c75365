"""Whether SYNs to the mail port get out of here at all."""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.address import IPAddress
from mxpath.model.evidence import Evidence, Grade


class EgressState(StrEnum):
    """What comparing targets and protocols came to."""

    BLOCKED = "blocked"
    OPEN = "not blocked"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """One address family's way out, for one TCP port."""

    version: int
    """4 or 6."""
    port: int
    state: EgressState
    grade: Grade | None = None
    """Of ``state``; ``None`` when it cannot be told."""
    ttl: int | None = None
    """Last hop that answers any SYN to that port, where it is blocked; 0 for none at all."""
    address: IPAddress | None = None
    """Who answers there."""
    targets: int
    """How many were asked on that port."""
    passes: tuple[str, ...] = ()
    """What gets farther: ``icmp``, ``tcp/443``."""
    evidence: tuple[Evidence, ...] = ()
    counter_evidence: tuple[Evidence, ...] = ()

    @property
    def words(self) -> str:
        """A sentence without its full stop."""
        what = f"port {self.port} over IPv{self.version}"
        if self.state is EgressState.OPEN:
            return f"{what} gets out of here"
        if self.state is EgressState.UNKNOWN:
            return f"whether {what} gets out of here cannot be told"
        where = (
            f"at hop {self.ttl} ({self.address}) or right behind it"
            if self.ttl
            else ("before the first hop")
        )
        others = " and ".join(name.upper() for name in self.passes)
        passes = f", while {others} passes" if others else ""
        if self.grade is Grade.POSSIBLE:
            return f"every SYN vanishes {where}{passes}: consistent with a filter of {what}"
        does = "is" if self.grade is Grade.CERTAIN else "is most likely"
        return f"egress {what} {does} blocked {where}: every SYN vanishes there{passes}"
