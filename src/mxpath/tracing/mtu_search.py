"""Which size next? The search for a path's MTU, without a socket, a clock or a sleep.

The law
-------
1. Sizes are whole IP packets that may not be fragmented on the way: between 576 bytes (IPv4, RFC
   1122 section 3.3.3) or 1,280 (IPv6, RFC 8200 section 5), below which mail does not care, and 1,500.
2. The largest comes first: where it passes, that is all there is to know (two probes, with the
   small one that shows that the target answers at all).
3. **Packet Too Big is believed as far as it can be true**: its MTU must lie between what has passed
   and the size that was sent (RFC 8201 section 4, RFC 8899 section 4.6.1); then this size is next.
   One that names no MTU (RFC 1191 section 5), or an impossible one, says only that this size fails.
4. **Silence** may be chance: it takes two silent probes of the largest size to begin a search, and
   two of the smallest that failed to end it. In between, sizes that networks really have are tried,
   from the middle outwards (RFC 1191 section 7.1 calls them plateaus; to its list are added the
   usual tunnels), and at last one byte more than what has passed, so that the result is exact where
   the size is a usual one, and an interval else.
5. At most 12 probes go to the target.
"""

FLOOR = {4: 576, 6: 1280}
"""Rule 1, by IP version."""
CEILING = 1500
MAX_PROBES = 12
"""Rule 5."""
_TRIES = 2
"""Rule 4."""
_PLATEAUS = (
    576,
    1006,
    1280,
    1300,
    1340,
    1360,
    1370,
    1380,
    1390,
    1400,
    1410,
    1412,
    1420,
    1430,
    1436,
    1440,
    1446,
    1450,
    1454,
    1456,
    1458,
    1460,
    1462,
    1464,
    1468,
    1472,
    1476,
    1480,
    1484,
    1488,
    1492,
    1496,
    1500,
)
"""RFC 1191 section 7.1 and PPPoE (1492), GRE (1476), IP in IP (1480), VXLAN (1450), WireGuard (1420,
1412 within PPPoE), IPsec (1360 to 1446), LTE (1428 to 1440) and the least of IPv6 (1280)."""


class MtuSearch:
    """The sizes of one path.

    Parameters
    ----------
    version
        4 or 6.
    """

    def __init__(self, version: int) -> None:
        self.floor = FLOOR[version]
        self.passed: int | None = None
        """Largest size that was answered."""
        self.sent = 0
        self._failures: dict[int, bool] = {}
        """Sizes that were not answered, and whether that is known by silence alone."""
        self._tries: dict[int, int] = {}
        self._told: int | None = None
        """What was said to fit, until it is tried."""

    @property
    def failed(self) -> int | None:
        """Smallest size that was not answered."""
        return min(self._failures, default=None)

    @property
    def silent(self) -> bool:
        """Whether that is known by silence alone."""
        return self._failures.get(self.failed or 0, False)

    @property
    def next_size(self) -> int | None:
        """What to send now; ``None`` when nothing more is to be learnt, or may be asked."""
        if self.sent >= MAX_PROBES or self.is_mute:
            return None
        if self.passed is None:
            return self.floor
        if self.failed is None:
            return CEILING if self.passed < CEILING else None
        if self.failed - self.passed > 1:
            return self._between(self.passed, self.failed)
        return self.failed if self.silent and self._tries[self.failed] < _TRIES else None

    @property
    def is_mute(self) -> bool:
        """Whether not even the smallest size is answered, or fits."""
        tried = self._tries.get(self.floor, 0) >= _TRIES
        return self.passed is None and (tried or (self.failed or self.floor + 1) <= self.floor)

    def _between(self, low: int, high: int) -> int:
        """Rules 3 and 4: what was told, else a usual size, else one more, else the middle."""
        if self._told is not None and low < self._told < high:
            return self._told
        inner = [size for size in _PLATEAUS if low < size < high]
        if inner:
            return inner[len(inner) // 2]
        return low + 1 if low in _PLATEAUS else (low + high) // 2

    def sending(self, size: int) -> None:
        """Count a probe of that size."""
        self.sent += 1
        self._tries[size] = self._tries.get(size, 0) + 1

    def answer(self, size: int) -> None:
        """Take in that a probe of that size was answered."""
        self.passed = size if self.passed is None else max(self.passed, size)
        for smaller in [failed for failed in self._failures if failed <= self.passed]:
            del self._failures[smaller]  # it was lost by chance

    def silence(self, size: int) -> None:
        """Take in that a probe of that size went unanswered."""
        needed = _TRIES if size == CEILING else 1
        if size != self.floor and self._tries.get(size, 0) >= needed:
            self._failures.setdefault(size, True)

    def too_big(self, size: int, mtu: int | None) -> bool:
        """Take in that somebody said so; whether the MTU that was told can be true (rule 3)."""
        least = self.floor if self.passed is None else self.passed
        if mtu is None or not least <= mtu < size:
            self._failures[size] = False
            return False
        self._failures[mtu + 1] = False
        self._told = mtu
        return True
