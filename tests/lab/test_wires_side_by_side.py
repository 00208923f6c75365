"""The wire in C and the wire in Python keep one law, which is that of ``conditions``."""

import json
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import pytest

from lab.inside_wire import COUNT, FRAMES, STATES
from mxpath.lab import capability
from mxpath.lab.wire import compile_wire, look

pytestmark = pytest.mark.lab


@cache
def observed() -> dict[str, Any]:
    """What both wires did, by name."""
    missing = capability.kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    program = compile_wire()
    user = ["-Ur"] if capability.needs_user_namespace() else []
    script = str(Path(__file__).with_name("inside_wire.py"))
    wires = ["python", *([str(program)] if program else [])]
    done = subprocess.run(
        ["unshare", *user, "-n", sys.executable, script, *wires],
        capture_output=True, text=True, check=True, timeout=60, env=capability.environment(),
    )  # fmt: skip
    found = json.loads(done.stdout)
    return {("c" if name != "python" else name): rows for name, rows in found.items()}


@pytest.fixture(params=["c", "python"])
def wire(request: pytest.FixtureRequest) -> Any:
    if request.param not in observed():
        pytest.skip("no C compiler here")
    return observed()[request.param]


def test_what_passes_is_what_the_law_lets_pass(wire: Any) -> None:
    frames = {name: look(bytes.fromhex(frame)) for name, frame in FRAMES.items()}
    for state, names in zip(STATES, wire["passed"], strict=True):
        assert names == [name for name in FRAMES if not state.stops(frames[name])], state.text


def test_a_wire_tells_what_it_was_told(wire: Any) -> None:
    assert wire["told"] == [state.text for state in STATES]


def test_loss_jitter_and_order(wire: Any) -> None:
    numbers, took_ms = wire["series"]["numbers"], wire["series"]["took_ms"]
    assert all(one < other for one, other in pairwise(numbers)), "order is kept"
    lost = 1 - len(numbers) / COUNT
    assert 0.07 < lost < 0.13  # 3 standard deviations of 1000 draws at 0.1
    assert min(took_ms) > 4.9
    low, middle, high = quantiles(took_ms, n=4)
    # A uniform jitter of 8 ms on 5 ms, pushed up a little where a packet waits for its predecessor.
    assert 6.5 < low < middle < high < 13.5
    assert 8.5 < mean(took_ms) < 12.0
