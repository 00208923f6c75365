"""Traces inside a lab: ``inside_engines TARGETS ENGINE:PROTOCOL …``; what each finds is JSON.

Before and after each, the kernel of this namespace is asked how many SYNs it has sent for
connections of ours, and how many of them again.
"""

import json
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from mxpath.errors import InputError, PrivilegeError
from mxpath.model.codec import to_data
from mxpath.model.probe import Protocol
from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.live import live


def counters() -> dict[str, int]:
    """Connections begun, and SYNs sent once more (netstat(8), proc(5))."""
    rows: dict[str, str] = {}
    for name in ("/proc/net/snmp", "/proc/net/netstat"):
        lines = [line.split() for line in Path(name).read_text().splitlines()]
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            rows |= {f"{names[0]}{n}": v for n, v in zip(names[1:], values[1:], strict=True)}
    return {"begun": int(rows["Tcp:ActiveOpens"]), "again": int(rows["TcpExt:TCPSynRetrans"])}


def found(case: str, targets: list[str]) -> Any:
    """What an engine finds, or why it finds nothing."""
    engine, _, protocol = case.partition(":")
    vantage = live(engine=engine, ledger=Ledger(None), resolver="127.0.0.1")
    options = TraceOptions(protocol=Protocol(protocol))
    before = counters()
    try:
        traces = trace(map(ip_address, targets), vantage, options=options)
    except (InputError, PrivilegeError) as error:
        return {"refused": str(error)}
    syns = {name: count - before[name] for name, count in counters().items()}
    return {"traces": [to_data(each) for each in traces], "syns": syns}


if __name__ == "__main__":
    words = sys.argv[1].split(",")
    sys.stdout.write(json.dumps({case: found(case, words) for case in sys.argv[2:]}))
