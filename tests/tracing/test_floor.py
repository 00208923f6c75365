"""Traces against the floor of their path: the law of ``tracing/floor.py`` on a clock moved by hand."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.probe import ReplyKind
from mxpath.model.trace import EndReason, Trace
from mxpath.tracing.floor import floor_s
from mxpath.tracing.known import Knowledge
from mxpath.tracing.tracer import TraceOptions, trace
from scripted_path import TARGET, Script, ScriptedSocket, play

ONCE = TraceOptions(queries=1)


@dataclass(frozen=True)
class Path:
    hops_s: tuple[float | None, ...]
    target_s: float | None

    @property
    def distance(self) -> int:
        return len(self.hops_s) + 1

    def script(self) -> Script:
        rtts = (*self.hops_s, self.target_s)
        return Script(
            distance=self.distance,
            delays_s=lambda ttl, _: rtts[min(ttl, self.distance) - 1] or 0.0,
            silent=lambda ttl, _: ttl < self.distance and self.hops_s[ttl - 1] is None,
            target=None if self.target_s is None else ReplyKind.SYN_ACK,
        )


def run(path: Path, *, known: bool = False) -> tuple[Trace, ScriptedSocket]:
    vantage, socket = play(path.script())
    book = Knowledge()
    if known:
        alive = Path(path.hops_s, 0.1)
        book = Knowledge([run(alive)[0]])
        assert book.about(TARGET).distance == path.distance
    (found,) = trace([TARGET], vantage, options=ONCE, known=book)
    return found, socket


def seconds(found: Trace) -> float:
    assert found.started_at is not None
    assert found.ended_at is not None
    return (found.ended_at - found.started_at).total_seconds()


def column(number: int) -> Path:
    """The three of the baselines: 13 hops, 100 ms."""
    silent = () if number == 1 else (4, 9)
    hops = tuple(None if t in silent else 0.1 * t / 13 for t in range(1, 13))
    return Path(hops, None if number == 3 else 0.1)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_three_columns_take_no_more_than_a_tenth_over_their_floor(
    number: int, *, known: bool
) -> None:
    path = column(number)
    found, socket = run(path, known=known)
    floor = floor_s(path.hops_s, path.target_s, known=known)
    assert floor * 0.999 <= seconds(found) <= floor * 1.10
    assert (found.end is EndReason.REACHED) == (number < 3)
    assert len(socket.arrived()) <= 6
    retries = sum(len(h.probes) - 1 for h in found.hops if h.ttl < 13 and h.address is None)
    if number < 3:
        assert len(socket.sent) - retries <= 13 + (1 if known else 6)


@st.composite
def paths(draw: st.DrawFn) -> Path:
    """Any path with up to two silent hops after the first, in any order of round-trip times."""
    distance = draw(st.integers(2, 24))
    steps = draw(st.lists(st.integers(0, 30), min_size=distance, max_size=distance))
    noise = draw(st.lists(st.integers(0, 20), min_size=distance, max_size=distance))
    silent = draw(st.sets(st.integers(2, max(2, distance - 1)), max_size=2))
    times = [(1 + sum(steps[: n + 1]) + noise[n]) / 1e3 for n in range(distance)]
    hops = tuple(None if n + 1 in silent else times[n] for n in range(distance - 1))
    return Path(hops, draw(st.sampled_from([times[-1], times[-1], None])))


@given(path=paths(), known=st.booleans())
def test_no_path_takes_more_than_a_tenth_over_its_floor(path: Path, *, known: bool) -> None:
    found, socket = run(path, known=known)
    floor = floor_s(path.hops_s, path.target_s, known=known)
    assert seconds(found) <= floor * 1.10 + 1e-3
    assert len(socket.arrived()) <= 6


def test_all_addresses_of_a_domain_take_as_long_as_the_slowest() -> None:
    path = column(2)
    vantage, _ = play(path.script())
    found = trace([TARGET + n for n in range(8)], vantage, options=ONCE)
    assert max(seconds(each) for each in found) <= 1.15 * seconds(run(path)[0])
