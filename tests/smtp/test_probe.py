"""Conversations with real servers on loopback, and with those of a played world."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from mxpath.errors import InputError, PrivilegeError, RefusedError
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.origin import Origin
from mxpath.model.session import Outcome, SmtpSession
from mxpath.smtp.probe import NAMELESS, SmtpOptions, begin, helo_name, probe
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import Budget
from mxpath.vantage.pace import Pace, PacedDialer
from mxpath.vantage.ports import Connection, Dialer, ProbeSocket, Vantage
from mxpath.vantage.tcp import TcpDialer
from play import DAY, LOOPBACK, NOW, Peer, closed_port, intermediate, issue, root, serving

V4, V6 = ip_address("192.0.2.1"), ip_address("2001:db8::1")
QUICK = SmtpOptions(
    helo="probe.example", connect_timeout_s=2.0, greeting_timeout_s=2.0, command_timeout_s=2.0
)


class NoResolver:
    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        return DnsAnswer(name=name, rdtype=rdtype, status=DnsStatus.REFUSED)


def no_probes() -> AbstractContextManager[ProbeSocket]:
    raise PrivilegeError("not needed here")


def loopback(trust_file: Path | None = None, *, workers: int = 1) -> Vantage:
    """The kernel's own TCP, without pace and budget."""
    clock = SystemClock()
    return Vantage(
        clock=clock,
        resolver=NoResolver(),
        dialer=TcpDialer(clock, trust_file=trust_file),
        probes=no_probes,
        workers=workers,
    )


def visit(
    port: int,
    *,
    options: SmtpOptions = QUICK,
    trust_file: Path | None = None,
    host: str = "mx.example",
) -> SmtpSession:
    (session,) = probe(
        [(host, LOOPBACK)], loopback(trust_file), options=replace(options, port=port)
    )
    return session


def times(session: SmtpSession) -> dict[str, float]:
    return {phase.name: phase.server_ms for phase in session.phases}


def fine(peer: Peer) -> None:
    peer.say(b"220 mx.example ESMTP\r\n")
    peer.answer(b"250-mx.example\r\n250 SIZE 1000\r\n", b"221 bye\r\n")


# -- what servers do ------------------------------------------------------------------------


def test_a_friendly_server_is_greeted_asked_and_left() -> None:
    with serving(fine) as stage:
        session = visit(stage.port)
        assert stage.heard == b"EHLO probe.example\r\nQUIT\r\n"
    assert session.outcome is Outcome.ANSWERED
    assert session.greeting is not None
    assert (session.greeting.code, session.greeting.lines) == (220, ("mx.example ESMTP",))
    assert session.capabilities == ("SIZE 1000",)
    assert session.starttls_offered is False
    assert [phase.name for phase in session.phases] == ["connect", "greeting", "ehlo", "quit"]
    assert all(phase.complete and phase.round_trips == 1 for phase in session.phases)
    assert session.detail == ""


def test_a_slow_greeting_is_charged_to_the_server() -> None:
    def slow(peer: Peer) -> None:
        peer.wait(0.4)
        fine(peer)

    with serving(slow) as stage:
        session = visit(stage.port)
    server = times(session)
    assert 380 < server.pop("greeting") < 1500
    assert all(ms < 200 for ms in server.values())
    phase = session.phase("greeting")
    assert phase is not None
    assert phase.network_ms + phase.server_ms == pytest.approx(phase.elapsed_ms, abs=0.002)


def test_a_greeting_in_pieces_is_waited_for_to_its_last_line() -> None:
    early = []

    def in_pieces(peer: Peer) -> None:
        for piece in (b"220-mx.exam", b"ple waits\r\n", b"220-to see who talks early\r\n"):
            peer.say(piece)
            peer.wait(0.05)
        peer.socket.settimeout(0.05)
        try:
            early.append(peer.socket.recv(100))
        except TimeoutError:
            peer.socket.settimeout(5)
        fine(peer)

    with serving(in_pieces) as stage:
        session = visit(stage.port)
    assert early == []
    assert session.outcome is Outcome.ANSWERED
    assert session.greeting is not None
    assert len(session.greeting.lines) == 3


@pytest.mark.parametrize(
    ("greeting", "code"), [(b"554 5.7.1 no\r\n", 554), (b"451 4.3.2 later\r\n", 451)]
)
def test_a_rejecting_greeting_is_answered_with_quit(greeting: bytes, code: int) -> None:
    def reject(peer: Peer) -> None:
        peer.say(greeting)
        peer.answer(b"221 bye\r\n")

    with serving(reject) as stage:
        session = visit(stage.port)
        assert stage.heard == b"QUIT\r\n"
    assert session.outcome is Outcome.REJECTED
    assert session.last_reply is not None
    assert session.last_reply.code == code
    quitting = session.phase("quit")
    assert quitting is not None
    assert quitting.complete


def test_a_server_that_closes_after_554_is_still_rejected() -> None:
    with serving(lambda peer: peer.say(b"554 no\r\n")) as stage:
        session = visit(stage.port)
    assert session.outcome is Outcome.REJECTED
    quitting = session.phase("quit")
    assert quitting is not None
    assert not quitting.complete
    assert session.detail == ""


def test_a_closed_port_is_refused() -> None:
    session = visit(closed_port())
    assert session.outcome is Outcome.REFUSED
    assert [phase.name for phase in session.phases] == ["connect"]
    assert session.phases[0].complete


def test_a_wait_for_politeness_is_not_charged_to_a_refused_connection() -> None:
    """One packet a second: the second dial waits for its turn before it leaves."""
    clock = SystemClock()
    paced = PacedDialer(TcpDialer(clock), Pace(rate_pps=1), Ledger(None), clock)
    vantage = replace(loopback(), dialer=paced)
    hosts = [("mx.example", LOOPBACK), ("mx.example", ip_address("127.0.0.2"))]
    since_s = clock.monotonic_s()
    sessions = probe(hosts, vantage, options=replace(QUICK, port=closed_port()))
    assert clock.monotonic_s() - since_s > 0.8
    assert [session.outcome for session in sessions] == [Outcome.REFUSED] * 2
    assert all(session.phases[0].elapsed_ms < 500 for session in sessions)


def test_a_mute_server_is_silent() -> None:
    with serving(lambda peer: peer.wait(0.6)) as stage:
        session = visit(stage.port, options=replace(QUICK, greeting_timeout_s=0.3))
        assert stage.heard == b""
    assert session.outcome is Outcome.SILENT
    greeting = session.phase("greeting")
    assert greeting is not None
    assert not greeting.complete
    assert greeting.server_ms > 250
    assert "greeting" in session.detail


def test_a_server_that_drips_is_silent_at_the_deadline() -> None:
    def drip(peer: Peer) -> None:
        for _ in range(40):
            peer.say(b"220-x\r\n")
            peer.wait(0.05)

    since = time.monotonic()
    with serving(drip) as stage:
        session = visit(stage.port, options=replace(QUICK, greeting_timeout_s=0.3))
        assert time.monotonic() - since < 1.5
    assert session.outcome is Outcome.SILENT


def test_silence_after_ehlo_is_silent_too() -> None:
    def deaf(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.hear()
        peer.wait(0.5)

    with serving(deaf) as stage:
        session = visit(stage.port, options=replace(QUICK, command_timeout_s=0.2))
    assert session.outcome is Outcome.SILENT
    assert session.greeting is not None
    assert session.detail.startswith("in ehlo: ")


@pytest.mark.parametrize(
    ("how", "was_reset"), [(Peer.reset, True), (lambda peer: peer.socket.close(), False)]
)
def test_a_connection_lost_in_mid_conversation_is_closed(
    how: Callable[[Peer], None], *, was_reset: bool
) -> None:
    def leave(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.hear()
        how(peer)

    with serving(leave) as stage:
        session = visit(stage.port)
    assert (session.outcome, session.was_reset) == (Outcome.CLOSED, was_reset)
    ehlo = session.phase("ehlo")
    assert ehlo is not None
    assert not ehlo.complete


@pytest.mark.parametrize("garbage", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x00", b"x" * 10000])
def test_what_is_not_smtp_is_garbled(garbage: bytes) -> None:
    def babble(peer: Peer) -> None:
        peer.say(garbage)
        peer.hear()

    with serving(babble) as stage:
        session = visit(stage.port)
        assert stage.heard == b""
    assert session.outcome is Outcome.GARBLED


def test_helo_follows_a_refused_ehlo() -> None:
    def old(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.answer(b"500 what?\r\n", b"250 mx.example\r\n", b"221 bye\r\n")

    with serving(old) as stage:
        session = visit(stage.port)
        assert stage.heard == b"EHLO probe.example\r\nHELO probe.example\r\nQUIT\r\n"
    assert session.outcome is Outcome.ANSWERED
    ehlo = session.phase("ehlo")
    assert ehlo is not None
    assert ehlo.round_trips == 2


def test_a_reply_nobody_asked_for_is_remarked() -> None:
    def eager(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n250 you are welcome\r\n")
        peer.answer(b"250 mx.example\r\n", b"221 bye\r\n")

    with serving(eager) as stage:
        session = visit(stage.port)
    assert session.outcome is Outcome.ANSWERED
    assert session.detail == "the server spoke out of turn"


# -- TLS ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where certificates lie; ``roots.pem`` holds the one trusted root."""
    directory = tmp_path_factory.mktemp("certificates")
    (directory / "roots.pem").write_bytes(root().pem)
    return directory


def offering(desk: Path, **certificate: object) -> Callable[[Peer], None]:
    """A server with STARTTLS; keywords go to the certificate."""
    settings: dict[str, object] = {"by": intermediate(), "names": ("mx.example",)} | certificate
    issued = issue("mx.example", **settings)  # type: ignore[arg-type]
    context = issued.server(desk, intermediate())

    def script(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.answer(b"250-mx.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n", b"220 go on\r\n")
        peer.encrypt(context)
        peer.answer(b"250-mx.example\r\n250 AUTH PLAIN\r\n", b"221 bye\r\n")

    return script


def test_a_valid_certificate_is_trusted(desk: Path) -> None:
    with serving(offering(desk)) as stage:
        session = visit(stage.port, trust_file=desk / "roots.pem")
        heard = stage.heard
    assert session.outcome is Outcome.ANSWERED
    assert heard == b"EHLO probe.example\r\nSTARTTLS\r\nEHLO probe.example\r\nQUIT\r\n"
    assert len(stage.peers) == 1
    assert session.tls is not None
    assert (session.tls.trusted, session.tls.name_matches, session.tls.problem) == (True, True, "")
    assert session.tls.version == "TLSv1.3"
    assert session.tls.names == ("mx.example",)
    assert session.capabilities == ("AUTH PLAIN",)
    names = ["connect", "greeting", "ehlo", "starttls", "tls", "ehlo2", "quit"]
    assert [phase.name for phase in session.phases] == names
    assert all(phase.complete for phase in session.phases)
    # What we take to check the chain is not charged to the server.
    assert session.phases[4].elapsed_ms == session.tls.handshake_ms


@pytest.mark.parametrize(
    ("certificate", "trusted", "matches", "problem"),
    [
        ({"start": NOW - 90 * DAY, "end": NOW - DAY}, False, True, "expired on"),
        ({"by": None}, False, True, "self-signed"),
        ({"names": ("other.example",)}, True, False, ""),
    ],
)
def test_a_bad_certificate_is_a_fact_and_the_session_goes_on(
    desk: Path, certificate: dict[str, object], *, trusted: bool, matches: bool, problem: str
) -> None:
    with serving(offering(desk, **certificate)) as stage:
        session = visit(stage.port, trust_file=desk / "roots.pem")
        assert len(stage.peers) == 1
    assert session.outcome is Outcome.ANSWERED
    assert session.capabilities == ("AUTH PLAIN",)
    assert session.tls is not None
    assert (session.tls.trusted, session.tls.name_matches) == (trusted, matches)
    assert problem in session.tls.problem


def test_starttls_can_be_left_out(desk: Path) -> None:
    with serving(offering(desk)) as stage:
        session = visit(stage.port, options=replace(QUICK, starttls=False))
        assert stage.heard == b"EHLO probe.example\r\nQUIT\r\n"
    assert (session.starttls_offered, session.tls) == (True, None)


def test_starttls_refused_for_now() -> None:
    def busy(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.answer(b"250-x\r\n250 STARTTLS\r\n", b"454 not now\r\n", b"221 bye\r\n")

    with serving(busy) as stage:
        session = visit(stage.port)
        assert stage.heard.endswith(b"STARTTLS\r\nQUIT\r\n")
    assert (session.outcome, session.tls) == (Outcome.ANSWERED, None)
    assert session.starttls_reply is not None
    assert session.starttls_reply.code == 454
    assert session.starttls_reply == session.last_reply


@pytest.mark.parametrize("answer", [b"this is no TLS record\r\n" * 20, b""])
def test_a_handshake_that_fails_is_told_apart(answer: bytes) -> None:
    def broken(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.answer(b"250-x\r\n250 STARTTLS\r\n", b"220 go on\r\n")
        peer.socket.recv(4096)
        peer.say(answer)

    with serving(broken) as stage:
        session = visit(stage.port)
    assert session.outcome is Outcome.ANSWERED
    assert session.tls is not None
    assert session.tls.problem.startswith("TLS handshake failed: ")
    assert session.tls.version == ""
    assert session.phases[-1].name == "tls"
    assert not session.phases[-1].complete


def stalling_in_tls(peer: Peer) -> None:
    peer.say(b"220 mx.example\r\n")
    peer.answer(b"250-x\r\n250 STARTTLS\r\n", b"220 go on\r\n")
    with contextlib.suppress(OSError):
        while peer.socket.recv(4096):
            pass


STALL = replace(QUICK, command_timeout_s=0.3)


def test_a_stalled_handshake_gets_a_second_look_with_small_segments(desk: Path) -> None:
    with serving(stalling_in_tls, offering(desk)) as stage:
        session = visit(stage.port, options=STALL)
        assert len(stage.peers) == 2
    assert session.outcome is Outcome.ANSWERED
    assert session.tls is not None
    assert (session.tls.timed_out, session.tls.is_established) == (True, False)
    assert session.phases[-1].name == "tls"
    look = session.second_look
    assert look is not None
    assert (look.max_segment, look.outcome, look.reached, look.passed) == (
        536, Outcome.ANSWERED, "quit", True,
    )  # fmt: skip


def test_a_second_look_may_stall_as_the_first(desk: Path) -> None:
    del desk
    with serving(stalling_in_tls) as stage:
        session = visit(stage.port, options=STALL)
        assert len(stage.peers) == 2  # and no third one
    look = session.second_look
    assert look is not None
    assert (look.outcome, look.reached, look.passed) == (Outcome.ANSWERED, "starttls", False)
    assert "no answer in time" in look.detail


def test_a_second_look_is_held_to_the_budget() -> None:
    clock = SystemClock()
    ledger = Ledger(None, per_hour={Budget.SESSION: 1})
    dialer = PacedDialer(TcpDialer(clock), Pace(), ledger, clock)
    with serving(stalling_in_tls) as stage:
        (session,) = probe(
            [("mx.example", LOOPBACK)],
            replace(loopback(), dialer=dialer),
            options=replace(STALL, port=stage.port),
        )
        assert len(stage.peers) == 1
    look = session.second_look
    assert look is not None
    assert (look.outcome, look.reached, look.passed) == (Outcome.SKIPPED, "", False)
    assert look.detail.startswith("budget: 1 SMTP connections")


def silent_after_ehlo(peer: Peer) -> None:
    peer.say(b"220 mx.example\r\n")
    peer.hear()
    peer.wait(0.5)


def dripping_after_ehlo(peer: Peer) -> None:
    peer.say(b"220 mx.example\r\n")
    peer.hear()
    peer.say(b"250-mx.example\r\n")
    peer.wait(0.5)


@pytest.mark.parametrize(
    ("script", "wanted", "looks"),
    [
        (silent_after_ehlo, True, 2),
        (silent_after_ehlo, False, 1),
        (dripping_after_ehlo, True, 1),
        (lambda peer: peer.wait(0.5), True, 1),
    ],
)
def test_only_a_large_reply_that_never_began_is_looked_at_twice(
    script: Callable[[Peer], None], *, wanted: bool, looks: int
) -> None:
    options = replace(STALL, greeting_timeout_s=0.3, second_look=wanted)
    with serving(script) as stage:
        session = visit(stage.port, options=options)
        assert len(stage.peers) == looks
    assert session.outcome is Outcome.SILENT
    assert (session.second_look is not None) is (looks == 2)


def test_plain_text_slipped_in_before_tls_is_dropped_and_remarked(desk: Path) -> None:
    context = issue("mx.example", names=("mx.example",)).server(desk)

    def inject(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.answer(b"250-x\r\n250 STARTTLS\r\n", b"220 go on\r\n250 injected\r\n")
        peer.encrypt(context)
        peer.answer(b"250 mx.example\r\n", b"221 bye\r\n")

    with serving(inject) as stage:
        session = visit(stage.port)
    assert session.outcome is Outcome.ANSWERED
    assert "discarded" in session.detail


# -- no mail, ever --------------------------------------------------------------------------


def test_an_eager_server_gets_no_message(desk: Path) -> None:
    """Whatever is offered and however warmly: these four verbs and nothing else."""
    context = issue("mx.example", names=("mx.example",)).server(desk)
    warm = b"250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 SMTPUTF8\r\n"

    def eager(peer: Peer) -> None:
        peer.say(b"220 send me mail\r\n")
        peer.answer(warm, b"220 go on\r\n")
        peer.encrypt(context)
        peer.answer(warm, b"354 go ahead, send it\r\n")
        peer.hear()

    with serving(eager) as stage:
        visit(stage.port)
        heard = stage.heard
    verbs = [line.split()[0] for line in heard.splitlines()]
    assert verbs == [b"EHLO", b"STARTTLS", b"EHLO", b"QUIT"]


def test_no_source_line_can_say_more() -> None:
    import mxpath.smtp  # noqa: PLC0415 - only this test looks at the files

    sources = list(Path(mxpath.smtp.__path__[0]).glob("*.py"))
    sent = re.compile(r"""["'](MAIL|RCPT|DATA|BDAT|AUTH|VRFY|EXPN)\b""")
    assert len(sources) >= 4
    assert [path.name for path in sources if sent.search(path.read_text())] == []


def test_a_real_mail_server_sees_a_clean_session() -> None:
    class Handler:
        """Records what a server library makes of the session."""

        seen: list[str] = []  # noqa: RUF012 - one handler, one test

        async def handle_EHLO(  # noqa: N802 - the library's name
            self,
            _server: object,
            session: Any,
            _envelope: object,
            hostname: str,
            responses: list[str],
        ) -> list[str]:
            self.seen.append(hostname)
            session.host_name = hostname
            return responses

        async def handle_MAIL(self, *_: object) -> str:  # noqa: N802 - the library's name
            self.seen.append("MAIL")
            return "250 OK"

    handler = Handler()
    controller = Controller(handler, hostname="127.0.0.1", port=closed_port())
    controller.start()
    try:
        session = visit(controller.port)
    finally:
        controller.stop()
    assert session.outcome is Outcome.ANSWERED
    assert "SMTPUTF8" in session.capabilities
    assert handler.seen == ["probe.example"]
    assert all(phase.complete for phase in session.phases)


# -- the loop -------------------------------------------------------------------------------


def test_an_address_is_visited_once() -> None:
    options = replace(QUICK, port=closed_port())
    hosts = [("a.example", LOOPBACK), ("b.example", LOOPBACK)]
    sessions = probe(hosts, loopback(), options=options)
    assert [session.host for session in sessions] == ["a.example"]


def test_sessions_side_by_side_come_back_in_order() -> None:
    def slow(peer: Peer) -> None:
        peer.wait(0.3)
        fine(peer)

    addresses = [ip_address(f"127.0.0.{n}") for n in range(1, 6)]
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
    listeners = [socket.create_server((str(address), port)) for address in addresses]

    def accept(listener: socket.socket) -> None:
        connected, _ = listener.accept()
        peer = Peer(connected)
        slow(peer)
        peer.socket.close()

    threads = [threading.Thread(target=accept, args=(listener,)) for listener in listeners]
    for thread in threads:
        thread.start()
    since = time.monotonic()
    hosts = [(f"h{n}.example", address) for n, address in enumerate(addresses)]
    sessions = probe(hosts, loopback(workers=8), options=replace(QUICK, port=port))
    assert time.monotonic() - since < 1.2
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()
    assert [(session.host, session.address) for session in sessions] == hosts
    assert {session.outcome for session in sessions} == {Outcome.ANSWERED}


class Refusing:
    """A dialer whose budget is used up, or whose user has had enough."""

    def __init__(self, inner: Dialer, answers: Iterator[BaseException | None]) -> None:
        self._inner = inner
        self._answers = answers

    def dial(
        self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
    ) -> Connection:
        answer = next(self._answers)
        if answer is not None:
            raise answer
        return self._inner.dial(address, port, timeout_s, max_segment=max_segment)


@cache
def first_walk() -> World:
    return read_world(shipped_worlds()["first_walk"])


def three_hosts() -> list[tuple[str, IPAddress]]:
    return [(name, first_walk().addresses_of(name)[0]) for name in ("mx1", "slow", "mxfar")]


def refused_by(*answers: BaseException | None, workers: int = 1) -> Vantage:
    played = simulate(first_walk())
    return replace(played, dialer=Refusing(played.dialer, iter(answers)), workers=workers)


def test_a_budget_that_says_no_is_a_skipped_session() -> None:
    sessions = probe(three_hosts(), refused_by(None, RefusedError("2 an hour"), None))
    assert [s.outcome for s in sessions] == [Outcome.ANSWERED, Outcome.SKIPPED, Outcome.ANSWERED]
    assert sessions[1].detail == "2 an hour"
    assert sessions[1].phases == ()


def test_an_interrupt_keeps_what_is_finished() -> None:
    sessions = probe(three_hosts(), refused_by(None, KeyboardInterrupt(), None))
    assert [s.outcome for s in sessions] == [Outcome.ANSWERED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert sessions[2].detail == "interrupted"
    assert [s.host for s in sessions] == ["mx1", "slow", "mxfar"]


def test_an_interrupt_does_not_wait_for_slow_servers() -> None:
    since = time.monotonic()
    with serving(lambda peer: peer.wait(1.0)) as stage:
        vantage = loopback(workers=2)
        broken = Refusing(vantage.dialer, iter([None, KeyboardInterrupt()]))
        hosts = [("a.example", LOOPBACK), ("b.example", ip_address("127.0.0.2"))]
        options = replace(QUICK, port=stage.port)
        sessions = probe(hosts, replace(vantage, dialer=broken), options=options)
        assert time.monotonic() - since < 0.8
    assert [s.outcome for s in sessions] == [Outcome.SKIPPED, Outcome.SKIPPED]


def test_conversations_under_way_can_be_left_and_keep_what_is_finished() -> None:
    with serving(lambda peer: peer.wait(1.0)) as stage:
        options = replace(QUICK, port=stage.port)
        hosts = [("a.example", LOOPBACK), ("b.example", ip_address("127.0.0.2"))]
        since = time.monotonic()
        talks = begin(hosts, loopback(workers=2), options=options)
        time.sleep(0.2)  # the second address refuses at once; the first one keeps silent
        sessions = talks.finish(wait=False)
        assert time.monotonic() - since < 0.8
    assert [s.outcome for s in sessions] == [Outcome.SKIPPED, Outcome.REFUSED]
    assert sessions[0].detail == "interrupted"


@pytest.mark.parametrize("options", [SmtpOptions(helo="a\r\nb"), SmtpOptions(port=0)])
def test_bad_options_are_refused_before_anything_is_dialled(options: SmtpOptions) -> None:
    with pytest.raises(InputError):
        probe(three_hosts(), refused_by(), options=options)


def test_no_hosts_no_sessions() -> None:
    assert probe([], refused_by()) == ()


@pytest.mark.parametrize(
    ("origin", "target", "name"),
    [
        (Origin(address_v4=V4, address_v6=V6), V4, "[192.0.2.1]"),
        (Origin(address_v4=V4, address_v6=V6), V6, "[IPv6:2001:db8::1]"),
        (Origin(address_v4=V4), V6, "[192.0.2.1]"),
        (Origin(address_v6=V6), V4, "[IPv6:2001:db8::1]"),
        (Origin(), V4, NAMELESS),
    ],
)
def test_we_give_our_address_as_our_name(origin: Origin, target: IPAddress, name: str) -> None:
    assert helo_name(None, origin, target) == name


def test_the_address_of_the_connection_itself_comes_first() -> None:
    other = ip_address("192.0.2.9")
    assert helo_name(other, Origin(address_v4=V4), V4) == "[192.0.2.9]"
    assert helo_name(V6, Origin(address_v4=V4), V6) == "[IPv6:2001:db8::1]"


def test_a_session_knows_where_it_came_from_and_what_it_said() -> None:
    with serving(fine) as stage:
        session = visit(stage.port, options=replace(QUICK, helo=None))
        assert stage.heard.startswith(b"EHLO [127.0.0.1]")
    assert (session.source, session.helo) == (LOOPBACK, "[127.0.0.1]")


def test_in_a_played_world_the_server_alone_pays_for_its_delay() -> None:
    played = simulate(first_walk())
    slow, mx1 = probe([("slow", first_walk().addresses_of("slow")[1]), three_hosts()[0]], played)
    assert times(slow)["greeting"] == pytest.approx(4000)
    assert slow.server_ms == pytest.approx(4000)
    assert mx1.server_ms == pytest.approx(0, abs=0.01)
    assert slow.total_ms == pytest.approx(7 * 20.6 + 4000, abs=0.1)
    ours = f"[IPv6:{first_walk().addresses_of('mailhost')[1]}]"
    assert played.network.commands[0][1] == [f"EHLO {ours}", "STARTTLS", f"EHLO {ours}", "QUIT"]
