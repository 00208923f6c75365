"""What broken and hostile registries say over real HTTP: refused with a reason, never raised."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

import registries
from mxpath.lab.rdap import network_document
from mxpath.model.registry import RegistryAnswer, RegistryFate, RegistryQuestion
from mxpath.vantage.clock import SystemClock, moment
from mxpath.vantage.http import HttpFetcher
from mxpath.vantage.rdap import MAX_OCTETS
from mxpath.vantage.registry import RdapRegistry
from mxpath.vantage.registry_cache import DiskCache, MemoryCache
from play import Peer, issue, root, serving

BIG = ip_address("198.18.33.25")
_WORLD = registries.world()
GOOD = json.dumps(network_document(_WORLD, _WORLD.networks[64503].prefixes[0], 64503)).encode()
RDAP = ("content-type", "application/rdap+json")


def wire(body: bytes, *headers: tuple[str, str], status: int = 200) -> bytes:
    """One HTTP answer; without a length the end of the connection ends it."""
    lines = [f"HTTP/1.1 {status} X", "connection: close", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Registry:
    """A server on loopback that says whatever it is told to, and counts its questions."""

    def __init__(self) -> None:
        self.says = wire(GOOD, RDAP)
        self.questions = 0
        self.base = ""

    def play(self, peer: Peer) -> None:
        while peer.hear().strip():
            pass
        self.questions += 1
        peer.say(self.says)

    def asked(self, **more: object) -> RegistryAnswer:
        """Ask it as the live client does, with a cache of its own."""
        client = RdapRegistry(HttpFetcher(SystemClock()), SystemClock(), MemoryCache())
        return client.holder(question(self.base, **more))


def question(base: str, **more: object) -> RegistryQuestion:
    asked = RegistryQuestion(resource=BIG, servers=(base,), timeout_s=3.0)
    return replace(asked, **more)  # type: ignore[arg-type]  # fields of the question


@pytest.fixture(scope="module")
def running() -> Iterator[Registry]:
    registry = Registry()
    with serving(registry.play) as stage:
        registry.base = f"http://127.0.0.1:{stage.port}/"
        yield registry


@pytest.fixture
def registry(running: Registry) -> Registry:
    running.questions, running.says = 0, wire(GOOD, RDAP)
    return running


CHUNKS = b"%x\r\n%s\r\n" % (len(GOOD), GOOD)
CHUNKED = ("transfer-encoding", "chunked")
PACKED = ("content-encoding", "gzip")
REFUSED, FAILED = RegistryFate.REFUSED, RegistryFate.FAILED
UNUSABLE = {
    "malformed JSON": (wire(GOOD[:-5], RDAP), REFUSED, "no JSON"),
    "an HTML page that says JSON": (wire(b"<!DOCTYPE html>", RDAP), REFUSED, "no JSON"),
    "an HTML page": (wire(b"<p>", ("content-type", "text/html")), REFUSED, "with text/html"),
    "a wrong type": (wire(GOOD, ("content-type", "text/plain")), REFUSED, "with text/plain"),
    "a type of bytes": (wire(GOOD, ("content-type", "\x1b[2J")), REFUSED, "with ␛[2j"),
    "an HTML error page": (
        wire(b"<h1>Oops", ("content-type", "text/html"), status=500),
        FAILED,
        "HTTP status 500",
    ),
    "a page of 404": (
        wire(b"<h1>Oops", ("content-type", "text/html"), status=404),
        FAILED,
        "HTTP status 404",
    ),
    "a huge body": (wire(b" " * (MAX_OCTETS + 1), RDAP), REFUSED, "more than 524288 octets"),
    "a huge length": (
        wire(b"{}", RDAP, ("content-length", "9" * 15)),
        FAILED,
        "the connection broke",
    ),
    "deep nesting": (wire(b"[" * 200_000, RDAP), REFUSED, "nested deeper than 24 levels"),
    "deep objects": (
        wire(b'{"entities":[' * 2000 + b"]}" * 2000, RDAP),
        REFUSED,
        "nested deeper than 24 levels",
    ),
    "gzip": (wire(gzip.compress(GOOD), RDAP, PACKED), REFUSED, "answered packed (gzip)"),
    "truncated gzip": (wire(gzip.compress(GOOD)[:-9], RDAP, PACKED), REFUSED, "packed (gzip)"),
    "a bomb of zeros": (
        wire(gzip.compress(bytes(50_000_000), 1)[:400_000], RDAP, PACKED),
        REFUSED,
        "packed (gzip)",
    ),
    "gzip that is not told": (wire(gzip.compress(GOOD), RDAP), REFUSED, "no JSON"),
    "a short body": (
        wire(GOOD[:-1], RDAP, ("content-length", str(len(GOOD)))),
        FAILED,
        "the connection broke",
    ),
    "a short chunk": (wire(CHUNKS[:-9], RDAP, CHUNKED), FAILED, "the connection broke"),
    "no end of chunks": (wire(CHUNKS, RDAP, CHUNKED), FAILED, "the connection broke"),
    "a bad chunk": (wire(b"zz\r\n" + GOOD, RDAP, CHUNKED), FAILED, "the connection broke"),
    "many headers": (
        wire(GOOD, *((f"x-{n}", "y") for n in range(500))),
        FAILED,
        "the connection broke",
    ),
    "a redirect to plain http": (
        wire(b"", ("location", "http://127.0.0.1/ip/1"), status=302),
        REFUSED,
        "redirected to http://127.0.0.1/ip/1",
    ),
    "a redirect elsewhere": (
        wire(b"", ("location", "https://registry.example/ip/1"), status=301),
        REFUSED,
        "redirected to https://registry.example/ip/1",
    ),
    "a redirect to nowhere": (wire(b"", status=302), FAILED, "HTTP status 302"),
    "somebody else's range": (
        wire(GOOD.replace(b"198.18.32.0", b"198.18.40.0"), RDAP),
        REFUSED,
        "does not hold 198.18.33.25",
    ),
    "nothing": (b"", FAILED, "the connection broke"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_unusable_is_refused_with_its_reason(registry: Registry, name: str) -> None:
    registry.says, fate, words = UNUSABLE[name]
    answer = registry.asked(hosts=("127.0.0.1",))
    assert (answer.fate, answer.registration, answer.asked) == (fate, None, True)
    assert words in answer.detail
    assert len(answer.detail) <= 200
    assert registry.questions == 1


@pytest.mark.parametrize(
    "says",
    [
        wire(GOOD, RDAP),
        wire(GOOD),
        wire(GOOD, ("Content-Type", "application/json;charset=UTF-8"), ("x", "y")),
        wire(GOOD, RDAP, ("content-encoding", "identity")),
        wire(CHUNKS + b"0\r\n\r\n", RDAP, CHUNKED),
        wire(b"\xef\xbb\xbf" + GOOD, RDAP),
    ],
)
def test_what_is_sound_is_read_in_every_form(registry: Registry, says: bytes) -> None:
    registry.says = says
    assert registry.asked().fate is RegistryFate.FOUND


@pytest.mark.parametrize("status", [403, 422, 429, 503])
def test_a_registry_that_says_later_hears_nothing_from_any_process(
    registry: Registry, tmp_path: Path, status: int
) -> None:
    registry.says = wire(b"", ("retry-after", "50"), status=status)

    def process(resource: int) -> RegistryAnswer:
        client = RdapRegistry(HttpFetcher(SystemClock()), SystemClock(), DiskCache(tmp_path))
        return client.holder(question(registry.base, resource=resource))

    first, second = process(64503), process(64504)
    assert (first.fate, first.asked) == (RegistryFate.LIMITED, True)
    assert f"wants no question for 50 s (HTTP status {status})" in first.detail
    assert (second.fate, second.asked, registry.questions) == (RegistryFate.LIMITED, False, 1)


def test_what_a_registry_does_not_know_is_asked_once(registry: Registry, tmp_path: Path) -> None:
    registry.says = wire(b'{"errorCode": 404}', RDAP, status=404)
    for _ in range(2):
        client = RdapRegistry(HttpFetcher(SystemClock()), SystemClock(), DiskCache(tmp_path))
        assert client.holder(question(registry.base)).fate is RegistryFate.NOT_FOUND
    assert registry.questions == 1


def test_after_a_redirect_the_one_that_said_later_is_left_alone(
    registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "roots.pem").write_bytes(root().pem)
    context = issue("127.0.0.1", by=root(), names=("127.0.0.1",)).server(tmp_path)

    def busy(peer: Peer) -> None:
        peer.encrypt(context)
        while peer.hear().strip():
            pass
        peer.say(wire(b"", ("retry-after", "50"), status=429))

    cache, clock = MemoryCache(), SystemClock()
    client = RdapRegistry(HttpFetcher(clock, trust_file=tmp_path / "roots.pem"), clock, cache)
    # The same host in other words: registries are told apart by what they are called.
    base = registry.base.replace("127.0.0.1", "127.1")
    with serving(busy) as other:
        registry.says = wire(b"", ("location", f"https://127.0.0.1:{other.port}/x"), status=302)
        answers = [
            client.holder(question(base, resource=n, hosts=("127.0.0.1",))) for n in (64503, 64504)
        ]
        assert [a.fate for a in answers] == [RegistryFate.LIMITED] * 2
        assert all("127.0.0.1 wants no question" in a.detail for a in answers)
        assert (registry.questions, len(other.peers)) == (2, 1)
    registry.says = wire(GOOD, RDAP)
    assert client.holder(question(base)).fate is RegistryFate.FOUND
    now = moment(clock.now_ns())
    assert set(cache.rests.resting(now + timedelta(seconds=40))) == {"127.0.0.1"}
