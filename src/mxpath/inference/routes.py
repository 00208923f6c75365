"""A trace becomes a Route: segments of one network each, borders, crossings, and the time.

The order: steps (steps.py) are assigned to networks (borders.py); runs of one
network become segments; what stayed unknown between two networks is a segment
of its own; exchange points (crossings.py) and borders are read off the steps;
a hidden network (rule 6 of borders.py) is put in where two neighbours cannot be.
The AS path begins with the vantage's network. Nothing is added for a target
that stayed silent: its network is on the path only when a hop speaks for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from mxpath.inference.borders import assign, hidden_as
from mxpath.inference.branches import branch_spreads
from mxpath.inference.crossings import Surroundings, find_crossings, uncrossed
from mxpath.inference.latency import differential, envelope, unresolved
from mxpath.inference.quality import qualities
from mxpath.inference.steps import Step, steps_of
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.relations import AsRelations
from mxpath.model.route import Border, IxpCrossing, Route, Segment
from mxpath.model.trace import Trace

_WEAKER = (Grade.CERTAIN, Grade.LIKELY, Grade.POSSIBLE)
_NOBODY: Mapping[int, frozenset[int]] = {}


def infer_route(  # noqa: PLR0913 - what is known of a path, each by its name
    trace: Trace,
    owners: Mapping[IPAddress, Attribution],
    *,
    relations: AsRelations,
    members: Mapping[int, frozenset[int]] = _NOBODY,
    home: Network | None = None,
    others: Sequence[Trace] = (),
    handshake_ms: float | None = None,
) -> Route:
    """Tell a trace in networks.

    Parameters
    ----------
    trace
        The path to one target; its first flow is read.
    owners
        Attribution of responders and of the target; a missing address is unknown.
    relations
        Business relationships; may be empty, and then fewer rules apply.
    members
        Exchange point id to its member networks.
    home
        The vantage's own network, if known.
    others
        Traces of the same study, whose flows may have taken other branches; this one may be
        among them.
    handshake_ms
        Time of a TCP handshake with the target, where a connection was made.

    Returns
    -------
    Route
        Every inference a Claim; a trace without hops gives a route without segments.
    """
    target = owners.get(trace.target)
    destination = target.network if target is not None else None
    seen = steps_of(trace, owners)
    steps = assign(seen, relations=relations, home=home, destination=destination)
    beside = [steps_of(each, owners) for each in others if each is not trace]
    branches = branch_spreads(seen, beside, handshake_ms=handshake_ms)
    around = Surroundings(
        relations=relations,
        members=members,
        home=home,
        destination=destination,
        branches=branches,
    )
    crossings = find_crossings(steps, around)
    return Route(
        target=trace.target,
        source=trace.source,
        as_path=tuple(stop.network for stop in _stops(steps, home, relations)),
        segments=tuple(_segments(steps, branches)),
        borders=tuple(_borders(steps, home, relations, crossings)),
        crossings=crossings,
        envelope_ms=envelope([step.rtts_ms[0] if step.rtts_ms else None for step in steps]),
        complete=trace.distance is not None and bool(steps),
        quality=qualities(trace),
        notes=(*_notes(steps, home, relations), *uncrossed(steps, around)),
    )


def _segments(steps: Sequence[Step], branches: Mapping[int, float]) -> Iterator[Claim[Segment]]:
    """Runs of steps of one network; runs of unknown steps are segments too."""
    for _, run in groupby(steps, key=lambda step: step.asn):
        yield _segment(tuple(run), steps, branches)


def _segment(
    run: Sequence[Step], steps: Sequence[Step], branches: Mapping[int, float]
) -> Claim[Segment]:
    first, last = run[0], run[-1]
    entry = next((s.ttl for s in reversed(steps[: first.ttl - 1]) if s.address is not None), 0)
    answered = [step for step in run if step.address is not None]
    segment = Segment(
        network=first.network,
        first_ttl=first.ttl,
        last_ttl=last.ttl,
        addresses=tuple(step.address for step in run),
        differential=(
            differential(steps, entry_ttl=entry, exit_ttl=answered[-1].ttl, branches=branches)
            if answered
            else unresolved("no hop of this stretch answered")
        ),
    )
    grades = [step.grade for step in run if step.grade is not None]
    return Claim(
        value=segment,
        evidence=_evidence(run),
        grade=max(grades, key=_WEAKER.index) if first.network is not None and grades else None,
    )


def _evidence(run: Sequence[Step]) -> tuple[Evidence, ...]:
    found = tuple(dict.fromkeys(item for step in run for item in step.evidence))
    if found:
        return found
    silent = all(step.address is None for step in run)
    ttls = f"hops {run[0].ttl} to {run[-1].ttl}" if len(run) > 1 else f"hop {run[0].ttl}"
    detail = f"{ttls} did not answer" if silent else f"no data set knows whose {ttls} is"
    return (Evidence(source="trace", rule="silence" if silent else "unattributed", detail=detail),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """A network on the AS path: where it is entered, and what says so."""

    network: Network
    first_ttl: int
    """TTL of its first hop; 0 for the vantage's own network."""
    after_gap: bool = False
    """Whether hops without a network lie before it."""
    step: Step | None = None
    """Its first hop; ``None`` for the vantage's own and for a hidden network."""
    hidden_between: tuple[int, int] | None = None


def _stops(
    steps: Sequence[Step], home: Network | None, relations: AsRelations
) -> tuple[_Stop, ...]:
    """Networks in order of travel, ours first, repeats removed, hidden ones put in."""
    seen = [] if home is None else [_Stop(network=home, first_ttl=0)]
    gap = False
    for step in steps:
        if step.network is None:
            gap = True
            continue
        if not seen or seen[-1].network.asn != step.network.asn:
            seen.append(_Stop(network=step.network, first_ttl=step.ttl, after_gap=gap, step=step))
        gap = False
    return tuple(_with_hidden(seen, relations))


def _with_hidden(stops: Sequence[_Stop], relations: AsRelations) -> Iterator[_Stop]:
    present = {stop.network.asn for stop in stops}
    for before, stop in zip((None, *stops), stops, strict=False):
        if before is not None:
            near, far = before.network.asn, stop.network.asn
            through_port = stop.step is not None and stop.step.port is not None
            asn = None if through_port else hidden_as(near, far, relations=relations)
            if asn is not None and asn not in present:
                yield _Stop(
                    network=Network(asn=asn),
                    first_ttl=stop.first_ttl,
                    after_gap=stop.after_gap,
                    hidden_between=(near, far),
                )
        yield stop


def _borders(
    steps: Sequence[Step],
    home: Network | None,
    relations: AsRelations,
    crossings: Sequence[Claim[IxpCrossing]],
) -> Iterator[Claim[Border]]:
    crossed = {claim.value.far_ttl: claim for claim in crossings}
    for near, far in pairwise(_stops(steps, home, relations)):
        claim = crossed.get(far.first_ttl) if far.step is not None else None
        border = Border(
            near=near.network,
            far=far.network,
            far_ttl=far.first_ttl,
            medium="ixp" if claim is not None and claim.grade is not Grade.POSSIBLE else "unknown",
        )
        if claim is not None:
            yield Claim(value=border, evidence=claim.evidence, grade=claim.grade)
        else:
            evidence, grade = _border_reason(near, far, relations)
            yield Claim(value=border, evidence=(evidence,), grade=grade)


def _border_reason(near: _Stop, far: _Stop, relations: AsRelations) -> tuple[Evidence, Grade]:
    """Say which rule puts a border there, and how sure it is."""
    one, other = near.network.asn, far.network.asn
    for stop in (near, far):
        if stop.hidden_between is not None:
            ends = " and ".join(f"AS{asn}" for asn in stop.hidden_between)
            detail = f"only AS{stop.network.asn} joins {ends}, which are not related"
            return _told("hidden-as", detail, relations), Grade.POSSIBLE
    for rule in ("border-convention", "last-hop"):
        if far.step is not None and rule in far.step.rules:
            item = next(item for item in far.step.evidence if item.rule == rule)
            return item, far.step.grade or Grade.POSSIBLE
    if far.after_gap:
        detail = f"hops without a network lie between AS{one} and AS{other}"
        return Evidence(source="trace", rule="across-gap", detail=detail), Grade.POSSIBLE
    relation = relations.between(one, other)
    if relation is not None:
        detail = f"AS{other} is a {relation.value} of AS{one}"
        return _told("related-neighbours", detail, relations), Grade.LIKELY
    detail = f"addresses change from AS{one} to AS{other} at hop {far.first_ttl}"
    return Evidence(source="trace", rule="origin-change", detail=detail), Grade.POSSIBLE


def _told(rule: str, detail: str, relations: AsRelations) -> Evidence:
    source = relations.source or "as relations"
    return Evidence(source=source, rule=rule, as_of=relations.as_of, detail=detail)


def _notes(steps: Sequence[Step], home: Network | None, relations: AsRelations) -> Iterator[str]:
    """What a reader should know about single hops and about the path as a whole."""
    for step in steps:
        owner = step.owner
        if len(step.responders) > 1:
            others = ", ".join(str(address) for address in step.responders)
            yield f"hop {step.ttl} answered from several addresses: {others}"
        if owner is None or step.is_target:
            continue
        if owner.special is not None:
            yield f"hop {step.ttl} ({step.address}) has a {owner.special.value} address"
        elif step.network is None and owner.origin is not None and "third-party" not in step.rules:
            numbers = ", ".join(f"AS{n.asn}" for n in owner.origin.value.networks)
            yield f"hop {step.ttl} ({step.address}) has several origins: {numbers}"
    path = [stop.network.asn for stop in _stops(steps, home, relations)]
    for asn in sorted({asn for asn in path if path.count(asn) > 1}):
        yield f"AS{asn} is on the path twice: a route that changed meanwhile, or a foreign address"
