"""``mxpath demo``: see the whole thing work, without asking the Internet."""

import argparse
import sys
from pathlib import Path

from mxpath.cli import options as shared
from mxpath.cli.played import world_file
from mxpath.demo import run_demo
from mxpath.lab.accuracy import Accuracy
from mxpath.lab.owner_accuracy import PlaceTally
from mxpath.lab.topology import read_world
from mxpath.model import codec
from mxpath.model.bgp import PathGrade
from mxpath.model.foreign_text import cut, printable
from mxpath.model.study import Study
from mxpath.report.text import screen


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR")
    parser.add_argument("--world", default="demo", metavar="WORLD", help="name or FILE.toml")
    parser.add_argument(
        "--player", choices=("kernel", "memory"), help="default: the kernel where it can play"
    )
    shared.add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Run the demo; 1 when anything it says is not the truth."""
    world = read_world(world_file(options.world))
    quiet = options.quiet
    say = (lambda _step: None) if quiet else (lambda s: print(f"mxpath: {s} …", file=sys.stderr))
    demo = run_demo(world, options.out, player=options.player, say=say)
    if options.json:
        print(codec.dump(demo.accuracy).decode(), end="")
    else:
        print(screen(demo.studies[0], width=100))
        print("\n".join(_line(study) for study in demo.studies))
        print()
        print(_accuracy_words(demo.accuracy))
        print(f"\nopen {demo.directory / 'index.html'}")
    return 0 if demo.accuracy.is_perfect else 1


def _line(study: Study) -> str:
    """One line a domain: what is wrong there, first of all."""
    verdict = study.verdicts[0]
    return cut(f"{study.domain:<20} {verdict.name:<21} {printable(verdict.sentence)}", 100)


_WHOSE = {
    PathGrade.OWN: "told by the table itself",
    PathGrade.OUR_NETWORK: "told by a peer in our network",
    PathGrade.UPSTREAM: "told by a peer in our upstream",
    PathGrade.PREDICTED: "predicted",
}


def _accuracy_words(accuracy: Accuracy) -> str:
    wire = f", {accuracy.wire} wire" if accuracy.wire else ""
    lines = [f"accuracy against the world's truth (played by {accuracy.player}{wire})"]
    for name in ("hops", "as_paths", "mx", "smtp"):
        tally = getattr(accuracy, name)
        lines.append(f"  {name:<10} {tally.wrong} wrong of {tally.compared} compared")
    for name in ("organisations", "countries"):
        tally = getattr(accuracy, name)
        if tally.compared:
            lines.append(f"  {name} {tally.wrong} wrong of {tally.compared} compared")
    places = accuracy.places
    if places != PlaceTally(right=0, wrong=0, refuted_rightly=0, refuted_wrongly=0):
        lines.append(
            f"  places     {places.right} right, {places.wrong} wrong; refuted by light: "
            f"{places.refuted_rightly} rightly, {places.refuted_wrongly} wrongly"
        )
    crossings = accuracy.crossings
    lines.append(
        f"  crossings  {crossings.true_positive} right, {crossings.false_positive} false, "
        f"{crossings.false_negative} missed"
    )
    for grade, tally in accuracy.bgp.items():
        right = tally.compared - tally.wrong
        lines.append(
            f"  {f'BGP ({grade})':<10} {right} of {tally.compared} are our router's, {_WHOSE[grade]}"
        )
    error = accuracy.rtt_error_ms
    if error.median is not None:
        lines.append(
            f"  RTT error  median {error.median:.3f} ms, 95th percentile {error.p95:.3f} ms"
        )
    found = accuracy.segments
    lines.append(
        f"  segments   {found.contain_truth} of {found.given} figures hold the truth; "
        f"{found.refused} refused, {found.refused_rightly} of them rightly"
    )
    lines.append(f"  flows      {accuracy.flows_per_trace_max} a trace at most")
    lines.append(f"  SYNs       {accuracy.syns_at_target_max} of one flow at a mail host at most")
    lines += [f"  ! {mistake}" for mistake in accuracy.mistakes]
    lines += [f"  ? {figure}" for figure in accuracy.wrong_segments]
    return "\n".join(lines)
