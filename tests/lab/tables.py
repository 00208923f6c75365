"""Hand-made routing tables for tests that need no kernel."""

from ipaddress import ip_network

from mxpath.lab.fib import Fib, Step
from mxpath.lab.topology import World

Routes = dict[str, dict[str, tuple[str, ...]]]
"""Node to prefix to the next nodes."""


def step(world: World, node: str, other: str) -> Step:
    """The step from a node to its neighbour over their link, IPv4."""
    for wire in world.wires:
        ends = {port.node: port for port in wire.ports}
        if {node, other} == set(ends):
            return Step(ends[node].name, ends[other].address(4))
    raise AssertionError((node, other))


def tables(world: World, routes: Routes) -> dict[str, Fib]:
    """The addresses of a world with just these routes."""
    return {
        node: Fib(
            {port.name: port.numbers for port in world.interfaces[node]},
            {},
            tuple(
                (ip_network(prefix), tuple(step(world, node, other) for other in others))
                for prefix, others in routes.get(node, {}).items()
            ),
        )
        for node in (*world.routers, *world.hosts)
    }


NORD = "198.18.0.0/20"
BACK: Routes = {
    "mxfar": {NORD: ("far1",)},
    "far1": {NORD: ("boreal3",)},
    "boreal3": {NORD: ("boreal2a", "boreal2b")},
    "boreal2a": {NORD: ("boreal1",)},
    "boreal2b": {NORD: ("boreal1",)},
    "boreal1": {NORD: ("alpha1",)},
    "alpha1": {NORD: ("nord1",)},
    "nord1": {NORD: ("mailhost",)},
}
"""The first walk's way back from the far mail host to the sender."""
