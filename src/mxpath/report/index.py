"""The demo's front page: one card a domain, and how far the figures can be trusted."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from mxpath.graph.influence import seen_routes
from mxpath.model.foreign_text import printable
from mxpath.model.study import Study
from mxpath.report.amounts import milliseconds
from mxpath.report.html import tone
from mxpath.report.pages import render

Row = dict[str, object]

_COUNTS = {
    "hops": ("Hops", "each hop of each trace: did the address that answered lie where the packet was?"),
    "as_paths": ("Networks on the way", "the whole row of networks of each route, in order"),
    "mx": ("MX plan", "preference, host and addresses of each row, as the zone prescribes them"),
    "organisations": ("Organisations", "who runs the network of each address, as the world's registry has it"),
    "countries": ("Countries", "where the holder of each address is registered"),
    "smtp": ("SMTP behaviour", "how each mail host behaves: answers, waits, rejects, closed, silent"),
}  # fmt: skip
_PATHS = {
    "a": "networks to each mail host by the table of the sender's router, against that router",
    "b": "the same by a collector's peer in the sender's network, against the sender's router",
    "c": "the same by a collector's peer in its upstream, which need not choose alike",
    "d": "the same as relationships predict it; no router need heed them",
}


_AT_WILL = ("organisations", "countries")


def render_index(
    studies: Sequence[Study], accuracy: Mapping[str, object] | None, *, title: str
) -> str:
    """Return the page that leads to the reports ``<domain>.html`` beside it.

    Parameters
    ----------
    studies
        One card each, in this order.
    accuracy
        The accuracy document as plain data, or ``None`` where no truth is known.
    title
        What the studies have in common.
    """
    return render(
        "index.html",
        title=printable(title),
        cards=[_card(study) for study in studies],
        rows=list(_accuracy_rows(accuracy)) if accuracy is not None else [],
        player=_player_words(accuracy) if accuracy is not None else "",
    )


def _card(study: Study) -> Row:
    verdict = study.verdict
    cost = verdict.cost_ms if verdict is not None else None
    return {
        "domain": printable(study.domain),
        "link": quote(f"{study.domain}.html"),
        "name": verdict.name if verdict is not None else "no verdict",
        "sentence": printable(verdict.sentence) if verdict is not None else "Not judged yet.",
        "grade": verdict.grade.value if verdict is not None else "",
        "owner": verdict.owner.value if verdict is not None else "",
        "cost": milliseconds(cost) if cost is not None else "",
        "tone": tone(verdict) if verdict is not None else "warn",
        "deliverable": verdict.deliverable if verdict is not None else None,
        "route": _route_words(study),
    }


def _route_words(study: Study) -> str:
    """The networks towards the first MX that was traced."""
    routes = seen_routes(study)
    names = [network.name or f"AS{network.asn}" for network in routes[0].as_path] if routes else []
    return printable(" → ".join(names))


def _accuracy_rows(accuracy: Mapping[str, object]) -> Iterator[Row]:
    for key, (name, meaning) in _COUNTS.items():
        count = accuracy.get(key)
        # A world that says nothing of holders has none to be compared.
        if isinstance(count, Mapping) and (count.get("compared") or key not in _AT_WILL):
            yield _count_row(name, meaning, count)
    places = accuracy.get("places")
    if isinstance(places, Mapping) and any(places.values()):
        yield _place_row(places)
    told = accuracy.get("bgp")
    for grade, count in told.items() if isinstance(told, Mapping) else ():
        if isinstance(count, Mapping):
            yield _count_row(f"BGP paths ({grade})", _PATHS[grade], count, judged=grade == "a")
    crossings = accuracy.get("crossings")
    if isinstance(crossings, Mapping):
        yield _crossing_row(crossings)
    error = accuracy.get("rtt_error_ms")
    if isinstance(error, Mapping):
        yield _error_row(error)
    segments = accuracy.get("segments")
    if isinstance(segments, Mapping):
        yield _segment_row(segments)
    yield from _politeness_rows(accuracy)


def _place_row(found: Mapping[str, object]) -> Row:
    right, wrong, rightly, wrongly = (
        _whole(found.get(key)) for key in ("right", "wrong", "refuted_rightly", "refuted_wrongly")
    )
    figure = f"{right} right, {wrong} wrong; refuted by light: {rightly} rightly, {wrongly} wrongly"
    meaning = "cities that holders claim, against where the machines stand"
    return _row("Places", figure, meaning, tone="bad-word" if wrongly else "good-word")


_ENOUGH_SHARE = 0.95
"""Share of the latency figures given whose interval must hold the truth."""


def _segment_row(found: Mapping[str, object]) -> Row:
    given, right, refused, rightly = (
        _whole(found.get(key)) for key in ("given", "contain_truth", "refused", "refused_rightly")
    )
    meaning = "twice the one-way delay of each network's links, against the interval that was given"
    if not given:
        return _row("Latency of networks", f"none given, {refused} refused", meaning)
    figure = f"{right} of {given} intervals hold the truth; {refused} refused, {rightly} rightly"
    enough = right >= _ENOUGH_SHARE * given
    return _row("Latency of networks", figure, meaning, tone="good-word" if enough else "bad-word")


def _count_row(name: str, meaning: str, count: Mapping[str, object], *, judged: bool = True) -> Row:
    compared, wrong = _whole(count.get("compared")), _whole(count.get("wrong"))
    if not compared:
        return _row(name, "nothing to compare", meaning)
    figure = f"{compared - wrong} of {compared} right"
    tone = "good-word" if not wrong else "bad-word"
    return _row(name, figure, meaning, tone=tone if judged else "")


def _crossing_row(found: Mapping[str, object]) -> Row:
    hit, false, missed = (
        _whole(found.get(key)) for key in ("true_positive", "false_positive", "false_negative")
    )
    figure = f"{hit} found, {false} invented, {missed} missed"
    meaning = "exchange points that packets really cross, against those that were claimed"
    clean = not false and not missed
    return _row(
        "Exchange points crossed", figure, meaning, tone="good-word" if clean else "bad-word"
    )


def _error_row(error: Mapping[str, object]) -> Row:
    median, p95 = error.get("median"), error.get("p95")
    if not isinstance(median, (int, float)) or not isinstance(p95, (int, float)):
        return _row("Round-trip times", "nothing to compare", "")
    figure = f"{median:.2f} ms off in the median, {p95:.2f} ms at the 95th percentile"
    meaning = "the smallest time seen at each hop, against the sum of the links' delays"
    return _row("Round-trip times", figure, meaning)


def _politeness_rows(accuracy: Mapping[str, object]) -> Iterator[Row]:
    flows, syns = accuracy.get("flows_per_trace_max"), accuracy.get("syns_at_target_max")
    if isinstance(flows, int):
        meaning = "ports that one trace used: more than one would stitch different paths together"
        yield _row("Flows in a trace", f"at most {flows}", meaning)
    if isinstance(syns, int):
        meaning = "SYNs of one flow that arrived at a mail host, counted there"
        yield _row("SYNs at a mail host", f"at most {syns}", meaning)


def _row(name: str, figure: str, meaning: str, *, tone: str = "") -> Row:
    return {"name": name, "figure": figure, "meaning": meaning, "tone": tone}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _player_words(accuracy: Mapping[str, object]) -> str:
    wire = accuracy.get("wire")
    if accuracy.get("player") == "kernel":
        through = f", over a wire in {'C' if wire == 'c' else 'Python'}" if wire else ""
        return f"the Linux kernel and real routing daemons in network namespaces{through}"
    return "a simulation in memory; its truth is the simulated forwarding tables"
