"""``mxpath lab``: a mini-Internet of this machine's own, in network namespaces."""

import argparse
import shlex
import sys

from mxpath.cli import lab_changes, lab_internet, lab_send, tables
from mxpath.cli.played import world_file
from mxpath.errors import InputError
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.lab.truth import PathTruth, Truth
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model import codec
from mxpath.model.documents import LabList, LabRow
from mxpath.model.probe import Protocol

TRUTH_SOURCE_PORT = 61000
"""The flow whose path ``lab truth`` prints unless told otherwise."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="worlds that can be played, and those that run")
    up = actions.add_parser("up", help="bring a world up and leave it running")
    up.add_argument("world", metavar="WORLD", help="name of a shipped world, or FILE.toml")
    down = actions.add_parser("down", help="take a running world down")
    down.add_argument("name", nargs="?", metavar="WORLD", help="if several worlds run")
    inside = actions.add_parser("exec", help="run a command on a node of a running world")
    inside.add_argument("-n", "--node", help="router or host (default: the world's sender)")
    inside.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND …")
    truth = actions.add_parser("truth", help="what the running kernels and daemons know")
    truth.add_argument("--source-port", type=int, default=TRUTH_SOURCE_PORT, metavar="PORT")
    collect = actions.add_parser("collect", help="let route collectors dump what they know (MRT)")
    collect.add_argument("collector", nargs="?", help="which one (default: all of the world)")
    lab_changes.configure(actions)
    lab_send.configure(actions)
    lab_internet.configure(actions)
    truth.add_argument("--protocol", choices=tuple(Protocol), default=Protocol.TCP)
    for action in (inside, truth, collect):
        action.add_argument("-w", "--world", dest="name", help="if several worlds run")
    for action in (listing, up, truth):
        action.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Do the one action."""
    elsewhere = lab_changes.ACTIONS | lab_send.ACTIONS
    if options.action in elsewhere:
        return elsewhere[options.action](attached(options.name), options)
    return {
        "list": _list,
        "up": _up,
        "down": _down,
        "exec": _exec,
        "truth": _truth,
        "collect": _collect,
        "internet": lab_internet.run,
    }[options.action](options)


def _list(options: argparse.Namespace) -> int:
    running = {state.name: Lab.attach(state.name) for state in Lab.running()}
    rows = tuple(
        _row(name, read_world(path), running.get(name)) for name, path in shipped_worlds().items()
    )
    shipped = {row.name for row in rows}
    others = tuple(
        _row(name, lab.world, lab) for name, lab in running.items() if name not in shipped
    )
    document = LabList(worlds=(*rows, *others), kernel_player=kernel_lab_missing() or "works here")
    if options.json:
        print(codec.dump(document).decode(), end="")
        return 0
    for row in document.worlds:
        print(f"{row.name:<16} {'running' if row.running else '':<8} {row.title}")
        if row.faults:
            known = (f"{name} (lasts)" if name in row.active else name for name in row.faults)
            print("\n".join(tables.folded(f"faults: {', '.join(known)}", indent=26)))
    print(f"kernel player: {document.kernel_player}")
    return 0


def _row(name: str, world: World, lab: Lab | None) -> LabRow:
    return LabRow(
        name=name,
        title=world.title,
        running=lab is not None,
        faults=tuple(world.faults),
        active=() if lab is None else lab.faults,
    )


def _up(options: argparse.Namespace) -> int:
    missing = kernel_lab_missing()
    if missing:
        raise InputError(
            f"the kernel cannot play a world here: {missing}; "
            "`--vantage sim:WORLD` plays it in memory"
        )
    world = read_world(world_file(options.world))
    lab = Lab.start_detached(world)
    if options.json:
        print(codec.dump(_list_of(world)).decode(), end="")
        return 0
    arguments = ("--gazetteer", str(lab.gazetteer), "--ca-file", str(lab.trust_file))
    domain = next(iter(world.domains), "DOMAIN")
    print(f"{world.name} is up. Try:")
    which = f" -w {lab.state.name}" if len(list(Lab.running())) > 1 else ""
    print(f"  mxpath lab exec{which} mxpath {domain} {shlex.join(arguments)}")
    print(f"  mxpath lab truth{which}")
    if world.collectors:
        print(f"  mxpath lab collect{which}")
    print(f"  mxpath lab link {lab.state.name}")
    if world.faults:
        print(f"  mxpath lab fault {lab.state.name} {next(iter(world.faults))}")
    print(f"  mxpath lab down{' ' + lab.state.name if which else ''}")
    return 0


def _list_of(world: World) -> LabList:
    row = LabRow(name=world.name, title=world.title, running=True, faults=tuple(world.faults))
    return LabList(worlds=(row,), kernel_player="works here")


def attached(name: str | None) -> Lab:
    """Return the lab that was named, or the only one that runs."""
    running = sorted(state.name for state in Lab.running())
    name = name or (running[0] if len(running) == 1 else None)
    if name is None:
        known = ", ".join(running)
        raise InputError(
            f"several worlds run ({known}): say which (-w NAME; lab down NAME)"
            if running
            else "no world runs: `mxpath lab up first_walk` starts one"
        )
    if name not in running:
        raise InputError(f"{name} does not run; running: {', '.join(running) or 'none'}")
    return Lab.attach(name)


def _down(options: argparse.Namespace) -> int:
    lab = attached(options.name)
    lab.down()
    print(f"{lab.state.name} is down")
    return 0


def _exec(options: argparse.Namespace) -> int:
    lab = attached(options.name)
    node = options.node or lab.world.sender
    command = [word for word in options.command if word != "--"]
    if not command:
        raise InputError("nothing to run: mxpath lab exec [-n NODE] COMMAND …")
    if command[0] == "mxpath":
        command = [sys.executable, "-m", "mxpath", *command[1:]]
    return lab.popen(node, command).wait()


def _collect(options: argparse.Namespace) -> int:
    """Print where each fresh dump lies, one path a line."""
    lab = attached(options.name)
    names = [options.collector] if options.collector else list(lab.world.collectors)
    if not names:
        raise InputError(f"world {lab.world.name!r} has no collector")
    for name in names:
        print(lab.dump(name))
    return 0


def _truth(options: argparse.Namespace) -> int:
    lab = attached(options.name)
    flows = [
        WantedFlow(address, options.source_port, Protocol(options.protocol))
        for name, host in lab.world.hosts.items()
        if host.smtp is not None
        for address in lab.world.addresses_of(name)
    ]
    truth = lab.truth(flows)
    if options.json:
        print(codec.dump(truth).decode(), end="")
    else:
        _print_truth(truth)
    return 0


def _print_truth(truth: Truth) -> None:
    print(f"player {truth.player}, wire {truth.wire}")
    for path in truth.paths:
        _print_path(path)


def _print_path(path: PathTruth) -> None:
    said = f"{path.target} by {path.protocol} from port {path.source_port}"
    print(f"{said}: AS {' '.join(map(str, path.as_path))}")
    for hop in path.hops:
        rtt = f"{hop.rtt_min_ms:.1f} … {hop.rtt_max_ms:.1f} ms"
        marks = [word for word in ("silent", "limited", "third_party") if getattr(hop, word)]
        said = f", {', '.join(marks).replace('_', ' ')}" if marks else ""
        print(f"{hop.ttl:>4}  {hop.address!s:<26} {rtt:>18}  {hop.node} (AS{hop.asn}){said}")
    if not path.arrives:
        print("      ends here: the flow does not reach its target")
    for ix_id, near, far in path.crossings:
        print(f"      crosses exchange {ix_id}: AS{near} to AS{far}")
