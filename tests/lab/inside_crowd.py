"""What the crowd's test does in a network namespace of its own; its answer on stdout is JSON.

    inside_crowd.py TARGETS RATE_PPS

Sender, one router, and one machine that has all addresses of a /21, with every port closed. The
router's limits of ICMP are off: every probe is due an answer.
"""

import json
import resource
import subprocess
import sys
import time
from ipaddress import IPv4Address
from pathlib import Path

from mxpath.tracing.tracer import TraceOptions, trace
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.live import live

FIRST = IPv4Address("198.18.32.0")
ROUTER = (
    "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit;"
    " echo 100000 > /proc/sys/net/ipv4/icmp_msgs_per_sec;"
    " echo 10000 > /proc/sys/net/ipv4/icmp_msgs_burst"
)


def ip(words: str, inside: subprocess.Popen[bytes] | None = None) -> None:
    enter = [] if inside is None else ["nsenter", "-t", str(inside.pid), "-n"]
    subprocess.run([*enter, "ip", *words.split()], check=True)


def namespace() -> subprocess.Popen[bytes]:
    """Start a process that holds another network namespace."""
    holder = subprocess.Popen(["unshare", "-n", "sleep", "120"])
    while Path(f"/proc/{holder.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
        time.sleep(0.01)
    return holder


def connect(router: subprocess.Popen[bytes], far: subprocess.Popen[bytes]) -> None:
    ip(f"link add s0 type veth peer name r0 netns {router.pid}")
    ip(f"link add r1 type veth peer name t0 netns {far.pid}", router)
    ip("addr add 198.18.0.1/30 dev s0")
    ip("addr add 198.18.0.2/30 dev r0", router)
    ip("addr add 198.18.0.5/30 dev r1", router)
    ip("addr add 198.18.0.6/30 dev t0", far)
    for name, inside in (("s0", None), ("r0", router), ("r1", router), ("t0", far)):
        ip(f"link set {name} up", inside)
    ip("link set lo up", far)
    ip(f"route add local {FIRST}/21 dev lo", far)
    ip("route add default via 198.18.0.2")
    ip("route add default via 198.18.0.5", far)
    ip(f"route add {FIRST}/21 via 198.18.0.6", router)
    enter = ["nsenter", "-t", str(router.pid), "-n"]
    subprocess.run([*enter, "sh", "-c", ROUTER], check=True)


def measure(targets: int, rate_pps: float) -> dict[str, float]:
    vantage = live(engine="raw", ledger=Ledger(None), rate_pps=rate_pps)
    before_s = time.process_time()
    before_octets = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = trace([FIRST + n for n in range(targets)], vantage, options=TraceOptions(queries=1))
    hops = [probe for each in found for hop in each.hops for probe in hop.probes]
    probes = hops + [probe for each in found for probe in each.flows[0].beyond]
    sent = sorted(probe.sent_ns for probe in probes if probe.sent_ns is not None)
    return {
        "packets": len(probes),
        "answered": sum(probe.reply is not None for probe in probes),
        "hops_answered": sum(probe.reply is not None for probe in hops),
        "hops": len(hops),
        "right": sum(
            [str(hop.address) for hop in each.hops] == ["198.18.0.2", str(each.target)]
            for each in found
        ),
        "length_s": (sent[-1] - sent[0]) / 1e9,
        "cpu_s": time.process_time() - before_s,
        "grown_octets": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before_octets,
    }


def main() -> None:
    router, far = namespace(), namespace()
    try:
        connect(router, far)
        json.dump(measure(int(sys.argv[1]), float(sys.argv[2])), sys.stdout)
    finally:
        for each in (router, far):
            each.kill()
            each.wait()


if __name__ == "__main__":
    main()
