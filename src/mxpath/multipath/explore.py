"""Find all paths to each target, in the one loop of all traces."""

from collections.abc import Iterable
from dataclasses import replace

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.trace import Trace
from mxpath.multipath.exploration import Exploration
from mxpath.multipath.options import MultipathOptions
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.tracer import drive
from mxpath.vantage.ports import Vantage


def explore(
    targets: Iterable[IPAddress],
    vantage: Vantage,
    *,
    options: TraceOptions | None = None,
    paths: MultipathOptions | None = None,
) -> tuple[Trace, ...]:
    """Trace with the graph of all paths (MDA: Augustin, Friedman and Teixeira 2007).

    Parameters
    ----------
    targets, vantage, options
        As :func:`mxpath.tracing.tracer.trace` takes them; one query a hop.
    paths
        How sure to be, and at what price.

    Returns
    -------
    tuple of Trace
        One for each target; ``flows`` are all that were sent, the first of them as an ordinary
        trace, and ``multipath`` is the graph.

    Raises
    ------
    PrivilegeError
        As :func:`mxpath.tracing.tracer.trace` does.
    InputError
        As there, and where each flow would open a connection at the target.
    """
    chosen, wanted = options or TraceOptions(), paths or MultipathOptions()
    with vantage.probes() as probes:
        traits = probes.traits
    if chosen.protocol in traits.completes:
        raise InputError(
            f"all paths by {chosen.protocol} would open a connection for each: take udp or icmp,"
            f" or another engine than {traits.name}"
        )
    courses: dict[IPAddress, Exploration] = {}

    def course_for(target: IPAddress) -> Exploration:
        return courses.setdefault(target, Exploration(chosen, wanted))

    return tuple(
        replace(each, multipath=courses[each.target].multipath if each.target in courses else None)
        for each in drive(targets, vantage, course_for, options=chosen)
    )
