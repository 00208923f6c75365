"""How right the analyzer was: studies held against a world's truth, counted.

Nothing here knows how a study was made: this module imports no inference, no
tracing and no graph, so that breaking a rule there shows up here as a figure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from statistics import median, quantiles

from mxpath.lab.bgp_accuracy import bgp_facts
from mxpath.lab.elements import Behaviour
from mxpath.lab.owner_accuracy import (
    PlaceTally,
    country_facts,
    organisation_facts,
    tally_places,
)
from mxpath.lab.segment_accuracy import SegmentTally, tally_segments
from mxpath.lab.smtp_accuracy import Fact, smtp_fact
from mxpath.lab.truth import HopTruth, MxRow, PathTruth, Truth
from mxpath.model.bgp import PathGrade
from mxpath.model.mail import PlanKind
from mxpath.model.probe import Protocol
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import Hop, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many facts were compared, and how many of them were wrong."""

    compared: int
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingTally:
    """Exchange-point crossings claimed against those that are."""

    true_positive: int
    false_positive: int
    false_negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RttError:
    """Distance of measured RTTs from their expected interval; 0 inside it."""

    median: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Every figure of merit of one run in a lab world."""

    hops: Tally
    as_paths: Tally
    mx: Tally
    smtp: Tally
    crossings: CrossingTally
    organisations: Tally
    countries: Tally
    places: PlaceTally
    """Zero of everything in a world that says nothing of holders and places."""
    rtt_error_ms: RttError
    bgp: dict[PathGrade, Tally]
    """BGP paths to mail hosts against the table of the sender's own router, by whose word they
    are; predictions are counted whether or not better is known."""
    segments: SegmentTally
    """Latency figures of segments; a wrong one is a figure of its own, not a mistake."""
    flows_per_trace_max: int
    """Distinct 5-tuples of probes of one trace, counted where they arrive."""
    syns_at_target_max: int
    """SYNs of one flow, counted at the receiving host."""
    player: str
    wire: str | None
    mistakes: tuple[str, ...] = ()
    """Each wrong fact in words."""
    wrong_segments: tuple[str, ...] = ()
    """Each latency figure whose interval does not hold the truth."""

    @property
    def is_perfect(self) -> bool:
        """No wrong fact, no false and no missed crossing.

        A path of the sender's own table is a fact; what others tell or relationships predict is
        a figure of its own, which no router need heed.
        """
        counted = (self.hops, self.as_paths, self.mx, self.smtp)
        crossings = self.crossings.false_positive + self.crossings.false_negative
        of_owners = self.organisations.wrong + self.countries.wrong + self.places.refuted_wrongly
        own = self.bgp.get(PathGrade.OWN)
        false = crossings + of_owners + (own.wrong if own is not None else 0)
        return not false and all(t.compared and not t.wrong for t in counted)


def compare(studies: Sequence[Study], truth: Truth) -> Accuracy:
    """Count how far ``studies`` agree with ``truth``."""
    traced = [(s, t, path) for s in studies for t in s.traces if (path := _path_of(t, truth))]
    hops = [fact for _, t, path in traced for fact in _hop_facts(t, path, truth)]
    as_paths = [_as_path_fact(s, t, path) for s, t, path in traced]
    mx = [fact for study in studies for fact in _mx_facts(study, truth)]
    smtp = [_smtp_fact(x, study, truth) for study in studies for x in study.sessions]
    crossings, crossing_mistakes = _crossings(traced, truth)
    organisations = list(organisation_facts(studies, truth))
    countries = list(country_facts(studies, truth))
    places, place_mistakes = tally_places(studies, truth)
    bgp = [fact for study in studies for fact in bgp_facts(study, truth)]
    own = [fact for grade, fact in bgp if grade is PathGrade.OWN]
    facts = (*hops, *as_paths, *mx, *smtp, *organisations, *countries, *own)
    routed = ((route, path) for s, t, path in traced if (route := s.route_to(t.target)))
    segments, wrong_segments = tally_segments(routed)
    return Accuracy(
        hops=_tally(hops),
        as_paths=_tally(as_paths),
        mx=_tally(mx),
        smtp=_tally(smtp),
        crossings=crossings,
        organisations=_tally(organisations),
        countries=_tally(countries),
        places=places,
        rtt_error_ms=_rtt_error([e for _, t, path in traced for e in _rtt_errors(t, path)]),
        bgp={
            grade: _tally([fact for found, fact in bgp if found is grade])
            for grade in PathGrade
            if any(found is grade for found, _ in bgp)
        },
        segments=segments,
        flows_per_trace_max=_flows_per_trace(studies, truth),
        syns_at_target_max=max((count.count for count in truth.syns), default=0),
        player=truth.player,
        wire=truth.wire,
        mistakes=(
            *(what for right, what in facts if not right),
            *crossing_mistakes,
            *place_mistakes,
        ),
        wrong_segments=tuple(wrong_segments),
    )


def _smtp_fact(session: SmtpSession, study: Study, truth: Truth) -> Fact:
    """What a host does and what the path to it lets through decide together."""
    trace = study.trace_to(session.address)
    path = _path_of(trace, truth) if trace is not None else None
    return smtp_fact(session, truth.smtp[session.address], path)


def _tally(facts: Sequence[Fact]) -> Tally:
    return Tally(compared=len(facts), wrong=sum(not right for right, _ in facts))


def _path_of(trace: Trace, truth: Truth) -> PathTruth | None:
    port = trace.flow.source_port if trace.flow else None
    protocol = trace.protocol or Protocol.TCP
    return None if port is None else truth.path(trace.target, port, protocol)


def _hop_facts(trace: Trace, path: PathTruth, truth: Truth) -> Iterator[Fact]:
    """One fact a hop of the truth, and one for the distance of the target."""
    drops = truth.smtp[path.target].behaviour is Behaviour.DROPPED
    dropped = drops and path.protocol is Protocol.TCP
    expected = path.hops[:-1] if dropped and path.arrives else path.hops
    seen = {hop.ttl: hop for hop in trace.hops}
    for known in expected:
        yield _hop_fact(trace, known, seen.get(known.ttl))
    answers = path.arrives and not dropped and not path.hops[-1].silent
    distance = len(path.hops) if answers else None
    may_fail = bool(path.hops) and (path.hops[-1].lossy or path.hops[-1].limited)
    by_chance = trace.distance is None and may_fail
    yield (
        trace.distance == distance or by_chance,
        f"{trace.target}: distance {trace.distance}, truly {distance}",
    )
    last = len(expected)
    for hop in trace.hops:
        if hop.ttl > last and hop.address is not None:
            yield False, f"{trace.target}: hop {hop.ttl} {hop.address} does not exist"


def _hop_fact(trace: Trace, expected: HopTruth, found: Hop | None) -> Fact:
    """A silent hop must be reported silent; one that limits its answers, or lies over a lossy link, may be."""
    responders = found.responders if found is not None else ()
    said = ", ".join(map(str, responders)) or "silent"
    truly = "silent" if expected.silent else expected.address
    words = f"{trace.target} hop {expected.ttl}: {said}, truly {truly} ({expected.node})"
    if expected.silent or ((expected.limited or expected.lossy) and not responders):
        return not responders, words
    return responders == (expected.address,), words


def _as_path_fact(study: Study, trace: Trace, path: PathTruth) -> Fact:
    route = study.route_to(trace.target)
    found = tuple(network.asn for network in route.as_path) if route else ()
    return found == path.as_path, f"{trace.target}: AS path {found}, truly {path.as_path}"


def _mx_facts(study: Study, truth: Truth) -> Iterator[Fact]:
    """One fact a row, in order of preference; a domain without a host to try is one fact."""
    expected = truth.mx[study.domain]
    groups = groupby(study.mail.plan.hosts, key=lambda host: host.preference)
    found = tuple(  # equal preferences have no order
        MxRow(preference=h.preference, host=h.name, addresses=h.addresses)
        for _, equal in groups
        for h in sorted(equal, key=lambda host: host.name)
    )
    if expected is None:
        right = study.mail.plan.kind is PlanKind.FAILED and not found
        yield right, f"{study.domain}: {study.mail.plan.kind} plan, truly no answer can be had"
        return
    if not expected:
        right = study.mail.plan.kind in (PlanKind.NULL, PlanKind.SELF) and not found
        yield right, f"{study.domain}: {study.mail.plan.kind} plan, truly no host to try"
    for row, known in zip_longest(found, expected):
        yield _same_row(row, known), f"{study.domain}: MX {row}, truly {known}"


def _same_row(found: MxRow | None, expected: MxRow | None) -> bool:
    if found is None or expected is None:
        return False
    return (found.preference, found.host, frozenset(found.addresses)) == (
        expected.preference,
        expected.host,
        frozenset(expected.addresses),
    )


def _crossings(
    traced: Iterable[tuple[Study, Trace, PathTruth]], truth: Truth
) -> tuple[CrossingTally, list[str]]:
    """Count crossings that are claimed as more than merely possible.

    One that nobody could tell is not missed, and claimed rightly all the same.
    """
    counts: Counter[str] = Counter()
    mistakes = []
    for study, trace, path in traced:
        route = study.route_to(trace.target)
        claimed = {
            (c.ix_id, c.near.asn if c.near else 0, c.far.asn)
            for c in (route.certain_crossings() if route else ())
        }
        true = set(path.crossings)
        hidden = truth.unknowable.get(path.target, ())
        missed = {c for c in true - claimed if c[0] not in hidden}
        counts["tp"] += len(claimed & true)
        counts["fp"] += len(claimed - true)
        counts["fn"] += len(missed)
        mistakes += [f"{trace.target}: false crossing {c}" for c in sorted(claimed - true)]
        mistakes += [f"{trace.target}: missed crossing {c}" for c in sorted(missed)]
    tally = CrossingTally(
        true_positive=counts["tp"], false_positive=counts["fp"], false_negative=counts["fn"]
    )
    return tally, mistakes


def _rtt_errors(trace: Trace, path: PathTruth) -> Iterator[float]:
    """Distance of each hop's smallest RTT from what the links allow."""
    expected = {hop.ttl: hop for hop in path.hops}
    for hop in trace.hops:
        known, rtt_ms = expected.get(hop.ttl), hop.min_rtt_ms
        if known is not None and rtt_ms is not None:
            yield max(known.rtt_min_ms - rtt_ms, rtt_ms - known.rtt_max_ms, 0.0)


def _rtt_error(errors: Sequence[float]) -> RttError:
    if len(errors) < 2:
        return RttError(median=None, p95=None)
    p95 = quantiles(errors, n=20, method="inclusive")[-1]
    return RttError(median=round(median(errors), 3), p95=round(p95, 3))


def _flows_per_trace(studies: Iterable[Study], truth: Truth) -> int:
    """Return the most flows that any one trace can be charged with.

    Every flow that arrived at a target was either one of the SMTP connections
    made there or a trace's; no port range is taken on trust.
    """
    arrived = Counter(count.target for count in truth.syns)
    held = [x for s in studies for x in s.sessions if x.outcome is not Outcome.SKIPPED]
    connected = Counter(x.address for x in held)
    connected.update(x.address for x in held if x.second_look is not None)
    traces = Counter(trace.target for study in studies for trace in study.traces)
    return max(
        (-(-(arrived[target] - connected[target]) // n) for target, n in traces.items()), default=0
    )
