"""What each sender makes of each row of the table of unusual MX records."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.mail.mx import complete, draft
from mxpath.mail.senders import SENDERS, sender_model
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.mail import MxPlan, PlanKind

ADDRESSES = {
    "a.example": ("192.0.2.1", "2001:db8::1"),
    "b.example": ("192.0.2.2", "2001:db8::2"),
    "d.example": ("192.0.2.4",),
}


def plan(sender: str, *mx: str, own: tuple[IPAddress, ...] = ()) -> MxPlan:
    """The plan for ``d.example``, where every host but those above does not exist."""
    asked = DnsAnswer(name="d.example", rdtype="MX", status=DnsStatus.NOERROR, records=mx)
    drafted = draft(asked, sender=sender)
    lookups = {}
    for name in drafted.names:
        known = ADDRESSES.get(name, ())
        status = DnsStatus.NOERROR if known else DnsStatus.NXDOMAIN
        lookups[name] = tuple(
            DnsAnswer(
                name=name,
                rdtype=rdtype,
                status=status,
                records=tuple(a for a in known if (":" in a) == (rdtype == "AAAA")),
            )
            for rdtype in ("A", "AAAA")
        )
    return complete(drafted, lookups, own=own)


def shape(made: MxPlan) -> tuple[PlanKind, list[tuple[int, str]]]:
    return made.kind, [(host.preference, host.name) for host in made.hosts]


A, B = (10, "a.example"), (10, "b.example")
TABLE = [
    ("equal preference", ("10 a.example.", "10 b.example."), (PlanKind.MX, [A, B]), {}),
    ("no MX", (), (PlanKind.IMPLICIT, [(0, "d.example")]), {}),
    ("null MX", ("0 .",), (PlanKind.NULL, []), {}),
    (
        "a dot at 10",
        ("10 .",),
        (PlanKind.MX, [(10, ".")]),
        {"postfix": (PlanKind.NULL, []), "exim": (PlanKind.NULL, [])},
    ),
    (
        "null beside real",
        ("0 .", "10 a.example."),
        (PlanKind.MX, [(0, "."), A]),
        {"postfix": (PlanKind.NULL, []), "exim": (PlanKind.MX, [A])},
    ),
    ("no such host", ("10 gone.example.",), (PlanKind.MX, [(10, "gone.example")]), {}),
    (
        "same host twice",
        ("10 a.example.", "20 a.example."),
        (PlanKind.MX, [A, (20, "a.example")]),
        {"exim": (PlanKind.MX, [A])},
    ),
    (
        "preferences at both ends",
        ("65535 a.example.", "0 b.example."),
        (PlanKind.MX, [(0, "b.example"), (65535, "a.example")]),
        {},
    ),
]


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(("case", "mx", "usual", "others"), TABLE, ids=[row[0] for row in TABLE])
def test_each_sender_has_its_own_plan(
    case: str,
    mx: tuple[str, ...],
    usual: tuple[PlanKind, list[tuple[int, str]]],
    others: dict[str, tuple[PlanKind, list[tuple[int, str]]]],
    sender: str,
) -> None:
    made = plan(sender, *mx)
    assert shape(made) == others.get(sender, usual), case
    assert made.sender == sender
    if others:
        assert any("Postfix" in note and "Exim" in note for note in made.notes), case


def test_postfix_alone_connects_to_an_address() -> None:
    literal = ip_address("192.0.2.77")
    for sender, expected in (("rfc5321", ()), ("exim", ()), ("postfix", (literal,))):
        made = plan(sender, "10 192.0.2.77.")
        (host,) = made.hosts
        assert host.addresses == made.addresses == expected
        assert host.faults
        assert "Postfix connects to it" in made.notes[0]


def test_exim_tries_ipv6_first_within_a_preference() -> None:
    mx = ("10 a.example.", "10 b.example.", "20 d.example.")
    v4, v6 = (
        tuple(ip_address(ADDRESSES[name][n]) for name in ("a.example", "b.example")) for n in (0, 1)
    )
    last = (ip_address("192.0.2.4"),)
    assert plan("exim", *mx).attempts == (v6, v4, last)
    for sender in ("rfc5321", "postfix"):
        first, rest = plan(sender, *mx).attempts
        assert set(first) == {*v4, *v6}
        assert rest == last


def test_postfix_tries_a_host_again_and_exim_does_not() -> None:
    mx = ("10 d.example.", "20 d.example.")
    address = ip_address("192.0.2.4")
    assert plan("postfix", *mx).attempts == ((address,), (address,))
    assert plan("exim", *mx).attempts == ((address,),)


@pytest.mark.parametrize("sender", SENDERS)
def test_a_sender_leaves_itself_out_and_all_that_is_no_better(sender: str) -> None:
    own = (ip_address("2001:db8::2"),)
    made = plan(sender, "10 a.example.", "20 b.example.", "20 d.example.", "30 c.example.", own=own)
    assert shape(made) == (PlanKind.MX, [A])
    assert "this host is b.example itself" in made.notes[0]
    best = plan(sender, "10 b.example.", "20 a.example.", own=own)
    assert shape(best) == (PlanKind.SELF, [])
    assert best.attempts == ()


def test_an_unknown_sender_names_those_there_are() -> None:
    with pytest.raises(InputError, match="exim, postfix, rfc5321"):
        sender_model("sendmail")


_TARGETS = ("a", "b", "gone", "192.0.2.77", "")
_RECORDS = st.lists(
    st.tuples(st.sampled_from([0, 10, 65535]), st.sampled_from(_TARGETS)),
    unique=True,
    max_size=6,
).map(lambda rows: tuple(f"{p} {f'{t}.example.' if t.isalpha() else f'{t}.'}" for p, t in rows))


@given(_RECORDS)
def test_where_senders_differ_a_note_says_so(mx: tuple[str, ...]) -> None:
    plans = [plan(sender, *mx) for sender in SENDERS]
    if len({(str(shape(made)), frozenset(made.addresses)) for made in plans}) > 1:
        assert all(made.notes for made in plans)
    for made in plans:
        assert {a for group in made.attempts for a in group} == set(made.addresses)
