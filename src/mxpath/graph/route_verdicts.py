"""The verdict about a path that goes a long way round.

The law: a detour is said only against an alternative that was *seen*, and only where
time is lost (``DETOUR_MS`` and ``DETOUR_FACTOR``):

A target's round trip that is a second longer than that of the hop before it is a SYN/ACK
that was sent again, and no distance; the handshake of the conversation is a second witness,
and the quicker of the two counts.

Where round trips vary, the difference of two minima of few samples is noise: it has to be
greater by twice the jitter, and under ``congested_segment`` nothing is said.

1. the same host over the other address family: one machine, two ways (likely, when the
   networks on the way differ; possible otherwise);
2. another MX host in the same network (possible: it may stand in another place).

Both figures are observed round trips. Nothing is said of what BGP could have chosen.
"""

from collections.abc import Iterator

from mxpath.graph.influence import seen_routes
from mxpath.graph.loss_verdicts import congested_segment
from mxpath.graph.sightings import first_hosts, owner_name
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.route import Route
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict

DETOUR_MS = 30.0
"""A round trip that is longer by less than this is no verdict."""
DETOUR_FACTOR = 1.5
"""Nor one that is not longer by half."""
_RETRANSMISSION_MS = 900.0
"""A SYN/ACK is sent again after a second (RFC 6298 section 2), or a little less by other clocks."""


def path_detour(study: Study) -> Verdict | None:
    """Speak when the way to a first host takes much longer than another that was seen."""
    pairs = [pair for pair in _pairs(study) if _is_detour(study, *pair)]
    if not pairs or congested_segment(study) is not None:
        return None
    long, short = max(pairs, key=lambda pair: _rtt(study, pair[0]) - _rtt(study, pair[1]))
    return _detour(study, long, short)


def _pairs(study: Study) -> Iterator[tuple[Route, Route]]:
    """Routes to a first host, each with one to the same machine or the same network."""
    whole = [
        route
        for route in seen_routes(study)
        if route.total_rtt_ms is not None and _is_from_here(study, route)
    ]
    first = {address for host in first_hosts(study) for address in host.addresses}
    for route in whole:
        if route.target in first:
            yield from ((route, other) for other in whole if _comparable(study, route, other))


def _is_from_here(study: Study, route: Route) -> bool:
    """Whether it was traced from here: times that others took elsewhere compare with none of ours."""
    trace, ours = study.trace_to(route.target), study.seen_from.sends_from(route.target.version)
    return trace is None or not trace.is_elsewhere(ours)


def _comparable(study: Study, route: Route, other: Route) -> bool:
    if _same_host(study, route, other):
        return route.target.version != other.target.version
    owners = [study.owners.get(r.target) for r in (route, other)]
    networks = [owner.network if owner is not None else None for owner in owners]
    same_family = route.target.version == other.target.version
    return same_family and networks[0] is not None and networks[0] == networks[1]


def _same_host(study: Study, route: Route, other: Route) -> bool:
    return any(
        {route.target, other.target} <= set(host.addresses) for host in study.mail.plan.hosts
    )


def _rtt(study: Study, route: Route) -> float:
    """The round trip to the target by trace and handshake, whichever is quicker, in ms."""
    session = study.session_at(route.target)
    connect = session.phase("connect") if session is not None else None
    times = [connect.elapsed_ms] if connect is not None and connect.complete else []
    if route.total_rtt_ms is not None:
        times.append(route.total_rtt_ms)
    return min(times, default=0.0)


def _was_sent_again(study: Study, route: Route) -> bool:
    before = max((each for each in route.envelope_ms[:-1] if each is not None), default=None)
    return before is not None and _rtt(study, route) - before >= _RETRANSMISSION_MS


def _is_detour(study: Study, route: Route, other: Route) -> bool:
    long, short = _rtt(study, route), _rtt(study, other)
    noise = 2 * max(_jitter_ms(route), _jitter_ms(other))
    enough = long - short >= DETOUR_MS + noise and long >= DETOUR_FACTOR * short
    return enough and not _was_sent_again(study, route)


def _jitter_ms(route: Route) -> float:
    """The most that round trips to a hop of the route were seen to vary."""
    return max((q.jitter_ms for q in route.quality if q.jitter_ms is not None), default=0.0)


def _path_words(route: Route) -> str:
    names = [network.name or f"AS{network.asn}" for network in route.as_path]
    return printable(" - ".join(names))


def _detour(study: Study, long: Route, short: Route) -> Verdict:
    host = next(h for h in first_hosts(study) if long.target in h.addresses)
    same = _same_host(study, long, short)
    differ = [n.asn for n in long.as_path] != [n.asn for n in short.as_path]
    more = _rtt(study, long) - _rtt(study, short)
    which = f"IPv{long.target.version}" if same else str(long.target)
    than = f"IPv{short.target.version}" if same else f"{short.target} in the same network"
    return Verdict(
        name="path_detour",
        grade=Grade.LIKELY if same and differ else Grade.POSSIBLE,
        owner=Owner.PATH,
        sentence=(
            f"The way to {printable(host.name)} over {which} takes {_rtt(study, long):.0f} ms a round trip, "
            f"over {than} {_rtt(study, short):.0f} ms: consistent with a detour of {more:.0f} ms"
            + (f" by way of {_path_words(long)}." if differ else " inside the same networks.")
        ),
        next_step=_next_step(study, long, short, same=same),
        evidence=tuple(
            Evidence(
                source="trace",
                rule="round trip",
                detail=f"{route.target}: {_rtt(study, route):.1f} ms over {_path_words(route)} (observed)",
            )
            for route in (long, short)
        ),
        counter_evidence=(
            Evidence(
                source="trace",
                rule="round trip",
                detail="the way back is not seen: it may be what is long"
                if same
                else "the two hosts may stand in different places, and the way back is not seen",
            ),
        ),
        cost_ms=more,
        remark=True,
    )


def _next_step(study: Study, long: Route, short: Route, *, same: bool) -> str:
    if same:
        return (
            f"send over IPv{short.target.version} meanwhile, and ask our own network about its "
            f"IPv{long.target.version} route to {owner_name(study, long.target)}"
        )
    return (
        f"ask our own network about its route to {long.target} ({owner_name(study, long.target)})"
    )
