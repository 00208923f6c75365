"""What a broken registry costs a study: seconds, holders known, questions asked, and what is said.

    python benchmarks/registry_faults.py            in memory, in played seconds
    python benchmarks/registry_faults.py --kernel   real HTTP in the kernel lab, in real seconds

The first walk with a registry at its backbone; a study without questions is what is compared to.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from mxpath.attribution.registry import RegistryOptions
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab import control
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.netns import Lab
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, parse_world, shipped_worlds
from mxpath.model import codec
from mxpath.model.study import Study
from mxpath.pipeline import Options, analyze

DOMAIN = "fine.example"
REGISTRY = """
[hosts.registry]
router = "boreal1"

[rdap]
host = "registry"
delay_s = 3.0
limit_per_minute = 2
"""
Studying = Callable[[HttpBehaviour, bool], tuple[Study, int]]
"""Behaviour, and whether nothing may be asked -> the study, and how many questions came."""


def in_memory(world: World, scratch: Path) -> Studying:
    """Return studies of the played world."""
    publish(world, scratch)

    def study(behaviour: HttpBehaviour, offline: bool) -> tuple[Study, int]:  # noqa: FBT001
        vantage = simulate(world)
        assert vantage.rdap is not None
        vantage.rdap.change(behaviour)
        options = Options(registry=RegistryOptions(offline=offline))
        found = analyze(DOMAIN, vantage, Gazetteer.open(scratch), options=options)
        return found, len(vantage.rdap.asked)

    return study


def by_the_kernel(lab: Lab, scratch: Path) -> Studying:
    """Return studies inside the sender's namespace, each with budgets and cache of its own."""

    def study(behaviour: HttpBehaviour, offline: bool) -> tuple[Study, int]:  # noqa: FBT001
        own = scratch / f"{behaviour}-{offline}"
        control.ask(lab.state.directory, "rdap", rdap=behaviour.value)
        before = len(control.ask(lab.state.directory, "rdap_asked"))
        argv = [sys.executable, "-m", "mxpath", DOMAIN, "--json", "--quiet"]
        argv += ["--gazetteer", str(lab.gazetteer), "--ca-file", str(lab.trust_file)]
        env = {"XDG_STATE_HOME": str(own / "state"), "XDG_CACHE_HOME": str(own / "cache")}
        done = lab.run(
            "mailhost", [*argv, *(["--offline"] if offline else [])], timeout_s=120, env=env
        )
        asked = len(control.ask(lab.state.directory, "rdap_asked")) - before
        return codec.load(Study, done.stdout.encode()), asked

    return study


def show(studying: Studying) -> None:
    """Print one row for each behaviour."""
    plain, _ = studying(HttpBehaviour.FINE, True)  # noqa: FBT003
    for behaviour in HttpBehaviour:
        study, asked = studying(behaviour, False)  # noqa: FBT003
        known = sum(study.owners[a].registration is not None for a in study.mail.addresses)
        notes = [note for note in study.notes if note.startswith("registered holder")]
        same = [v.name for v in study.verdicts] == [v.name for v in plain.verdicts]
        print(
            f"{behaviour:<10} {_duration_s(study) - _duration_s(plain):+6.2f} s   "
            f"{known} of {len(study.mail.addresses)} holders   {asked} questions   "
            f"{'same verdicts' if same else 'OTHER VERDICTS'}   {'; '.join(notes) or '-'}"
        )


def _duration_s(study: Study) -> float:
    return (study.ended_at - study.started_at).total_seconds()


def main() -> None:
    """Measure and print."""
    world = parse_world(shipped_worlds()["first_walk"].read_text() + REGISTRY)
    with tempfile.TemporaryDirectory() as scratch:
        if sys.argv[1:] == ["--kernel"]:
            with Lab.up(world) as lab:
                show(by_the_kernel(lab, Path(scratch)))
        else:
            show(in_memory(world, Path(scratch)))


if __name__ == "__main__":
    main()
