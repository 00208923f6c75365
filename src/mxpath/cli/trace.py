"""``mxpath trace TARGET…``: the path to port 25, and whose networks it crosses.

What shows the result is loaded while the first answers travel: the first packet leaves before half
of the program is read.
"""

import argparse
from collections.abc import Callable, Iterable
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

from mxpath.cli import options as shared
from mxpath.cli.targets import resolve
from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.model.trace import EndReason, Trace
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ports import Vantage

if TYPE_CHECKING:
    from mxpath.gazetteer.gazetteer import Gazetteer
    from mxpath.multipath.options import MultipathOptions


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="host name or address")
    parser.add_argument(
        "--protocol",
        choices=tuple(Protocol),
        default=Protocol.TCP,
        help="what probes are made of (default tcp: the path that mail takes)",
    )
    parser.add_argument(
        "--port", type=int, help="destination port (default: tcp 25, udp 33434; icmp has none)"
    )
    parser.add_argument("--max-ttl", type=int, default=30, help="highest TTL tried (default 30)")
    shared.add_queries(parser)
    shared.add_known(parser)
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="a table of loss, round trips and jitter of each hop, as mtr has it (with --queries)",
    )
    parser.add_argument(
        "--mtu",
        action="store_true",
        help="also measure the path MTU, by at most 12 echo requests to each target",
    )
    shared.add_fallback(parser)
    _add_multipath(parser)
    _add_watching(parser)
    shared.add_names(parser)
    shared.add_numeric(parser)
    shared.add_output(parser)
    shared.add_families(parser)
    shared.add_vantage(parser)
    shared.add_gazetteer(parser)


def _add_multipath(parser: argparse.ArgumentParser) -> None:
    """Declare the options of multipath tracing."""
    group = parser.add_argument_group("all paths")
    group.add_argument(
        "--multipath",
        action="store_true",
        help="find all paths that flows may take, by flows with source ports at random",
    )
    group.add_argument(
        "--confidence",
        type=float,
        default=0.95,
        metavar="P",
        help="how sure to be that no next hop is missed, at each hop (default 0.95)",
    )
    group.add_argument(
        "--branchings",
        type=int,
        metavar="B",
        help="hold the confidence for the whole graph, if no more than B routers branch",
    )
    group.add_argument(
        "--to-target",
        action="store_true",
        help="ask for the last step too: one probe a flow, 16 in all (default: one hop short)",
    )
    group.add_argument(
        "--no-lite",
        action="store_true",
        help="ask every router by itself, also in diamonds that look uniform (many more probes)",
    )


def _multipath(options: argparse.Namespace) -> "MultipathOptions | None":
    if not options.multipath:
        return None
    from mxpath.multipath.options import MultipathOptions  # noqa: PLC0415 - loaded when asked for

    if options.watch:
        raise InputError("--watch looks at the same flows again: leave out --multipath")
    return MultipathOptions(
        confidence=options.confidence,
        branchings=options.branchings,
        to_target=options.to_target,
        lite=not options.no_lite,
    )


def _add_watching(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a watch."""
    group = parser.add_argument_group("watching")
    group.add_argument(
        "--watch", action="store_true", help="look again and again, and say what changes"
    )
    group.add_argument(
        "--every", type=float, default=10.0, metavar="S", help="seconds a round (default 10)"
    )
    group.add_argument(
        "--tcp-every",
        type=float,
        default=300.0,
        metavar="S",
        help="seconds between looks by TCP, 60 or more (default 300); ICMP in between",
    )
    group.add_argument("--rounds", type=int, metavar="N", help="end after so many rounds")


class _Aside(Thread):
    """Loads what will show the traces, and opens the gazetteer, beside the measuring."""

    def __init__(self, open_gazetteer: "Callable[[], Gazetteer]", *, numeric: bool) -> None:
        super().__init__(daemon=True)
        self._open, self._numeric = open_gazetteer, numeric
        self._found: Gazetteer | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Load and open."""
        try:
            self.module = import_module("mxpath.cli.traced")
            self._found = None if self._numeric else self._open()
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error

    def wait(self) -> "tuple[Any, Gazetteer | None]":
        """Return the module and the gazetteer; raises what went wrong."""
        self.join()
        if self._error is not None:
            raise self._error
        return self.module, self._found


def run(options: argparse.Namespace) -> int:
    """Trace all targets in one engine; 1 when none was reached."""
    with shared.standing(options, late=True) as (vantage, open_gazetteer):
        pairs = resolve(options.targets, vantage, families=shared.families(options))
        asked = {address: name for name, address in pairs}
        shared.progress(options)(f"tracing {len(asked)} addresses")
        chosen = TraceOptions(
            protocol=Protocol(options.protocol),
            port=options.port,
            max_ttl=options.max_ttl,
            use_known=not options.no_known,
            **shared.queries(options),
        )
        paths = _multipath(options)
        if options.watch:
            from mxpath.cli import watching  # noqa: PLC0415 - loaded when needed

            return watching.run(options, asked, vantage, open_gazetteer(), chosen)
        aside = _Aside(open_gazetteer, numeric=options.numeric)
        aside.start()
        traces = _measured(asked, vantage, chosen, paths)
        traced, gazetteer = aside.wait()
        traced.show(
            traces,
            asked=asked,
            options=options,
            vantage=vantage,
            gazetteer=gazetteer,
            chosen=chosen,
        )
    return _status(traces)


def _measured(
    asked: Iterable[IPAddress],
    vantage: Vantage,
    chosen: TraceOptions,
    paths: "MultipathOptions | None",
) -> tuple[Trace, ...]:
    """One path to each, or all."""
    if paths is None:
        return trace(asked, vantage, options=chosen)
    from mxpath.multipath.explore import explore  # noqa: PLC0415 - loaded when asked for

    return explore(asked, vantage, options=chosen, paths=paths)


def _status(traces: tuple[Trace, ...]) -> int:
    whole = all(each.end is not EndReason.INTERRUPTED for each in traces)
    return 0 if whole and any(each.end is EndReason.REACHED for each in traces) else 1
