"""The demo in the kernel: every figure that the first walk promises, counted there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mxpath.demo import analyze_in, play
from mxpath.lab.accuracy import compare
from mxpath.lab.netns import Lab
from mxpath.lab.state import children_of
from mxpath.lab.topology import World
from mxpath.model import codec
from mxpath.model.session import Outcome
from mxpath.model.study import Study
from mxpath.model.trace import EndReason
from mxpath.pipeline import INTERRUPTED
from owned_world import with_owners

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("kernels")]


def test_everything_it_says_is_true(world: World, tmp_path: Path) -> None:
    studies, truth = play(with_owners(world), tmp_path, player="kernel", say=lambda _step: None)
    accuracy = compare(studies, truth)
    assert accuracy.mistakes == ()
    assert accuracy.is_perfect
    assert accuracy.crossings.true_positive == 8
    assert accuracy.organisations.compared > 40
    assert accuracy.countries.compared > 40
    assert (accuracy.places.wrong, accuracy.places.refuted_wrongly) == (0, 0)
    assert accuracy.places.refuted_rightly > 4
    assert accuracy.flows_per_trace_max == 1
    assert 1 <= accuracy.syns_at_target_max <= 6
    verdicts = {study.domain: study.verdicts[0].name for study in studies}
    assert verdicts == world.expected.verdicts


def analyzed(lab: Lab, world: World, directory: Path, *more: str) -> Study:
    done = analyze_in(lab, world, ("fine.example",), directory, *more)
    assert "Traceback" not in done.stderr
    return codec.read_file(Study, directory / "fine.example.json")


def test_what_breaks_here_leaves_what_was_measured(world: World, tmp_path: Path) -> None:
    """Resolver down, an address family without route, the interface down: in one lab, in turn."""
    with Lab.up(world) as lab:
        lab.run("mailhost", ["ip", "-6", "route", "del", "default"], timeout_s=10)
        study = analyzed(lab, world, tmp_path)
        ends = {trace.target.version: trace.end for trace in study.traces}
        assert ends == {4: EndReason.REACHED, 6: EndReason.NO_ROUTE}
        lab.run("mailhost", ["ip", "link", "set", "eth0", "down"], timeout_s=10)
        study = analyzed(lab, world, tmp_path)
        assert study.verdict is not None
        assert study.verdict.name == "dns_servfail"


def test_both_engines_say_the_same(kernel: Lab, world: World, tmp_path: Path) -> None:
    only = ("--no-smtp", "--to", "mx1.bigmail.example")
    raw, scapy = (
        analyzed(kernel, world, tmp_path, "--engine", engine, *only) for engine in ("raw", "scapy")
    )
    assert [t.engine for t in (*raw.traces, *scapy.traces)] == ["raw", "raw", "scapy", "scapy"]
    for one, other in zip(raw.traces, scapy.traces, strict=True):
        assert [hop.address for hop in one.hops] == [hop.address for hop in other.hops]
        assert one.distance == other.distance


def test_without_the_right_to_raw_sockets(kernel: Lab, tmp_path: Path) -> None:
    """Another engine is taken and named; who insists on raw sockets is told what to do, by exit 3.

    Analyze gives all but traces then, and says so.
    """
    drop = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")
    program = (*drop, sys.executable, "-m", "mxpath")
    own = {"XDG_STATE_HOME": str(tmp_path / "state")}
    places = ("--resolver", str(kernel.resolver), "--gazetteer", str(kernel.gazetteer))
    trace = ("trace", "198.18.33.25", *places)
    free = kernel.run("mailhost", [*program, *trace], timeout_s=60, env=own)
    alone = kernel.run("mailhost", [*program, *trace, "--engine", "raw"], timeout_s=60, env=own)
    analyze = ("analyze", "slowbank.example", *places, "--engine", "raw", "--json")
    whole = kernel.run("mailhost", [*program, *analyze], timeout_s=60, env=own)
    assert (free.returncode, "unprivileged engine: reached" in free.stdout) == (0, True)
    assert alone.returncode == 3
    assert "setcap cap_net_raw+ep" in alone.stderr
    assert "Traceback" not in alone.stderr + whole.stderr
    assert whole.returncode == 0
    study = codec.load(Study, whole.stdout.encode())
    assert study.traces == ()
    assert any("no traces" in note for note in study.notes)
    assert study.verdicts[0].name == "banner_delay"
    assert {s.outcome for s in study.sessions} == {Outcome.ANSWERED}


def test_ctrl_c_keeps_what_was_measured(kernel: Lab, tmp_path: Path) -> None:
    """In the middle of a four-second greeting: the study is written, the status is 1."""
    file = tmp_path / "study.json"
    own = {"XDG_STATE_HOME": str(tmp_path / "state")}
    places = ("--resolver", str(kernel.resolver), "--gazetteer", str(kernel.gazetteer))
    command = (sys.executable, "-m", "mxpath", "slowbank.example", *places)
    running = kernel.popen(
        "mailhost",
        [*command, "--study", str(file)],
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(3.0)
    # What enters the namespace is the program's parent, and not what is to be interrupted.
    (program,) = children_of(running.pid)
    os.kill(program, signal.SIGINT)
    out, errors = running.communicate(timeout=30)
    assert running.returncode == 1, errors
    assert "Traceback" not in errors
    study = codec.read_file(Study, file)
    assert INTERRUPTED in study.notes
    assert {trace.end for trace in study.traces} == {EndReason.REACHED}
    assert Outcome.SKIPPED in {session.outcome for session in study.sessions}
    assert "slowbank.example" in out
