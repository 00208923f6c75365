"""One more look when SYNs to the mail port all die near here: by ICMP, else by TCP to port 443.

The law
-------
1. Only when nothing of a family gets behind the near hops (``egress.py``), and at two targets of that
   family at most.
2. ICMP first. Where that gets no farther, or cannot be sent, TCP/443 once. One probe a hop.
3. What is seen so is **not the mail flow**: it may take another path. It stands apart from the
   traces, and carries that note.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.model.trace import Trace
from mxpath.reading.egress import die_near, judge_egress
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.tracer import trace
from mxpath.vantage.ports import Vantage

NOT_THE_MAIL_FLOW = "not the mail flow: traced to see where it would go"
_TARGETS = 2
_OTHER_PORT = 443


def look_beside(
    traces: Sequence[Trace], vantage: Vantage, *, options: TraceOptions
) -> tuple[Trace, ...]:
    """Trace again by other protocols where the port does not seem to get out; else nothing.

    Parameters
    ----------
    traces
        What was traced with ``options``; imported ones among them, seen from elsewhere, are left out.
    vantage
        Where to stand.
    options
        Those of the traces; protocol, port and queries are replaced.

    Raises
    ------
    PrivilegeError
        When the kernel lets this user send no probes.
    """
    ours, found = [t for t in traces if t.imported is None], list[Trace]()
    for protocol, port in ((Protocol.ICMP, None), (Protocol.TCP, _OTHER_PORT)):
        targets = tuple(_targets(ours, found))
        if not targets or options.destination_port == port:
            continue
        chosen = replace(options, protocol=protocol, port=port, queries=1)
        try:
            found += trace(targets, vantage, options=chosen)
        except InputError:
            continue  # this engine cannot send it
    return tuple(replace(t, notes=(NOT_THE_MAIL_FLOW, *t.notes)) for t in found)


def _targets(traces: Sequence[Trace], beside: Sequence[Trace]) -> Iterator[IPAddress]:
    """Rule 1: of each family that does not get out, as long as nothing is seen to."""
    for egress in judge_egress(traces, beside):
        mine = [t for t in traces if t.target.version == egress.version and t.hops]
        if die_near(mine) and not egress.passes:
            yield from dict.fromkeys(t.target for t in mine[:_TARGETS])
