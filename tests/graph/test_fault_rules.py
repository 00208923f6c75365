"""What each rule needs to speak, and what makes it fall silent or speak more softly."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import faulty
import studies
from mxpath.graph.loss_verdicts import chance
from mxpath.graph.redundancy import RoofKind, roofs
from mxpath.graph.verdicts import VERDICTS, judge
from mxpath.inference.quality import qualities
from mxpath.model.dns import DnsStatus, ExtendedError
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.registry import Organisation, Registration
from mxpath.model.session import CertificateFault, Outcome, SecondLook, SmtpReply
from mxpath.model.study import Study
from mxpath.model.trace import Loss
from mxpath.model.verdict import Owner, Verdict


def only(study: Study, name: str, before: Study | None = None) -> Verdict:
    verdict = VERDICTS[name](study, before)
    assert verdict is not None
    return verdict


def names(study: Study, before: Study | None = None) -> list[str]:
    return [verdict.name for verdict in judge(study, before=before)]


def earlier(study: Study, **ago: float) -> Study:
    return replace(study, started_at=study.started_at - timedelta(**ago))


class TestNolisting:
    def test_it_is_possible_and_says_what_looks_alike(self) -> None:
        verdict = only(faulty.nolisting(), "nolisting")
        assert verdict.grade is Grade.POSSIBLE
        assert "consistent with nolisting" in verdict.sentence
        assert "stopped" in verdict.counter_evidence[0].detail
        assert verdict.cost_ms == pytest.approx(2 * 20.7)
        assert verdict.deliverable

    def test_first_and_last_is_likely(self) -> None:
        assert only(faulty.sandwich(), "nolisting").grade is Grade.LIKELY

    def test_what_was_so_long_ago_is_likely(self) -> None:
        study = faulty.nolisting()
        assert only(study, "nolisting", earlier(study, days=3)).grade is Grade.LIKELY
        assert only(study, "nolisting", earlier(study, minutes=5)).grade is Grade.POSSIBLE

    def test_another_house_is_no_design(self) -> None:
        assert names(studies.closed_first()) == ["first_mx_dead"]

    def test_a_house_is_told_by_the_names_where_the_networks_differ(self) -> None:
        study = studies.closed_first()
        first, second = study.mail.plan.hosts
        plan = replace(
            study.mail.plan,
            hosts=(replace(first, name="a.shop.example"), replace(second, name="b.shop.example")),
        )
        verdict = only(replace(study, mail=replace(study.mail, plan=plan)), "nolisting")
        assert any("both names end in shop.example" in e.detail for e in verdict.evidence)

    def test_a_common_suffix_of_one_label_is_no_house(self) -> None:
        study = studies.closed_first()
        first, second = study.mail.plan.hosts
        plan = replace(
            study.mail.plan,
            hosts=(replace(first, name="one.example"), replace(second, name="two.example")),
        )
        assert VERDICTS["nolisting"](replace(study, mail=replace(study.mail, plan=plan))) is None

    def test_silence_is_a_machine_that_is_off_unless_it_was_always_so(self) -> None:
        study = faulty.nolisting(outcome=Outcome.NO_CONNECTION)
        assert names(study)[0] == "first_mx_dead"
        assert names(study, earlier(study, days=3))[0] == "nolisting"

    def test_a_later_host_that_answers_by_half_is_no_saver(self) -> None:
        study = studies.with_sessions(
            faulty.nolisting(),
            studies.failed(faulty.SHOP1, faulty.TWIN, 6, Outcome.NO_CONNECTION),
        )
        assert names(study)[0] == "first_mx_dead"


class TestRefusedSource:
    @pytest.mark.parametrize(
        ("code", "words", "grade", "step"),
        [
            (554, "5.7.1 Client host [198.18.0.25] blocked using a.list.example", "likely", "list"),
            (550, "Cannot find your PTR record", "likely", "reverse name"),
            (550, "5.7.25 reverse DNS validation failed", "likely", "reverse name"),
            (554, "Listed in the blocklist of example", "likely", "list"),
            (450, "4.7.1 try another day", "likely", "check our address"),
            (554, "198.18.0.25 has no business here", "likely", "check our address"),
            (554, "Access denied", "possible", "check our address"),
            (421, "your server has a bad reputation", "possible", "check our address"),
        ],
    )
    def test_words_that_speak_of_us(self, code: int, words: str, grade: str, step: str) -> None:
        verdict = only(faulty.refused(words, code=code), "refused_source")
        assert (verdict.owner, verdict.grade.value) == (Owner.ME, grade)
        assert step in verdict.next_step
        assert not verdict.deliverable

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (554, "no SMTP service here"),
            (554, "does not talk to you"),
            (421, "4.3.2 too busy, access denied for now"),
            (451, "4.7.1 Greylisted, come back in 5 minutes"),
            (554, "5.5.0 version 5.7.1.2 of this server is broken"),
            (450, "try later"),
        ],
    )
    def test_words_that_do_not(self, code: int, words: str) -> None:
        assert names(faulty.refused(words, code=code)) == ["rejected_at_greeting"]

    def test_a_host_of_an_unlucky_name_proves_nothing(self) -> None:
        study = faulty.refused("ptr.blocklist.example says no")
        named = tuple(replace(s, host="ptr.blocklist.example") for s in study.sessions)
        assert names(replace(study, sessions=named)) == ["rejected_at_greeting"]

    def test_ipv4_alone_refused_is_only_possible(self) -> None:
        verdict = only(faulty.v4_shut(), "refused_source")
        assert verdict.grade is Grade.POSSIBLE
        assert "IPv6 alone" in verdict.sentence
        assert "198.18.0.25" in verdict.sentence

    def test_one_that_took_it_is_told(self) -> None:
        study = studies.with_sessions(
            studies.fine(),
            *(studies.rejected(studies.MX1_NAME, studies.MX1, f) for f in (4, 6)),
        )
        assert only(study, "rejected_at_greeting").deliverable


class TestTls:
    def test_a_failed_handshake_is_more_than_a_remark(self) -> None:
        verdict = only(faulty.handshake_fails(), "tls_broken")
        assert not verdict.remark
        assert verdict.deliverable
        assert verdict.grade is Grade.LIKELY
        assert "wrong version number" in verdict.sentence

    def test_one_address_that_manages_it_speaks_against(self) -> None:
        verdict = only(faulty.handshake_fails(6), "tls_broken")
        assert verdict.grade is Grade.POSSIBLE
        assert any("well" in e.detail for e in verdict.counter_evidence)

    def test_a_bad_certificate_hurts_strict_senders_alone(self) -> None:
        verdict = only(faulty.bad_certificate(), "tls_broken")
        assert verdict.remark
        assert "MTA-STS" in verdict.sentence
        assert "do not mind" in verdict.sentence
        assert any("DANE" in e.detail for e in verdict.counter_evidence)

    def test_a_wrong_name_shows_the_names(self) -> None:
        verdict = only(faulty.bad_certificate(problem="", matches=False), "tls_broken")
        assert studies.MX1_NAME in verdict.sentence

    def test_trust_that_was_not_checked_is_no_fault(self) -> None:
        tls = replace(studies.TLS, trusted=None, problem="not checked: no trust store")
        study = studies.with_sessions(
            studies.fine(),
            *(replace(studies.session(studies.MX1_NAME, studies.MX1, f), tls=tls) for f in (4, 6)),
        )
        assert VERDICTS["tls_broken"](study) is None

    def test_slow_tls_is_the_servers_own_time(self) -> None:
        verdict = only(faulty.slow_tls(), "tls_slow")
        assert verdict.cost_ms == pytest.approx(2500.3)
        assert VERDICTS["tls_slow"](faulty.slow_tls(900.0)) is None

    def test_a_delay_for_all_comes_before_a_remark(self) -> None:
        study = faulty.bad_certificate()
        late = [
            replace(
                studies.session(studies.MX1_NAME, studies.MX1, f, greeting_wait_ms=3000.0),
                tls=study.sessions[0].tls,
            )
            for f in (4, 6)
        ]
        assert names(studies.with_sessions(study, *late)) == ["banner_delay", "tls_broken"]

    def test_starttls_that_is_offered_and_refused(self) -> None:
        base = studies.session(studies.MX1_NAME, studies.MX1, 4)
        no = SmtpReply(code=454, lines=("TLS not available",))
        refused = replace(base, phases=base.phases[:4], tls=None, starttls_reply=no)
        verdict = only(studies.with_sessions(studies.fine(), refused), "tls_broken")
        assert "454 TLS not available" in verdict.sentence

    def test_a_certificate_that_cannot_be_read(self) -> None:
        tls = replace(
            studies.TLS, trusted=None, name_matches=None, faults=(CertificateFault.UNREADABLE,)
        )
        bad = replace(studies.session(studies.MX1_NAME, studies.MX1, 4), tls=tls)
        assert (
            "unreadable" in only(studies.with_sessions(studies.fine(), bad), "tls_broken").sentence
        )


class TestBogus:
    def test_signatures_that_do_not_hold_are_told_apart(self) -> None:
        study = studies.servfail()
        answer = replace(
            study.mail.mx_lookup, extended=(ExtendedError(code=7, text="expired\x1b[2J"),)
        )
        verdict = only(replace(study, mail=replace(study.mail, mx_lookup=answer)), "dns_servfail")
        assert "DNSSEC signatures do not hold (signature expired)" in verdict.sentence
        assert "every sender that validates" in verdict.sentence
        assert (verdict.owner, verdict.grade) == (Owner.DNS, Grade.CERTAIN)
        assert "waiting does not help" in verdict.next_step
        assert "clock" in verdict.counter_evidence[0].detail
        assert "\x1b" not in verdict.evidence[0].detail

    def test_an_answer_that_comes_unchecked_proves_it_too(self) -> None:
        study = studies.servfail()
        answer = replace(study.mail.mx_lookup, unchecked=DnsStatus.NOERROR)
        verdict = only(replace(study, mail=replace(study.mail, mx_lookup=answer)), "dns_servfail")
        assert "signatures do not hold" in verdict.sentence

    def test_another_reason_is_quoted_in_words(self) -> None:
        study = studies.servfail()
        answer = replace(study.mail.mx_lookup, extended=(ExtendedError(code=22),))
        verdict = only(replace(study, mail=replace(study.mail, mx_lookup=answer)), "dns_servfail")
        assert "SERVFAIL (no name server of the zone can be reached)" in verdict.sentence


class TestLoss:
    def test_it_is_told_where_it_begins_with_its_interval(self) -> None:
        verdict = only(faulty.lossy(), "loss_at_border")
        assert verdict.grade is Grade.LIKELY
        assert "29% of the probes" in verdict.sentence
        assert "of those before it 0%" in verdict.sentence
        assert any("way home" in e.detail for e in verdict.counter_evidence)

    def test_a_border_is_named_by_its_networks(self) -> None:
        sentence = only(faulty.lossy(), "loss_at_border").sentence
        assert "between AS64497 Alpha Transit and AS64510 Boreal Backbone" in sentence

    def test_one_hop_behind_is_no_witness(self) -> None:
        study = faulty.sampled("x.example", from_ttl=4, lost=4)
        short = replace(study, routes=study.routes[:2], traces=study.traces[:2])
        assert VERDICTS["loss_at_border"](short) is None

    def test_one_hop_that_does_not_answer_is_no_loss(self) -> None:
        assert names(faulty.sampled("x.example", from_ttl=9, only=3, lost=5)) == [
            "nothing_wrong_seen"
        ]

    def test_a_hop_that_limits_is_no_witness(self) -> None:
        study = faulty.lossy()
        traces = tuple(
            replace(
                t,
                flows=(
                    replace(t.flows[0], hops=tuple(replace(h, limited=h.ttl >= 3) for h in t.hops)),
                ),
            )
            for t in study.traces
        )
        routes = tuple(
            replace(r, quality=qualities(t)) for r, t in zip(study.routes, traces, strict=True)
        )
        assert VERDICTS["loss_at_border"](replace(study, traces=traces, routes=routes)) is None

    def test_few_samples_prove_nothing(self) -> None:
        assert (
            VERDICTS["loss_at_border"](faulty.sampled("x.example", from_ttl=3, samples=3)) is None
        )

    @given(st.integers(1, 5), st.integers(0, 5), st.integers(1, 5), st.integers(0, 5))
    def test_the_chance_is_counted_over_all_that_could_have_been(
        self, one: int, lost: int, two: int, gone: int
    ) -> None:
        lost, gone = min(lost, one), min(gone, two)
        ways = [
            sum(n >= one for n in which) for which in combinations(range(one + two), lost + gone)
        ]
        expected = sum(n >= gone for n in ways) / len(ways)
        found = chance(before=Loss(sent=one, lost=lost), behind=Loss(sent=two, lost=gone))
        assert found == pytest.approx(expected)

    def test_a_family_that_fails_on_a_lossy_path_is_not_blamed(self) -> None:
        for family in (4, 6):
            gone = studies.failed(studies.MX1_NAME, studies.MX1, family, Outcome.NO_CONNECTION)
            assert names(studies.with_sessions(faulty.lossy(), gone)) == ["loss_at_border"]

    def test_a_servers_wait_behind_it_may_be_a_packet_sent_again(self) -> None:
        late = studies.session(studies.MX1_NAME, studies.MX1, 4, greeting_wait_ms=1010.0)
        verdict = only(studies.with_sessions(faulty.lossy(), late), "banner_delay")
        assert verdict.grade is Grade.POSSIBLE
        assert any("sent again" in e.detail for e in verdict.counter_evidence)


class TestCongestion:
    def test_what_varies_for_good_is_told_where_it_begins(self) -> None:
        verdict = only(faulty.jittery(), "congested_segment")
        assert verdict.grade is Grade.LIKELY
        assert "consistent with a congested link" in verdict.sentence
        assert verdict.cost_ms == pytest.approx(27.0, abs=4)

    def test_one_slow_router_is_none(self) -> None:
        study = faulty.sampled("x.example", from_ttl=9, only=3, jitter_ms=40.0)
        assert VERDICTS["congested_segment"](study) is None

    def test_a_little_is_none(self) -> None:
        study = faulty.sampled("x.example", from_ttl=3, jitter_ms=3.0)
        assert VERDICTS["congested_segment"](study) is None

    def test_what_varies_everywhere_begins_nowhere(self) -> None:
        study = faulty.sampled("x.example", from_ttl=1, jitter_ms=40.0)
        assert VERDICTS["congested_segment"](study) is None

    def test_a_resolver_that_is_dead_by_half_is_ours_to_mend(self) -> None:
        study = studies.dns_slow()
        answer = replace(study.mail.mx_lookup, silent=("198.18.0.53",))
        verdict = only(replace(study, mail=replace(study.mail, mx_lookup=answer)), "dns_slow")
        assert verdict.owner is Owner.ME
        assert "waited for resolver 198.18.0.53 that did not answer" in verdict.sentence
        assert "resolv.conf" in verdict.next_step


class TestNotAsked:
    def test_what_a_budget_held_back_says_why_and_until_when(self) -> None:
        study = studies.fine()
        why = "budget: 2 connections an hour to 192.0.2.1 are used up; again at 09:10 UTC"
        held = tuple(
            replace(s, outcome=Outcome.SKIPPED, detail=why, phases=()) for s in study.sessions
        )
        verdict = only(replace(study, sessions=held), "nothing_wrong_seen")
        assert "no mail host was asked" in verdict.sentence
        assert "again at 09:10 UTC" in verdict.sentence
        assert verdict.deliverable is None


class TestSize:
    def test_small_segments_that_pass_make_it_likely(self) -> None:
        verdict = only(faulty.large_lost(), "pmtu_blackhole")
        assert (verdict.grade, verdict.owner) == (Grade.LIKELY, Owner.PATH)
        assert "segments of 536 bytes" in verdict.sentence
        assert verdict.deliverable
        assert any("sends its large replies well" in e.detail for e in verdict.counter_evidence)

    def test_without_a_second_look_it_is_only_possible(self) -> None:
        verdict = only(faulty.large_lost(passed=None), "pmtu_blackhole")
        assert verdict.grade is Grade.POSSIBLE
        assert any("hangs" in e.detail for e in verdict.counter_evidence)

    def test_a_server_that_stalls_again_is_broken_whatever_the_size(self) -> None:
        assert names(faulty.large_lost(passed=False)) == ["tls_broken"]

    def test_a_long_ehlo_answer_that_never_comes_is_no_dead_host(self) -> None:
        look = SecondLook(max_segment=536, outcome=Outcome.ANSWERED, reached="quit", passed=True)
        silent = []
        for family in (4, 6):
            base = studies.session(studies.MX1_NAME, studies.MX1, family)
            ehlo = studies.phase("ehlo", 15_000.0, complete=False)
            silent.append(
                replace(
                    base,
                    outcome=Outcome.SILENT,
                    phases=(*base.phases[:2], ehlo),
                    tls=None,
                    second_look=look,
                )
            )
        study = studies.with_sessions(studies.only_first(studies.fine()), *silent)
        assert names(study) == ["pmtu_blackhole"]
        assert only(study, "pmtu_blackhole").deliverable is None


class TestDetour:
    def test_both_figures_and_the_way_round_are_told(self) -> None:
        verdict = only(faulty.v6_detour(), "path_detour")
        assert verdict.cost_ms == pytest.approx(49.5)
        assert verdict.grade is Grade.LIKELY
        assert "consistent with" in verdict.sentence
        assert "Boreal Backbone" in verdict.sentence

    def test_a_route_that_did_not_arrive_is_no_witness(self) -> None:
        study = faulty.v6_detour()
        routes = tuple(
            replace(r, complete=False) if r.target == studies.address(studies.MX1, 4) else r
            for r in study.routes
        )
        assert VERDICTS["path_detour"](replace(study, routes=routes)) is None

    def test_where_round_trips_vary_a_difference_is_noise(self) -> None:
        study, busy = faulty.v6_detour(), faulty.jittery()
        quality = {r.target: r.quality for r in busy.routes}
        routes = tuple(replace(r, quality=quality[r.target]) for r in study.routes)
        assert VERDICTS["path_detour"](replace(study, routes=routes)) is None

    def test_a_syn_ack_that_was_sent_again_is_no_detour(self) -> None:
        study = faulty.v6_detour()
        there = studies.address(studies.MX1, 6)
        routes = tuple(
            replace(r, envelope_ms=(*r.envelope_ms[:-1], 1070.2)) if r.target == there else r
            for r in study.routes
        )
        sessions = tuple(s for s in study.sessions if s.address != there)
        assert VERDICTS["path_detour"](replace(study, routes=routes, sessions=sessions)) is None

    def test_a_far_backup_elsewhere_is_no_detour(self) -> None:
        assert VERDICTS["path_detour"](studies.fine()) is None


class TestRedundancy:
    def test_the_narrowest_roof_is_named(self) -> None:
        kinds = [roof.kind for roof in roofs(faulty.one_room())]
        assert kinds == [RoofKind.BLOCK, RoofKind.PREFIX, RoofKind.NETWORK, RoofKind.EXCHANGE]
        verdict = only(faulty.one_room(), "weak_redundancy")
        assert "198.18.33.0/24 and 2001:db8:3000::/48" in verdict.sentence
        assert verdict.remark
        assert verdict.grade is Grade.LIKELY

    def test_one_network_is_only_possible(self) -> None:
        study = faulty.one_network()
        assert roofs(study)[0].kind is RoofKind.NETWORK
        assert only(study, "weak_redundancy").grade is Grade.POSSIBLE

    def test_a_roof_must_cover_both_families(self) -> None:
        twin = faulty.two_hosts(
            "x.example", (faulty.SHOP0, studies.MX1), (faulty.SHOP1, faulty.TWIN)
        )
        assert RoofKind.BLOCK not in [roof.kind for roof in roofs(twin)]

    def test_a_range_is_no_announced_prefix(self) -> None:
        study = faulty.two_hosts(
            "x.example", (faulty.SHOP0, studies.MX1), (faulty.SHOP1, faulty.TWIN)
        )
        ranges = {
            a: replace(o, origin=replace(o.origin, value=replace(o.origin.value, announced=False)))
            if o.origin
            else o
            for a, o in study.owners.items()
        }
        assert roofs(replace(study, owners=ranges))[0].kind is RoofKind.NETWORK

    def test_a_single_host_promises_nothing(self) -> None:
        assert VERDICTS["weak_redundancy"](studies.strict()) is None

    def test_what_was_not_traced_shares_no_route(self) -> None:
        study = replace(faulty.one_room(), routes=())
        assert {roof.kind for roof in roofs(study)} == {
            RoofKind.BLOCK,
            RoofKind.PREFIX,
            RoofKind.NETWORK,
        }

    def test_two_houses_share_nothing(self) -> None:
        assert roofs(studies.fine()) == ()

    def test_one_organisation_may_hold_several_networks(self) -> None:
        study = studies.fine()
        held = Registration(registry="rdap.example", organisation=Organisation(name="One House"))
        claim = Claim(value=held, evidence=(Evidence(source="rdap", rule="range"),))
        owners = {a: replace(o, operator=claim) for a, o in study.owners.items()}
        assert [r.kind for r in roofs(replace(study, owners=owners))] == [RoofKind.ORGANISATION]
        verdict = only(replace(study, owners=owners), "weak_redundancy")
        assert "one organisation (One House)" in verdict.sentence
        assert verdict.grade is Grade.POSSIBLE

    def test_our_own_way_out_is_not_their_weakness(self) -> None:
        study = studies.fine()
        short = tuple(
            replace(r, as_path=(studies.NORD, studies.ALPHA, r.as_path[-1])) for r in study.routes
        )
        assert roofs(replace(study, routes=short)) == ()

    def test_one_last_transit_behind_ours_is(self) -> None:
        study = studies.fine()
        long = tuple(
            replace(r, as_path=(studies.NORD, studies.ALPHA, studies.BOREAL, r.as_path[-1]))
            for r in study.routes
        )
        assert [r.kind for r in roofs(replace(study, routes=long))] == [RoofKind.LAST_TRANSIT]
