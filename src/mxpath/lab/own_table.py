"""The routing table of the sender's own router: printed, and asked for its true path to an address.

In memory it is printed as ``birdc show route all`` prints a BIRD's, so that a played world
has a file for ``--rib`` as a running one has.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from mxpath.lab.routing import Learnt, Route, settled_routes
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix

Ask = Callable[[str], str]
"""Asks the router's running BIRD one thing and returns what it prints."""
_HEAD = re.compile(r"[0-9a-f.:]+/\d+ ")
_PATH = re.compile(r"\s*BGP\.as_path: ?([\d ]*)")


def sender_router(world: World) -> str:
    """Return the router that the sender's host hangs on."""
    return world.hosts[world.sender].router


def played_table(world: World) -> str:
    """Return what the router of a world in memory holds, as BIRD would print it."""
    routes = dict(_played(world))
    lines = ["BIRD 2.0.12 ready."]
    for version in (4, 6):
        lines.append(f"Table master{version}:")
        for prefix, route in routes.items():
            if prefix.version == version:
                lines += _printed(prefix, route)
        lines.append("")
    return "\n".join(lines)


def _played(world: World) -> Iterator[tuple[Prefix, Route]]:
    router = sender_router(world)
    for prefix, routes in settled_routes(world).items():
        if router in routes:
            yield prefix, routes[router]


def _printed(prefix: Prefix, route: Route) -> Iterator[str]:
    if route.learnt is Learnt.OWN:
        yield f"{prefix!s:<20} unreachable [static{prefix.version} 00:00:00.000] * (200)"
        yield "\tType: static univ"
        return
    told = f"[external{prefix.version}_0 00:00:00.000] * (100) [AS{route.path[-1]}i]"
    yield f"{prefix!s:<20} unicast {told}"
    yield "\tType: BGP univ"
    yield f"\tBGP.as_path: {' '.join(map(str, route.path))}"


def played_paths(world: World, targets: Iterable[IPAddress]) -> dict[IPAddress, tuple[int, ...]]:
    """Return the networks to each target by the played router's longest route, ours first."""
    routes, ours = dict(_played(world)), world.asn_of[world.sender]
    found = {}
    for target in targets:
        around = [prefix for prefix in routes if target in prefix]
        if around:
            longest = max(around, key=lambda prefix: prefix.prefixlen)
            found[target] = (ours, *routes[longest].path)
    return found


def running_paths(
    world: World, targets: Iterable[IPAddress], ask: Ask
) -> dict[IPAddress, tuple[int, ...]]:
    """Return the same of a running router, by what its BIRD answers for each target."""
    ours, found = world.asn_of[world.sender], {}
    for target in targets:
        said = ask(f"show route table master{target.version} for {target} primary all")
        lines = [line[5:] if line[:4].isdigit() else line[1:] for line in said.splitlines()]
        if any(_HEAD.match(line) for line in lines):
            told = next((match[1] for line in lines if (match := _PATH.match(line))), "")
            found[target] = (ours, *map(int, told.split()))
    return found
