"""The plans of each sender for the domains of the world ``mx_rows``, as its resolver answers."""

from pathlib import Path

import pytest

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import read_world
from mxpath.mail.discover import discover
from mxpath.model.dns import Security
from mxpath.model.mail import MailDomain, PlanKind
from mxpath.pipeline import Options, analyze

WORLD = read_world(Path(__file__).parents[1] / "topologies" / "mx_rows.toml")
KINDS = {
    # domain: (by the letter, Postfix, Exim): kind of the plan and number of its rows
    "equal": ((PlanKind.MX, 2),) * 3,
    "implicit": ((PlanKind.IMPLICIT, 1),) * 3,
    "null": ((PlanKind.NULL, 0),) * 3,
    "lonedot": ((PlanKind.MX, 1), (PlanKind.NULL, 0), (PlanKind.NULL, 0)),
    "halfnull": ((PlanKind.MX, 2), (PlanKind.NULL, 0), (PlanKind.MX, 1)),
    "alias": ((PlanKind.MX, 1),) * 3,
    "literal": ((PlanKind.MX, 1),) * 3,
    "gone": ((PlanKind.MX, 1),) * 3,
    "twice": ((PlanKind.MX, 2), (PlanKind.MX, 2), (PlanKind.MX, 1)),
    "circle": ((PlanKind.MX, 1),) * 3,
    "ours": ((PlanKind.SELF, 0),) * 3,
    "bounds": ((PlanKind.MX, 2),) * 3,
    "shouting": ((PlanKind.MX, 2),) * 3,
    "many": ((PlanKind.MX, 24),) * 3,
    "empty": ((PlanKind.NONE, 0),) * 3,
    "nobody": ((PlanKind.NONE, 0),) * 3,
    "loop": ((PlanKind.FAILED, 0),) * 3,
    "endless00": ((PlanKind.FAILED, 0),) * 3,
    "endless49": ((PlanKind.MX, 1),) * 3,
    "bogus": ((PlanKind.FAILED, 0),) * 3,
    "broken": ((PlanKind.FAILED, 0),) * 3,
}


def found(domain: str, sender: str = "rfc5321") -> MailDomain:
    return discover(f"{domain}.example", simulate(WORLD), sender=sender)


@pytest.mark.parametrize("domain", KINDS)
def test_each_sender_makes_its_own_of_each_row(domain: str) -> None:
    plans = [found(domain, sender).plan for sender in ("rfc5321", "postfix", "exim")]
    assert tuple((plan.kind, len(plan.hosts)) for plan in plans) == KINDS[domain]
    if len({(plan.kind, len(plan.hosts)) for plan in plans}) > 1:
        assert all(any("Postfix" in note for note in plan.notes) for plan in plans)


def test_what_postfix_refuses_is_not_said_to_be_the_domain_s_own_word(tmp_path: Path) -> None:
    publish(WORLD, tmp_path)
    options = Options(sender="postfix", tracing=False, conversing=False, naming=False)
    gazetteer = Gazetteer.open(tmp_path)
    study = analyze("halfnull.example", simulate(WORLD), gazetteer, options=options)
    assert study.verdicts[0].name == "no_service"
    assert study.verdicts[0].sentence.startswith("Postfix refuses halfnull.example")


def test_postfix_alone_connects_to_the_literal() -> None:
    lengths = [len(found("literal", s).addresses) for s in ("rfc5321", "postfix", "exim")]
    assert lengths == [0, 1, 0]


def test_an_alias_as_target_is_followed_and_a_fault() -> None:
    (host,) = found("alias").plan.hosts
    assert len(host.addresses) == 2
    assert "alias of mx2.onemail.example" in host.faults[0]


def test_a_name_in_other_letters_is_the_same_name() -> None:
    assert [h.name for h in found("shouting").plan.hosts] == [
        "mx1.onemail.example",
        "mx.twomail.example",
    ]
    assert discover("Bücher.Example.", simulate(WORLD)).domain == "xn--bcher-kva.example"


def test_the_smallest_ttl_of_a_chain_counts() -> None:
    answer = found("deep").mx_lookup
    assert (answer.ttl_s, answer.chain[-1]) == (60, "equal.example")


@pytest.mark.parametrize(
    ("domain", "security", "validating"),
    [
        ("equal", Security.SECURE, True),
        ("nobody", Security.SECURE, True),
        ("plain", Security.INSECURE, True),
        ("bogus", Security.BOGUS, True),
        ("broken", Security.UNKNOWN, None),
    ],
)
def test_what_dnssec_makes_of_the_answer(
    domain: str, security: Security, *, validating: bool | None
) -> None:
    mail = found(domain)
    assert (mail.dnssec, mail.validating) == (security, validating)
