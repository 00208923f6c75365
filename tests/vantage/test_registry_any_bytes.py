"""Whatever a registry sends, an answer comes out that can be kept: the client never raises."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.model import codec
from mxpath.model.http import HttpAnswer, HttpQuestion
from mxpath.model.registry import RegistryAnswer, RegistryFate, RegistryQuestion, Resource
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.registry import RdapRegistry
from mxpath.vantage.registry_cache import MemoryCache

SAMPLES = sorted((Path(__file__).resolve().parents[1] / "samples" / "rdap").glob("*.json"))
DOCUMENTS = [json.loads(path.read_bytes()) for path in SAMPLES]
HEADERS = ("content-type", "content-encoding", "retry-after", "date", "location")

Node = tuple[list[Any] | dict[str, Any], Any]
"""A container in a document, and a key of it."""


def nodes(document: Any) -> list[Node]:
    """Every place in a document, the outer ones first."""
    found: list[Node] = []
    keys = document if isinstance(document, dict) else range(len(document))
    for key in keys:
        found.append((document, key))
        if isinstance(document[key], (dict, list)):
            found += nodes(document[key])
    return found


def about(document: dict[str, Any]) -> Resource:
    if "startAutnum" in document:
        return int(document["startAutnum"])
    return ip_address(document["startAddress"].split("/")[0])


@dataclass
class Playing:
    """A fetcher that has one answer."""

    answer: HttpAnswer

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        assert question.url.startswith("https://rdap.example/")
        return self.answer


def answered(resource: Resource, answer: HttpAnswer) -> RegistryAnswer:
    client = RdapRegistry(Playing(answer), ManualClock(), MemoryCache())
    servers = ("https://rdap.example/",)
    found = client.holder(
        RegistryQuestion(resource=resource, servers=servers, hosts=("a.example",), with_abuse=True)
    )
    assert codec.load(RegistryAnswer, codec.dump(found)) == found
    assert len(found.detail) <= 200
    claim = found.registration
    assert (claim is not None) == (found.fate is RegistryFate.FOUND)
    assert claim is None or claim.value.covers(resource)
    return found


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**140), 2**140),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["\ud800", "::", "0.0.0.0", "AS1", "v6", "a" * 5000, [], {}, [[]], [{}], [1]]),
)


@settings(max_examples=120)
@given(data=st.data())
def test_a_real_document_with_one_odd_value(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(DOCUMENTS))
    copy = json.loads(json.dumps(whole))
    places = nodes(copy)
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    holder[key] = data.draw(ODD)
    answer = HttpAnswer(url="https://rdap.example/x", status=200, body=json.dumps(copy).encode())
    assert answered(about(whole), answer).fate in (
        RegistryFate.FOUND,
        RegistryFate.REFUSED,
        RegistryFate.NOT_FOUND,  # a range as wide as a registry's
    )


def _cut(body: bytes, at: int, _: bytes) -> bytes:
    return body[:at]


def _overwritten(body: bytes, at: int, odd: bytes) -> bytes:
    return body[:at] + odd + body[at + len(odd) :]


def _inserted(body: bytes, at: int, odd: bytes) -> bytes:
    return body[:at] + odd + body[at:]


@settings(max_examples=80)
@given(
    sample=st.integers(0, len(SAMPLES) - 1),
    damage=st.sampled_from([_cut, _overwritten, _inserted]),
    at=st.integers(0, 3000),
    odd=st.binary(min_size=1, max_size=4),
)
def test_a_real_document_with_damaged_bytes(
    sample: int, damage: Callable[[bytes, int, bytes], bytes], at: int, odd: bytes
) -> None:
    body = damage(SAMPLES[sample].read_bytes(), at, odd)
    answered(about(DOCUMENTS[sample]), HttpAnswer(url="https://x/", status=200, body=body))


@settings(max_examples=80)
@given(
    status=st.sampled_from([200, 200, 302, 403, 404, 422, 429, 500, 0, 999]),
    headers=st.lists(st.tuples(st.sampled_from(HEADERS), st.text(max_size=30)), max_size=4),
    body=st.binary(max_size=40),
    resource=st.sampled_from([ip_address("192.0.2.1"), ip_address("2001:db8::1"), 64496]),
)
def test_any_status_headers_and_bytes(
    status: int, headers: list[tuple[str, str]], body: bytes, resource: Resource
) -> None:
    answer = HttpAnswer(
        url="https://rdap.example/x", status=status, headers=tuple(headers), body=body
    )
    assert answered(resource, answer).fate is not RegistryFate.FOUND


@settings(max_examples=60)
@given(
    later=st.text(max_size=30) | st.integers(-(10**12), 10**12).map(str),
    date=st.none()
    | st.text(max_size=30)
    | st.datetimes().map(lambda d: f"{d:%a, %d %b %Y %T} GMT"),
)
def test_any_retry_after_is_a_time_within_bounds(later: str, date: str | None) -> None:
    headers = [("retry-after", later)] + ([("date", date)] if date is not None else [])
    answer = HttpAnswer(url="https://rdap.example/x", status=429, headers=tuple(headers))
    found = answered(64496, answer)
    assert found.fate is RegistryFate.LIMITED
    rest_s = int(found.detail.split(" for ")[1].split(" s ")[0])
    assert 1 <= rest_s <= 3600
