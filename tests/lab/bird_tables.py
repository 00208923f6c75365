"""What running BIRDs chose, to be held against the control plane in memory."""

import re
from ipaddress import ip_network

from mxpath.lab.netns import Lab
from mxpath.lab.routing import ControlPlane, Learnt
from mxpath.lab.topology import World
from mxpath.model.address import Prefix

Paths = dict[str, dict[Prefix, tuple[int, ...]]]
"""Router to prefix to the AS path of its best route."""


def paths_in_kernel(lab: Lab) -> Paths:
    """Best routes that were learnt by BGP, from every router's own BIRD."""
    return {router: _paths(lab, router) for router in lab.world.routers}


def _paths(lab: Lab, router: str) -> dict[Prefix, tuple[int, ...]]:
    argv = [
        "birdc",
        "-s",
        f"/run/lab/{router}.ctl",
        "show route primary all where source = RTS_BGP",
    ]
    text = lab.run(router, argv, timeout_s=10).stdout
    found, prefix = {}, None
    for line in text.splitlines():
        if head := re.match(r"([0-9a-f.:]+/\d+) ", line):
            prefix = ip_network(head[1])
        elif (path := re.match(r"\s+BGP.as_path: ?(.*)", line)) and prefix is not None:
            found[prefix] = tuple(map(int, path[1].split()))
    return found


def paths_in_memory(world: World) -> Paths:
    """The same from the memory player."""
    found: Paths = {router: {} for router in world.routers}
    for prefix, routes in ControlPlane(world).routes().items():
        for router, route in routes.items():
            if route.learnt is not Learnt.OWN:
                found[router][prefix] = route.path
    return found
