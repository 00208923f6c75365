"""What earlier traces tell of a path, and how far it is believed.

The law
-------
1. **A hop is never filled in.** What is known only lets probes leave sooner, or not at all. Every
   hop of a trace was probed in its own flow.
2. **The distance of this very target**, d: TTLs 1 to d + 1 leave at once, and none beyond as long
   as nothing contradicts. The one at d + 1 tells whether the target has moved away: a path that is
   as it was costs its hops and one probe.
3. **The distance of a neighbour** (same /24, same /48) is a guess: TTLs 1 to d leave at once, the
   rest by the usual window.
4. **Common first hops**: where all traces of a family, to two /24 or /48 at least, began with the same
   k hops, the window behaves as if hop k had answered, and the first one reaches to k + 6. Silent
   hops in between are bridged. No more than ``_FIRST_HOPS`` are believed.
5. **A contradiction ends the belief**, and a note says so: the target is nearer, or farther, or
   silent for as long as a hop is waited for; or another first hop answers. From then on the usual
   law holds.
6. **The price of an error.** The share of SYNs at a target (law 2 of ``plan.py``) rests on answers;
   here it rests on memory. A path that has lost n hops since gets 2 + n SYNs at its target, once:
   more than six when it has lost five or more. No retry and nothing else leaves then, and the
   distance is known anew. Where first hops are known and a target lies in front of them all, it
   gets at most ``_FIRST_HOPS`` more. The budget for each hour holds in any case, and what is older
   than ``_BELIEVED_FOR`` is not believed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network

from mxpath.model.address import IPAddress, Prefix
from mxpath.model.trace import Hop, Trace

_FIRST_HOPS = 5
_BELIEVED_FOR = timedelta(days=7)
_NEIGHBOURS = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the path to one target."""

    distance: int | None = None
    guess: bool = False
    """The distance is a neighbour's (law 3)."""
    first: tuple[IPAddress | None, ...] = ()
    """Common first hops by TTL, from 1; silent ones are ``None``, and the last is not."""


NOTHING = Known()


def neighbourhood(address: IPAddress) -> Prefix:
    """Return the /24 or /48 of an address.

    Examples
    --------
    >>> from ipaddress import ip_address
    >>> str(neighbourhood(ip_address("198.18.33.25")))
    '198.18.33.0/24'
    """
    return ip_network((address, _NEIGHBOURS[address.version]), strict=False)


class Knowledge:
    """Distances and first hops, from earlier traces and from those of this call that are done.

    Parameters
    ----------
    traces
        Earlier traces from the same place. Those of other tools, and those that are too old,
        are left out.
    now
        The present moment; ``None`` believes traces of any age.
    """

    def __init__(self, traces: Iterable[Trace] = (), *, now: datetime | None = None) -> None:
        self._distances: dict[IPAddress, int] = {}
        self._near: dict[Prefix, int] = {}
        self._first: dict[int, tuple[IPAddress | None, ...]] = {}
        self._seen: dict[int, set[Prefix]] = {4: set(), 6: set()}
        for trace in traces:
            old = now is not None and (
                trace.started_at is None or now - trace.started_at > _BELIEVED_FOR
            )
            if trace.imported is None and not old:
                self.learn(trace.target, trace.hops, trace.distance)

    def learn(self, target: IPAddress, hops: Iterable[Hop], distance: int | None) -> None:
        """Learn from a trace that is done; a later one corrects an earlier one."""
        path = [hop.address for hop in hops][: None if distance is None else distance - 1]
        if not any(path):
            return
        if distance is not None:
            self._distances[target] = self._near[neighbourhood(target)] = distance
        self._seen[target.version].add(neighbourhood(target))
        before = self._first.get(target.version)
        self._first[target.version] = tuple(path) if before is None else _common(before, path)

    def about(self, target: IPAddress) -> Known:
        """What is known of the path to a target."""
        distance = self._distances.get(target)
        near = self._near.get(neighbourhood(target))
        first = self._first.get(target.version, ())
        if len(self._seen[target.version]) < 2 or target in first:
            first = ()
        return Known(
            distance=near if distance is None else distance,
            guess=distance is None and near is not None,
            first=_stripped(first[:_FIRST_HOPS]),
        )


def _common(
    one: tuple[IPAddress | None, ...], other: list[IPAddress | None]
) -> tuple[IPAddress | None, ...]:
    """Return the first hops that two paths share; silence agrees with anything."""
    shared: list[IPAddress | None] = []
    for mine, theirs in zip(one, other, strict=False):
        if mine is not None and theirs is not None and mine != theirs:
            break
        shared.append(mine or theirs)
    return tuple(shared)


def _stripped(first: tuple[IPAddress | None, ...]) -> tuple[IPAddress | None, ...]:
    """Cut off silent hops at the end."""
    last = max((ttl for ttl, address in enumerate(first, 1) if address is not None), default=0)
    return first[:last]


class Belief:
    """What a plan still believes of what is known; see the law above."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._distance = known.distance
        self._first = known.first

    @property
    def limit(self) -> int | None:
        """TTL beyond which nothing leaves (law 2)."""
        return None if self._distance is None or self._known.guess else self._distance + 1

    @property
    def reach(self) -> int:
        """TTLs up to here leave at once."""
        if self._distance is None:
            return 0
        return self._distance if self._known.guess else self._distance + 1

    @property
    def frontier(self) -> int:
        """Hop that counts as if it had answered (law 4)."""
        return len(self._first)

    def heard(self, ttl: int, responder: IPAddress) -> str:
        """Take in that a router has answered; returns what there is to say."""
        if (
            self._first
            and ttl <= len(self._first)
            and self._first[ttl - 1] not in (None, responder)
        ):
            before = self._first[ttl - 1]
            self._first = ()
            return f"another hop {ttl} than in earlier traces: {responder}, then {before}"
        if self._distance is not None and ttl >= self._distance:
            return self._lost("it is farther away now")
        return ""

    def reached(self, distance: int) -> str:
        """Take in that the target has answered."""
        if self._distance is None or distance >= self._distance:
            return ""
        return self._lost(f"it is nearer now, at hop {distance}")

    def silent(self) -> str:
        """Take in that the target has not answered in its time."""
        return "" if self._distance is None else self._lost("it has not answered there")

    def _lost(self, how: str) -> str:
        distance, self._distance, self._first = self._distance, None, ()
        if self._known.guess:
            return ""
        return f"the target was at hop {distance} in an earlier trace; {how}"
