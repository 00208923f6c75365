"""Single file: one probe of a flow under way at a time, and the same path for it."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason
from mxpath.multipath.explore import explore
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ports import EngineTraits
from scripted_path import TARGET, Script, ScriptedSocket, play, router

SERIAL = EngineTraits(
    name="serial", serial=frozenset({Protocol.TCP}), completes=frozenset({Protocol.TCP})
)


def waits(socket: ScriptedSocket) -> list[float]:
    """Seconds between the probes."""
    pairs = pairwise(socket.sent_s)
    return [later - earlier for earlier, later in pairs]


def test_the_next_probe_leaves_with_the_answer_to_the_one_before() -> None:
    vantage, socket = play(Script(distance=5))
    socket.traits = SERIAL
    (found,) = trace([TARGET], vantage, options=TraceOptions(queries=1))
    assert [probe.ttl for probe in socket.sent] == [1, 2, 3, 4, 5]
    assert waits(socket) == pytest.approx([0.008, 0.016, 0.024, 0.032])
    assert (found.end, found.distance) == (EndReason.REACHED, 5)
    assert [hop.address for hop in found.hops] == [
        router(1),
        router(2),
        router(3),
        router(4),
        TARGET,
    ]


def test_a_silent_hop_is_waited_for_longer_than_by_others() -> None:
    vantage, socket = play(Script(distance=4, silent=lambda ttl, _: ttl == 2))
    socket.traits = SERIAL
    (found,) = trace([TARGET], vantage, options=TraceOptions(queries=1))
    second = next(n for n, probe in enumerate(socket.sent) if probe.ttl == 2)
    assert waits(socket)[second] == pytest.approx(0.5)
    assert [hop.address for hop in found.hops] == [router(1), None, router(3), TARGET]


def test_a_far_hop_makes_the_wait_longer() -> None:
    delays = {1: 0.01, 2: 0.4, 3: 0.41, 4: 0.42, 5: 0.43}
    script = Script(distance=5, delays_s=lambda ttl, _: delays[ttl], silent=lambda ttl, _: ttl == 3)
    vantage, socket = play(script)
    socket.traits = SERIAL
    trace([TARGET], vantage, options=TraceOptions(queries=1))
    third = next(n for n, probe in enumerate(socket.sent) if probe.ttl == 3)
    assert waits(socket)[third] == pytest.approx(1.2)


@settings(max_examples=40)
@given(
    st.integers(1, 12),
    st.sets(st.integers(1, 12), max_size=3),
    st.sampled_from([ReplyKind.SYN_ACK, ReplyKind.RST, None]),
)
def test_single_file_finds_what_a_window_finds_and_no_two_are_under_way(
    distance: int, silent: set[int], target: ReplyKind | None
) -> None:
    script = Script(
        distance=distance,
        silent=lambda ttl, _: ttl in silent and ttl < distance,
        target=target,
    )
    vantage, socket = play(script)
    (wide,) = trace([TARGET], vantage)
    vantage, socket = play(replace(script))
    socket.traits = SERIAL
    (single,) = trace([TARGET], vantage)
    assert [hop.address for hop in single.hops][:distance] == [hop.address for hop in wide.hops][
        :distance
    ]
    assert (single.end, single.distance) == (wide.end, wide.distance)
    answered = {(p.ttl, p.sequence): p for hop in single.hops for p in hop.probes}
    for n, probe in enumerate(socket.sent[:-1]):
        made = answered.get((probe.ttl, probe.sequence))
        if made is not None and made.reply is not None:
            assert socket.sent_s[n + 1] >= socket.sent_s[n] + (made.rtt_ms or 0) / 1e3 - 1e-6


def test_all_paths_by_connections_are_refused() -> None:
    vantage, socket = play(Script(distance=3))
    socket.traits = SERIAL
    with pytest.raises(InputError, match="take udp or icmp"):
        explore([TARGET], vantage)
    assert not socket.sent
