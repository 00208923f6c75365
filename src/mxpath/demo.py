"""The demo: play a world, analyze its domains, compare with the truth, write it all down.

The kernel plays where it can: then the very command that users type runs inside
the sender's namespace. Where it cannot, the same world is played in memory, and
the reason is said.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from mxpath.datasets.own_tables import open_table
from mxpath.errors import MxpathError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.accuracy import Accuracy, compare
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.own_table import played_table
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.topology import World
from mxpath.lab.truth import Truth
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model import codec
from mxpath.model.probe import Protocol
from mxpath.model.study import Study
from mxpath.pipeline import Options, analyze
from mxpath.report.exports import write_graph
from mxpath.report.html import render_report
from mxpath.report.index import render_index

ANALYSIS_TIMEOUT_S = 600.0
_LOOK_S = 0.25
_WORTH_A_POOL = 8
"""Fewer reports are written sooner here than by processes that have to start first."""

Say = Callable[[str], None]
Played = tuple[tuple[Study, ...], Truth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo made."""

    studies: tuple[Study, ...]
    accuracy: Accuracy
    directory: Path


def _silent(_step: str) -> None:
    """Tell nobody."""


def run_demo(world: World, directory: Path, *, player: str | None = None, say: Say) -> Demo:
    """Play ``world``, analyze all its domains and write reports below ``directory``.

    Parameters
    ----------
    world
        The world to play.
    directory
        Where the files go; made if need be.
    player
        ``kernel``, ``memory``, or ``None`` for the kernel where it works.
    say
        Called with a line as each step begins.

    Raises
    ------
    MxpathError
        When ``player`` is ``kernel`` and the kernel cannot play here.
    """
    directory.mkdir(parents=True, exist_ok=True)
    studies, truth = play(world, directory, player=player, say=say)
    accuracy = compare(studies, truth)
    say("writing reports")
    _write(studies, accuracy, world, directory)
    return Demo(studies=studies, accuracy=accuracy, directory=directory)


def play(world: World, directory: Path, *, player: str | None = None, say: Say) -> Played:
    """Play ``world`` and analyze all its domains; return the studies and the truth.

    Parameters are those of :func:`run_demo`; the kernel player leaves the
    studies in ``directory``.
    """
    missing = None if player == "memory" else kernel_lab_missing()
    if player == "kernel" and missing:
        raise MxpathError(f"the kernel cannot play a world here: {missing}")
    if player == "memory" or missing:
        reason = f" ({missing})" if missing else ""
        say(f"playing {world.name} in memory{reason}")
        return _play_in_memory(world)
    say(f"playing {world.name} in the kernel: {len(world.routers)} routers are coming up")
    with Lab.up(world) as lab:
        return _play_in_kernel(lab, world, directory, say)


def _play_in_memory(world: World) -> Played:
    with TemporaryDirectory(prefix="mxpath-") as scratch:
        publish(world, Path(scratch))
        gazetteer = Gazetteer.open(Path(scratch))
        table = Path(scratch) / "own-table"
        table.write_text(played_table(world))
        options = Options(tables=(open_table(table),))
        vantage = simulate(world)
        studies: tuple[Study, ...] = ()
        for domain in world.domains:
            studies += (analyze(domain, vantage, gazetteer, options=options, known=studies),)
    return studies, simulated_truth(world, flows_of(studies), vantage)


def _play_in_kernel(lab: Lab, world: World, directory: Path, say: Say) -> Played:
    for domain in world.domains:
        (directory / f"{domain}.json").unlink(missing_ok=True)
    rib = ("--rib", str(lab.own_table()))
    done = analyze_in(lab, world, tuple(world.domains), directory, *rib, say=say)
    if done.returncode not in (0, 1):
        raise MxpathError(f"the analysis inside the lab failed: {done.stderr.strip()}")
    studies = tuple(
        codec.read_file(Study, directory / f"{domain}.json") for domain in world.domains
    )
    say("reading the truth from the kernels")
    return studies, lab.truth(flows_of(studies))


def analyze_in(
    lab: Lab, world: World, domains: Sequence[str], directory: Path, *more: str, say: Say = _silent
) -> subprocess.CompletedProcess[str]:
    """Run ``mxpath analyze`` as a user would, in the sender's namespace of a running lab.

    Studies go to ``directory`` as ``DOMAIN.json``; ``more`` are further arguments, and
    ``say`` is told of each study as it comes.

    Raises
    ------
    MxpathError
        When it takes longer than ``ANALYSIS_TIMEOUT_S``.
    """
    command = (sys.executable, "-m", "mxpath", "analyze", *domains, *more)
    places = (
        *("--gazetteer", str(lab.gazetteer), "--ca-file", str(lab.trust_file)),
        *("--study", str(directory.resolve() / "{domain}.json"), "--quiet"),
    )
    with TemporaryDirectory(prefix="mxpath-state-") as state:
        # Budgets at mail hosts are kept per user and hour; those of the lab are not this user's.
        environment = {"XDG_STATE_HOME": state}
        with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
            running = lab.popen(
                world.sender, [*command, *places], env=environment, stdout=out, stderr=errors
            )
            try:
                _watch(running, domains, directory, say)
            finally:
                running.kill()
            out.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(
                running.args, running.wait(), out.read(), errors.read()
            )


def _watch(
    running: subprocess.Popen[str], domains: Sequence[str], directory: Path, say: Say
) -> None:
    """Wait for the analysis to end, and tell how far it has come."""
    told = -1
    for _ in range(round(ANALYSIS_TIMEOUT_S / _LOOK_S)):
        done = sum((directory / f"{domain}.json").exists() for domain in domains)
        if told < done < len(domains):
            say(f"analyzing {domains[done]} ({done + 1} of {len(domains)})")
            told = done
        try:
            running.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
        return
    raise MxpathError(f"the analysis inside the lab took longer than {ANALYSIS_TIMEOUT_S:g} s")


def flows_of(studies: Iterable[Study]) -> tuple[WantedFlow, ...]:
    """Every flow that was traced."""
    return tuple(
        WantedFlow(
            trace.target,
            flow.source_port,
            trace.protocol or Protocol.TCP,
            flow.destination_port or None,
        )
        for study in studies
        for trace in study.traces
        for flow in trace.flows
        if flow.source_port is not None
    )


def _write(studies: Sequence[Study], accuracy: Accuracy, world: World, directory: Path) -> None:
    if len(studies) < _WORTH_A_POOL:
        for study in studies:
            _write_one(study, directory)
    else:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            list(pool.map(partial(_write_one, directory=directory), studies))
    (directory / "accuracy.json").write_bytes(codec.dump(accuracy))
    page = render_index(studies, codec.to_data(accuracy), title=world.title)
    (directory / "index.html").write_text(page, encoding="utf-8")


def _write_one(study: Study, directory: Path) -> None:
    (directory / f"{study.domain}.json").write_bytes(codec.dump(study))
    (directory / f"{study.domain}.html").write_text(render_report(study), encoding="utf-8")
    write_graph(study, directory / f"{study.domain}.graphml")
