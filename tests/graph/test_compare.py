"""Two studies compared: what counts as a change, what does not, what cannot be told."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from bgp_made import told, with_path
from mxpath.graph.compare import compare
from mxpath.model import codec
from mxpath.model.attribution import OriginSet
from mxpath.model.bgp import PathGrade
from mxpath.model.changes import AddressChanges, Changes, State
from mxpath.model.evidence import Claim
from mxpath.model.mail import MailDomain
from mxpath.model.network import Network
from mxpath.model.route import Route
from mxpath.model.session import Outcome
from mxpath.model.study import Study
from mxpath.model.trace import EndReason
from studies import (
    ALPHA1,
    ALPHA2,
    BOREAL,
    BOREAL1,
    FABRIC,
    FAR,
    MX1,
    NORD1,
    At,
    attribution,
    failed,
    fine,
    interrupted,
    judged,
    mx_host,
    null_mx,
    only_first,
    route,
    servfail,
    session,
    slow,
    trace,
    unprivileged,
    with_sessions,
)

WAY = (NORD1, ALPHA1, ALPHA2, FABRIC, MX1)
ROUND = (NORD1, ALPHA1, BOREAL1, MX1)
DAY = timedelta(days=1)


def later(study: Study) -> Study:
    return replace(study, started_at=study.started_at + DAY, ended_at=study.ended_at + DAY)


def with_way(study: Study, *way: At) -> Study:
    """The IPv4 trace and route to the first MX by another way."""
    kept_traces = [t for t in study.traces if t.target != ip_address(MX1.v4)]
    kept_routes = [r for r in study.routes if r.target != ip_address(MX1.v4)]
    target = way[-1] if way[-1].v4 == MX1.v4 else MX1
    new_trace, new_route = trace(way, 4, target=target), route(way, 4, target=target)
    owners = {a.address: a for a in (attribution(at, 4) for at in way)}
    return replace(
        study,
        traces=(new_trace, *kept_traces),
        routes=(new_route, *kept_routes),
        owners=study.owners | owners,
    )


def _without(known: Route, network: Network) -> Route:
    """A route on which the hops of ``network`` stayed silent."""
    segments = tuple(
        replace(c, value=replace(c.value, network=None, addresses=(None,)))
        if c.value.network == network
        else c
        for c in known.segments
    )
    path = tuple(n for n in known.as_path if n != network)
    return replace(known, segments=segments, as_path=path)


def first(changes: Changes) -> AddressChanges:
    return changes.addresses[0]


def test_a_study_compared_with_itself_is_unchanged() -> None:
    study = judged(fine())
    changes = compare(study, later(study))
    assert not changes.has_changed
    assert changes.cautions == ()
    assert changes.plan.state is changes.verdicts.state is State.SAME
    assert {a.path_state for a in changes.addresses} == {State.SAME}
    assert {a.rtt.state for a in changes.addresses} == {State.SAME}
    assert {p.state for a in changes.addresses for p in a.phases} == {State.SAME}
    assert len(changes.addresses) == 4


def test_it_is_a_document() -> None:
    changes = compare(judged(fine()), later(judged(slow("fine.example"))))
    assert codec.load(Changes, codec.dump(changes)) == changes


def test_comparing_the_other_way_round_turns_every_figure() -> None:
    there, back = compare(fine(), later(slow())), compare(later(slow()), fine())
    assert [p.difference_ms for p in first(there).phases] == [
        -p.difference_ms if p.difference_ms is not None else None for p in first(back).phases
    ]
    assert "the second study is the older one" in back.cautions
    assert not any("older" in caution for caution in there.cautions)


def test_a_slow_greeting_is_a_change_of_the_greeting_alone() -> None:
    changes = compare(fine(), later(slow("fine.example")))
    moved = {p.name: p.difference_ms for p in first(changes).phases if p.state is State.CHANGED}
    assert set(moved) == {"greeting"}
    assert moved["greeting"] is not None
    assert moved["greeting"] > 3900
    assert first(changes).path_state is first(changes).rtt.state is State.SAME


def test_a_figure_within_its_uncertainty_is_unchanged() -> None:
    quick = session("mx1.bigmail.example", MX1, 4)
    slower = session("mx1.bigmail.example", MX1, 4, greeting_wait_ms=9.0)
    changes = compare(with_sessions(fine(), quick), later(with_sessions(fine(), slower)))
    greeting = next(p for p in first(changes).phases if p.name == "greeting")
    assert greeting.difference_ms == pytest.approx(8.4)
    assert greeting.plus_minus_ms > 8.4
    assert greeting.state is State.SAME


def test_another_network_on_the_way_is_a_change_of_path() -> None:
    changes = compare(with_way(fine(), *WAY), later(with_way(fine(), *ROUND)))
    one = first(changes)
    assert one.as_path.state is one.crossings.state is State.CHANGED
    assert [n.asn for n in one.as_path.after or ()] == [64496, 64497, 64510, 64503]
    away = {w.step.name for w in one.waypoints if w.before and not w.after}
    come = {w.step.name for w in one.waypoints if w.after and not w.before}
    assert (away, come) == ({"FRA-LIX"}, {"Boreal Backbone"})


@pytest.mark.parametrize(
    ("then", "now", "state", "reason"),
    [
        (PathGrade.OWN, PathGrade.OWN, State.CHANGED, ""),
        (PathGrade.UPSTREAM, PathGrade.UPSTREAM, State.CHANGED, ""),
        (PathGrade.OWN, PathGrade.UPSTREAM, State.UNKNOWN, "told by others then (a) than now (c)"),
        (PathGrade.OWN, PathGrade.PREDICTED, State.UNKNOWN, "one of them is predicted"),
        (PathGrade.PREDICTED, PathGrade.PREDICTED, State.UNKNOWN, "predicted only"),
    ],
)
def test_a_bgp_path_changes_only_by_the_same_word(
    then: PathGrade, now: PathGrade, state: State, reason: str
) -> None:
    target = ip_address(MX1.v4)
    here, *middle, there = next(r for r in fine().routes if r.target == target).as_path
    old = with_path(fine(), target, told((here, *middle, there), target, grade=then))
    new = with_path(fine(), target, told((here, BOREAL, there), target, grade=now))
    changes = compare(old, later(new))
    assert (first(changes).bgp.state, first(changes).bgp.reason) == (state, reason)
    assert changes.has_changed == (state is State.CHANGED)
    same = first(compare(old, later(old))).bgp.state
    assert same is (State.UNKNOWN if then is PathGrade.PREDICTED else State.SAME)


def test_another_router_in_the_same_network_is_none() -> None:
    extra = replace(ALPHA2, v4="198.18.16.9", rtt_ms=18.5)
    longer = with_way(fine(), NORD1, ALPHA1, ALPHA2, extra, FABRIC, MX1)
    assert first(compare(with_way(fine(), *WAY), later(longer))).path_state is State.SAME


def test_silence_is_not_a_way_round() -> None:
    """A network that only stayed silent is neither gone nor, later, new."""
    dark = replace(
        with_way(fine(), NORD1, ALPHA1, replace(BOREAL1, silent=True), MX1),
        routes=(_without(route(ROUND, 4), BOREAL),),
    )
    lit = with_way(fine(), *ROUND)
    for before, after in ((dark, lit), (lit, dark)):
        path = first(compare(before, later(after))).as_path
        assert path.state is State.UNKNOWN
        assert "silent" in path.reason


def test_a_trace_that_did_not_arrive_lost_no_network() -> None:
    whole = fine()
    cut = with_way(whole, NORD1, ALPHA1)
    target = ip_address(MX1.v4)
    cut = replace(
        cut,
        traces=tuple(
            replace(t, end=EndReason.GAVE_UP) if t.target == target else t for t in cut.traces
        ),
        routes=tuple(replace(r, complete=r.target != target and r.complete) for r in cut.routes),
    )
    path = first(compare(whole, later(cut))).as_path
    assert (path.state, path.reason) == (State.UNKNOWN, "the trace now did not arrive")


def test_our_own_network_alone_is_no_path() -> None:
    """Without a route nothing was seen; that we stand in our own network says nothing."""
    nothing = replace(fine(), routes=tuple(_silent(r) for r in fine().routes))
    changes = compare(nothing, later(nothing))
    assert {a.path_state for a in changes.addresses} == {State.UNKNOWN}


def _silent(known: Route) -> Route:
    return replace(known, as_path=known.as_path[:1], segments=(), complete=False)


def test_what_was_not_traced_cannot_be_compared() -> None:
    changes = compare(unprivileged(), later(fine()))
    assert {a.path_state for a in changes.addresses} == {State.UNKNOWN}
    assert {a.rtt.reason for a in changes.addresses} == {"no figure then"}
    assert {a.outcome.state for a in changes.addresses} == {State.SAME}


def test_a_moved_address_is_paired_with_the_old_one() -> None:
    new = replace(MX1, v4="198.18.33.26")
    study = fine()
    hosts = (mx_host("mx1.bigmail.example", 10, new), *study.mail.plan.hosts[1:])
    moved = replace(study, mail=replace(study.mail, plan=replace(study.mail.plan, hosts=hosts)))
    one = next(
        a for a in compare(study, later(moved)).addresses if a.address.state is not State.SAME
    )
    assert (str(one.address.before), str(one.address.after)) == (MX1.v4, new.v4)
    assert one.address.state is State.CHANGED


def test_a_family_that_was_not_asked_for_has_not_gone() -> None:
    study = only_first(fine())
    (host,) = study.mail.plan.hosts
    v4 = replace(host, addresses=tuple(a for a in host.addresses if a.version == 4))
    narrow = replace(
        study,
        mail=replace(study.mail, plan=replace(study.mail.plan, hosts=(v4,))),
        provenance=replace(study.provenance, options=(("families", "4"),)),
    )
    changes = compare(study, later(narrow))
    gone = next(a for a in changes.addresses if a.family == 6)
    assert (gone.address.state, gone.address.reason) == (State.UNKNOWN, "IPv6 was not asked for")
    assert any(caution.startswith("different questions") for caution in changes.cautions)


def test_a_host_that_is_gone_is_a_change_of_plan() -> None:
    changes = compare(fine(), later(only_first(fine())))
    assert changes.plan.state is State.CHANGED
    gone = [a for a in changes.addresses if a.address.after is None]
    assert {a.address.state for a in gone} == {State.CHANGED}


def test_equal_preferences_in_another_order_are_the_same_plan() -> None:
    def shuffled(mail: MailDomain, *, turn: bool) -> MailDomain:
        hosts = tuple(replace(h, preference=10) for h in mail.plan.hosts)
        return replace(mail, plan=replace(mail.plan, hosts=hosts[::-1] if turn else hosts))

    study = fine()
    one, other = (replace(study, mail=shuffled(study.mail, turn=t)) for t in (False, True))
    assert compare(one, later(other)).plan.state is State.SAME


def test_a_dns_that_fails_changes_no_plan() -> None:
    changes = compare(fine("broken.example"), later(servfail()))
    assert changes.plan.state is State.UNKNOWN
    assert {a.address.state for a in changes.addresses} == {State.UNKNOWN}
    assert compare(fine("nomail.example"), later(null_mx())).plan.state is State.CHANGED


def test_another_origin_is_a_change_and_another_name_is_none() -> None:
    def announced_by(study: Study, *networks: object, prefix: str = "198.18.32.0/20") -> Study:
        address = ip_address(MX1.v4)
        value = OriginSet(prefix=ip_network(prefix), networks=networks)  # type: ignore[arg-type]
        old = study.owners[address]
        assert old.origin is not None
        claim = Claim(value=value, evidence=old.origin.evidence)
        return replace(study, owners=study.owners | {address: replace(old, origin=claim)})

    study = announced_by(fine(), FAR)
    renamed = announced_by(fine(), replace(FAR, name="FarMail AG"))
    assert first(compare(study, later(renamed))).origin.state is State.SAME
    assert first(compare(study, later(announced_by(fine(), BOREAL)))).origin.state is State.CHANGED
    specific = announced_by(fine(), FAR, prefix="198.18.33.0/24")
    assert first(compare(study, later(specific))).origin.state is State.CHANGED


def test_a_certificate_that_changed() -> None:
    old = session("mx1.bigmail.example", MX1, 4)
    assert old.tls is not None
    new = replace(old, tls=replace(old.tls, issuer="Another CA"))
    one = first(compare(with_sessions(fine(), old), later(with_sessions(fine(), new))))
    assert one.security.state is State.CHANGED
    assert one.outcome.state is State.SAME


def test_a_port_that_closed_is_a_change_and_an_interrupt_is_none() -> None:
    closed = with_sessions(fine(), failed("mx1.bigmail.example", MX1, 4, Outcome.REFUSED))
    assert first(compare(fine(), later(closed))).outcome.state is State.CHANGED
    changes = compare(fine(), later(interrupted()))
    assert not [a for a in changes.addresses if a.outcome.state is State.CHANGED]


def test_different_places_and_dates_are_said_first() -> None:
    study = fine()
    elsewhere = replace(
        study,
        seen_from=replace(study.seen_from, network=FAR),
        as_of=None,
        provenance=replace(study.provenance, vantage="sim:first_walk"),
    )
    cautions = compare(study, later(elsewhere)).cautions
    assert [c.partition(":")[0] for c in cautions] == [
        "different vantages",
        "seen from different networks",
        "published data of different dates",
    ]


def test_another_branch_of_equal_paths_is_no_change_of_time() -> None:
    """One flow each: where other routers of the same network answered, nothing got slower."""
    branch = replace(ALPHA2, v4="198.18.16.9")
    slower = [replace(at, rtt_ms=at.rtt_ms + 4.0) for at in (branch, FABRIC, MX1)]
    after = with_way(fine(), NORD1, ALPHA1, *slower)
    one = first(compare(with_way(fine(), *WAY), later(after)))
    assert one.path_state is State.SAME
    assert one.rtt.state is State.UNKNOWN
    assert "equal paths" in one.rtt.reason
    transit = next(w for w in one.waypoints if w.step.name == "Alpha Transit")
    assert transit.step.state is State.UNKNOWN


def test_the_same_routers_that_take_longer_are_a_change_of_time() -> None:
    slower = [replace(at, rtt_ms=at.rtt_ms + 4.0) for at in WAY[2:]]
    one = first(compare(with_way(fine(), *WAY), later(with_way(fine(), *WAY[:2], *slower))))
    assert one.rtt.state is State.CHANGED
    assert one.rtt.difference_ms == pytest.approx(4.0)
    moved = {w.step.name for w in one.waypoints if w.step.state is State.CHANGED}
    assert moved == {"Alpha Transit"}
