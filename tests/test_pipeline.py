"""The whole pipeline in the simulated world: its verdicts, and what faults leave of it."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mxpath.errors import InputError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.lab.simulated_faults import Faults
from mxpath.lab.topology import read_world
from mxpath.measuring import ASIDE_STRETCH
from mxpath.model import codec
from mxpath.model.evidence import Grade
from mxpath.model.mail import PlanKind
from mxpath.model.origin import Origin
from mxpath.model.session import Outcome
from mxpath.model.study import Study
from mxpath.model.trace import EndReason
from mxpath.model.verdict import Owner
from mxpath.pipeline import INTERRUPTED, Options, analyze
from mxpath.report.html import render_report
from mxpath.report.text import screen
from mxpath.tracing.options import TraceOptions
from world import analyzed, first_walk, gazetteer


@pytest.mark.parametrize(("domain", "verdict"), first_walk().expected.verdicts.items())
def test_each_domain_has_the_verdict_that_its_world_expects(domain: str, verdict: str) -> None:
    study = analyzed(domain)
    assert study.verdict is not None
    assert study.verdict.name == verdict
    assert study.domain in study.verdict.sentence


@pytest.mark.parametrize("domain", [*first_walk().domains, "broken.example", "loop.example"])
def test_a_study_survives_its_file(domain: str) -> None:
    study = analyzed(domain)
    assert codec.load(Study, codec.dump(study)) == study


def test_equal_seeds_give_equal_bytes() -> None:
    again = analyze("fine.example", simulate(first_walk()), gazetteer())
    assert codec.dump(again) == codec.dump(analyzed("fine.example"))


@pytest.mark.parametrize(
    ("domain", "verdict"),
    [
        ("no-such-name.example", "no_service"),
        ("empty.example", "no_service"),
        ("broken.example", "dns_servfail"),
        ("loop.example", "dns_servfail"),
    ],
)
def test_dns_trouble_is_a_verdict_and_no_error(domain: str, verdict: str) -> None:
    study = analyzed(domain)
    assert study.verdict is not None
    assert study.verdict.name == verdict
    assert not study.verdict.deliverable


def test_an_implicit_mx_is_followed() -> None:
    study = analyzed("implicit.example")
    assert study.mail.plan.kind is PlanKind.IMPLICIT
    assert study.sessions[0].outcome is Outcome.ANSWERED


def test_a_dead_resolver_is_told_from_a_dead_domain() -> None:
    study = analyzed("fine.example", faults=Faults(resolver_down=True))
    assert study.mail.plan.kind is PlanKind.FAILED
    assert study.verdict is not None
    assert study.verdict.name == "dns_servfail"
    assert "does not exist" not in study.verdict.sentence


def test_without_privilege_all_but_the_traces_come() -> None:
    study = analyzed("slowbank.example", faults=Faults(no_privilege=True))
    assert study.traces == ()
    assert any("no traces" in note for note in study.notes)
    assert study.verdict is not None
    assert study.verdict.name == "banner_delay"
    assert all(owner.network for owner in study.owners.values())


def test_without_an_ipv6_route_ipv4_is_whole() -> None:
    study = analyzed("fine.example", faults=Faults(no_route=(6,)))
    ends = {(t.target.version, t.end) for t in study.traces}
    assert ends == {(4, EndReason.REACHED), (6, EndReason.NO_ROUTE)}
    outcomes = {(s.address.version, s.outcome) for s in study.sessions}
    assert outcomes == {(4, Outcome.ANSWERED), (6, Outcome.UNREACHABLE)}


def test_an_interface_that_goes_down_leaves_what_was_measured() -> None:
    study = analyzed("fine.example", faults=Faults(interface_down_after_packets=26))
    assert any(t.end is EndReason.LOCAL_FAULT for t in study.traces)
    assert any(hop.address is not None for t in study.traces for hop in t.hops)
    assert all(s.outcome is Outcome.UNREACHABLE for s in study.sessions)


@pytest.mark.parametrize("packets", [0, 1, 7, 20, 40])
def test_ctrl_c_keeps_what_was_measured(packets: int) -> None:
    study = analyzed("fine.example", faults=Faults(interrupt_after_packets=packets))
    whole = len(analyzed("fine.example").sessions)
    answered = [s for s in study.sessions if s.outcome is Outcome.ANSWERED]
    assert INTERRUPTED in study.notes or len(answered) == whole
    assert study.mail.domain == "fine.example"
    assert study.verdicts


@pytest.mark.parametrize(
    "faults",
    [
        Faults(),
        Faults(resolver_down=True),
        Faults(no_privilege=True),
        Faults(no_route=(4, 6)),
        Faults(interface_down_after_packets=5),
        Faults(interrupt_after_packets=3),
        Faults(interrupt_after_packets=30),
        Faults(port_25_filtered_at_hop=1),
    ],
    ids=str,
)
@pytest.mark.slow
@pytest.mark.parametrize("domain", ["fine.example", "dropped.example", "nomail.example"])
def test_every_fault_still_makes_a_screen_and_a_report(faults: Faults, domain: str) -> None:
    study = analyzed(domain, faults=faults)
    assert study.verdict is not None
    assert study.verdict.sentence in " ".join(screen(study).split())
    assert "</html>" in render_report(study)


def test_blocked_egress_is_never_called_a_dead_server_for_certain() -> None:
    study = analyzed("fine.example", faults=Faults(port_25_filtered_at_hop=1))
    assert study.verdict is not None
    assert study.verdict.name == "egress25_blocked" or study.verdict.counter_evidence


def test_blocked_egress_is_certain_where_icmp_passes_and_only_looked_at_when_asked(
    tmp_path: Path,
) -> None:
    world = read_world(Path(__file__).parent / "topologies" / "filtered_25.toml")
    publish(world, tmp_path)
    data = Gazetteer.open(tmp_path)
    studies = [
        analyze("two.example", simulate(world), data, options=Options(fallback=wanted))
        for wanted in (True, False)
    ]
    sure, possible = (study.verdict for study in studies)
    assert sure is not None
    assert possible is not None
    assert (sure.name, sure.grade) == ("egress25_blocked", Grade.CERTAIN)
    assert (possible.name, possible.grade) == ("egress25_blocked", Grade.POSSIBLE)
    assert "first_mx_dead" not in {verdict.name for verdict in studies[0].verdicts}
    assert all(t.target in studies[0].mail.addresses for t in studies[0].beside)
    beside = "not the mail flow: icmp to 198.18.33.25: arrives, 4 hops"
    assert beside in " ".join(screen(studies[0]).split())
    assert not studies[1].beside
    assert codec.load(Study, codec.dump(studies[0])) == studies[0]


def test_what_no_data_set_tells_is_said(tmp_path: Path) -> None:
    """Without exchange points in the gazetteer, no crossing is claimed, and none is denied."""
    publish(first_walk(), tmp_path)
    manifest = tmp_path / "gazetteer.toml"
    head, *snapshots = manifest.read_text().split("[[snapshot]]")
    kept = [text for text in snapshots if 'name = "peeringdb"' not in text]
    manifest.write_text("[[snapshot]]".join([head, *kept]))
    study = analyze("fine.example", simulate(first_walk()), Gazetteer.open(tmp_path))
    assert not [crossing for route in study.routes for crossing in route.crossings]
    (note,) = [note for note in study.notes if "exchange points (crossings cannot be told)" in note]
    assert "mxpath data fetch peeringdb" in note
    assert "exchange points" in screen(study)
    assert not any("exchange points" in note for note in analyzed("fine.example").notes)


def test_traces_and_conversations_go_on_at_the_same_time() -> None:
    """The played time is that of the longer one, and neither sees the other."""
    both = analyzed("slowbank.example")
    patient = TraceOptions(stretch=ASIDE_STRETCH)
    alone = analyzed("slowbank.example", options=Options(conversing=False, trace=patient))
    talk = analyzed("slowbank.example", options=Options(tracing=False))
    spent = [(s.ended_at - s.started_at).total_seconds() for s in (both, alone, talk)]
    assert spent[0] == pytest.approx(max(spent[1:]))
    assert both.traces == alone.traces
    assert [s.phases for s in both.sessions] == [s.phases for s in talk.sessions]
    first = min(session.started_at for session in both.sessions)
    assert first < max(trace.ended_at for trace in both.traces if trace.ended_at)


def test_ctrl_c_while_tracing_stops_the_conversations_too() -> None:
    study = analyzed("fine.example", faults=Faults(interrupt_after_packets=3))
    assert any(t.end is EndReason.INTERRUPTED for t in study.traces)
    assert {s.outcome for s in study.sessions} == {Outcome.SKIPPED}
    assert INTERRUPTED in study.notes


def test_progress_says_what_goes_on() -> None:
    said: list[str] = []
    analyze("fine.example", simulate(first_walk()), gazetteer(), progress=said.append)
    assert said == [
        "fine.example: asking the DNS",
        "fine.example: tracing and talking SMTP with 4 addresses",
    ]


def test_what_an_earlier_study_saw_of_the_paths_spares_packets() -> None:
    options = Options(conversing=False, naming=False, trace=TraceOptions(queries=1))
    first = analyzed("fine.example", options=options)
    again = analyzed("fine.example", options=replace(options, earlier=first.traces))
    assert [t.distance for t in again.traces] == [t.distance for t in first.traces]
    for before, now in zip(first.traces, again.traces, strict=True):
        assert now.distance is not None
        probes = [p for hop in now.hops for p in hop.probes]
        assert len(probes) + len(now.flows[0].beyond) == now.distance + 1
        assert (now.packets_sent or 0) < (before.packets_sent or 0)


def test_only_restricts_to_one_address() -> None:
    study = analyzed("fine.example", options=Options(only="198.18.49.25"))
    assert [str(a) for a in study.mail.addresses] == ["198.18.49.25"]
    with pytest.raises(InputError, match="not in the MX plan"):
        analyzed("fine.example", options=Options(only="192.0.2.1"))


def seen_from(origin: Origin) -> Origin:
    vantage = replace(simulate(first_walk()), origin=origin)
    return analyze("fine.example", vantage, gazetteer()).seen_from


def test_a_private_source_is_not_our_public_address() -> None:
    """A laptop behind NAT: its address says nothing, the first global hop says whose network."""
    behind = Origin(address_v4=ip_address("192.168.1.5"), how="interface")
    here = seen_from(behind)
    assert (here.address_v4, here.private) == (None, (ip_address("192.168.1.5"),))
    assert here.first_hop == ip_address("198.18.1.1")
    assert here.network is not None
    assert here.network.asn == 64496
    assert here.how == "interface; network by the first global hop"
    assert here.sends_from(4) == ip_address("192.168.1.5")
    words = "behind NAT or private: 192.168.1.5; first global hop 198.18.1.1"
    vantage = replace(simulate(first_walk()), origin=behind)
    assert words in " ".join(screen(analyze("fine.example", vantage, gazetteer())).split())


def test_a_public_source_that_no_data_set_knows_stays_our_address() -> None:
    here = seen_from(Origin(address_v4=ip_address("9.9.9.9"), how="--source"))
    assert (here.address_v4, here.private) == (ip_address("9.9.9.9"), ())
    assert here.network is not None
    assert here.how == "--source; network by the first global hop"


def test_an_origin_that_nothing_tells_is_unknown() -> None:
    options = Options(tracing=False)
    vantage = replace(simulate(first_walk()), origin=Origin())
    here = analyze("fine.example", vantage, gazetteer(), options=options).seen_from
    assert (here.address_v4, here.network, here.how) == (None, None, "unknown")


def test_our_own_networks_are_ours() -> None:
    own = Origin(own=(64503, ip_network("2001:db8:4000::/36")))
    vantage = replace(simulate(first_walk()), origin=own)
    study = analyze("fine.example", vantage, gazetteer())
    ours = {str(a) for a in study.mail.addresses if study.is_ours(a)}
    assert ours == {"198.18.33.25", "2001:db8:3000:1000::25", "2001:db8:4000:1000::25"}


def test_a_host_of_a_family_that_is_not_here_may_well_take_mail() -> None:
    """IPv6 only, seen from a machine without it: not known, and not "cannot be delivered"."""
    study = analyzed(
        "fine.example",
        faults=Faults(no_route=(6,)),
        options=Options(only="2001:db8:3000:1000::25"),
    )
    assert study.verdict is not None
    assert study.verdict.deliverable is None
    assert "no IPv6 from here" in screen(study)


def test_an_address_without_a_route_is_said() -> None:
    study = analyzed("fine.example", faults=Faults(no_route=(6,)))
    ours = first_walk().address_of("mailhost", 6)
    assert (study.seen_from.address_v6, study.seen_from.stranded) == (None, (ours,))
    assert f"no route out for {ours}" in " ".join(screen(study).split())


def test_a_family_that_goes_nowhere_costs_time_and_no_more() -> None:
    """An address and a route, but all of IPv6 vanishes behind the first hop."""
    world = first_walk()
    links = [
        replace(link, blocks=("ipv6",)) if set(link.ends) == {"nord1", "alpha1"} else link
        for link in world.links
    ]
    vantage = simulate(replace(world, links=tuple(links)))
    study = analyze("fine.example", vantage, gazetteer())
    assert (study.ended_at - study.started_at).total_seconds() < 25
    assert study.seen_from.address_v6 == world.address_of("mailhost", 6)
    outcomes = {(s.address.version, s.outcome) for s in study.sessions}
    assert outcomes == {(4, Outcome.ANSWERED), (6, Outcome.NO_CONNECTION)}
    assert study.verdict is not None
    assert study.verdict.name == "v6_broken_v4_works"
    assert study.verdict.deliverable


def test_an_interrupted_study_does_not_know() -> None:
    study = analyzed("fine.example", faults=Faults(interrupt_after_packets=0))
    assert study.verdict is not None
    assert study.verdict.deliverable is None


def test_the_sender_is_placed_in_its_network() -> None:
    origin = analyzed("fine.example").seen_from
    assert origin.network is not None
    assert origin.network.asn == 64496


def test_domains_of_one_run_share_what_was_measured_at_one_address() -> None:
    vantage = simulate(first_walk())
    first = analyze("fine.example", vantage, gazetteer())
    arrived = sum(vantage.network.syns.values())
    second = analyze("closed.example", vantage, gazetteer(), known=[first])
    shared = set(first.mail.addresses) & set(second.mail.addresses)
    assert shared
    for address in shared:
        assert second.trace_to(address) == first.trace_to(address)
        assert second.session_at(address) == first.session_at(address)
    fresh = [t for t in second.traces if t.target not in shared]
    assert {t.target for t in (*fresh, *first.traces)} >= set(second.mail.addresses)
    later = vantage.network.syns.total() - arrived
    assert 0 < later <= sum(t.packets_sent or 0 for t in fresh) + len(fresh)
    assert any("mx1.bigmail.example" in note for note in second.notes)


@pytest.mark.parametrize(
    ("own", "owner"), [((), Owner.THEM), ((64503,), Owner.ME), ((64504,), Owner.THEM)]
)
def test_a_fault_in_our_own_network_is_ours(own: tuple[int, ...], owner: Owner) -> None:
    """slowbank.example's first MX is BigMail's; its backup is FarMail's."""
    vantage = simulate(first_walk())
    vantage = replace(vantage, origin=replace(vantage.origin, own=own))
    study = analyze("slowbank.example", vantage, gazetteer())
    assert study.verdict is not None
    assert (study.verdict.name, study.verdict.owner) == ("banner_delay", owner)
