"""Verdicts against an earlier study: another path, another origin, another RPKI state.

The law:

1. Only the same domain seen from the same place is compared; from another place another
   path is no change.
2. ``compare`` decides what has changed; what was not seen on one side is no change.
3. That something is different is observed; why it is, is not. A change of routing is
   "consistent with" a failure, with maintenance and with a leak; a change of origin with
   a move and with a hijack. It is never called one of them.
4. Where the published data are of another kind or date, they may be what has changed: then
   a change that rests on them is only possible.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from mxpath.graph.compare import compare
from mxpath.graph.compare_address import data_sets
from mxpath.graph.sightings import owner_name
from mxpath.model.address import IPAddress
from mxpath.model.attribution import OriginSet
from mxpath.model.changes import AddressChanges, State
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.network import Network
from mxpath.model.rpki import RpkiState
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict


def path_changed(study: Study, before: Study | None = None) -> Verdict | None:
    """Speak when the networks or exchange points to an MX address are others than before."""
    if before is None or not _same_place(study, before):
        return None
    changed = [
        each
        for each in compare(before, study).addresses
        if each.address.state is State.SAME and each.path_state is State.CHANGED
    ]
    if not changed:
        return None
    worst = max(changed, key=_slower_by)
    slower = _slower_by(worst)
    certain = worst.as_path.state is State.CHANGED and _same_data(study, before)
    return Verdict(
        name="path_changed",
        grade=Grade.LIKELY if certain else Grade.POSSIBLE,
        owner=Owner.PATH,
        sentence=(
            f"The path to {_called(worst)} is another one than on {_date(before)}: "
            f"{_path_words(worst)}{_time_words(worst)}; consistent with a change of routing."
        ),
        next_step=_path_step(study, worst, slower),
        evidence=tuple(_path_evidence(each) for each in changed),
        counter_evidence=_path_doubts(study, before, changed),
        cost_ms=slower or None,
        remark=True,
    )


def _same_place(study: Study, before: Study) -> bool:
    here, there = study.seen_from, before.seen_from
    return (
        study.domain == before.domain
        and study.provenance.vantage == before.provenance.vantage
        and (here.network and here.network.asn) == (there.network and there.network.asn)
    )


def _same_data(study: Study, before: Study) -> bool:
    return study.as_of == before.as_of and data_sets(study) == data_sets(before)


def _date(before: Study) -> str:
    return f"{before.started_at:%Y-%m-%d %H:%M} UTC"


def _called(each: AddressChanges) -> str:
    return f"{printable(each.host)} over IPv{each.family}"


def _slower_by(each: AddressChanges) -> float:
    """How much longer the round trip is, in ms; 0 where that is not known, or not so."""
    difference = each.rtt.difference_ms if each.rtt.state is State.CHANGED else None
    return max(difference or 0.0, 0.0)


def _networks(path: Iterable[Network] | None) -> str:
    return printable(" - ".join(n.name or f"AS{n.asn}" for n in path or ())) or "nothing seen"


def _path_words(each: AddressChanges) -> str:
    if each.as_path.state is State.CHANGED:
        return f"{_networks(each.as_path.after)} instead of {_networks(each.as_path.before)}"
    now, then = (
        " and ".join(printable(c.ix_name) for c in side or ()) or "no exchange point"
        for side in (each.crossings.after, each.crossings.before)
    )
    return f"it crosses {now} instead of {then}"


def _time_words(each: AddressChanges) -> str:
    figure = each.rtt
    if figure.state is not State.CHANGED or figure.before_ms is None or figure.after_ms is None:
        return ""
    return f", and a round trip takes {figure.after_ms:.0f} ms instead of {figure.before_ms:.0f} ms"


def _path_step(study: Study, each: AddressChanges, slower: float) -> str:
    if not slower:
        return "nothing, unless mail is late since then; the earlier path is in the earlier study"
    address = each.address.after
    who = owner_name(study, address) if address is not None else each.host
    return f"ask our own network why its route to {who} has changed; compare with `mxpath compare`"


def _path_evidence(each: AddressChanges) -> Evidence:
    return _saw("compare", "path", f"{each.host} IPv{each.family}: {_path_words(each)}")


def _path_doubts(
    study: Study, before: Study, changed: list[AddressChanges]
) -> tuple[Evidence, ...]:
    doubts = ["two moments were seen: it may go back and forth all the time"]
    if not _same_data(study, before):
        doubts.append("the published data are others, too: the same hops may be read otherwise")
    same = [
        each
        for each in compare(before, study).addresses
        if each.path_state is State.SAME and each not in changed
    ]
    doubts += [f"the path to {each.host} over IPv{each.family} is unchanged" for each in same]
    return tuple(_saw("compare", "path", doubt) for doubt in doubts)


def origin_or_rpki_changed(study: Study, before: Study | None = None) -> Verdict | None:
    """Speak when another network announces an MX address than before, or its RPKI state is another."""
    if before is None or study.domain != before.domain:
        return None
    changed = [each for each in compare(before, study).addresses if _is_other(each)]
    if not changed:
        return None
    worst = next((each for each in changed if _became_invalid(each)), changed[0])
    invalid = _became_invalid(worst)
    moved = worst.address.state is State.CHANGED
    named = data_sets(study) == data_sets(before)
    return Verdict(
        name="origin_or_rpki_changed",
        grade=Grade.LIKELY if named else Grade.POSSIBLE,
        owner=Owner.PATH if invalid and not moved else Owner.THEM,
        sentence=f"{_origin_words(worst, moved=moved)} (before: {_date(before)}); {_reading(moved=moved, invalid=invalid)}.",
        next_step=_origin_step(study, worst, invalid=invalid),
        evidence=tuple(
            _saw(
                "compare", "origin", _origin_words(each, moved=each.address.state is State.CHANGED)
            )
            for each in changed
        ),
        counter_evidence=tuple(_origin_doubts(worst, named=named, invalid=invalid)),
        remark=not invalid,
    )


def _is_other(each: AddressChanges) -> bool:
    origin = each.origin
    if origin.state is State.CHANGED and _asns(origin.before) != _asns(origin.after):
        return True
    return each.address.state is State.SAME and each.rpki.state is State.CHANGED


def _asns(origin: OriginSet | None) -> set[int]:
    return {network.asn for network in origin.networks} if origin is not None else set()


def _became_invalid(each: AddressChanges) -> bool:
    now, then = each.rpki.after, each.rpki.before
    bad = now is not None and now.worst.state is RpkiState.INVALID
    return bad and (then is None or then.worst.state is not RpkiState.INVALID)


def _announcers(origin: OriginSet | None) -> str:
    if origin is None:
        return "nobody known"
    return printable(" and ".join(str(network) for network in origin.networks))


def _origin_words(each: AddressChanges, *, moved: bool) -> str:
    now, then = _announcers(each.origin.after), _announcers(each.origin.before)
    states = f"RPKI {each.rpki.after or 'unknown'} instead of {each.rpki.before or 'unknown'}"
    if now == then:
        return f"The RPKI state of {_called(each)} ({each.address.after}) has changed: {states}"
    where = (
        f"{each.address.after} instead of {each.address.before}"
        if moved
        else f"{each.address.after}"
    )
    rpki = f", {states}" if each.rpki.state is State.CHANGED else ""
    return f"{_called(each)} ({where}) is announced by {now} instead of {then}{rpki}"


def _reading(*, moved: bool, invalid: bool) -> str:
    if moved:
        return "consistent with a move of the mail host to another network"
    if invalid:
        return "consistent with a hijack, and with a move or a ROA that was not kept up with it"
    return "consistent with a move of the prefix"


def _origin_step(study: Study, each: AddressChanges, *, invalid: bool) -> str:
    address: IPAddress = each.address.after or each.address.before or ip_address("::")
    if invalid:
        return (
            f"hold confidential mail; ask {_announcers(each.origin.before)} by another way whether "
            f"it is theirs, and look at the route of {address} in a public looking glass"
        )
    return f"nothing, if {owner_name(study, address)} is known to take the mail of {printable(study.domain)} now"


def _origin_doubts(each: AddressChanges, *, named: bool, invalid: bool) -> Iterable[Evidence]:
    if not named:
        yield _saw("compare", "data sets", "other data sets were used: they may be what differs")
    if not invalid and each.rpki.after is not None:
        yield _saw("compare", "rpki", f"RPKI now says {each.rpki.after}")
    yield _saw("compare", "origin", "published data, not this machine's own routes")


def _saw(source: str, rule: str, detail: str) -> Evidence:
    return Evidence(source=source, rule=rule, detail=printable(detail))
