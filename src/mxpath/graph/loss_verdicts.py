"""Verdicts about a link that loses packets, or lets them wait.

The law:

1. A hop that leaves probes unanswered proves nothing by itself: routers limit their answers.
   What a link loses is missed by *every* hop behind it. So the probes before a link are held
   against those behind it, with hops that limit or never answered left out (``Route.quality``).
2. Routes that cross the same link are counted together.
3. The link is the place where before and behind differ most (likelihood ratio); that they
   differ at all is tested (Fisher's exact test, one-sided, times the places that were tried;
   borders between networks are tried first).
   What one hop alone loses is its own: without the worst hop of each route it must still show,
   and no hop behind the place may clearly lose less.
4. Jitter likewise: queues that fill and drain show at every hop behind them. What a single
   hop shows is its own slowness: two hops or more must show it, and nearly all (two samples
   may be alike by chance).
5. Loss on our very first link has nothing before it to be held against, and is not told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import comb, log
from statistics import median

from mxpath.graph.influence import seen_routes
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.network import Network
from mxpath.model.route import HopQuality, Route
from mxpath.model.study import Study
from mxpath.model.trace import Loss
from mxpath.model.verdict import Owner, Verdict

LIKELY_P, POSSIBLE_P = 0.001, 0.05
"""Chance that loss which is the same everywhere would look so uneven."""
CLEARLY = 2.0
"""A log-likelihood that is greater by so much is clearly the better explanation."""
JITTER_MS = 5.0
"""A rise of the jitter by less is no verdict."""
SHOWN_BY = 0.7
"""Share of the hops behind a queue that must show it."""
JITTER_FACTOR = 3.0
"""Nor one that does not stand out of what was there before."""
_MANY_SAMPLES = 20


_NOTHING = Loss(sent=0, lost=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A step from one hop to the next: a link between networks, or inside one."""

    near: Network | None
    far: Network | None
    ends: tuple[str, str] | None
    """Addresses of its ends, for a step inside a network or to an unknown one."""

    @property
    def words(self) -> str:
        """Where it is, for a sentence."""
        near, far = (printable(str(n)) if n is not None else "" for n in (self.near, self.far))
        if near and far and self.ends is None:
            return f"between {near} and {far}"
        inside = f" inside {far or near}" if far or near else ""
        return f"between {self.ends[0]} and {self.ends[1]}{inside}" if self.ends else "on the way"


@dataclass(slots=True, kw_only=True)
class _Counts:
    """What was counted before and behind a place, over all routes that cross it."""

    before: Loss = _NOTHING
    behind: Loss = _NOTHING
    rest: Loss = _NOTHING
    """Behind it, without the one hop of each route that lost most."""
    even: bool = True
    """Whether no hop behind it clearly loses less."""

    @property
    def is_shared(self) -> bool:
        """Whether the loss is not one hop's alone: it stays when that hop is left out."""
        return self.even and chance(before=self.before, behind=self.rest) <= POSSIBLE_P


def loss_at_border(study: Study) -> Verdict | None:
    """Speak when probes get lost from one link on, and not before it."""
    places = _losses(study)
    found = _worst(places)
    if found is None:
        return None
    place, by_chance = found
    counts = places[place]
    share = counts.behind.share or 0.0
    low, high = counts.behind.interval
    return Verdict(
        name="loss_at_border",
        grade=Grade.LIKELY if by_chance <= LIKELY_P else Grade.POSSIBLE,
        owner=Owner.PATH,
        sentence=(
            f"Packets to {printable(study.domain)} get lost {place.words}: {share:.0%} of the probes that "
            f"have to pass it are not answered ({low:.0%} to {high:.0%}), of those before it "
            f"{counts.before.share or 0.0:.0%}; each lost packet of a message costs a second or more."
        ),
        next_step=(
            f"run again with `--queries 10` to narrow it down; then show "
            f"{_whom(place)} the figures, or ask our own network for another way"
        ),
        evidence=tuple(_loss_evidence(p, c) for p, c in places.items() if _contrast(c) > 0),
        counter_evidence=(
            _saw("loss", "there and back are not told apart: it may be lost on the way home"),
            _saw("loss", "routers that answer under load drop answers, too; mail itself may pass"),
        ),
    )


def _worst(places: "dict[_Place, _Counts]") -> "tuple[_Place, float] | None":
    """Rule 3: the place, and the chance that it only seems to be one; ``None`` without any.

    Borders are few and shared by many routes, so they are tried first, by themselves. A step
    inside a network is named only where it tells the two sides apart much better.
    """
    borders = {p: c for p, c in places.items() if p.ends is None}
    found = []
    for tried in (borders, places):
        if not tried:
            continue
        best = max(tried, key=lambda p: _contrast(tried[p]))
        once = chance(before=tried[best].before, behind=tried[best].behind)
        if once * len(tried) <= POSSIBLE_P and tried[best].is_shared:
            found.append((best, once * len(tried)))
    if len(found) == 2:
        border, inner = (_contrast(places[place]) for place, _ in found)
        return found[1] if inner - border > CLEARLY else found[0]
    return found[0] if found else None


def is_lossy(study: Study) -> bool:
    """Whether packets get lost on the way, so that a wait may be a packet sent again."""
    return loss_at_border(study) is not None


def _whom(place: _Place) -> str:
    names = [printable(str(n)) for n in (place.near, place.far) if n is not None]
    return " and ".join(dict.fromkeys(names)) or "the networks on the way"


def _losses(study: Study) -> dict[_Place, _Counts]:
    places: dict[_Place, _Counts] = {}
    for route in seen_routes(study):
        for place, quality in _steps(route):
            counts = places.setdefault(place, _Counts())
            counts.before += quality.loss_before
            counts.behind += quality.loss_from_here
            later = _later(study, route, quality)
            share = quality.loss_from_here.share or 0.0
            counts.even = counts.even and all(loss.interval[1] >= share for loss in later)
            counts.rest += sum(sorted(later, key=lambda loss: loss.lost)[:-1], start=_NOTHING)
    return {p: c for p, c in places.items() if c.before.sent and c.behind.lost}


def _steps(route: Route) -> Iterator[tuple[_Place, HopQuality]]:
    """Each step between two hops that were heard, with the quality from the second one on."""
    owners: dict[int, Network | None] = {}
    addresses: dict[int, str] = {}
    for claim in route.segments:
        part = claim.value
        for ttl, address in enumerate(part.addresses, start=part.first_ttl):
            owners[ttl] = part.network
            if address is not None:
                addresses[ttl] = str(address)
    heard = [q for q in route.quality if q.ttl in addresses]
    for before, here in pairwise(heard):
        near, far = owners[before.ttl], owners[here.ttl]
        border = near is not None and far is not None and near != far
        ends = None if border else (addresses[before.ttl], addresses[here.ttl])
        yield _Place(near=near, far=far, ends=ends), here


def _later(study: Study, route: Route, quality: HopQuality) -> list[Loss]:
    """Loss of each hop from here on that may be a witness; of the target silence tells nothing."""
    trace = study.trace_to(route.target)
    if trace is None:
        return []
    return [
        hop.loss
        for hop in trace.hops
        if hop.ttl >= quality.ttl and hop.ttl != trace.distance and hop.answered and not hop.limited
    ]


def _contrast(counts: _Counts) -> float:
    """Log-likelihood ratio of two shares against one; 0 when fewer are lost behind than before."""
    one, two = counts.before, counts.behind
    if not one.sent or not two.sent or (two.share or 0.0) <= (one.share or 0.0):
        return 0.0
    return _likelihood(one) + _likelihood(two) - _likelihood(one + two)


def _likelihood(loss: Loss) -> float:
    kept = loss.sent - loss.lost
    return sum(n * log(n / loss.sent) for n in (loss.lost, kept) if n)


def chance(*, before: Loss, behind: Loss) -> float:
    """Return how often at least so many of the lost ones would lie behind by chance.

    Fisher's exact test, one-sided (Fisher 1935).

    Examples
    --------
    >>> chance(before=Loss(sent=3, lost=0), behind=Loss(sent=3, lost=3))
    0.05
    """
    lost, sent = before.lost + behind.lost, before.sent + behind.sent
    ways = sum(
        comb(behind.sent, n) * comb(before.sent, lost - n)
        for n in range(behind.lost, min(lost, behind.sent) + 1)
    )
    return ways / comb(sent, lost)


def _loss_evidence(place: _Place, counts: _Counts) -> Evidence:
    words = (
        f"{place.words}: {counts.before.lost} of {counts.before.sent} probes unanswered before, "
        f"{counts.behind.lost} of {counts.behind.sent} from there on"
    )
    return _saw("loss", words)


@dataclass(slots=True, kw_only=True)
class _Jitters:
    """Jitter of the hops before and behind a place, over all routes that cross it, in ms."""

    before: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    samples: int = 0

    @property
    def level_before(self) -> float:
        """The worst hop before: what is not the place's doing."""
        return max(self.before, default=0.0)

    @property
    def level_behind(self) -> float:
        """The middle one behind: single hops are slow by themselves."""
        return median(self.behind)

    @property
    def rise(self) -> float:
        """How much more round trips vary behind than before."""
        return self.level_behind - self.level_before

    @property
    def is_lasting(self) -> bool:
        """Whether it rises enough, at two hops or more, and at nearly all of them."""
        least = max(JITTER_FACTOR * self.level_before, self.level_behind / 10)
        shown = sum(jitter >= least for jitter in self.behind)
        return shown > 1 and self.rise >= JITTER_MS and shown >= SHOWN_BY * len(self.behind)


def congested_segment(study: Study) -> Verdict | None:
    """Speak when round trips begin to vary from one link on, and keep varying behind it."""
    rising = {place: found for place, found in _jitters(study).items() if found.is_lasting}
    if not rising:
        return None
    place = max(rising, key=lambda p: rising[p].rise)
    found = rising[place]
    return Verdict(
        name="congested_segment",
        grade=Grade.LIKELY if found.samples >= _MANY_SAMPLES else Grade.POSSIBLE,
        owner=Owner.PATH,
        sentence=(
            f"Round trips to {printable(study.domain)} begin to vary {place.words}: by "
            f"{found.level_behind:.0f} ms from there on, by {found.level_before:.1f} ms before; "
            "consistent with a congested link."
        ),
        next_step=(
            "look again at another hour (`--queries 10`): a queue comes and goes; then show "
            f"{_whom(place)} the figures"
        ),
        evidence=tuple(_jitter_evidence(p, f) for p, f in rising.items()),
        counter_evidence=(
            _saw("jitter", "there and back are not told apart: the queue may be on the way home"),
            _saw("jitter", f"{found.samples} samples within seconds: a short burst looks the same"),
        ),
        cost_ms=found.rise,
    )


def _jitters(study: Study) -> dict[_Place, _Jitters]:
    places: dict[_Place, _Jitters] = {}
    for route in seen_routes(study):
        known = [(q.ttl, q.jitter_ms, q.answered) for q in route.quality if q.jitter_ms is not None]
        for place, here in _steps(route):
            found = places.setdefault(place, _Jitters())
            found.before += [jitter for ttl, jitter, _ in known if ttl < here.ttl]
            found.behind += [jitter for ttl, jitter, _ in known if ttl >= here.ttl]
            found.samples += sum(answered for ttl, _, answered in known if ttl >= here.ttl)
    return {place: found for place, found in places.items() if found.behind}


def _jitter_evidence(place: _Place, found: _Jitters) -> Evidence:
    words = (
        f"{place.words}: jitter (median less smallest round trip) at most {found.level_before:.1f} ms "
        f"before, {min(found.behind):.1f} to {max(found.behind):.1f} ms at {len(found.behind)} hops "
        f"from there on ({found.samples} samples)"
    )
    return _saw("jitter", words)


def _saw(rule: str, detail: str) -> Evidence:
    return Evidence(source="trace", rule=rule, detail=printable(detail))
