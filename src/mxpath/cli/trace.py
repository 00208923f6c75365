"""``mxpath trace TARGET…``: the path to port 25, and whose networks it crosses."""

import argparse

from mxpath.attribution.attribute import attribute
from mxpath.attribution.names import name_addresses
from mxpath.cli import options as shared
from mxpath.cli import tables, watching
from mxpath.cli.readings import remarks, table
from mxpath.cli.targets import resolve
from mxpath.model import codec
from mxpath.model.documents import Traces
from mxpath.model.probe import Protocol
from mxpath.model.trace import EndReason
from mxpath.tracing.reading import read
from mxpath.tracing.tracer import TraceOptions, trace


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
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="a table of loss, round trips and jitter of each hop, as mtr has it (with --queries)",
    )
    watching.add(parser)
    shared.add_names(parser)
    shared.add_output(parser)
    shared.add_families(parser)
    shared.add_vantage(parser)
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Trace all targets in one engine; 1 when none was reached."""
    with shared.opened(options) as (vantage, gazetteer):
        pairs = resolve(options.targets, vantage, families=shared.families(options))
        asked = {address: name for name, address in pairs}
        shared.progress(options)(f"tracing {len(asked)} addresses")
        chosen = TraceOptions(
            protocol=Protocol(options.protocol),
            port=options.port,
            max_ttl=options.max_ttl,
            **shared.queries(options),
        )
        if options.watch:
            return watching.run(options, asked, vantage, gazetteer, chosen)
        traces = trace(asked, vantage, options=chosen)
        hops = [address for t in traces for hop in t.hops for address in hop.responders]
        names = {} if options.no_names else name_addresses((*asked, *hops), vantage)
        owners = attribute((*asked, *hops), gazetteer)
    readings = tuple(map(read, traces))
    if options.json:
        document = Traces(traces=traces, owners=owners, names=names, readings=readings)
        print(codec.dump(document).decode(), end="")
    else:
        for each, reading in zip(traces, readings, strict=True):
            under = remarks(reading)
            tables.print_trace(each, owners, names, asked=asked[each.target], under=under)
            for line in table(reading) if options.statistics else ():
                print(line)
    whole = all(each.end is not EndReason.INTERRUPTED for each in traces)
    return 0 if whole and any(each.end is EndReason.REACHED for each in traces) else 1
