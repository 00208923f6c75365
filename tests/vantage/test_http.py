"""The live fetcher against scripted servers on loopback."""

import socket
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from mxpath.model.http import HttpFault, HttpQuestion
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.http import HttpFetcher, user_agent
from play import Peer, closed_port, issue, root, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nContent-Length: 2\r\n\r\n{}"


def saying(*parts: bytes, wait_s: float = 0.0) -> Callable[[Peer], None]:
    """A server that hears a request and says ``parts``, waiting before each."""

    def script(peer: Peer) -> None:
        while peer.hear().strip():
            pass
        for part in parts:
            peer.wait(wait_s)
            peer.say(part)

    return script


def question(port: int, scheme: str = "http", host: str = "127.0.0.1", **more: Any) -> HttpQuestion:
    return HttpQuestion(url=f"{scheme}://{host}:{port}/ip/192.0.2.1", timeout_s=2.0, **more)


def test_an_answer_is_a_value_with_its_headers() -> None:
    with serving(saying(OK)) as stage:
        fetcher = HttpFetcher(SystemClock(), contact="noc@example.org")
        answer = fetcher.fetch(question(stage.port, accept="application/rdap+json"))
        heard = stage.heard.decode()
    assert (answer.status, answer.body, answer.fault) == (200, b"{}", None)
    assert answer.header("Content-Type") == "application/rdap+json"
    assert answer.elapsed_ms > 0
    assert "GET /ip/192.0.2.1 HTTP/1.1" in heard
    assert "Accept: application/rdap+json" in heard
    assert f"User-Agent: {user_agent('noc@example.org')}" in heard
    assert "noc@example.org" in user_agent("noc@example.org")


def test_nothing_listens() -> None:
    answer = HttpFetcher(SystemClock()).fetch(question(closed_port()))
    assert (answer.status, answer.fault) == (None, HttpFault.REFUSED)


@pytest.mark.parametrize("dripping", [(b"",) * 9, tuple(OK[n : n + 1] for n in range(9))])
def test_the_time_is_for_everything(dripping: tuple[bytes, ...]) -> None:
    with serving(saying(*dripping, wait_s=0.1)) as stage:
        since = time.monotonic()
        asked = HttpQuestion(url=f"http://127.0.0.1:{stage.port}/", timeout_s=0.4)
        answer = HttpFetcher(SystemClock()).fetch(asked)
        assert time.monotonic() - since < 1.5
    assert (answer.fault, answer.body) == (HttpFault.TIMEOUT, b"")


def test_a_body_beyond_the_limit_is_no_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with serving(saying(head + b"x" * 100_000)) as stage:
        answer = HttpFetcher(SystemClock()).fetch(question(stage.port, max_octets=10_000))
    assert (answer.fault, answer.body) == (HttpFault.TOO_LARGE, b"")


@pytest.mark.parametrize("said", [b"220 mail.example ESMTP\r\n", b"\x00\xff" * 50, b"", OK[:-1]])
def test_what_is_no_http_is_a_value_too(said: bytes) -> None:
    with serving(saying(said)) as stage:
        answer = HttpFetcher(SystemClock()).fetch(question(stage.port))
    assert answer.fault is HttpFault.CLOSED


def _moved(target: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/", "https://elsewhere.example/", "file:///etc/passwd", "/here"]
)
def test_redirects_lead_over_https_to_known_hosts_or_nowhere(target: str) -> None:
    with serving(saying(_moved(target))) as stage:
        asked = question(stage.port, redirect_hosts=("127.0.0.1",))
        answer = HttpFetcher(SystemClock()).fetch(asked)
    assert answer.fault is HttpFault.REDIRECT
    assert len(stage.peers) == 1


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    file = tmp_path / "roots.pem"
    file.write_bytes(root().pem)
    return file


def _secured(directory: Path, name: str, script: Callable[[Peer], None]) -> Callable[[Peer], None]:
    context = issue(name, by=root(), names=(name,)).server(directory)

    def play(peer: Peer) -> None:
        peer.encrypt(context)
        script(peer)

    return play


def test_a_redirect_to_a_known_registry_is_followed(tmp_path: Path, roots: Path) -> None:
    with serving(_secured(tmp_path, "127.0.0.1", saying(OK))) as there:
        target = f"https://127.0.0.1:{there.port}/ip/192.0.2.1"
        with serving(saying(_moved(target))) as here:
            asked = question(here.port, redirect_hosts=("127.0.0.1",))
            answer = HttpFetcher(SystemClock(), trust_file=roots).fetch(asked)
    assert (answer.status, answer.url) == (200, target)


@pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.2"])
def test_the_certificate_must_prove_the_name(tmp_path: Path, roots: Path, name: str) -> None:
    with serving(_secured(tmp_path, name, saying(OK))) as stage:
        asked = question(stage.port, "https")
        trusting = HttpFetcher(SystemClock(), trust_file=roots).fetch(asked)
        doubting = HttpFetcher(SystemClock()).fetch(asked)
    assert trusting.status == (200 if name == "127.0.0.1" else None)
    assert doubting.fault is HttpFault.TLS


@pytest.mark.parametrize("url", ["ftp://a.example/", "https:///x", "http://u:p@127.0.0.1/", "x"])
def test_urls_that_cannot_be_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", None)
    answer = HttpFetcher(SystemClock()).fetch(HttpQuestion(url=url))
    assert answer.fault is HttpFault.BAD_URL


def test_it_asks_from_our_address_of_the_servers_family() -> None:
    clients = []

    def script(peer: Peer) -> None:
        clients.append(peer.socket.getpeername()[0])
        saying(OK)(peer)

    ours = (ip_address("127.0.0.5"), ip_address("2001:db8::5"))
    with serving(script) as stage:
        for source in (ours, ours[1:], ()):
            answer = HttpFetcher(SystemClock(), source=source).fetch(question(stage.port))
            assert answer.status == 200
    assert clients == ["127.0.0.5", "127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_bound_question_that_fails_is_a_value_too(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if host.endswith("invalid"):
        monkeypatch.setattr(socket, "getaddrinfo", nobody)
    fetcher = HttpFetcher(SystemClock(), source=(ip_address("127.0.0.5"),))
    answer = fetcher.fetch(question(closed_port(), host=host))
    assert answer.fault in (HttpFault.REFUSED, HttpFault.UNREACHABLE)


def test_a_bound_certificate_must_prove_the_name_too(tmp_path: Path, roots: Path) -> None:
    with serving(_secured(tmp_path, "127.0.0.1", saying(OK))) as stage:
        asked = question(stage.port, scheme="https")
        source = (ip_address("127.0.0.5"),)
        trusting = HttpFetcher(SystemClock(), trust_file=roots, source=source).fetch(asked)
        doubting = HttpFetcher(SystemClock(), source=source).fetch(asked)
    assert trusting.status == 200
    assert doubting.fault is HttpFault.TLS
