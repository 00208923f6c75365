"""One MX address in two studies: owner, path, times, session. See ``compare.py`` for the law."""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from mxpath.graph.stations import Station, stations
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution, OriginSet
from mxpath.model.bgp import PathGrade
from mxpath.model.changes import (
    AddressChanges,
    Crossing,
    Figure,
    Pair,
    Security,
    State,
    Waypoint,
)
from mxpath.model.network import Network
from mxpath.model.route import Route
from mxpath.model.session import Outcome, Phase, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import Trace

OTHER_WAY = "over other routers, perhaps of one of several equal paths"
"""Each trace is one flow: another one may be balanced to another branch."""
RTT_FLOOR_MS = 0.5
RTT_SHARE = 0.02
SERVER_FLOOR_MS = 5.0
SERVER_SHARE = 0.1

T = TypeVar("T")


def data_sets(study: Study) -> list[str]:
    """Return the names of the data sets that a study leant on, sorted."""
    return sorted(snapshot.name for snapshot in study.provenance.snapshots)


def _itself(value: Any) -> Any:
    return value


def pair_of(
    values: Sequence[T | None], reason: str = "", *, key: Callable[[T], Any] = _itself
) -> Pair[T]:
    """Two values; they are not comparable when there is a reason why, or one is missing.

    ``key`` gives what is compared: the names of networks, say, are not.
    """
    before, after = values
    if not reason and (before is None or after is None):
        when = [w for w, value in (("then", before), ("now", after)) if value is None]
        reason = f"not known {' and '.join(when)}"
    if reason:
        return Pair(before=before, after=after, state=State.UNKNOWN, reason=reason)
    assert before is not None
    assert after is not None
    state = State.SAME if key(before) == key(after) else State.CHANGED
    return Pair(before=before, after=after, state=state)


# -- one address ----------------------------------------------------------------------------


class AddressPair:
    """One address on both sides, and what is to be said of it."""

    def __init__(self, studies: tuple[Study, Study], host: str, address: Pair[IPAddress]) -> None:
        self._studies, self._host, self._address = studies, host, address
        self._addresses = address.before, address.after

    def changes(self) -> AddressChanges:
        """Compare all that is known of it."""
        origins = [owner.origin if owner else None for owner in self._owners()]
        validities = [owner.rpki if owner else None for owner in self._owners()]
        outcomes = [session.outcome if session else None for session in self._sessions()]
        security = [_security(session) for session in self._sessions()]
        as_path = self._as_path()
        shown = self._address.after or self._address.before
        assert shown is not None
        return AddressChanges(
            host=self._host,
            family=shown.version,
            address=self._address,
            origin=_origin([claim.value if claim else None for claim in origins]),
            rpki=pair_of(
                [claim.value if claim else None for claim in validities],
                key=lambda validity: (validity.prefix, validity.origins),
            ),
            as_path=as_path,
            bgp=self._bgp(),
            crossings=self._crossings(),
            waypoints=tuple(
                _waypoints(
                    *self._routes(), moved=as_path.state is State.CHANGED, apart=self._apart()
                )
            ),
            rtt=self._rtt(),
            outcome=pair_of(outcomes),
            phases=tuple(self._phases()),
            security=pair_of(security),
        )

    def _each(self, find: Callable[[Study, IPAddress], T | None]) -> list[T | None]:
        pairs = zip(self._studies, self._addresses, strict=True)
        return [None if address is None else find(study, address) for study, address in pairs]

    def _owners(self) -> list[Attribution | None]:
        return self._each(lambda study, address: study.owners.get(address))

    def _sessions(self) -> list[SmtpSession | None]:
        found = self._each(lambda study, address: study.session_at(address))
        return [s if s is not None and s.outcome is not Outcome.SKIPPED else None for s in found]

    def _routes(self) -> list[Route | None]:
        return self._each(lambda study, address: study.route_to(address))

    def _traces(self) -> list[Trace | None]:
        return self._each(lambda study, address: study.trace_to(address))

    def _as_path(self) -> Pair[tuple[Network, ...]]:
        routes = self._routes()
        paths = [route.as_path if route is not None and _heard(route) else None for route in routes]
        numbers = [tuple(n.asn for n in path or ()) for path in paths]
        if None not in paths and numbers[0] == numbers[1]:
            return Pair(before=paths[0], after=paths[1], state=State.SAME)
        return pair_of(paths, self._apart() or _blind(routes, numbers))

    def _bgp(self) -> Pair[tuple[Network, ...]]:
        """The BGP path: only what tables tell, and by the same word, is the network's own change."""
        views = self._each(lambda study, address: study.bgp_to(address))
        paths = [view.path.value if view is not None and view.path else None for view in views]
        grades = [path.grade for path in paths if path is not None]
        reason = ""
        if PathGrade.PREDICTED in grades:
            reason = "predicted only" if len(set(grades)) == 1 else "one of them is predicted"
        elif len(set(grades)) > 1:
            reason = f"told by others then ({grades[0]}) than now ({grades[1]})"
        return pair_of(
            [path.networks if path is not None else None for path in paths],
            reason,
            key=lambda networks: [network.asn for network in networks],
        )

    def _apart(self) -> str:
        """Why both sides are not measured alike, if they are not."""
        ways = [
            (trace.imported.tool, trace.source) if trace.imported is not None else None
            for trace in self._traces()
            if trace is not None
        ]
        return "one of them was traced by another tool" if len(set(ways)) > 1 else ""

    def _crossings(self) -> Pair[tuple[Crossing, ...]]:
        routes = self._routes()
        seen = [_crossings(r) if r is not None and _heard(r) else None for r in routes]
        same_data = data_sets(self._studies[0]) == data_sets(self._studies[1])
        if None not in seen and seen[0] != seen[1] and not same_data:
            return pair_of(seen, "the data sets differ")
        keys = [tuple((c.ix_id, c.near_asn, c.far_asn) for c in found or ()) for found in seen]
        if None not in seen and keys[0] == keys[1]:
            return Pair(before=seen[0], after=seen[1], state=State.SAME)
        return pair_of(seen, self._apart() or _blind(routes, keys))

    def _rtt(self) -> Figure:
        sides = [(None, 0.0) if trace is None else _rtt_of(trace) for trace in self._traces()]
        old, new = (_responders(r) if r is not None else () for r in self._routes())
        # Where the path itself is another one, so may its time be.
        alike = self._as_path().state is State.CHANGED or _agree(old, new)
        return _figure("rtt", *sides, other_way=self._apart() or ("" if alike else OTHER_WAY))

    def _phases(self) -> Iterator[Figure]:
        old, new = self._sessions()
        if old is None or new is None:
            return
        noise = [_rtt_noise(session) for session in (old, new)]
        names = dict.fromkeys(p.name for session in (old, new) for p in session.phases)
        for name in names:
            pair = old.phase(name), new.phase(name)
            sides = [_phase_of(p, rtt_noise) for p, rtt_noise in zip(pair, noise, strict=True)]
            yield _figure(name, *sides)


def _origin(values: Sequence[OriginSet | None]) -> Pair[OriginSet]:
    """Who announces it, in which prefix; a range that was cut into blocks for us has none."""
    announced = all(value is not None and value.announced for value in values)
    return pair_of(
        values,
        key=lambda value: (
            value.prefix if announced else None,
            sorted(network.asn for network in value.networks),
        ),
    )


def _security(session: SmtpSession | None) -> Security | None:
    """What TLS showed; ``None`` where the session did not come so far."""
    if session is None:
        return None
    if session.tls is None:
        return Security(version="") if session.starttls_offered is False else None
    tls = session.tls
    return Security(
        version=tls.version,
        names=tls.names,
        issuer=tls.issuer,
        not_after=tls.not_after,
        trusted=tls.trusted,
        name_matches=tls.name_matches,
    )


# -- paths ----------------------------------------------------------------------------------


def _crossings(route: Route) -> tuple[Crossing, ...]:
    return tuple(
        Crossing(
            ix_id=c.ix_id,
            ix_name=c.ix_name,
            near_asn=c.near.asn if c.near is not None else None,
            far_asn=c.far.asn,
        )
        for c in route.certain_crossings()
    )


def _heard(route: Route) -> bool:
    """Whether anybody on the way answered; our own network is known without."""
    return bool(route.as_path) and any(any(c.value.addresses) for c in route.segments)


def _blind(routes: Sequence[Route | None], seen: Sequence[Sequence[object]]) -> str:
    """Why a difference may be blindness: what is missing on one side may only not have answered."""
    for when, side, other in (("then", 0, 1), ("now", 1, 0)):
        route = routes[side]
        if route is None or not _within(seen[side], seen[other]):
            continue
        if not route.complete:
            return f"the trace {when} did not arrive"
        if any(station.kind == "unknown" for station in stations(route)):
            return f"silent or unknown hops {when}"
    return ""


def _within(part: Sequence[object], whole: Sequence[object]) -> bool:
    """Whether ``part`` is ``whole`` with some left out."""
    rest = iter(whole)
    return all(item in rest for item in part)


def _waypoints(
    old: Route | None, new: Route | None, *, moved: bool, apart: str
) -> Iterator[Waypoint]:
    """Yield every network and exchange point of either path, in the order of the later one.

    ``moved`` says that the path itself is another one: then so may its times be. ``apart`` says
    why times do not compare.
    """
    sides = [
        {s.key: s for s in (stations(route) if route else ()) if s.kind != "unknown"}
        for route in (old, new)
    ]
    for key in dict.fromkeys([*sides[1], *sides[0]]):
        before, after = sides[0].get(key), sides[1].get(key)
        shown = after or before
        assert shown is not None
        alike = moved or _agree(_inside(old, before), _inside(new, after))
        yield Waypoint(
            kind=shown.kind,
            asn=shown.network.asn if shown.network is not None else None,
            ix_id=shown.ix_id,
            before=before is not None,
            after=after is not None,
            step=_figure(
                shown.name,
                _step_of(before),
                _step_of(after),
                other_way=apart or ("" if alike else OTHER_WAY),
            ),
        )


# -- times: (milliseconds, uncertainty), and when they differ -------------------------------

_Side = tuple[float | None, float]


def _responders(route: Route) -> tuple[IPAddress | None, ...]:
    return tuple(address for claim in route.segments for address in claim.value.addresses)


def _inside(route: Route | None, station: Station | None) -> tuple[IPAddress | None, ...]:
    """The hops of one network on the way."""
    if route is None or station is None or station.network is None:
        return ()
    segments = (claim.value for claim in route.segments)
    return tuple(a for s in segments if s.network == station.network for a in s.addresses)


def _agree(old: Sequence[IPAddress | None], new: Sequence[IPAddress | None]) -> bool:
    """Whether two ways may have led over the same routers; silence agrees with anybody."""
    if not old or not new:
        return True
    pairs = zip_longest(old, new, fillvalue=False)
    return all(a == b or a is None or b is None for a, b in pairs)


def _figure(name: str, before: _Side, after: _Side, *, other_way: str = "") -> Figure:
    """Compare two figures; a difference over other routers of the same networks is no change."""
    plus_minus = round(before[1] + after[1], 3)
    state, reason = State.UNKNOWN, ""
    if before[0] is None or after[0] is None:
        when = [w for w, side in (("then", before), ("now", after)) if side[0] is None]
        reason = f"no figure {' and '.join(when)}"
    else:
        differs = abs(after[0] - before[0]) > plus_minus
        state = State.CHANGED if differs else State.SAME
        if differs and other_way:
            state, reason = State.UNKNOWN, other_way
    return Figure(
        name=name,
        before_ms=before[0],
        after_ms=after[0],
        plus_minus_ms=plus_minus,
        state=state,
        reason=reason,
    )


def _rtt_of(trace: Trace) -> _Side:
    if trace.target_rtt_ms is None or trace.flow is None:
        return None, 0.0
    probes = [*(p for hop in trace.hops for p in hop.probes), *trace.flow.beyond]
    samples = sorted(
        p.rtt_ms
        for p in probes
        if p.rtt_ms is not None and p.reply is not None and p.reply.is_from_target
    )
    gap = samples[1] - samples[0] if len(samples) > 1 else 0.0
    best = trace.target_rtt_ms
    return round(best, 3), max(gap, RTT_FLOOR_MS, RTT_SHARE * best)


def _rtt_noise(session: SmtpSession) -> float:
    connect = session.phase("connect")
    return max(RTT_FLOOR_MS, RTT_SHARE * connect.elapsed_ms) if connect is not None else 0.0


def _phase_of(phase: Phase | None, rtt_noise_ms: float) -> _Side:
    if phase is None or not phase.complete:
        return None, 0.0
    own = max(SERVER_FLOOR_MS, SERVER_SHARE * phase.server_ms)
    return phase.elapsed_ms, phase.round_trips * rtt_noise_ms + own


def _step_of(station: Station | None) -> _Side:
    if station is None or station.differential is None or station.differential.rtt_ms is None:
        return None, 0.0
    return station.differential.rtt_ms, max(station.differential.plus_minus_ms, RTT_FLOOR_MS)
