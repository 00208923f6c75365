from collections.abc import Callable
from dataclasses import replace

import pytest

import studies
from faulty import CHANGED, FAULTY, yesterday
from mxpath.graph.verdicts import VERDICTS, judge
from mxpath.model.dns import DnsStatus
from mxpath.model.evidence import Grade
from mxpath.model.foreign_text import printable
from mxpath.model.mail import PlanKind
from mxpath.model.probe import Protocol
from mxpath.model.session import Outcome, SmtpReply
from mxpath.model.study import Study
from mxpath.model.trace import EndReason
from mxpath.model.verdict import Owner, Verdict
from mxpath.reading.egress import judge_egress

EXPECTED: dict[str, tuple[str, ...]] = {
    "fine": ("nothing_wrong_seen",),
    "slow": ("banner_delay",),
    "strict": ("rejected_at_greeting",),
    "closed_first": ("first_mx_dead",),
    "all_silent": ("first_mx_dead",),
    "egress_blocked": ("egress25_blocked", "first_mx_dead"),
    "v6_broken": ("v6_broken_v4_works",),
    "no_v6_here": ("nothing_wrong_seen",),
    "dns_slow": ("dns_slow",),
    "null_mx": ("no_service",),
    "nxdomain": ("no_service",),
    "empty": ("no_service",),
    "servfail": ("dns_servfail",),
    "unprivileged": ("nothing_wrong_seen",),
    "interrupted": ("nothing_wrong_seen",),
    "hostile": ("nothing_wrong_seen",),
    "crowded": ("nothing_wrong_seen",),
    "off_path": ("nothing_wrong_seen",),
}


def only(study: Study, name: str) -> Verdict:
    verdict = VERDICTS[name](study)
    assert verdict is not None
    assert verdict.name == name
    return verdict


@pytest.mark.parametrize("name", studies.ALL)
def test_each_world_gets_its_verdicts_in_order(name: str) -> None:
    assert tuple(v.name for v in judge(studies.ALL[name]())) == EXPECTED[name]


@pytest.mark.parametrize("name", FAULTY)
def test_each_fault_gets_its_verdicts_in_order(name: str) -> None:
    make, expected = FAULTY[name]
    assert tuple(v.name for v in judge(make())) == expected


@pytest.mark.parametrize("name", CHANGED)
def test_each_change_gets_its_verdicts_in_order(name: str) -> None:
    make, earlier, expected = CHANGED[name]
    assert tuple(v.name for v in judge(make(), before=earlier())) == expected


@pytest.mark.parametrize("name", VERDICTS)
def test_each_rule_fires_somewhere_and_is_silent_elsewhere(name: str) -> None:
    more = [*(e for _, e in FAULTY.values()), *(e for *_, e in CHANGED.values())]
    fired = {name in verdicts for verdicts in (*EXPECTED.values(), *more)}
    assert fired == {True, False}


@pytest.mark.parametrize("make", [*studies.ALL.values(), *(make for make, _ in FAULTY.values())])
def test_every_verdict_is_a_safe_sentence_with_evidence(make: Callable[[], Study]) -> None:
    for verdict in judge(make(), before=yesterday(studies.fine(make().domain))):
        assert verdict.sentence.endswith((".", "”."))
        assert verdict.sentence[0].isupper() or "." in verdict.sentence.split()[0]
        assert verdict.next_step
        texts = (verdict.sentence, verdict.next_step, *(e.detail for e in verdict.evidence))
        assert all(text == printable(text) for text in texts)
        assert verdict.evidence or verdict.grade is Grade.POSSIBLE


def test_what_cannot_be_delivered_comes_before_what_is_slow() -> None:
    silent = studies.all_silent()
    lookup = replace(silent.mail.mx_lookup, elapsed_ms=5000.0)
    both = judge(replace(silent, mail=replace(silent.mail, mx_lookup=lookup)))
    assert [v.name for v in both] == ["first_mx_dead", "dns_slow"]


class TestBannerDelay:
    def test_the_wait_is_charged_to_the_server_and_the_network_named(self) -> None:
        verdict = only(studies.slow(), "banner_delay")
        assert verdict.sentence == (
            "slowbank.example is slow, and it is the server: mx1.bigmail.example waits 4.00 s "
            "before its greeting; the path needs 21 ms."
        )
        assert verdict.cost_ms == pytest.approx(4001.2)
        assert (verdict.grade, verdict.owner) == (Grade.CERTAIN, Owner.THEM)
        assert "AS64503 BigMail" in verdict.next_step

    def test_just_below_a_second_is_no_verdict(self) -> None:
        for wait, fires in ((999.0, False), (1000.0, True)):
            slow = studies.session(studies.MX1_NAME, studies.MX1, 4, greeting_wait_ms=wait)
            study = studies.with_sessions(studies.fine(), slow)
            assert bool(VERDICTS["banner_delay"](study)) is fires

    def test_a_slow_backup_does_not_slow_the_mail(self) -> None:
        slow = studies.session(studies.MX2_NAME, studies.MX2, 4, greeting_wait_ms=9000.0)
        assert VERDICTS["banner_delay"](studies.with_sessions(studies.fine(), slow)) is None

    def test_a_greeting_that_never_came_is_no_delay(self) -> None:
        base = studies.session(studies.MX1_NAME, studies.MX1, 4)
        waited = studies.phase("greeting", 20.7, server_ms=30_000.0, complete=False)
        mute = replace(base, outcome=Outcome.SILENT, phases=(base.phases[0], waited), greeting=None)
        assert VERDICTS["banner_delay"](studies.with_sessions(studies.fine(), mute)) is None

    def test_a_quick_address_of_the_same_host_speaks_against_it(self) -> None:
        slow = studies.session(studies.MX1_NAME, studies.MX1, 4, greeting_wait_ms=4000.0)
        verdict = only(studies.with_sessions(studies.fine(), slow), "banner_delay")
        assert "is quick" in verdict.counter_evidence[0].detail


class TestFirstMxDead:
    def test_a_closed_port_costs_a_delay_when_a_later_host_answers(self) -> None:
        verdict = only(studies.closed_first(), "first_mx_dead")
        assert verdict.deliverable
        assert verdict.cost_ms == pytest.approx(2 * 20.7)
        assert verdict.grade is Grade.CERTAIN
        assert "refuses" in verdict.sentence
        assert "after a delay" in verdict.sentence
        assert any("nolisting" in e.detail for e in verdict.counter_evidence)

    def test_silence_behind_their_own_router_is_likely_theirs(self) -> None:
        verdict = only(studies.all_silent(), "first_mx_dead")
        assert not verdict.deliverable
        assert (verdict.grade, verdict.owner) == (Grade.LIKELY, Owner.THEM)
        assert verdict.cost_ms is None
        assert any("consistent with" in e.detail for e in verdict.counter_evidence)

    def test_silence_without_a_trace_is_only_possible(self) -> None:
        blind = replace(studies.all_silent(), traces=(), routes=())
        assert only(blind, "first_mx_dead").grade is Grade.POSSIBLE

    def test_silence_on_the_way_is_the_paths(self) -> None:
        verdict = only(studies.egress_blocked(), "first_mx_dead")
        assert (verdict.grade, verdict.owner) == (Grade.POSSIBLE, Owner.PATH)

    def test_a_skipped_host_is_not_dead(self) -> None:
        skipped = [
            studies.failed(studies.MX1_NAME, studies.MX1, f, Outcome.SKIPPED) for f in (4, 6)
        ]
        study = studies.with_sessions(studies.fine(), *skipped)
        assert VERDICTS["first_mx_dead"](study) is None

    def test_one_address_not_tried_leaves_it_open(self) -> None:
        study = studies.with_sessions(
            studies.closed_first(),
            studies.failed(studies.MX1_NAME, studies.MX1, 6, Outcome.SKIPPED),
        )
        assert VERDICTS["first_mx_dead"](study) is None

    def test_what_becomes_of_the_mail_is_open_when_no_other_was_tried(self) -> None:
        study = studies.with_sessions(
            studies.closed_first(),
            *(studies.failed(studies.MX2_NAME, studies.MX2, f, Outcome.SKIPPED) for f in (4, 6)),
        )
        verdict = only(study, "first_mx_dead")
        assert "was not seen" in verdict.sentence
        assert verdict.deliverable

    def test_a_family_that_does_not_exist_here_is_no_witness(self) -> None:
        study = studies.with_sessions(
            studies.no_v6_here(),
            studies.failed(studies.MX1_NAME, studies.MX1, 4, Outcome.REFUSED),
        )
        assert "refuses" in only(study, "first_mx_dead").sentence

    def test_a_host_that_the_dns_does_not_know_is_dead_too(self) -> None:
        study = studies.fine()
        first, second = study.mail.plan.hosts
        gone = replace(
            first,
            addresses=(),
            lookups=tuple(replace(a, status=DnsStatus.NXDOMAIN, records=()) for a in first.lookups),
        )
        plan = replace(study.mail.plan, hosts=(gone, second))
        verdict = only(replace(study, mail=replace(study.mail, plan=plan)), "first_mx_dead")
        assert "has no address in the DNS" in verdict.sentence
        assert verdict.deliverable


class TestRejected:
    def test_a_5xx_is_for_good_and_quoted(self) -> None:
        verdict = only(studies.strict(), "rejected_at_greeting")
        assert "for good" in verdict.sentence
        assert "554 no SMTP service here" in verdict.sentence
        assert not verdict.deliverable

    def test_a_4xx_is_for_now(self) -> None:
        verdict = only(studies.strict(code=451), "rejected_at_greeting")
        assert "for now" in verdict.sentence
        assert "wait" in verdict.next_step

    def test_at_ehlo_it_says_so(self) -> None:
        base = studies.rejected(studies.MX1_NAME, studies.MX1, 4)
        late = replace(
            base,
            greeting=SmtpReply(code=220, lines=("hello",)),
            last_reply=SmtpReply(code=550, lines=("bad name",)),
        )
        study = studies.with_sessions(
            studies.strict(), late, replace(late, address=studies.address(studies.MX1, 6))
        )
        assert "EHLO" in only(study, "rejected_at_greeting").sentence

    def test_a_backup_that_answers_saves_the_mail(self) -> None:
        study = studies.with_sessions(
            studies.fine(), *(studies.rejected(studies.MX1_NAME, studies.MX1, f) for f in (4, 6))
        )
        verdict = only(study, "rejected_at_greeting")
        assert verdict.deliverable
        assert studies.MX2_NAME in verdict.sentence

    def test_one_address_that_takes_mail_is_enough(self) -> None:
        study = studies.with_sessions(
            studies.fine(), studies.rejected(studies.MX1_NAME, studies.MX1, 6)
        )
        assert VERDICTS["rejected_at_greeting"](study) is None

    def test_a_strangers_words_cannot_act(self) -> None:
        base = studies.rejected(studies.MX1_NAME, studies.MX1, 4)
        evil = SmtpReply(code=554, lines=("\x1b[2J" + "x" * 500,))
        study = studies.with_sessions(
            studies.strict(), replace(base, greeting=evil, last_reply=evil)
        )
        sentence = only(study, "rejected_at_greeting").sentence
        assert "␛[2J" in sentence
        assert len(sentence) < 300


class TestV6:
    def test_it_is_theirs_when_v6_works_elsewhere(self) -> None:
        verdict = only(studies.v6_broken(), "v6_broken_v4_works")
        assert (verdict.grade, verdict.owner) == (Grade.LIKELY, Owner.THEM)

    def test_without_v6_here_nobody_is_blamed(self) -> None:
        assert VERDICTS["v6_broken_v4_works"](studies.no_v6_here()) is None

    def test_with_a_route_alone_it_is_only_possible(self) -> None:
        study = studies.with_sessions(
            studies.only_first(studies.fine()),
            studies.failed(studies.MX1_NAME, studies.MX1, 6, Outcome.NO_CONNECTION),
        )
        lost = (*studies.TO_MX1[:2], replace(studies.MX1, silent=True))
        traces = (study.traces[0], studies.trace(lost, 6, target=studies.MX1))
        verdict = only(replace(study, traces=traces), "v6_broken_v4_works")
        assert verdict.grade is Grade.POSSIBLE
        assert verdict.counter_evidence

    def test_both_families_dead_is_another_matter(self) -> None:
        assert VERDICTS["v6_broken_v4_works"](studies.all_silent()) is None


class TestDns:
    @pytest.mark.parametrize(
        ("status", "owner"),
        [
            (DnsStatus.SERVFAIL, Owner.DNS),
            (DnsStatus.TIMEOUT, Owner.DNS),
            (DnsStatus.CNAME_LOOP, Owner.DNS),
            (DnsStatus.REFUSED, Owner.ME),
            (DnsStatus.UNREACHABLE, Owner.ME),
        ],
    )
    def test_whose_it_is_depends_on_how_it_fails(self, status: DnsStatus, owner: Owner) -> None:
        verdict = only(studies.servfail(status=status), "dns_servfail")
        assert verdict.owner is owner
        assert not verdict.deliverable

    def test_a_failure_for_one_host_alone_does_not_stop_mail(self) -> None:
        study = studies.fine()
        first, second = study.mail.plan.hosts
        v4, v6 = first.lookups
        half = replace(first, lookups=(v4, replace(v6, status=DnsStatus.SERVFAIL)))
        plan = replace(study.mail.plan, hosts=(half, second))
        verdict = only(replace(study, mail=replace(study.mail, plan=plan)), "dns_servfail")
        assert verdict.deliverable
        assert "AAAA" in verdict.sentence

    def test_a_question_that_was_interrupted_has_not_failed(self) -> None:
        asked = studies.servfail(status=DnsStatus.OTHER)
        answer = replace(asked.mail.mx_lookup, detail="interrupted")
        study = replace(asked, mail=replace(asked.mail, mx_lookup=answer))
        (verdict,) = judge(study)
        assert verdict.name == "nothing_wrong_seen"
        assert verdict.grade is Grade.POSSIBLE

    def test_null_mx_and_absence_are_worded_apart(self) -> None:
        null, gone, bare = (
            only(make(), "no_service").sentence
            for make in (studies.null_mx, studies.nxdomain, studies.empty)
        )
        assert "null MX" in null
        assert "NXDOMAIN" in gone
        assert "neither an MX record nor an address" in bare

    def test_slow_means_the_look_ups_before_the_first_connection(self) -> None:
        verdict = only(studies.dns_slow(), "dns_slow")
        assert verdict.cost_ms == pytest.approx(2404.0)
        assert verdict.counter_evidence
        study = studies.fine()
        backup = study.mail.plan.hosts[1]
        late = replace(backup, lookups=tuple(replace(a, elapsed_ms=9000.0) for a in backup.lookups))
        plan = replace(study.mail.plan, hosts=(study.mail.plan.hosts[0], late))
        assert VERDICTS["dns_slow"](replace(study, mail=replace(study.mail, plan=plan))) is None


def looked_beside(study: Study, path: tuple[studies.At, ...]) -> Study:
    """The study with a look by ICMP along ``path``, in both families."""
    beside = tuple(
        replace(studies.trace(path, version), protocol=Protocol.ICMP, port=None)
        for version in (4, 6)
    )
    return replace(study, beside=beside, egress=judge_egress(study.traces, beside))


class TestEgress:
    def test_it_is_never_more_than_possible_and_says_consistent_with(self) -> None:
        verdict = only(studies.egress_blocked(), "egress25_blocked")
        assert verdict.grade is Grade.POSSIBLE
        assert "consistent with" in verdict.sentence
        assert verdict.counter_evidence

    def test_one_network_alone_proves_nothing(self) -> None:
        study = studies.only_first(studies.egress_blocked())
        assert VERDICTS["egress25_blocked"](study) is None

    def test_it_is_certain_where_another_protocol_passes_and_no_server_is_called_dead(self) -> None:
        study = looked_beside(studies.egress_blocked(), studies.TO_MX1)
        verdict = only(study, "egress25_blocked")
        assert verdict.grade is Grade.CERTAIN
        assert "while ICMP passes" in verdict.sentence
        assert any("by icmp" in e.detail for e in verdict.evidence)
        assert VERDICTS["first_mx_dead"](study) is None

    def test_with_one_network_it_is_likely_and_does_not_say_certainly(self) -> None:
        study = looked_beside(studies.only_first(studies.egress_blocked()), studies.TO_MX1)
        verdict = VERDICTS["egress25_blocked"](study)
        assert verdict is not None
        assert verdict.grade is Grade.LIKELY
        assert "most likely" in verdict.sentence

    def test_where_nothing_else_gets_farther_it_is_not_the_port(self) -> None:
        silent = tuple(replace(at, silent=True) for at in studies.TO_MX1[1:])
        study = looked_beside(studies.egress_blocked(), (studies.TO_MX1[0], *silent))
        assert VERDICTS["egress25_blocked"](study) is None
        assert VERDICTS["first_mx_dead"](study) is not None

    def test_one_host_that_answers_disproves_it(self) -> None:
        study = studies.with_sessions(
            studies.egress_blocked(), studies.session(studies.MX2_NAME, studies.MX2, 4)
        )
        assert VERDICTS["egress25_blocked"](study) is None

    def test_a_far_end_is_no_egress(self) -> None:
        study = studies.egress_blocked()
        far = tuple(
            studies.trace((*studies.TO_MX2[:-1], replace(at, silent=True)), family, target=at)
            for at, family in ((studies.MX1, 4), (studies.MX2, 4))
        )
        v4 = replace(
            study,
            traces=far,
            sessions=tuple(s for s in study.sessions if s.address.version == 4),
        )
        assert all(t.end is EndReason.GAVE_UP for t in far)
        assert VERDICTS["egress25_blocked"](v4) is None

    def test_without_traces_it_is_not_claimed(self) -> None:
        blind = replace(studies.egress_blocked(), traces=(), routes=())
        assert VERDICTS["egress25_blocked"](blind) is None


class TestNothingWrong:
    def test_all_looked_at_is_likely(self) -> None:
        assert only(studies.fine(), "nothing_wrong_seen").grade is Grade.LIKELY

    @pytest.mark.parametrize("make", [studies.unprivileged, studies.interrupted])
    def test_what_was_not_looked_at_is_named(self, make: Callable[[], Study]) -> None:
        verdict = only(make(), "nothing_wrong_seen")
        assert verdict.grade is Grade.POSSIBLE
        assert "not looked at: no" in verdict.sentence
        assert verdict.counter_evidence

    def test_without_any_conversation_no_health_is_claimed(self) -> None:
        silent = replace(studies.fine(), sessions=())
        verdict = only(silent, "nothing_wrong_seen")
        assert "no mail host was heard" in verdict.sentence
        assert verdict.evidence == ()

    def test_a_dead_backup_is_named(self) -> None:
        study = studies.with_sessions(
            studies.fine(),
            *(studies.failed(studies.MX2_NAME, studies.MX2, f, Outcome.REFUSED) for f in (4, 6)),
        )
        verdict = only(study, "nothing_wrong_seen")
        assert "mx.farmail.example does not take mail" in verdict.sentence
        assert verdict.grade is Grade.POSSIBLE

    def test_a_study_that_never_began_has_a_verdict_too(self) -> None:
        study = studies.nothing_delivered(
            "x.example",
            PlanKind.FAILED,
            replace(
                studies.lookup("x.example", "MX"), status=DnsStatus.OTHER, detail="interrupted"
            ),
        )
        assert len(judge(study)) == 1
