"""What ``mxpath trace`` shows when its traces are there."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mxpath.cli import options as shared
from mxpath.cli import tables
from mxpath.cli.branches import branch_lines
from mxpath.cli.readings import egress_lines, mtu_lines, remarks, table
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim
from mxpath.model.trace import Trace
from mxpath.reading.egress import die_near, judge_egress
from mxpath.reading.read import read
from mxpath.tracing.options import TraceOptions
from mxpath.vantage.ports import Vantage

if TYPE_CHECKING:
    from mxpath.gazetteer.gazetteer import Gazetteer


def show(  # noqa: PLR0913 - all by keyword
    traces: Sequence[Trace],
    *,
    asked: Mapping[IPAddress, str],
    options: argparse.Namespace,
    vantage: Vantage,
    gazetteer: "Gazetteer | None",
    chosen: TraceOptions,
) -> None:
    """Print traces, whose networks they cross, and what their answers tell.

    Parameters
    ----------
    traces
        As measured.
    asked
        What was asked for, by address.
    options
        ``json``, ``statistics``, ``mtu``, ``no_fallback``, ``no_names`` and ``numeric``.
    vantage
        Asked for host names, now that nothing is being traced any more.
    gazetteer
        Whose addresses they are; ``None`` to leave that out.
    chosen
        How the traces were made.
    """
    beside = () if options.no_fallback else _beside(traces, vantage, chosen)
    egress = judge_egress(traces, beside)
    if options.mtu:
        from mxpath.tracing.path_mtu import measure_path_mtu  # noqa: PLC0415 - rarely wanted

        shared.progress(options)("measuring the path MTU")
        traces = measure_path_mtu(traces, vantage)
    hops = [address for t in (*traces, *beside) for address in _met(t)]
    names: dict[IPAddress, Claim[str]] = {}
    owners: dict[IPAddress, Attribution] = {}
    if not (options.no_names or options.numeric):
        from mxpath.attribution.names import name_addresses  # noqa: PLC0415 - asks the DNS

        names = name_addresses((*asked, *hops), vantage)
    if gazetteer is not None:
        from mxpath.attribution.attribute import attribute  # noqa: PLC0415 - loads numpy

        owners = attribute((*asked, *hops), gazetteer)
    readings = tuple(map(read, traces))
    if options.json:
        from mxpath.model import codec  # noqa: PLC0415 - loads pydantic
        from mxpath.model.documents import Traces  # noqa: PLC0415 - as above

        document = Traces(
            traces=tuple(traces),
            owners=owners,
            names=names,
            readings=readings,
            egress=egress,
            beside=beside,
        )
        print(codec.dump(document).decode(), end="")
        return
    for line in egress_lines(egress):
        print(line)
    for each, reading in zip(traces, readings, strict=True):
        under = remarks(reading)
        tables.print_trace(each, owners, names, asked=asked[each.target], under=under)
        columns = table(reading) if options.statistics else ()
        for line in (*mtu_lines(each), *columns, *branch_lines(each, owners, names)):
            print(line)
    for each in beside:
        tables.print_trace(each, owners, names, asked=asked[each.target], under=remarks(read(each)))


def _met(trace: Trace) -> Iterator[IPAddress]:
    """Addresses of hops, those on all other paths with them."""
    for hop in trace.hops:
        yield from hop.responders
    for node in () if trace.multipath is None else trace.multipath.nodes:
        if node.address is not None:
            yield node.address


def _beside(traces: Sequence[Trace], vantage: Vantage, chosen: TraceOptions) -> tuple[Trace, ...]:
    """Look by another protocol where the port does not seem to get out."""
    if not any(die_near([t for t in traces if t.target.version == v]) for v in (4, 6)):
        return ()
    from mxpath.fallback import look_beside  # noqa: PLC0415 - rarely wanted

    return look_beside(traces, vantage, options=chosen)
