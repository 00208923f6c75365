"""Reading a trace: statistics, loss and anomalies in one value."""

from mxpath.model.reading import HopReading, TraceReading
from mxpath.model.trace import Trace
from mxpath.reading.anomalies import anomalies
from mxpath.reading.losses import losses
from mxpath.reading.statistics import statistics


def read(trace: Trace) -> TraceReading:
    """Return what can be read off a trace of ours or of another tool; pure."""
    return TraceReading(
        target=trace.target,
        hops=tuple(
            HopReading(ttl=hop.ttl, address=hop.address, statistics=statistics(hop), loss=loss)
            for hop, loss in zip(trace.hops, losses(trace), strict=True)
        ),
        anomalies=anomalies(trace),
    )
