"""What running kernels say of their addresses and routes: read, never guessed.

A `Fib` is one node's picture: interface addresses and the main routing tables of
both families, as ``ip -j`` prints them. Everything here asks the kernel of the
namespace by its own command line tool and sends nothing.
"""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path
from typing import Any

from mxpath.lab.conditions import Carried
from mxpath.lab.namespaces import LabError, inside
from mxpath.lab.topology import Interface
from mxpath.model.address import IPAddress, Prefix


@dataclass(frozen=True, slots=True)
class Step:
    """One way on: out of a device, to a gateway or, without one, to the destination itself."""

    device: str
    gateway: IPAddress | None


NEVER_S = 10_000.0
"""Who sends one error in so long a time sends none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRules:
    """What a node's kernel has been told of the ICMP errors that it sends."""

    interval_s: Mapping[int, float]
    """IP version to the time between two errors to one destination; 0 for no limit."""
    source_by_route: bool
    """They leave with the source that the route back prefers, not with the inbound interface's."""


_FREE = ErrorRules(interval_s={4: 0.0, 6: 0.0}, source_by_route=False)


@dataclass(frozen=True)
class Fib:
    """The addresses and routes of one node."""

    addresses: Mapping[str, tuple[Interface, ...]]
    """Device to its addresses of global scope, in the kernel's order, IPv4 first."""
    link_local: Mapping[str, tuple[IPAddress, ...]]
    """Device to its link-local addresses."""
    routes: tuple[tuple[Prefix, tuple[Step, ...]], ...]
    """Prefix to equal-cost steps; none for an unreachable route."""
    preferred: tuple[tuple[Prefix, IPAddress], ...] = ()
    """Prefix to the source that its route prefers, where it has one."""
    errors: ErrorRules = _FREE

    @cached_property
    def local(self) -> frozenset[IPAddress]:
        """All global addresses of the node."""
        return frozenset(i.ip for found in self.addresses.values() for i in found)

    def steps(self, target: IPAddress) -> tuple[Step, ...]:
        """All equal-cost steps towards an address, by longest prefix."""
        fitting = [r for r in self.routes if r[0].version == target.version and target in r[0]]
        return max(fitting, key=lambda r: r[0].prefixlen)[1] if fitting else ()

    def answers_from(self, destination: IPAddress) -> IPAddress | None:
        """Source of an ICMP error to a destination; ``None`` for the inbound interface's address."""
        fitting = [
            row
            for row in self.preferred
            if row[0].version == destination.version and destination in row[0]
        ]
        if not self.errors.source_by_route or not fitting:
            return None
        return max(fitting, key=lambda row: row[0].prefixlen)[1]


def _ip(*arguments: str) -> Any:
    done = subprocess.run(
        ["ip", "-j", *arguments], capture_output=True, text=True, check=False, timeout=10
    )
    if done.returncode != 0:
        raise LabError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout or "[]")


def read_fib(node: str) -> Fib:
    """Read a node's addresses and routes.

    Raises
    ------
    LabError
        When the kernel does not tell.
    """
    with inside(node):
        links, routes = _ip("address", "show"), []
        for family in ("-4", "-6"):
            routes += [(row, family) for row in _ip(family, "route", "show", "table", "main")]
        errors = _error_rules()
    addresses: dict[str, tuple[Interface, ...]] = {}
    link_local: dict[str, tuple[IPAddress, ...]] = {}
    for link in links:
        rows = [row for row in link.get("addr_info", ()) if "local" in row]
        addresses[link["ifname"]] = tuple(
            ip_interface(f"{row['local']}/{row['prefixlen']}")
            for row in rows
            if row["scope"] == "global"
        )
        link_local[link["ifname"]] = tuple(
            ip_address(row["local"]) for row in rows if row["scope"] == "link"
        )
    # Of several routes to one prefix the kernel takes the one of the smallest metric.
    routes.sort(key=lambda found: found[0].get("metric", 0))
    best = dict[Prefix, tuple[Step, ...]]()
    preferred = dict[Prefix, IPAddress | None]()
    for row, family in routes:
        prefix, steps = _route(row, family)
        best.setdefault(prefix, steps)
        preferred.setdefault(prefix, ip_address(row["prefsrc"]) if "prefsrc" in row else None)
    sources = tuple((prefix, source) for prefix, source in preferred.items() if source is not None)
    return Fib(addresses, link_local, tuple(best.items()), sources, errors)


def _error_rules() -> ErrorRules:
    """Read the sysctls of the namespace that we are in; types 11 and 3 are Time Exceeded."""
    sysctls = Path("/proc/sys/net")
    masked_v4 = int((sysctls / "ipv4/icmp_ratemask").read_text()) >> 11 & 1
    masked_v6 = _within(3, (sysctls / "ipv6/icmp/ratemask").read_text())
    limits = {
        4: int((sysctls / "ipv4/icmp_ratelimit").read_text()) * masked_v4,
        6: int((sysctls / "ipv6/icmp/ratelimit").read_text()) * masked_v6,
    }
    inbound = int((sysctls / "ipv4/icmp_errors_use_inbound_ifaddr").read_text())
    return ErrorRules(
        interval_s={version: limit_ms / 1000 for version, limit_ms in limits.items()},
        source_by_route=not inbound,
    )


def _within(number: int, text: str) -> bool:
    """Whether a kernel's list of ranges (``0-1,3-127``) holds a number."""
    ranges = [part.partition("-") for part in text.strip().split(",") if part]
    return any(int(low) <= number <= int(high or low) for low, _, high in ranges)


def _route(row: dict[str, Any], family: str) -> tuple[Prefix, tuple[Step, ...]]:
    default = "0.0.0.0/0" if family == "-4" else "::/0"
    prefix = ip_network(default if row["dst"] == "default" else row["dst"])
    if row.get("type", "unicast") != "unicast":
        return prefix, ()
    return prefix, tuple(_step(hop) for hop in row.get("nexthops") or (row,))


def _step(hop: Mapping[str, Any]) -> Step:
    gateway = hop.get("gateway") or hop.get("via", {}).get("host")
    return Step(hop["dev"], ip_address(gateway) if gateway else None)


def route_get(
    node: str, target: IPAddress, *, source: IPAddress, device: str | None, packet: Carried
) -> Step | None:
    """Ask a node's kernel where the packets of one flow go on.

    Parameters
    ----------
    node
        Whose kernel.
    target, source, packet
        The flow: its addresses, its protocol and its ports.
    device
        The interface it came in by; ``None`` at the sender itself.

    Returns
    -------
    Step or None
        ``None`` when the kernel has no route.
    """
    where = ["iif", device] if device else []
    ports = ["sport", str(packet.source_port), "dport", str(packet.target_port)]
    with inside(node):
        try:
            (row,) = _ip(
                f"-{target.version}",
                "route",
                "get",
                str(target),
                "from",
                str(source),
                *where,
                "ipproto",
                str(packet.protocol),
                *(ports if packet.target_port else ()),
            )
        except LabError:
            return None
    if row.get("type", "unicast") != "unicast":
        return None
    return _step(row)


def read_fibs(nodes: Iterable[str]) -> dict[str, Fib]:
    """Read the tables of several nodes."""
    return {node: read_fib(node) for node in nodes}
