"""The plan that a sender makes of an MX answer."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.mail.mx import MAX_HOSTS, complete, draft
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.mail import MxPlan, PlanKind

V4, V6 = "192.0.2.1", "2001:db8::1"


def answer(
    rdtype: str,
    *records: str,
    name: str = "d.example",
    status: DnsStatus = DnsStatus.NOERROR,
    chain: tuple[str, ...] = (),
) -> DnsAnswer:
    return DnsAnswer(name=name, rdtype=rdtype, status=status, records=records, chain=chain)


def plan(*mx: str, **hosts: tuple[DnsAnswer, ...]) -> MxPlan:
    """A plan in which every host without an answer of its own has both addresses."""
    drafted = draft(answer("MX", *mx))
    usual = (answer("A", V4), answer("AAAA", V6))
    lookups = {name: hosts.get(name.partition(".")[0], usual) for name in drafted.names}
    return complete(drafted, lookups)


def rows(made: MxPlan) -> list[tuple[int, str]]:
    return [(host.preference, host.name) for host in made.hosts]


def test_rows_go_by_preference_and_equal_ones_keep_the_order_of_the_answer() -> None:
    made = plan(
        "20 c.example.", "10 B.Example.", "10 a.example.", "65535 z.example.", "0 y.example."
    )
    assert made.kind is PlanKind.MX
    assert rows(made) == [
        (0, "y.example"),
        (10, "b.example"),
        (10, "a.example"),
        (20, "c.example"),
        (65535, "z.example"),
    ]
    assert all(not host.faults for host in made.hosts)
    assert made.notes == ("of these 8 addresses Postfix tries 5 at most for one message",)


def test_addresses_are_ipv4_first_and_each_once() -> None:
    both = (answer("A", "192.0.2.2", V4, "192.0.2.2", "junk"), answer("AAAA", V6))
    (host,) = plan("10 a.example.", a=both).hosts
    assert host.addresses == (ip_address("192.0.2.2"), ip_address(V4), ip_address(V6))


def test_null_mx_alone_at_preference_0_means_no_mail() -> None:
    made = plan("0 .")
    assert (made.kind, made.hosts) == (PlanKind.NULL, ())


def test_a_dot_at_another_preference_is_no_null_mx() -> None:
    made = plan("10 .")
    assert made.kind is PlanKind.MX
    assert rows(made) == [(10, ".")]
    assert made.hosts[0].faults
    assert made.addresses == ()
    assert "no valid null MX" in made.notes[0]


def test_a_null_mx_beside_a_real_one_is_noted_and_the_real_one_used() -> None:
    made = plan("0 .", "10 a.example.")
    assert made.kind is PlanKind.MX
    assert rows(made) == [(0, "."), (10, "a.example")]
    assert made.hosts[0].lookups == ()
    assert made.hosts[1].addresses
    assert "beside real MX" in made.notes[0]


def test_no_mx_makes_the_domain_its_own_host() -> None:
    made = complete(draft(answer("MX")), {"d.example": (answer("A", V4),)})
    assert made.kind is PlanKind.IMPLICIT
    assert rows(made) == [(0, "d.example")]
    assert made.addresses == (ip_address(V4),)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (DnsStatus.NXDOMAIN, PlanKind.NONE),
        (DnsStatus.SERVFAIL, PlanKind.FAILED),
        (DnsStatus.TIMEOUT, PlanKind.FAILED),
        (DnsStatus.UNREACHABLE, PlanKind.FAILED),
        (DnsStatus.REFUSED, PlanKind.FAILED),
        (DnsStatus.CNAME_LOOP, PlanKind.FAILED),
        (DnsStatus.MALFORMED, PlanKind.FAILED),
        (DnsStatus.OTHER, PlanKind.FAILED),
    ],
)
def test_a_failure_never_falls_back_to_an_address(status: DnsStatus, kind: PlanKind) -> None:
    drafted = draft(answer("MX", status=status))
    assert drafted.names == ()
    made = complete(drafted, {"d.example": (answer("A", V4),)})
    assert (made.kind, made.hosts) == (kind, ())
    assert made.notes


def test_neither_mx_nor_address_is_no_mail_host() -> None:
    made = complete(draft(answer("MX")), {"d.example": (answer("A"), answer("AAAA"))})
    assert (made.kind, made.hosts) == (PlanKind.NONE, ())


def test_an_unanswered_address_question_leaves_the_implicit_mx_open() -> None:
    lookups = (answer("A"), answer("AAAA", status=DnsStatus.SERVFAIL))
    made = complete(draft(answer("MX")), {"d.example": lookups})
    assert made.kind is PlanKind.FAILED
    assert made.hosts[0].lookups == lookups
    assert "AAAA look-up failed: SERVFAIL" in made.notes[-1]


def test_an_alias_is_a_fault_and_followed() -> None:
    aliased = (answer("A", V4, chain=("b.example", "real.example")), answer("AAAA"))
    (host,) = plan("10 a.example.", a=aliased).hosts
    assert "alias of real.example" in host.faults[0]
    assert len(host.faults) == 1
    assert host.addresses == (ip_address(V4),)


@pytest.mark.parametrize("target", ["192.0.2.77.", "[192.0.2.77].", "2001:db8::77."])
def test_an_address_literal_is_a_fault_and_never_looked_up(target: str) -> None:
    drafted = draft(answer("MX", f"10 {target}"))
    assert drafted.names == ()
    (host,) = complete(drafted, {}).hosts
    assert "not a host name" in host.faults[0]
    assert host.addresses == ()


def test_a_target_that_does_not_exist_stays_in_the_plan() -> None:
    gone = tuple(answer(rdtype, status=DnsStatus.NXDOMAIN) for rdtype in ("A", "AAAA"))
    made = plan("10 a.example.", "20 b.example.", a=gone)
    assert made.hosts[0].faults == ("the name does not exist (NXDOMAIN)",)
    assert made.hosts[1].addresses


def test_a_target_without_address_says_so() -> None:
    (host,) = plan("10 a.example.", a=(answer("A"), answer("AAAA"))).hosts
    assert host.faults == ("the name has no address",)


def test_a_failed_look_up_is_told_apart_from_no_address() -> None:
    (host,) = plan("10 a.example.", a=(answer("A", status=DnsStatus.TIMEOUT), answer("AAAA"))).hosts
    assert host.faults == ("the A look-up failed: TIMEOUT",)


def test_a_host_listed_twice_is_asked_once() -> None:
    drafted = draft(answer("MX", "10 a.example.", "20 A.example."))
    assert drafted.names == ("a.example",)
    made = complete(drafted, {"a.example": (answer("A", V4),)})
    assert [host.addresses for host in made.hosts] == [(ip_address(V4),)] * 2
    assert [len(host.lookups) for host in made.hosts] == [1, 0]
    assert made.notes == ("a.example is listed 2 times: Postfix tries it each time, Exim once",)


def test_endless_lists_are_cut_and_noted() -> None:
    made = plan(*(f"{n} h{n}.example." for n in range(MAX_HOSTS + 1)))
    assert len(made.hosts) == MAX_HOSTS
    assert f"{MAX_HOSTS + 1} MX records" in made.notes[0]


def test_unreadable_records_are_noted_and_left_out() -> None:
    made = plan("ten a.example.", "10", "70000 a.example.", "10 b.example.")
    assert rows(made) == [(10, "b.example")]
    assert len(made.notes) == 3


def test_an_unknown_sender_names_those_there_are() -> None:
    with pytest.raises(InputError, match="rfc5321"):
        draft(answer("MX"), sender="sendmail")


_RECORDS = st.lists(
    st.tuples(st.integers(0, 65535), st.sampled_from("abcdefgh")).map(lambda r: f"{r[0]} {r[1]}."),
    unique=True,
    min_size=1,
)


@given(_RECORDS)
def test_a_plan_is_a_stable_sort_of_its_records(records: list[str]) -> None:
    expected = sorted(records, key=lambda record: int(record.split()[0]))
    assert [f"{p} {name}." for p, name in rows(plan(*records))] == expected


@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_records_make_a_plan(records: list[str]) -> None:
    drafted = draft(answer("MX", *records))
    assert complete(drafted, {}).sender == "rfc5321"
