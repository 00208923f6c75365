import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.lab.conditions import Conditions
from mxpath.lab.wire import (
    COMPENSATION_US,
    PythonWire,
    _arrival_ns,
    compile_wire,
    look,
    wire_command,
)

SO_TIMESTAMPNS = 35
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mxpath"


@needs_compiler
def test_the_wire_is_compiled_once_into_the_cache(cache: Path) -> None:
    program = compile_wire()
    assert program is not None
    assert program.parent == cache
    made = program.stat().st_mtime_ns
    assert compile_wire() == program
    assert program.stat().st_mtime_ns == made
    assert [path.name for path in cache.iterdir()] == [program.name]


@needs_compiler
def test_a_cache_that_is_a_file_sends_it_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("in the way")
    program = compile_wire(fallback=tmp_path)
    assert program is not None
    assert program.parent == tmp_path


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wire in C, in a cache of its own; others look at how it comes to be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("wire")))
        program = compile_wire()
    assert program is not None
    return program


@needs_compiler
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["0"],
        ["0", "lo"],
        ["0", "lo:lo"],
        ["0", "lo:lo:1000"],
        ["0", "lo:lo:1000,0,0,0,0,"],
        ["0", "lo:lo:1000,0,0,0,0,tcp"],
        ["0", "lo:lo:1000,0,0,0,0,-,0"],
        ["0", "lo:lo:-1,0,0,0,0,-"],
    ],
)
def test_the_c_wire_refuses_half_a_link(compiled: Path, arguments: list[str]) -> None:
    done = subprocess.run([str(compiled), *arguments], capture_output=True, timeout=5, check=False)
    assert done.returncode != 0
    assert done.stderr


@pytest.mark.usefixtures("cache")
def test_without_a_compiler_there_is_no_c_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert compile_wire() is None


def test_both_wires_take_one_command_line() -> None:
    links = [
        ("w0a", "w0b", Conditions(delay_ms=2.0)),
        (
            "w1a",
            "w1b",
            Conditions(delay_ms=0.1, jitter_ms=1.5, loss=0.02, mtu=1400, blocks=("icmp",)),
        ),
    ]
    python, c = wire_command(None, links), wire_command(Path("/x/wire"), links)
    told = ["w0a:w0b:2000,0,0,0,0,-", "w1a:w1b:100,1500,20000,1400,0,icmp"]
    assert c == ["/x/wire", str(COMPENSATION_US), *told]
    assert python[-3:] == c[1:]


def test_a_running_wire_in_python_obeys() -> None:
    wire = PythonWire(0, [])
    wire._links = [Conditions(delay_ms=1.0), Conditions(delay_ms=2.0)]
    assert wire.answer("show 1") == "2000,0,0,0,0,-"
    assert wire.answer("set 1 5,6,7,1300,1,ipv6+udp/53") == "ok"
    assert wire.answer("show 1") == "5,6,7,1300,1,ipv6+udp/53"
    bad = ["show 2", "show -1", "show", "", "set 0 1", "set 0 1,1,1,1,1,tcp/x", "set 9 0,0,0,0,0,-"]
    assert [wire.answer(text) for text in (*bad, "sing 0")] == ["error"] * (len(bad) + 1)
    assert wire.answer("show 0") == "1000,0,0,0,0,-"


@given(st.binary(max_size=80))
def test_any_frame_is_looked_at(frame: bytes) -> None:
    assert look(frame).version in (0, 4, 6)


@given(age_ms=st.floats(0, 900))
def test_a_frame_counts_from_its_arrival_in_the_kernel(age_ms: float) -> None:
    stamp = time.time_ns() - round(age_ms * 1e6)
    data = struct.pack("ll", stamp // 10**9, stamp % 10**9)
    arrival = _arrival_ns([(socket.SOL_SOCKET, SO_TIMESTAMPNS, data)])
    assert abs(time.monotonic_ns() - arrival - age_ms * 1e6) < 20e6


@pytest.mark.parametrize("ahead_s", [3600, -3600])
def test_a_stamp_from_a_stepped_clock_is_not_believed(ahead_s: int) -> None:
    data = struct.pack("ll", time.time_ns() // 10**9 + ahead_s, 0)
    arrival = _arrival_ns([(socket.SOL_SOCKET, SO_TIMESTAMPNS, data)])
    assert abs(time.monotonic_ns() - arrival) < 20e6
