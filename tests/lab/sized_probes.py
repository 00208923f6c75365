"""Large probes, sent inside a lab: ``sized_probes SIZES TARGETS``, JSON: what each was answered.

Every engine, UDP and ICMP, each size in its turn; an answer is the kind, the responder and the MTU.
"""

import json
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol
from mxpath.vantage.portable import open_portable
from mxpath.vantage.ports import ProbeSocket
from mxpath.vantage.raw import open_raw

Row = tuple[str, str, str, int, str, str | None, int | None]


def asked(
    probes: ProbeSocket, target: IPAddress, protocol: Protocol, sizes: list[int]
) -> Iterator[Row]:
    """Send one probe after the other and wait for each."""
    source = probes.source_for(target)
    assert source is not None
    for number, size in enumerate(sizes, start=1):
        spec = ProbeSpec(
            target=target,
            source=source,
            source_port=61_000,
            destination_port=0 if protocol is Protocol.ICMP else 33_434,
            ttl=20,
            sequence=number << 4,
            protocol=protocol,
            size=size,
        )
        (sent,) = probes.send([spec])
        word, responder, mtu = sent.error or "silence", None, None
        end_s = time.monotonic() + 0.3
        while time.monotonic() < end_s and responder is None and sent.error is None:
            for reply in probes.receive(end_s):
                if reply.sequence == spec.sequence and reply.kind is not None:
                    word, responder, mtu = reply.kind.value, str(reply.responder), reply.mtu
        yield probes.traits.name, str(target), protocol.value, size, word, responder, mtu


if __name__ == "__main__":
    rows: list[Row] = []
    for opening in (open_raw, open_portable):
        with opening() as probes:
            for target in map(ip_address, json.loads(sys.argv[2])):
                for protocol in (Protocol.UDP, Protocol.ICMP):
                    rows += asked(probes, target, protocol, json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps(rows))
