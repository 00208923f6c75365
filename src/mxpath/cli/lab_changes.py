"""``mxpath lab link`` and ``lab fault``: what can be done to a world while it is played."""

import argparse
from collections.abc import Callable
from typing import Any

from mxpath.errors import InputError
from mxpath.lab.elements import Link
from mxpath.lab.faults import named
from mxpath.lab.netns import Lab
from mxpath.model import codec
from mxpath.model.documents import FaultRow, LabFaults, LabLinks, LinkRow


def configure(actions: Any) -> None:
    """Declare the actions and their options."""
    link = actions.add_parser("link", help="show the links of a running world, or change one")
    link.add_argument("name", metavar="WORLD", help="the running world")
    link.add_argument("ends", nargs="*", metavar="A B", help="its ends (default: all are shown)")
    link.add_argument("--delay", dest="delay_ms", type=float, metavar="MS", help="one way")
    link.add_argument(
        "--jitter", dest="jitter_ms", type=float, metavar="MS", help="on top, at most"
    )
    link.add_argument("--loss", type=share, metavar="SHARE", help="each way: 0.02 or 2%%")
    link.add_argument("--mtu", type=_mtu, metavar="BYTES", help="largest packet, or `none`")
    hiding = link.add_mutually_exclusive_group()
    hiding.add_argument("--hidden", dest="mtu_hidden", action="store_true", default=None)
    hiding.add_argument("--told", dest="mtu_hidden", action="store_false", default=None)
    link.add_argument(
        "--block", dest="blocks", action="append", metavar="WHAT",
        help="ipv4, ipv6, icmp, tcp/PORT, udp/PORT, or `none` for nothing more",
    )  # fmt: skip
    state = link.add_mutually_exclusive_group()
    state.add_argument("--down", action="store_true", default=None)
    state.add_argument("--up", dest="down", action="store_false", default=None)
    fault = actions.add_parser("fault", help="show the faults of a running world, begin or end one")
    fault.add_argument("name", metavar="WORLD", help="the running world")
    fault.add_argument(
        "fault", nargs="?", metavar="FAULT", help="which one (default: all are shown)"
    )
    fault.add_argument("--end", action="store_true", help="end it")
    for action in (link, fault):
        action.add_argument("--json", action="store_true", help="print one JSON document")


def share(text: str) -> float:
    """Read a share: ``0.02``, or ``2%``."""
    value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share: use 0 to 1, or 0% to 100%")
    return value


def _mtu(text: str) -> int | str:
    return text if text == "none" else int(text)


def link_changes(options: argparse.Namespace) -> dict[str, Any]:
    """Return the keys of a link that the options change."""
    keys = ("delay_ms", "jitter_ms", "loss", "mtu", "mtu_hidden", "down", "blocks")
    changes = {key: getattr(options, key) for key in keys if getattr(options, key) is not None}
    if changes.get("mtu") == "none":
        changes |= {"mtu": None, "mtu_hidden": False}
    if "none" in changes.get("blocks", ()):
        changes["blocks"] = []
    return changes


def link(lab: Lab, options: argparse.Namespace) -> int:
    """Show all links or one; change one."""
    changes = link_changes(options)
    if len(options.ends) not in (0, 2) or (changes and not options.ends):
        raise InputError("a link has two ends: mxpath lab link WORLD A B …")
    found = lab.link(*options.ends, **changes) if options.ends else lab.links()
    if options.json:
        rows = tuple(_row(one) for one in found)
        print(codec.dump(LabLinks(world=lab.state.name, links=rows)).decode(), end="")
        return 0
    for one in found:
        print(_words(one))
    return 0


def _row(link: Link) -> LinkRow:
    return LinkRow(
        ends=link.ends,
        delay_ms=link.delay_ms,
        jitter_ms=link.jitter_ms,
        loss=link.loss,
        mtu=link.mtu,
        mtu_hidden=link.mtu_hidden,
        blocks=link.blocks,
        down=link.down,
    )


def _words(link: Link) -> str:
    said = [f"{link.delay_ms:g} ms"]
    said += [f"jitter {link.jitter_ms:g} ms"] if link.jitter_ms else []
    said += [f"loss {link.loss:.3%}"] if link.loss else []
    hidden = " hidden" if link.mtu_hidden else ""
    said += [f"MTU {link.mtu}{hidden}"] if link.mtu is not None else []
    said += [f"blocks {', '.join(link.blocks)}"] if link.blocks else []
    said += ["down"] if link.down else []
    return f"{link.ends[0] + ' - ' + link.ends[1]:<36} {', '.join(said)}"


def fault(lab: Lab, options: argparse.Namespace) -> int:
    """Show all faults; begin or end one."""
    name, settled_s = options.fault, None
    if name is None and options.end:
        raise InputError("which fault shall end? mxpath lab fault WORLD FAULT --end")
    if name is not None:
        named(lab.world, [name])
        settled_s = lab.mend(name) if options.end else lab.fault(name)
    document = LabFaults(world=lab.state.name, faults=_faults(lab), settled_s=settled_s)
    if options.json:
        print(codec.dump(document).decode(), end="")
        return 0
    for row in document.faults:
        if name in (None, row.name):
            print(_fault_words(row))
    if settled_s:
        print(f"routes were quiet again after {settled_s:.1f} s")
    return 0


def _faults(lab: Lab) -> tuple[FaultRow, ...]:
    active = lab.faults
    return tuple(
        FaultRow(
            name=name,
            kind=found.kind,
            active=name in active,
            at_s=found.at_s,
            until_s=found.until_s,
        )
        for name, found in lab.world.faults.items()
    )


def _fault_words(row: FaultRow) -> str:
    timed = "" if row.at_s is None else f" from {row.at_s:g} s"
    timed += "" if row.until_s is None else f" until {row.until_s:g} s"
    return f"{row.name:<24} {'lasts' if row.active else '':<6} {row.kind}{timed}".rstrip()


ACTIONS: dict[str, Callable[[Lab, argparse.Namespace], int]] = {"link": link, "fault": fault}
