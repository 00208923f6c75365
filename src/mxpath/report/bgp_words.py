"""Sentences about BGP paths, for the screen, the report and ``explain`` alike.

Only what a table of our own or a peer in our network tells is called "the BGP path".
"""

from collections.abc import Iterable, Iterator

from mxpath.model.bgp import PathGrade
from mxpath.model.bgp_path import Agreement, BgpPath, BgpView, Likeness
from mxpath.model.foreign_text import printable
from mxpath.model.network import Network

NOTHING_KNOWN = "no BGP path known"


def path_name(path: BgpPath) -> str:
    """Return what a path may be called, with its grade."""
    if path.grade is PathGrade.UPSTREAM:
        upstream = f"AS{path.tellers[0].peer_asn}" if path.tellers else "our upstream"
        return f"BGP path of our upstream {upstream} (c)"
    if path.grade is PathGrade.PREDICTED:
        return "predicted path (d)"
    return f"BGP path ({path.grade.value})"


def likeness_words(view: BgpView | None) -> str:
    """Return in a few words how the trace compares; what is known where it cannot."""
    if view is None or view.path is None:
        return NOTHING_KNOWN
    name = path_name(view.path.value)
    if view.agreement is None:
        return name
    found = view.agreement.value
    where = f"at AS{found.at.asn}" if found.at is not None else "from the start"
    return {
        Likeness.SAME: f"trace = {name}",
        Likeness.SHORTER: f"trace = {name} without {_numbers(found.only_bgp)}",
        Likeness.LONGER: f"trace = {name} and {_numbers(found.only_trace)}",
        Likeness.DIVERGENT: f"trace leaves the {name} {where}",
        Likeness.NOT_COMPARABLE: f"{name} not comparable",
    }[found.likeness]


def needs_telling(view: BgpView | None) -> bool:
    """Whether the path itself is worth a line: where the trace is not the same."""
    if view is None or view.path is None:
        return False
    same = view.agreement is not None and view.agreement.value.likeness is Likeness.SAME
    return not same or bool(view.others)


def path_words(view: BgpView) -> str:
    """Return the path of a view by its networks' numbers, and who tells another one."""
    if view.path is None:
        return f"{NOTHING_KNOWN}: {printable(view.missing)}"
    told = [view.path.value, *(other.value for other in view.others)]
    count = sum(len(path.tellers) for path in told)
    shown = [path_line(path) for path in told]
    if len(told) > 1:
        by = [_tellers(path, count) for path in told]
        shown = [f"{who}: {line}" for who, line in zip(by, shown, strict=True)]
    words = f"({view.path.value.grade.value}) {'; '.join(shown)}"
    reason = view.agreement.value.reason if view.agreement is not None else ""
    return f"{words} ({printable(reason)})" if reason else words


def bgp_facts(view: BgpView | None) -> Iterator[tuple[str, str]]:
    """Yield what a report says of the BGP path to an address."""
    if view is None or view.path is None:
        missing = printable(view.missing) if view is not None else ""
        yield "BGP path", f"{NOTHING_KNOWN}: {missing}" if missing else NOTHING_KNOWN
    else:
        name = path_name(view.path.value)
        yield name[0].upper() + name[1:], _named_line(view.path.value)
        for other in view.others:
            yield "Others tell", _named_line(other.value)
        if view.agreement is not None:
            yield "Trace and path", agreement_words(view.agreement.value)
        if view.predicted is not None and view.predicted != view.path:
            same = view.predicted.value.asns == view.path.value.asns
            yield "Predicted", "the same" if same else _named_line(view.predicted.value)
    for note in view.notes if view is not None else ():
        yield "Of its routes", printable(note)


def untold_words(views: Iterable[BgpView]) -> Iterator[str]:
    """Yield why no path is known, and what tables tell of an address besides its path."""
    said: dict[str, list[str]] = {}
    for view in views:
        for words in (*([f"none known: {view.missing}"] if view.missing else ()), *view.notes):
            said.setdefault(words, []).append(str(view.target))
    for words, targets in said.items():
        yield printable(f"{words} (to {', '.join(targets)})")


def agreement_words(found: Agreement) -> str:
    """Return a comparison as a sentence."""
    if found.likeness is Likeness.NOT_COMPARABLE:
        return f"not comparable: {printable(found.reason)}"
    parts = [found.likeness.value]
    if found.likeness is Likeness.DIVERGENT:
        parts[0] += f" at {printable(str(found.at))}" if found.at else " from the first network on"
    if found.only_bgp:
        parts.append(f"only on the path {_names(found.only_bgp)}")
    if found.only_trace:
        parts.append(f"only on the trace {_names(found.only_trace)}")
    if found.reason:
        parts.append(printable(found.reason))
    return "; ".join(parts)


def path_line(path: BgpPath) -> str:
    """Return the networks of a path by number, in order."""
    return _line(path, (f"AS{network.asn}" for network in path.networks))


def _named_line(path: BgpPath) -> str:
    """Return the networks of a path by number and name, in order."""
    return printable(_line(path, map(str, path.networks)))


def _line(path: BgpPath, networks: Iterable[str]) -> str:
    several = "{" + ",".join(f"AS{asn}" for asn in path.origins) + "}"
    return " ─ ".join([*networks, several] if len(path.origins) > 1 else networks)


def _tellers(path: BgpPath, count: int) -> str:
    """Say how many of all tellers tell a path."""
    many = "routes in use" if path.grade is PathGrade.OWN else "peers"
    return f"{len(path.tellers)} of {count} {many}"


def _numbers(networks: Iterable[Network]) -> str:
    return ", ".join(f"AS{network.asn}" for network in networks)


def _names(networks: Iterable[Network]) -> str:
    return printable(", ".join(map(str, networks)))
