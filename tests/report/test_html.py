"""The report: one file, well formed, that loads and runs nothing."""

import re
from functools import cache
from html.parser import HTMLParser

import pytest

import studies
from mxpath.report.html import render_report

VOID = {"meta", "br", "link", "img", "hr", "input"}
NAMES = ("fine", "slow", "all_silent", "null_mx", "servfail", "unprivileged", "hostile")


WHOLE = "slow"
"""The study with a ladder for each address of both hosts; of the others the first host will do."""


@cache
def page(name: str) -> str:
    study = studies.ALL[name]()
    if name != WHOLE and study.mail.plan.hosts:
        study = studies.only_first(study)
    return render_report(studies.judged(study))


@cache
def document(name: str) -> "Document":
    return Document(page(name))


class Document(HTMLParser):
    """Collects tags, attributes and text; fails on a tag that is closed wrongly."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_well_formed_and_loads_nothing(name: str) -> None:
    found = document(name)
    assert not set(found.tags) & {"script", "link", "img", "iframe", "object", "embed", "base"}
    for tag, attribute, value in found.attributes:
        assert not attribute.startswith("on")
        if attribute in ("href", "src", "xlink:href", "action"):
            assert value.startswith("#"), (tag, attribute, value)
        if not attribute.startswith("xmlns"):
            assert "http://" not in value
            assert "https://" not in value
    assert "@import" not in page(name)
    assert not re.search(r"url\((?!#)", page(name))


@pytest.mark.parametrize("name", NAMES)
def test_its_policy_forbids_what_it_does_not_need(name: str) -> None:
    assert "Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'" in (
        page(name)
    )


@pytest.mark.parametrize("name", NAMES)
def test_identifiers_are_unique_and_references_resolve(name: str) -> None:
    found = document(name)
    ids = [value for _, attribute, value in found.attributes if attribute == "id"]
    assert len(ids) == len(set(ids))
    used = {v[1:] for _, a, v in found.attributes if a in ("href", "xlink:href")}
    used |= set(re.findall(r"url\(#([^)]+)\)", page(name)))
    assert used <= set(ids)


def test_the_verdict_stands_before_everything_else() -> None:
    text = page("slow")
    order = [
        text.index(part)
        for part in (
            "slowbank.example is slow, and it is the server",
            "What to do next",
            "Where mail goes",
            "Through whose networks",
            "Where the time goes",
            "What the DNS said",
            "What was not seen",
            "Where this comes from",
        )
    ]
    assert order == sorted(order)


def test_every_fact_is_there() -> None:
    text = " ".join(document("slow").words)
    for fact in (
        "AS64503 BigMail",
        "4,001",
        "TLS 1.3, certificate valid, until 2027-02-01",
        "TLS_AES_256_GCM_SHA384",
        "PIPELINING",
        "2001:db8:5000::3",
        "20 mx.farmail.example.",
        "first_walk",
        "CC0-1.0",
        "Origins of the lab world first_walk",
        "78 probes, 4 connections",
        "a simulated network",
        "hop 4 silent",
        "as of 2026-06-17",
    ):
        assert fact in text, fact


def test_each_traced_address_has_its_ladder_and_its_hops() -> None:
    assert page("slow").count('aria-label="ladder of slowbank.example"') == 4
    assert page("slow").count("evidence</summary>") >= 5
    assert "FRA-LIX" in page("slow")


def test_strangers_text_never_acts() -> None:
    text = page("hostile")
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text
    assert "&lt;script&gt;" in text


def test_nothing_to_deliver_is_a_whole_page_too() -> None:
    words = " ".join(document("null_mx").words)
    assert "takes no mail, and says so itself" in words
    assert "mail cannot be delivered" in words
    assert "<svg" not in page("null_mx")
    assert "CAP_NET_RAW" in page("unprivileged")


@pytest.mark.slow
def test_equal_studies_are_equal_pages() -> None:
    study = studies.judged(studies.only_first(studies.slow()))
    assert render_report(study) == render_report(study)


def test_the_figures_follow_the_scheme_of_the_page() -> None:
    defined = set(re.findall(r"(--[a-z0-9-]+):", page("slow").split("</style>")[0]))
    used = set(re.findall(r"var\((--[a-z0-9-]+)", page("slow")))
    assert used <= defined
    assert {"--ink", "--path", "--server", "--exchange", "--band0"} <= used


def test_the_time_of_a_step_that_never_ended_is_nobodys() -> None:
    words = [w.strip() for w in document("all_silent").words if w.strip()]
    at = words.index("TCP handshake")
    assert words[at : at + 6] == ["TCP handshake", "10,000", "1", "-", "-", "not completed"]


def test_an_unjudged_study_still_renders() -> None:
    assert "has no verdict yet" in render_report(studies.null_mx())
