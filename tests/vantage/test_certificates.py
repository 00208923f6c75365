"""Chains and names, judged offline."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.model.session import TlsFacts
from mxpath.vantage.certificates import TrustStore, judge, name_matches, names_of
from play import DAY, NOW, Issued, intermediate, issue, root


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> TrustStore:
    path = tmp_path_factory.mktemp("trust") / "roots.pem"
    path.write_bytes(b"# our own root\n" + root().pem)
    return TrustStore(path)


def judged(
    *chain: Issued, trust: TrustStore, at: datetime = NOW, host: str = "mx.example"
) -> TlsFacts:
    ders = tuple(issued.der for issued in chain)
    return judge(ders, server_name=host, trust=trust, now_ns=int(at.timestamp() * 1e9))


def leaf(**settings: object) -> Issued:
    merged: dict[str, object] = {"by": intermediate(), "names": ("mx.example",)} | settings
    return issue("mx.example", **merged)  # type: ignore[arg-type]


def test_a_chain_to_the_store_is_trusted(trust: TrustStore) -> None:
    facts = judged(leaf(), intermediate(), trust=trust)
    assert (facts.trusted, facts.name_matches, facts.problem) == (True, True, "")
    assert facts.names == ("mx.example",)
    assert facts.issuer == "CN=Test Intermediate"
    assert facts.not_after == NOW + 90 * DAY
    assert facts.not_before == NOW - DAY
    assert facts.not_after.tzinfo is UTC


def test_the_order_of_the_sent_chain_does_not_matter(trust: TrustStore) -> None:
    assert judged(leaf(), root(), intermediate(), trust=trust).trusted is True


def test_the_name_is_judged_apart_from_the_chain(trust: TrustStore) -> None:
    facts = judged(leaf(), intermediate(), trust=trust, host="other.example")
    assert (facts.trusted, facts.name_matches, facts.problem) == (True, False, "")


@pytest.mark.parametrize(
    ("at", "words"), [(NOW + 91 * DAY, "expired on"), (NOW - 2 * DAY, "not valid before")]
)
def test_outside_its_dates_no_certificate_is_trusted(
    trust: TrustStore, at: datetime, words: str
) -> None:
    facts = judged(leaf(), intermediate(), trust=trust, at=at)
    assert facts.trusted is False
    assert words in facts.problem


def test_self_signed_is_said_so(trust: TrustStore) -> None:
    facts = judged(leaf(by=None), trust=trust)
    assert (facts.trusted, facts.problem) == (False, "the certificate is self-signed")
    assert facts.name_matches is True


def test_a_self_signed_certificate_in_the_store_is_trusted(tmp_path: Path) -> None:
    own = leaf(by=None)
    path = tmp_path / "own.pem"
    path.write_bytes(own.pem)
    assert judged(own, trust=TrustStore(path)).trusted is True


def test_a_missing_intermediate_is_untrusted(trust: TrustStore) -> None:
    facts = judged(leaf(), trust=trust)
    assert facts.trusted is False
    assert "does not verify" in facts.problem


def test_a_stranger_with_our_roots_name_is_untrusted(trust: TrustStore) -> None:
    stranger = issue("Test Root", authority=True)
    facts = judged(leaf(by=stranger), stranger, trust=trust)
    assert facts.trusted is False


def test_an_expired_intermediate_is_untrusted(trust: TrustStore) -> None:
    stale = issue("Stale", by=root(), authority=True, start=NOW - 9 * DAY, end=NOW - DAY)
    assert judged(leaf(by=stale), stale, trust=trust).trusted is False


@pytest.mark.parametrize("names", [("*.example",), ("192.0.2.1",)])
def test_wildcards_and_addresses_do_not_hinder_the_chain(
    trust: TrustStore, names: tuple[str, ...]
) -> None:
    assert judged(leaf(names=names), intermediate(), trust=trust).trusted is True


def test_without_alternative_name_the_chain_is_not_checked(trust: TrustStore) -> None:
    facts = judged(leaf(names=()), intermediate(), trust=trust)
    assert (facts.trusted, facts.name_matches) == (None, False)
    assert "not checked" in facts.problem
    assert facts.names == ("mx.example",)


def test_without_a_store_nothing_is_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: _Nowhere)
    facts = judged(leaf(), intermediate(), trust=TrustStore())
    assert facts.trusted is None
    assert "no trust store" in facts.problem


class _Nowhere:
    cafile = None


def test_the_systems_store_does_not_know_our_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(issue("Another Root", authority=True).pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert judged(leaf(), intermediate(), trust=TrustStore()).trusted is False
    path.write_bytes(root().pem)
    assert judged(leaf(), intermediate(), trust=TrustStore()).trusted is True


def test_a_trust_file_must_hold_certificates(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        TrustStore(tmp_path / "missing.pem")
    (tmp_path / "empty.pem").write_text("nothing here")
    with pytest.raises(InputError, match="no certificate"):
        TrustStore(tmp_path / "empty.pem")


def test_a_broken_root_does_not_spoil_the_others(tmp_path: Path) -> None:
    path = tmp_path / "roots.pem"
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    path.write_bytes(broken + root().pem)
    assert TrustStore(path).roots == (root().certificate,)


def test_no_certificate_is_no_verdict(trust: TrustStore) -> None:
    facts = judged(trust=trust)
    assert (facts.trusted, facts.name_matches) == (None, None)
    assert facts.problem == "no certificate was sent"


@pytest.mark.parametrize(
    ("names", "host", "matches"),
    [
        (("mx.example",), "MX.Example.", True),
        (("MX.example",), "mx.example", True),
        (("*.mail.example",), "mx.mail.example", True),
        (("*.mail.example",), "mail.example", False),
        (("*.mail.example",), "a.b.mail.example", False),
        (("*.example",), "mx.example", False),
        (("*",), "mx", False),
        (("m*.mail.example",), "mx.mail.example", False),
        (("a.example", "mx.example"), "mx.example", True),
        ((), "mx.example", False),
    ],
)
def test_names_match_whole_or_by_their_first_label(
    names: tuple[str, ...], host: str, *, matches: bool
) -> None:
    assert name_matches(names, host) is matches


def test_the_common_name_shows_but_does_not_match(trust: TrustStore) -> None:
    own = leaf(names=())
    assert names_of(own.certificate) == ("mx.example",)
    assert judged(own, trust=trust).name_matches is False


_CHAIN = st.lists(st.binary(max_size=64), max_size=3)


@given(_CHAIN)
def test_any_bytes_are_judged(chain: list[bytes]) -> None:
    facts = judge(tuple(chain), server_name="mx.example", trust=_OUR_TRUST, now_ns=0)
    assert facts.trusted is None


@given(st.integers(0, 2**16), st.integers(0, 255))
def test_a_spoiled_octet_never_raises(place: int, octet: int) -> None:
    der = bytearray(_LEAF.der)
    der[place % len(der)] = octet
    now_ns = int(NOW.timestamp() * 1e9)
    chain = (bytes(der), intermediate().der)
    facts = judge(chain, server_name="mx.example", trust=_OUR_TRUST, now_ns=now_ns)
    assert facts.trusted in (None, False) or bytes(der) == _LEAF.der


class _OurTrust(TrustStore):
    """The test root, without a file."""

    roots = (root().certificate,)


_OUR_TRUST = _OurTrust()
_LEAF = leaf()
