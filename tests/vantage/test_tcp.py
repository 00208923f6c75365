"""Kernel connections to servers on loopback."""

import socket
import ssl
import time
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path

import pytest

from mxpath.model.address import IPAddress
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.ports import ConnectionFault, Fault
from mxpath.vantage.tcp import TcpDialer
from play import LOOPBACK, Peer, closed_port, intermediate, issue, root, serving


def dialer(source: tuple[IPAddress, ...] = (), trust_file: Path | None = None) -> TcpDialer:
    return TcpDialer(SystemClock(), source=source, trust_file=trust_file)


def test_bytes_go_both_ways_and_the_end_is_told() -> None:
    with serving(lambda peer: peer.answer(b"pong\n")) as stage:
        with dialer().dial(LOOPBACK, stage.port, 2.0) as connection:
            assert 0 < connection.connect_ms < 1000
            connection.send(b"ping\n")
            assert connection.receive(2.0) == b"pong\n"
            assert connection.receive(2.0) == b""
        assert stage.heard == b"ping\n"


def test_a_connection_knows_our_address() -> None:
    with (
        serving(lambda peer: peer.wait(0.01)) as stage,
        dialer((ip_address("127.0.0.5"),)).dial(LOOPBACK, stage.port, 2.0) as connection,
    ):
        assert connection.source == ip_address("127.0.0.5")


def test_patience_ends() -> None:
    with (
        serving(lambda peer: peer.wait(0.5)) as stage,
        dialer().dial(LOOPBACK, stage.port, 2.0) as connection,
    ):
        since = time.monotonic()
        with pytest.raises(ConnectionFault) as caught:
            connection.receive(0.1)
        assert 0.05 < time.monotonic() - since < 0.4
    assert caught.value.fault is Fault.TIMEOUT


def test_no_patience_at_all_is_a_timeout() -> None:
    with (
        serving(lambda peer: peer.wait(0.2)) as stage,
        dialer().dial(LOOPBACK, stage.port, 2.0) as connection,
        pytest.raises(ConnectionFault) as caught,
    ):
        connection.receive(0.0)
    assert caught.value.fault is Fault.TIMEOUT


def test_a_reset_is_told_apart_from_a_close() -> None:
    def hang_up(peer: Peer) -> None:
        peer.hear()
        peer.reset()

    with (
        serving(hang_up) as stage,
        dialer().dial(LOOPBACK, stage.port, 2.0) as connection,
    ):
        connection.send(b"hello\n")
        with pytest.raises(ConnectionFault) as caught:
            connection.receive(2.0)
    assert caught.value.fault is Fault.RESET


def test_segments_are_as_small_as_asked_for() -> None:
    def listen(peer: Peer) -> None:
        peer.hear()

    with (
        serving(listen) as stage,
        dialer().dial(LOOPBACK, stage.port, 2.0, max_segment=536) as connection,
    ):
        deadline = time.monotonic() + 2
        while not stage.peers and time.monotonic() < deadline:
            time.sleep(0.01)
        theirs = stage.peers[0].socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        connection.send(b"enough\n")
    assert 500 <= theirs <= 536


def test_a_closed_port_is_refused() -> None:
    with pytest.raises(ConnectionFault) as caught:
        dialer().dial(LOOPBACK, closed_port(), 2.0)
    assert caught.value.fault is Fault.REFUSED


def test_a_full_queue_is_a_timeout() -> None:
    with socket.create_server((str(LOOPBACK), 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with ExitStack() as queue:

            def fill() -> None:
                for _ in range(8):
                    queue.enter_context(dialer().dial(LOOPBACK, port, 0.2))

            with pytest.raises(ConnectionFault) as caught:
                fill()
    assert caught.value.fault is Fault.TIMEOUT


def test_the_source_address_is_ours_to_choose() -> None:
    seen = []

    def look(peer: Peer) -> None:
        seen.append(peer.socket.getpeername()[0])

    source = (ip_address("127.0.0.9"),)
    with serving(look) as stage:
        with dialer(source).dial(LOOPBACK, stage.port, 2.0) as connection:
            assert connection.receive(2.0) == b""
        assert stage.heard == b""
    assert seen == ["127.0.0.9"]


def test_a_source_that_is_not_ours_is_unreachable() -> None:
    with pytest.raises(ConnectionFault) as caught:
        dialer((ip_address("192.0.2.77"),)).dial(LOOPBACK, closed_port(), 2.0)
    assert caught.value.fault is Fault.UNREACHABLE


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(root().pem)
    return path


def test_tls_shows_the_whole_chain_and_carries_on(roots: Path, tmp_path: Path) -> None:
    own = issue("mx.example", by=intermediate(), names=("mx.example",))
    context = own.server(tmp_path, intermediate())
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def script(peer: Peer) -> None:
        peer.encrypt(context)
        peer.answer(b"pong\n")

    with (
        serving(script) as stage,
        dialer(trust_file=roots).dial(LOOPBACK, stage.port, 2.0) as connection,
    ):
        facts = connection.start_tls("mx.example", 2.0)
        connection.send(b"ping\n")
        assert connection.receive(2.0) == b"pong\n"
        assert connection.receive(2.0) == b""
    assert (facts.trusted, facts.name_matches, facts.problem) == (True, True, "")
    assert facts.version == "TLSv1.3"
    assert facts.cipher.startswith("TLS_")
    assert names == ["mx.example"]


@pytest.mark.parametrize("name", ["127.0.0.1", "a" * 70 + ".example", "", "müx.example"])
def test_a_host_without_a_usable_name_sends_none(tmp_path: Path, roots: Path, name: str) -> None:
    context = issue("mx.example", names=("mx.example",)).server(tmp_path)
    names = []
    context.sni_callback = lambda _socket, sni, _context: names.append(sni)
    with (
        serving(lambda peer: peer.encrypt(context)) as stage,
        dialer(trust_file=roots).dial(LOOPBACK, stage.port, 2.0) as connection,
    ):
        assert connection.start_tls(name, 2.0).name_matches is False
    assert names == [None]


def test_old_tls_is_reported_and_not_refused(roots: Path, tmp_path: Path) -> None:
    context = issue("mx.example", names=("mx.example",)).server(tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        serving(lambda peer: peer.encrypt(context)) as stage,
        dialer(trust_file=roots).dial(LOOPBACK, stage.port, 2.0) as connection,
    ):
        assert connection.start_tls("mx.example", 2.0).version == "TLSv1.2"


@pytest.mark.parametrize(
    ("answer", "words"), [(b"250 this is plain text\r\n" * 3, "wrong version number"), (b"", "")]
)
def test_a_broken_handshake_is_a_fault_with_a_reason(
    answer: bytes, words: str, roots: Path
) -> None:
    def script(peer: Peer) -> None:
        peer.socket.recv(4096)
        peer.say(answer)

    with (
        serving(script) as stage,
        dialer(trust_file=roots).dial(LOOPBACK, stage.port, 2.0) as connection,
        pytest.raises(ConnectionFault) as caught,
    ):
        connection.start_tls("mx.example", 2.0)
    assert caught.value.detail.startswith("TLS handshake failed: ")
    assert words in caught.value.detail


def test_a_handshake_that_hangs_ends_in_time(roots: Path) -> None:
    with (
        serving(lambda peer: peer.wait(0.6)) as stage,
        dialer(trust_file=roots).dial(LOOPBACK, stage.port, 2.0) as connection,
        pytest.raises(ConnectionFault) as caught,
    ):
        connection.start_tls("mx.example", 0.2)
    assert caught.value.fault is Fault.TIMEOUT
