"""What has changed, in words: one line for the screen, or every fact for ``mxpath compare``.

The law: what is unchanged is said too, and what cannot be compared is called neither.
Every text that came from a stranger leaves here through ``printable``.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from mxpath.model.attribution import OriginSet
from mxpath.model.changes import (
    AddressChanges,
    Changes,
    Figure,
    Pair,
    Plan,
    Security,
    Side,
    State,
    Waypoint,
)
from mxpath.model.foreign_text import printable
from mxpath.report.amounts import milliseconds
from mxpath.report.lines import wrap

LABEL = 14
"""Columns of the left-hand label."""
_PHASES = {"connect": "tcp", "ehlo2": "ehlo again"}

# -- one line -------------------------------------------------------------------------------


def since_words(changes: Changes) -> str:
    """Return what has changed since the earlier study, in one line.

    Examples: ``yesterday 02:10: MX and path unchanged, greeting +4.0 s``;
    ``2026-11-20 02:10: MX unchanged, path to mx1 v4 changed (Boreal Backbone new)``.
    """
    parts = [*_constant(changes), *_moved(changes)]
    between = "; " if any("," in part for part in parts[1:]) else ", "
    told = between.join(parts) or "nothing could be compared"
    return f"{when_words(changes.before.started_at, now=changes.after.started_at)}: {told}"


def when_words(moment: datetime, *, now: datetime) -> str:
    """Return a moment as somebody at ``now`` would call it; times are UTC.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
    >>> when_words(datetime(2026, 11, 22, 2, 10, tzinfo=UTC), now=now)
    'yesterday 02:10'
    """
    days = {now.date(): "today", (now - timedelta(days=1)).date(): "yesterday"}
    return f"{days.get(moment.date(), f'{moment:%Y-%m-%d}')} {moment:%H:%M}"


def _constant(changes: Changes) -> Iterator[str]:
    """What is the same, the most important first, in one phrase."""
    every = changes.addresses
    mx = [changes.plan.state, *(a.address.state for a in every)]
    path = [a.path_state for a in every]
    facts = {"MX": mx, "path": path, "owners": [a.origin.state for a in every]}
    same = [name for name, states in facts.items() if states and _only(states, State.SAME)]
    if not changes.has_changed:
        same += ["answers" for _ in every[:1] if _all(every, lambda a: a.outcome.state)]
        same += ["times" for _ in every[:1] if _all(every, lambda a: a.rtt.state)]
    if same:
        yield f"{_listed(same)} unchanged"
    for name, states in facts.items():
        if states and _only(states, State.UNKNOWN) and name != "owners":
            yield f"{name} not comparable"


def _only(states: Iterable[State], wanted: State) -> bool:
    return set(states) == {wanted}


def _all(every: Iterable[AddressChanges], state: Callable[[AddressChanges], State]) -> bool:
    return all(state(one) is State.SAME for one in every)


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _moved(changes: Changes) -> Iterator[str]:
    """Every change, alike ones of several addresses in one phrase."""
    if changes.plan.state is State.CHANGED:
        yield f"MX plan changed ({_plan_difference(changes.plan)})"
    told: dict[str, list[AddressChanges]] = {}
    for one in changes.addresses:
        for words in _address_changes(one):
            told.setdefault(words, []).append(one)
    for words, where in told.items():
        whole = len(where) == len(changes.addresses) and len(where) > 1
        yield words.replace("{where}", "all" if whole else ", ".join(map(_where, where)))
    yield from _slower(changes)


def _where(one: AddressChanges) -> str:
    return f"{printable(one.host).split('.')[0]} v{one.family}"


def _plan_difference(plan: Pair[Plan]) -> str:
    before = plan.before.rows if plan.before else ()
    after = plan.after.rows if plan.after else ()
    gone = [f"{r.preference} {printable(r.host)} gone" for r in before if r not in after]
    come = [f"{r.preference} {printable(r.host)} new" for r in after if r not in before]
    if not gone and not come and plan.before and plan.after:
        return f"{plan.before.kind}, now {plan.after.kind}"
    return ", ".join(come + gone)


def _address_changes(one: AddressChanges) -> Iterator[str]:
    if one.address.state is State.CHANGED and one.address.before and one.address.after:
        yield f"{{where}} moved from {one.address.before} to {one.address.after}"
    if one.origin.state is State.CHANGED:
        yield f"{{where}} announced by {_origin(one.origin.after)}, was {_origin(one.origin.before)}"
    if one.rpki.state is State.CHANGED:
        yield f"RPKI of {{where}} {one.rpki.after}, was {one.rpki.before}"
    if one.path_state is State.CHANGED:
        seen = one.crossings.state is not State.UNKNOWN
        told = tuple(w for w in one.waypoints if seen or w.kind != "ixp")
        yield f"path to {{where}} changed ({_path_difference(told)})"
    if one.bgp.state is State.CHANGED and one.bgp.after:
        path = "─".join(f"AS{network.asn}" for network in one.bgp.after)
        yield f"BGP path to {{where}} changed (now {path})"
    if one.outcome.state is State.CHANGED:
        yield f"{{where}}: {one.outcome.after}, was {one.outcome.before}"
    if one.security.state is State.CHANGED:
        yield f"TLS of {{where}} changed ({_security_difference(one.security)})"


def _path_difference(waypoints: tuple[Waypoint, ...]) -> str:
    come = [f"{_waypoint(w)} new" for w in waypoints if w.after and not w.before]
    gone = [f"{_waypoint(w)} gone" for w in waypoints if w.before and not w.after]
    return ", ".join(come + gone) or "in another order"


def _waypoint(waypoint: Waypoint) -> str:
    mark = "◇\u00a0" if waypoint.kind == "ixp" else ""
    return mark + printable(waypoint.step.name)


def _slower(changes: Changes) -> Iterator[str]:
    """The largest change of each time that changed, over all addresses."""
    found: dict[str, list[tuple[Figure, AddressChanges]]] = {}
    for one in changes.addresses:
        for figure in (one.rtt, *one.phases):
            if figure.state is State.CHANGED:
                found.setdefault(figure.name, []).append((figure, one))
    for name, rows in found.items():
        figure, one = max(rows, key=lambda row: abs(row[0].difference_ms or 0.0))
        seen = [a for a in changes.addresses if any(f.name == name for f in (a.rtt, *a.phases))]
        where = "" if len(rows) == len(seen) else f" ({_where(one)})"
        yield f"{_phase(figure)} {_signed(figure.difference_ms or 0.0)}{where}"


def _signed(difference_ms: float) -> str:
    sign = "+" if difference_ms > 0 else "\u2212"
    size = abs(difference_ms)
    return (
        f"{sign}{size / 1000:.1f}\u00a0s" if size >= 1000 else f"{sign}{milliseconds(size)}\u00a0ms"
    )


def _security_difference(pair: Pair[Security]) -> str:
    """The first thing that is another one."""
    old, new = pair.before, pair.after
    if old is None or new is None:
        return "not known"
    for words, fact in _SECURITY:
        if fact(old) != fact(new):
            return f"{words} {printable(str(fact(new)))}, was {printable(str(fact(old)))}"
    return "unchanged"


_SECURITY: tuple[tuple[str, Callable[[Security], Any]], ...] = (
    ("version", lambda s: s.version or "none"),
    ("trusted", lambda s: {True: "yes", False: "no", None: "not checked"}[s.trusted]),
    ("name matches", lambda s: {True: "yes", False: "no", None: "not checked"}[s.name_matches]),
    ("names", lambda s: ", ".join(s.names) or "none"),
    ("issuer", lambda s: s.issuer or "none"),
    ("valid until", lambda s: f"{s.not_after:%Y-%m-%d}" if s.not_after else "unknown"),
)

# -- every fact -----------------------------------------------------------------------------


def comparison(changes: Changes, *, width: int = 80) -> str:
    """Return every fact compared, in lines of at most ``width`` columns, ending in a newline."""
    lines = wrap(f"{_side(changes.before)}, then {_side(changes.after)}", width)
    for caution in changes.cautions:
        lines += wrap(f"caution: {printable(caution)}", width, hang=" " * 9)
    lines += ["", *_rows(_whole(changes), width)]
    for one in changes.addresses:
        lines += ["", *wrap(f"{printable(one.host)} v{one.family}", width)]
        lines += _rows(_facts(one), width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _side(side: Side) -> str:
    network = printable(str(side.network)) if side.network else "an unknown network"
    seen = f"{side.started_at:%Y-%m-%d %H:%M} UTC from {network}"
    vantage = "" if side.vantage == "live" else f", {printable(side.vantage)}"
    return f"{printable(side.domain)} {seen}{vantage}"


def _rows(facts: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    for label, text in facts:
        yield from wrap(text, width, head=f"  {label:<{LABEL}}", hang=" " * (LABEL + 2))


def _whole(changes: Changes) -> Iterator[tuple[str, str]]:
    yield "verdicts", _pair(changes.verdicts, ", ".join)
    yield "MX plan", _pair(changes.plan, _plan)


def _facts(one: AddressChanges) -> Iterator[tuple[str, str]]:
    if one.address.before is None or one.address.after is None:
        yield "address", _one_sided(one)
        return
    yield "address", _pair(one.address, str)
    yield "announced by", _pair(one.origin, _origin)
    if one.rpki.state is not State.UNKNOWN or one.rpki.before or one.rpki.after:
        yield "RPKI", _pair(one.rpki, str)
    yield "path", _pair(one.as_path, lambda path: " > ".join(printable(str(n)) for n in path))
    if one.bgp.before or one.bgp.after:
        line = _pair(one.bgp, lambda path: " > ".join(f"AS{network.asn}" for network in path))
        yield "BGP path", line
    names = _pair(one.crossings, lambda found: ", ".join(printable(c.ix_name) for c in found))
    yield "exchanges", names
    for waypoint in one.waypoints:
        if waypoint.step.state is State.CHANGED:
            yield "", f"{_waypoint(waypoint)} adds {_figure(waypoint.step)}"
    yield "round trip", _figure(one.rtt)
    yield "SMTP", _pair(one.outcome, lambda outcome: outcome.value)
    same = [p for p in one.phases if p.state is State.SAME]
    if same:
        figures = (f"{_phase(p)} {milliseconds(p.after_ms or 0.0)}" for p in same)
        yield "", f"unchanged: {', '.join(figures)} ms"
    blind = {
        p.reason: [q for q in one.phases if q.reason == p.reason] for p in one.phases if p.reason
    }
    for reason, phases in blind.items():
        figures = (f"{_phase(p)} {milliseconds(_known(p))}" for p in phases)
        yield "", f"not comparable ({reason}): {', '.join(figures)} ms"
    for phase in one.phases:
        if phase.state is State.CHANGED:
            yield "", f"{_phase(phase)} {_figure(phase)}"
    yield "TLS", _pair(one.security, _security)


def _one_sided(one: AddressChanges) -> str:
    """An address that only one of the studies knew."""
    shown = one.address.after or one.address.before
    when = "now" if one.address.before is None else "then"
    if one.address.state is State.UNKNOWN:
        return f"{shown} {when} only: {printable(one.address.reason)}"
    origin = one.origin.after or one.origin.before
    whose = f", {_origin(origin)}" if origin is not None else ""
    return f"CHANGED: {shown}{whose} is {'new' if when == 'now' else 'gone'}"


def _known(figure: Figure) -> float:
    """The side that is known."""
    return figure.before_ms if figure.before_ms is not None else figure.after_ms or 0.0


def _phase(figure: Figure) -> str:
    return _PHASES.get(figure.name, figure.name)


def _pair(pair: Pair[Any], words: Callable[[Any], str]) -> str:
    """``unchanged: …``, ``CHANGED: … -> …``, or why it cannot be told."""
    before, after = (
        "none" if side is None else words(side) or "none" for side in (pair.before, pair.after)
    )
    if pair.state is State.SAME:
        return f"unchanged: {after}"
    if pair.state is State.CHANGED:
        return f"CHANGED: was {before}; is {after}"
    seen = [
        f"{when} {words(side) or 'none'}"
        for when, side in (("was", pair.before), ("is", pair.after))
        if side is not None
    ]
    return f"not comparable ({printable(pair.reason)})" + (f": {'; '.join(seen)}" if seen else "")


def _figure(figure: Figure) -> str:
    if figure.before_ms is None or figure.after_ms is None:
        shown = _known(figure)
        return f"not comparable ({figure.reason})" + (
            f": {milliseconds(shown)} ms" if shown else ""
        )
    change = figure.after_ms - figure.before_ms
    figures = f"{milliseconds(figure.before_ms)} -> {milliseconds(figure.after_ms)} ms"
    around = f"± {milliseconds(figure.plus_minus_ms)}"
    if figure.state is State.UNKNOWN:
        return f"not comparable ({figure.reason}): {figures}"
    if figure.state is State.CHANGED:
        return f"CHANGED: {figures} ({_signed(change)} {around} ms)"
    return f"unchanged: {figures} (within {around} ms)"


def _plan(plan: Plan) -> str:
    rows = (f"{row.preference} {printable(row.host)}" for row in plan.rows)
    return ", ".join(rows) or plan.kind.value


def _origin(origin: OriginSet | None) -> str:
    if origin is None:
        return "nobody known"
    names = " and ".join(printable(str(network)) for network in origin.networks)
    return f"{names} in {origin.prefix}" if origin.announced else names


def _security(security: Security) -> str:
    return ", ".join(
        f"{words} {printable(str(fact(security)))}"
        for words, fact in _SECURITY[: None if security.version else 1]
    )
