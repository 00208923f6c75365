"""The tracer, run inside a lab: ``tracing_all TARGETS``, JSON; by every protocol and engine."""

import json
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, cast

from mxpath.model.address import IPAddress
from mxpath.model.codec import to_data
from mxpath.model.probe import Protocol
from mxpath.model.trace import Trace
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.portable import open_portable
from mxpath.vantage.ports import Vantage
from mxpath.vantage.raw import open_raw

ENGINES = {"raw": open_raw, "scapy": open_portable}
TURNS = [
    *(("raw", protocol) for protocol in Protocol),
    *(("scapy", protocol) for protocol in (Protocol.ICMP, Protocol.TCP, Protocol.UDP)),
]
"""UDP first and last: a host answers six datagrams at once, then one a second."""


def traces(targets: list[IPAddress]) -> Iterator[Trace]:
    """Trace by turns."""
    unused = cast("Any", None)
    for name, protocol in TURNS:
        vantage = Vantage(
            clock=SystemClock(), resolver=unused, dialer=unused, probes=ENGINES[name], engine=name
        )
        if (name, protocol) == TURNS[-1]:
            time.sleep(1.1)
        yield from trace(targets, vantage, options=TraceOptions(protocol=protocol, queries=1))


if __name__ == "__main__":
    found = traces([ip_address(each) for each in json.loads(sys.argv[1])])
    sys.stdout.write(json.dumps([to_data(each) for each in found]))
