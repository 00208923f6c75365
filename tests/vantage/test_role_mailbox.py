"""Whose mailbox may be kept: a role's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.vantage.role_mailbox import is_role, role_mailbox


@pytest.mark.parametrize(
    "local",
    [
        "abuse", "Abuse", "abuse2", "network-abuse", "netabuse", "abusedesk", "holder-abuse",
        "abuse.holder", "noc", "arin-contact", "ripe.noc", "IP-Admin", "hostmaster+ip",
        "the_support_team",
    ],
)  # fmt: skip
def test_roles_are_kept(local: str) -> None:
    assert is_role(f"{local}@mail.example.net")


@pytest.mark.parametrize(
    "address",
    [
        # persons, and what may be one
        "jane@example.org", "jane.doe@example.org", "noc.jane@example.org", "it@example.org",
        "abuse-jane.doe@example.org", "jdoe.admin@example.org", "nocturne@example.org",
        # nothing that can be written to
        "abuse", "abuse@", "@example.org", "abuse@localhost", "abuse@192.0.2.1", "mailto:abuse@a.b",
        "abuse@a.example,b@a.example", "abuse @example.org", "abuse@-.example", ".abuse@a.example",
        '"abuse"@example.org', "abuse@ex\u00e4mple.org", "abuse@example.org\n",
        "abuse@" + "a." * 130 + "example", "abuse" * 13 + "@a.example", "",
    ],
)  # fmt: skip
def test_all_others_are_left_out(address: str) -> None:
    assert not is_role(address)


def test_what_says_abuse_goes_first() -> None:
    told = ["jane@a.example", "noc@a.example", " abuse@a.example ", "net-abuse@a.example"]
    assert role_mailbox(told) == "abuse@a.example"
    assert role_mailbox(told[:2]) == "noc@a.example"
    assert role_mailbox(told[:1]) is None


@given(st.text(max_size=40))
def test_any_text_is_judged(text: str) -> None:
    for address in (text, f"abuse@{text}", f"{text}@example.org"):
        assert is_role(address) in (True, False)
        assert not is_role(address) or (address.isascii() and address.count("@") == 1)
