"""Record a world, play it again, and get the same facts."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mxpath.errors import InputError, ParseError, PrivilegeError, RefusedError
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.mail.discover import discover
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsStatus
from mxpath.model.mail import MailDomain
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.model.session import Outcome, SmtpSession
from mxpath.model.trace import Trace
from mxpath.smtp.probe import SmtpOptions, probe
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ports import (
    Connection,
    ConnectionFault,
    EngineTraits,
    Fault,
    ProbeSocket,
    Sent,
    Vantage,
)
from mxpath.vantage.recorded import record, replay
from mxpath.vantage.recorded_players import NOT_RECORDED

DOMAINS = ("fine.example", "slowbank.example", "strict.example", "closed.example")
OTHERS = ("dropped.example", "nomail.example", "implicit.example", "broken.example", "no.example")


@cache
def first_walk() -> World:
    return read_world(shipped_worlds()["first_walk"])


Facts = list[tuple[MailDomain, tuple[SmtpSession, ...], tuple[Trace, ...]]]


def measured(vantage: Vantage, *domains: str, options: TraceOptions | None = None) -> Facts:
    """All that can be asked about domains, one after the other."""
    facts = []
    for domain in domains:
        mail = discover(domain, vantage)
        hosts = [(host.name, address) for host in mail.plan.hosts for address in host.addresses]
        traces = trace(mail.addresses, vantage, options=options or TraceOptions())
        facts.append((mail, probe(hosts, vantage), traces))
    return facts


def test_a_replay_gives_the_same_facts(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    plain = measured(simulate(first_walk()), *DOMAINS, *OTHERS)
    recorded = measured(record(simulate(first_walk()), tape), *DOMAINS, *OTHERS)
    assert recorded == plain
    assert measured(replay(tape), *DOMAINS, *OTHERS) == plain


def test_a_replay_says_what_it_is(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    played = simulate(first_walk())
    assert record(played, tape).name == played.name
    again = replay(tape)
    assert (again.name, again.player) == ("replay:walk.ndjson", "replay")
    assert (again.engine, again.origin, again.seed) == ("simulated", played.origin, played.seed)
    assert again.resolver_address == played.resolver_address
    assert again.clock.now_ns() == played.clock.now_ns()


def test_other_ports_and_cookies_get_the_same_answers(tmp_path: Path) -> None:
    """Another seed draws other source ports; the answers are fitted to them."""
    tape = tmp_path / "walk.ndjson"
    ((_, _, before),) = measured(record(simulate(first_walk()), tape), "fine.example")
    ((_, _, after),) = measured(replace(replay(tape), seed=99), "fine.example")
    assert [t.flow and t.flow.source_port for t in after] != [
        t.flow and t.flow.source_port for t in before
    ]
    assert [[h.responders for h in t.hops] for t in after] == [
        [h.responders for h in t.hops] for t in before
    ]
    assert [[h.min_rtt_ms for h in t.hops] for t in after] == [
        [h.min_rtt_ms for h in t.hops] for t in before
    ]


def test_what_was_not_recorded_is_a_value(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    measured(record(simulate(first_walk()), tape), "fine.example")
    again = replay(tape)
    answer = again.resolver.ask("Other.example.", "mx")
    assert (answer.name, answer.rdtype) == ("other.example", "MX")
    assert (answer.status, answer.detail) == (DnsStatus.TIMEOUT, NOT_RECORDED)
    stranger = ip_address("198.18.77.7")
    (session,) = probe([("x.example", stranger)], again)
    assert (session.outcome, session.detail) == (Outcome.NO_CONNECTION, NOT_RECORDED)
    with again.probes() as probes:
        assert probes.source_for(stranger) is None
        assert probes.send([a_probe(stranger)])[0].error == NOT_RECORDED
    ((found),) = trace([stranger], again)
    assert found.hops == ()


def test_a_second_session_is_not_invented(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    ((mail, _, _),) = measured(record(simulate(first_walk()), tape), "fine.example")
    again = replay(tape)
    hosts = [("mx1.bigmail.example", mail.addresses[0])]
    assert [s.outcome for s in probe(hosts, again)] == [Outcome.ANSWERED]
    assert [s.outcome for s in probe(hosts, again)] == [Outcome.NO_CONNECTION]


def test_dns_answers_repeat(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    discover("fine.example", record(simulate(first_walk()), tape))
    again = replay(tape)
    assert discover("fine.example", again) == discover("fine.example", again)


def test_a_conversation_that_leaves_the_script_ends(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    ((mail, _, _),) = measured(record(simulate(first_walk()), tape), "fine.example")
    hosts = [("mx1.bigmail.example", mail.addresses[0])]
    (session,) = probe(hosts, replay(tape), options=SmtpOptions(starttls=False))
    # QUIT was said where STARTTLS is on the tape: the last farewell has no answer.
    assert session.outcome is Outcome.ANSWERED
    assert not session.phases[-1].complete


def test_less_patience_than_the_recording_times_out_and_may_go_on(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    slow = first_walk().addresses_of("slow")[0]
    probe([("slow", slow)], record(simulate(first_walk()), tape))
    again = replay(tape)
    with again.dialer.dial(slow, 25, 10.0) as connection:
        with pytest.raises(ConnectionFault) as caught:
            connection.receive(1.0)
        assert caught.value.fault is Fault.TIMEOUT
        before_s = again.clock.monotonic_s()
        assert connection.receive(10.0).startswith(b"220")
        assert again.clock.monotonic_s() - before_s == pytest.approx(3.0206)


def test_a_missing_privilege_is_recorded_too(tmp_path: Path) -> None:
    @contextmanager
    def refuse() -> Iterator[ProbeSocket]:
        raise PrivilegeError("not here")
        yield

    tape = tmp_path / "walk.ndjson"
    recording = record(replace(simulate(first_walk()), probes=refuse), tape)
    with pytest.raises(PrivilegeError, match="not here"), recording.probes():
        pass
    with pytest.raises(PrivilegeError, match="not here"), replay(tape).probes():
        pass


def test_a_refusal_is_recorded_too(tmp_path: Path) -> None:
    class Stingy:
        def dial(
            self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
        ) -> Connection:
            del address, port, timeout_s, max_segment
            raise RefusedError("2 an hour")

    tape = tmp_path / "walk.ndjson"
    recording = record(replace(simulate(first_walk()), dialer=Stingy()), tape)
    hosts = [("mx1", first_walk().addresses_of("mx1")[0])]
    for again in (False, True):
        (session,) = probe(hosts, replay(tape) if again else recording)
        assert (session.outcome, session.detail) == (Outcome.SKIPPED, "2 an hour")


# -- probes ---------------------------------------------------------------------------------


def a_probe(target: IPAddress, *, ttl: int = 1, port: int = 40000, sequence: int = 7) -> ProbeSpec:
    return ProbeSpec(
        target=target,
        source=first_walk().addresses_of("mailhost")[0],
        source_port=port,
        destination_port=25,
        ttl=ttl,
        sequence=sequence,
    )


def listen(vantage: Vantage, probes: ProbeSocket, for_s: float) -> list[Reply]:
    replies: list[Reply] = []
    until_s = vantage.clock.monotonic_s() + for_s
    while found := probes.receive(until_s):
        replies += found
    return replies


def test_replies_come_after_the_probe_that_asks_now(tmp_path: Path) -> None:
    tape, target = tmp_path / "walk.ndjson", first_walk().addresses_of("mx1")[0]
    recording = record(simulate(first_walk()), tape)
    with recording.probes() as probes:
        probes.source_for(target)
        probes.send([a_probe(target)])
        (then,) = listen(recording, probes, 1.0)
    again = replay(tape)
    again.clock.sleep(5.0)
    with again.probes() as probes:
        (sent,) = probes.send([a_probe(target, port=50000, sequence=9)])
        (now,) = listen(again, probes, 1.0)
        assert now.received_ns is not None
        assert then.received_ns is not None
        assert now.received_ns - sent.sent_ns == then.received_ns - recording_start(tape)
        assert (now.source_port, now.sequence) == (50000, 9)
        assert (now.responder, now.kind) == (then.responder, then.kind)
        # A second probe of that TTL was never sent: silence, and no error.
        (second,) = probes.send([a_probe(target, port=50000, sequence=10)])
        assert second.error is None
        assert listen(again, probes, 1.0) == []


def recording_start(tape: Path) -> int:
    start: int = json.loads(tape.read_text().splitlines()[0])["started_ns"]
    return start


def test_a_probe_that_could_not_leave_fails_again(tmp_path: Path) -> None:
    target = first_walk().addresses_of("mx1")[0]

    class Cut:
        traits = EngineTraits(name="cut")

        def source_for(self, target: IPAddress) -> IPAddress | None:
            return target

        def send(self, probes: list[ProbeSpec]) -> list[Sent]:
            return [Sent(sent_ns=0, error="network is down") for _ in probes]

        def receive(self, until_s: float) -> list[Reply]:  # noqa: ARG002 - the port
            return []

    @contextmanager
    def cut() -> Iterator[ProbeSocket]:
        yield Cut()  # type: ignore[misc]  # lists are sequences enough

    tape = tmp_path / "walk.ndjson"
    recording = record(replace(simulate(first_walk()), probes=cut), tape)
    for again in (False, True):
        with (replay(tape) if again else recording).probes() as probes:
            probes.source_for(target)
            assert probes.send([a_probe(target)])[0].error == "network is down"


# -- the file -------------------------------------------------------------------------------


def test_every_line_is_there_at_once(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    recording = record(simulate(first_walk()), tape)
    recording.resolver.ask("fine.example", "MX")
    lines = [json.loads(line) for line in tape.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["recording", "dns"]


def test_the_unfinished_line_of_a_crash_is_left_out(tmp_path: Path) -> None:
    tape = tmp_path / "walk.ndjson"
    recording = record(simulate(first_walk()), tape)
    recording.resolver.ask("fine.example", "MX")
    with tape.open("ab") as file:
        file.write(b'{"kind":"dns","na')
    assert replay(tape).resolver.ask("fine.example", "MX").status is DnsStatus.NOERROR


HEAD = (
    b'{"kind":"recording","schema":"mxpath.recording/1","name":"x","player":"live",'
    b'"engine":"raw","started_ns":1}\n'
)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"{}\n", 1),
        (b"[]\n", 1),
        (HEAD.replace(b"/1", b"/9"), 1),
        (HEAD + b"nonsense\n", 2),
        (HEAD + b'{"kind":"magic"}\n', 2),
        (HEAD + b'{"kind":["dns"]}\n', 2),
        (HEAD + b'{"kind":"dns","name":"x"}\n', 2),
        (HEAD + HEAD + b"\xff\xfe\n", 3),
        (HEAD + b'{"kind":"dial","number":1,"address":"x","port":25,"elapsed_ns":1}\n', 2),
        (HEAD + b"[" * 100000 + b"\n", 2),
        (HEAD + b" " * (2**20 + 5) + b"\n", 2),
        (b'{"kind":"no_probes","message":"x"}\n' + HEAD, 1),
    ],
)
def test_bad_bytes_are_a_parse_error_with_their_line(
    tmp_path: Path, content: bytes, line: int
) -> None:
    tape = tmp_path / "bad.ndjson"
    tape.write_bytes(content)
    with pytest.raises(ParseError) as caught:
        replay(tape)
    assert caught.value.line == line
    assert caught.value.source == str(tape)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    tape = tmp_path / "bad.ndjson"
    tape.write_bytes(HEAD + content)
    try:
        again = replay(tape)
    except ParseError as error:
        assert error.line is not None  # noqa: PT017 - half of the inputs are no error
    else:
        assert again.player == "replay"


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="No such file"):
        replay(tmp_path / "missing.ndjson")
    with pytest.raises(InputError, match="cannot record"):
        record(simulate(first_walk()), tmp_path / "no" / "such" / "place.ndjson")
