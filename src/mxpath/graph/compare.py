"""Two studies of a domain, fact by fact: what is another one now, what is not, what was not seen.

The law, in this order:

1. Only what both studies saw is compared. An address family that was not asked for, a
   trace that never ran, a session held back by a budget: "not comparable", and why.
2. Addresses are paired by host and family; the same address with itself first, then, where
   one is left on each side, the old one with the new one.
3. Paths are aligned by network and exchange point, never by hop number: one more router
   inside a network is no change of path. A network missing on the side that had silent or
   unknown hops, or did not arrive, may have been there: that is no change either.
   A time that differs over other routers of the same networks is not comparable: each
   trace is one flow, and another flow may be balanced to another of several equal paths.
4. A time has changed when it differs by more than the uncertainty of both sides:
   of a round trip, the gap between its two smallest samples, at least ``RTT_FLOOR_MS`` or
   ``RTT_SHARE`` of it; of a phase, that for each round trip, and for the server's own
   part, seen once only, at least ``SERVER_FLOOR_MS`` or ``SERVER_SHARE`` of it.

Pure: nothing is asked of anybody, and no file is read.
"""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from mxpath.graph.compare_address import AddressPair, data_sets, pair_of
from mxpath.model.address import IPAddress
from mxpath.model.changes import Changes, Pair, Plan, PlanRow, Side, State
from mxpath.model.dns import DnsStatus
from mxpath.model.mail import MxHost, PlanKind
from mxpath.model.study import Study

_KNOWN_DNS = (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)


def compare(before: Study, after: Study) -> Changes:
    """Compare two studies, of one domain as a rule.

    Parameters
    ----------
    before, after
        In the order in which a change is to be told.
    """
    return Changes(
        before=_side(before),
        after=_side(after),
        cautions=tuple(_cautions(before, after)),
        plan=_plan(before, after),
        addresses=tuple(
            AddressPair((before, after), host, address).changes()
            for host, address in _rows(before, after)
        ),
        verdicts=pair_of([tuple(v.name for v in study.verdicts) for study in (before, after)]),
    )


# -- the studies as wholes ------------------------------------------------------------------


def _side(study: Study) -> Side:
    return Side(
        domain=study.domain,
        started_at=study.started_at,
        vantage=study.provenance.vantage,
        network=study.seen_from.network,
        as_of=study.as_of,
    )


def _cautions(before: Study, after: Study) -> Iterator[str]:
    facts: tuple[tuple[str, Callable[[Study], Any]], ...] = (
        ("different domains", lambda s: s.domain),
        ("different vantages", lambda s: s.provenance.vantage),
        ("seen from different networks", lambda s: s.seen_from.network or "an unknown one"),
        ("published data of different dates", lambda s: s.as_of or "no date"),
        ("different data sets", lambda s: ", ".join(data_sets(s)) or "none"),
        ("different questions", _asked),
        ("different sender models", lambda s: s.mail.plan.sender),
    )
    for words, fact in facts:
        if fact(before) != fact(after):
            yield f"{words}: {fact(before)}, then {fact(after)}"
    if after.started_at < before.started_at:
        yield "the second study is the older one"


def _option(study: Study, name: str) -> str | None:
    return dict(study.provenance.options).get(name)


def _families(study: Study) -> str:
    return _option(study, "families") or "4,6"


def _asked(study: Study) -> str:
    only = _option(study, "only")
    return f"IPv{_families(study).replace(',', ' and IPv')}" + (f", only {only}" if only else "")


def _plan(before: Study, after: Study) -> Pair[Plan]:
    failed = [
        when
        for when, study in (("then", before), ("now", after))
        if study.mail.plan.kind is PlanKind.FAILED
    ]
    reason = f"the DNS gave no plan {' and '.join(failed)}" if failed else ""
    if _option(before, "only") != _option(after, "only"):
        reason = "only a part of the plan was asked for"
    return pair_of([_plan_of(before), _plan_of(after)], reason)


def _plan_of(study: Study) -> Plan:
    plan = study.mail.plan
    # Equal preferences come in any order: by name they are the same plan again.
    rows = sorted({(host.preference, host.name) for host in plan.hosts})
    return Plan(kind=plan.kind, rows=tuple(PlanRow(preference=p, host=h) for p, h in rows))


# -- which address is compared with which ---------------------------------------------------


def _rows(before: Study, after: Study) -> Iterator[tuple[str, Pair[IPAddress]]]:
    """Yield each host with an address of its, on both sides."""
    names = [host.name for study in (after, before) for host in study.mail.plan.hosts]
    for name in dict.fromkeys(names):
        for family in (4, 6):
            old, new = (_addresses(study, name, family) for study in (before, after))
            for kept in (a for a in new if a in old):
                yield name, Pair(before=kept, after=kept, state=State.SAME)
            gone = [a for a in old if a not in new]
            come = [a for a in new if a not in old]
            for was, now in zip_longest(gone, come):
                reasons = [
                    _not_asked(study, name, family)
                    for study, address in ((before, was), (after, now))
                    if address is None
                ]
                yield name, _moved(was, now, "".join(reasons))


def _moved(before: IPAddress | None, after: IPAddress | None, reason: str) -> Pair[IPAddress]:
    """An address that has gone, come, or taken another's place: a change, unless there is a reason."""
    state = State.UNKNOWN if reason else State.CHANGED
    return Pair(before=before, after=after, state=state, reason=reason)


def _host(study: Study, name: str) -> MxHost | None:
    return next((host for host in study.mail.plan.hosts if host.name == name), None)


def _addresses(study: Study, name: str, family: int) -> list[IPAddress]:
    hosts = [host for host in study.mail.plan.hosts if host.name == name]
    return list(dict.fromkeys(a for h in hosts for a in h.addresses if a.version == family))


def _not_asked(study: Study, name: str, family: int) -> str:
    """Why a host may have an address that this study does not show; nothing when it has none."""
    if str(family) not in _families(study).split(","):
        return f"IPv{family} was not asked for"
    only = _option(study, "only")
    host = _host(study, name)
    if only is not None and only != name:
        return f"only {only} was asked for"
    if study.mail.plan.kind is PlanKind.FAILED:
        return "the DNS gave no plan"
    rdtype = {4: "A", 6: "AAAA"}[family]
    answers = [a for a in (host.lookups if host else ()) if a.rdtype == rdtype]
    failed = [a.status for a in answers if a.status not in _KNOWN_DNS]
    return f"the DNS said {failed[0]} to {rdtype}" if failed else ""
