"""Traces of other tools in place of our own: which of them serve a study, and what is said of each.

1. A trace serves that leads to an address of the MX plan. Of several to one address that one is taken
   which is most like the way of mail: TCP to port 25 first, then one that arrived, then the latest.
2. A trace that left another address than ours was measured elsewhere. One that does not tell is taken as
   measured here, since it was given in place of ours; a note says so.
3. Nothing is left out in silence.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.origin import Origin
from mxpath.model.trace import EndReason, Trace

MOST_NAMED = 4
"""Addresses that a note names one by one."""
_EVER = datetime.min.replace(tzinfo=UTC)


def choose(
    traces: Sequence[Trace], addresses: Sequence[IPAddress], origin: Origin
) -> tuple[dict[IPAddress, Trace], list[str]]:
    """Return the trace to each address for which there is one, and notes about all of them."""
    chosen: dict[IPAddress, Trace] = {}
    notes = []
    for address in addresses:
        found = sorted((t for t in traces if t.target == address), key=_worth, reverse=True)
        if not found:
            continue
        chosen[address] = found[0]
        more = f"; the best of {len(found)}" if len(found) > 1 else ""
        notes.append(f"{trace_words(found[0], origin)}{more}")
    others = dict.fromkeys(t.target for t in traces if t.target not in chosen)
    if others:
        notes.append(f"not used, as they lead to no address of the plan: {_list(others)}")
    return chosen, notes


def is_elsewhere(trace: Trace, origin: Origin) -> bool:
    """Whether another tool measured it, and not from an address that we send from."""
    return trace.is_elsewhere(origin.sends_from(trace.target.version))


def trace_words(trace: Trace, origin: Origin) -> str:
    """Say of an imported trace who measured it, when, from where, and with what."""
    if trace.source is None:
        place = "from where is not told, taken as from here"
    else:
        place = f"from {trace.source}"
        place += ", not from here" if is_elsewhere(trace, origin) else ""
    return printable(f"{trace.target}: {trace.measured_words}; {place}")


def _worth(trace: Trace) -> tuple[bool, bool, datetime, int]:
    arrived = trace.end is EndReason.REACHED or trace.distance is not None
    when = trace.measured_at or _EVER
    heard = sum(hop.address is not None for hop in trace.hops)
    return trace.is_mail_flow, arrived, when, heard


def _list(addresses: Iterable[IPAddress]) -> str:
    shown = list(map(str, addresses))
    more = f" and {len(shown) - MOST_NAMED} more" if len(shown) > MOST_NAMED else ""
    return ", ".join(shown[:MOST_NAMED]) + more
