"""Whatever a service sends, an answer comes out that can be kept: the client never raises."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.model import codec
from mxpath.model.bgp import RoutingAnswer, RoutingFate, RoutingQuestion
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpAnswer, HttpQuestion
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ripestat import MAX_DEPTH, MAX_OCTETS, MAX_ROUTES
from mxpath.vantage.routing import RouteCollectors

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "ripestat"
DOCUMENTS = [
    json.loads((SAMPLES / f"{n}.json").read_bytes()) for n in ("looking_glass", "bgp_state")
]
MX = ip_address("192.0.2.25")
JSON = (("content-type", "application/json"),)
USELESS = (RoutingFate.REFUSED, RoutingFate.FAILED, RoutingFate.LIMITED)


@dataclass
class Playing:
    """A fetcher that has one answer."""

    answer: HttpAnswer

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        assert question.max_octets == MAX_OCTETS
        return self.answer


def answered(
    body: bytes, headers: tuple[tuple[str, str], ...] = JSON, status: int = 200
) -> RoutingAnswer:
    says = HttpAnswer(url="https://stat.example/", status=status, headers=headers, body=body)
    client = RouteCollectors(Playing(says), ManualClock(), None)
    found = client.routes(RoutingQuestion(address=MX, service="https://stat.example/data"))
    assert codec.load(RoutingAnswer, codec.dump(found)) == found
    assert all(MX in entry.prefix and entry.path.asns for entry in found.entries)
    for text in (found.detail, *found.locations, *found.locations.values()):
        assert printable(text) == text
    for entry in found.entries:
        assert printable(entry.line) == entry.line
    return found


texts = st.text(max_size=40) | st.sampled_from(["fe80::1%\x1b[2J", "1 2 {3", "0.0.0.0/0", "ok"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def places(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    keys = document if isinstance(document, dict) else range(len(document))
    found = []
    for key in keys:
        found.append((*at, key))
        if isinstance(document[key], (dict, list)):
            found += places(document[key], (*at, key))
    return found


@st.composite
def mutated(draw: Callable[..., Any]) -> bytes:
    """One of the samples, with a few of its values replaced."""
    document = json.loads(json.dumps(draw(st.sampled_from(DOCUMENTS))))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(document)))
        inner = document
        for key in way:
            inner = inner[key]
        inner[last] = draw(values)
    return json.dumps(document).encode()


@settings(max_examples=30)
@given(mutated())
def test_mutated_answers(body: bytes) -> None:
    answered(body)


@settings(max_examples=30)
@given(
    st.binary(max_size=200),
    st.lists(
        st.tuples(st.sampled_from(["content-type", "retry-after", "content-encoding"]), texts)
    ),
    st.integers(100, 599),
)
def test_any_bytes(body: bytes, headers: list[tuple[str, str]], status: int) -> None:
    assert answered(body, tuple(headers), status).fate in USELESS


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"[" * 10_000, f"nested deeper than {MAX_DEPTH} levels"),
        (b" " * (MAX_OCTETS + 1), f"larger than {MAX_OCTETS} octets"),
        (b'"' + rb"\"" * 50_000, "no JSON"),
        (b"<!DOCTYPE html>", "no JSON"),
        (b'{"status": "error", "data": {}}', "says that its status is 'error'"),
        (b'{"status": "ok"}', "has no data"),
        (b'{"data": {"rrcs": {}}}', "has no list 'rrcs'"),
    ],
    ids=["deep", "huge", "quotes", "page", "error", "empty", "other"],
)
def test_what_is_no_answer_is_refused_with_the_reason(body: bytes, says: str) -> None:
    found = answered(body)
    assert found.fate is RoutingFate.REFUSED
    assert says in found.detail


def test_an_answer_about_another_prefix_is_refused() -> None:
    document = json.loads(json.dumps(DOCUMENTS[0]).replace("192.0.", "198.51."))
    found = answered(json.dumps(document).encode())
    assert found.fate is RoutingFate.REFUSED
    assert "which does not hold 192.0.2.25" in found.detail


def test_a_peer_with_a_scope_is_left_out() -> None:
    document = json.loads(json.dumps(DOCUMENTS[0]))
    document["data"]["rrcs"][0]["peers"][0]["peer"] = "fe80::1%\x1b[2J"
    assert answered(json.dumps(document).encode()).left_out == 2


def test_routes_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ROUTES >= 1000
    monkeypatch.setattr("mxpath.vantage.ripestat.MAX_ROUTES", 50)
    document = json.loads(json.dumps(DOCUMENTS[0]))
    peer = document["data"]["rrcs"][0]["peers"][0]
    peers = [{**peer, "peer": str(ip_address("2001:db8::") + n)} for n in range(57)]
    document["data"]["rrcs"] = [{"rrc": "RRC00", "location": "", "peers": peers}]
    found = answered(json.dumps(document).encode())
    assert (len(found.entries), found.left_out) == (50, 7)
