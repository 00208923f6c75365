"""SYNs that a probe socket has set aside in the book of budgets, to be used within a minute.

The book is a file that all processes share; to rewrite it for each SYN would cost more than the
SYN. So a socket sets units aside, for all targets that it expects at once, and gives back what it
has not used.

1. Units set aside count as used from the moment until which they may be used. A crash leaves the
   count too high for an hour, and never too low.
2. When they are given back, those that were used get the time of their use.
3. Units that are old are given back before new ones are taken: none is used later than it says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mxpath.model.address import IPAddress
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import Budget

_UNITS = 10
"""Units set aside at a time: a trace of 13 hops takes twice so many."""
_LOW = 3
"""With no more left than this, a target takes part when another one needs new units."""
_TERM_NS = 60 * 1_000_000_000
_IDLE_NS = 5 * 1_000_000_000
"""A target that has used none for so long is thought to be done."""


@dataclass(slots=True)
class _Lease:
    """What is set aside for one target."""

    until_ns: int
    count: int
    refusal: str
    used_ns: list[int] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.count - len(self.used_ns)

    def is_low(self, now_ns: int) -> bool:
        """Whether it will need more before long."""
        if self.refusal or self.left > _LOW:
            return False
        return not self.used_ns or now_ns - self.used_ns[-1] < _IDLE_NS


class Leases:
    """What one socket has set aside.

    Parameters
    ----------
    ledger
        The book.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._leases: dict[IPAddress, _Lease | None] = {}

    def expect(self, target: IPAddress) -> None:
        """Set units aside for this target too, when some are set aside the next time."""
        self._leases.setdefault(target, None)

    def refusal(self, target: IPAddress, now_ns: int) -> str:
        """Why no SYN may leave for a target now; nothing when one may."""
        lease = self._leases.get(target)
        if lease is None or not lease.left or lease.until_ns <= now_ns:
            lease = self._renew(target, now_ns)
        return "" if lease.left else lease.refusal

    def use(self, target: IPAddress, now_ns: int) -> None:
        """Use a unit that ``refusal`` has just found to be there."""
        lease = self._leases[target]
        assert lease is not None
        lease.used_ns.append(now_ns)

    def close(self, now_ns: int) -> None:
        """Give back what was not used."""
        held = [target for target, lease in self._leases.items() if lease is not None]
        if held:
            self._exchange(held, {}, now_ns)
        self._leases.clear()

    def _renew(self, target: IPAddress, now_ns: int) -> _Lease:
        """Take new units for a target, and for all that will soon want some."""
        wanting = {
            other: _UNITS
            for other, lease in self._leases.items()
            if other == target or lease is None or lease.is_low(now_ns)
        } | {target: _UNITS}
        self._exchange(wanting, wanting, now_ns)
        lease = self._leases[target]
        assert lease is not None
        return lease

    def _exchange(
        self, returned: Iterable[IPAddress], wanted: dict[IPAddress, int], now_ns: int
    ) -> None:
        back = {
            target: (lease.until_ns, lease.count, lease.used_ns)
            for target in returned
            if (lease := self._leases.get(target)) is not None
        }
        until_ns = now_ns + _TERM_NS
        grants = self._ledger.exchange(Budget.SYN, back, wanted, now_ns=now_ns, until_ns=until_ns)
        for target, grant in grants.items():
            self._leases[target] = _Lease(until_ns, grant.count, grant.refusal)
