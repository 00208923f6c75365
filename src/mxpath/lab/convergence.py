"""Waiting until the routers of a lab have settled.

Settled means all three: every BGP session is established, the kernels' own
tables lead from the sender to every host and back in each family that both speak, and no
table has changed for a while. Reachability alone is not enough: a longer way
may come up before the better one.
"""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from mxpath.lab.bird import sessions_down
from mxpath.lab.fib import Fib, read_fibs
from mxpath.lab.namespaces import LabError
from mxpath.lab.neighbours import Neighbours
from mxpath.lab.topology import World

LIMIT_S = 30.0
_POLL_S = 0.05
_QUIET_S = 0.4
"""Longer than any update needs to cross a world of tens of milliseconds."""


def unreachable(world: World, fibs: Mapping[str, Fib]) -> list[str]:
    """Say which ways between the sender and the hosts the kernels' tables do not have yet."""
    near, sender = Neighbours(world, fibs), world.sender
    missing = []
    for host in world.hosts:
        for there in world.addresses_of(host):
            back = world.address_of(sender, there.version)
            if back is None:
                continue
            for start, target in ((sender, there), (host, back)):
                if near.delays_ms(start, target) is None:
                    missing.append(f"{start} to {target}")
    return missing


def wait_for_routes(world: World, controls: Iterable[Path], *, limit_s: float = LIMIT_S) -> float:
    """Wait until sessions, ways and silence are all there.

    Returns
    -------
    float
        Seconds that it took.

    Raises
    ------
    LabError
        After ``limit_s``, with what is missing.
    """
    start = time.monotonic()
    nodes, pending = [*world.routers, *world.hosts], list(controls)
    problem = "the routing daemons do not answer"
    while time.monotonic() - start < limit_s:
        pending = [control for control in pending if _sessions_missing(control)]
        if pending:
            problem = (
                f"BGP sessions down: {'; '.join(filter(None, map(_sessions_missing, pending)))}"
            )
        else:
            fibs = _settled(nodes, until=start + limit_s)
            missing = unreachable(world, fibs)
            if not missing:
                return time.monotonic() - start
            problem = f"no way from {', '.join(missing[:6])}"
        time.sleep(_POLL_S)
    raise LabError(f"world {world.name!r} did not converge in {limit_s:.0f} s: {problem}")


def settle(world: World, controls: Iterable[Path], *, limit_s: float) -> float:
    """Wait until sessions are there and tables are quiet again; what cannot be, is not waited for.

    Returns
    -------
    float
        Seconds until then, or ``limit_s`` where something still moves or is missing.
    """
    start, pending = time.monotonic(), list(controls)
    while pending and time.monotonic() - start < limit_s:
        pending = [control for control in pending if _sessions_missing(control)]
        time.sleep(_POLL_S)
    _settled([*world.routers, *world.hosts], until=start + limit_s)
    return min(limit_s, time.monotonic() - start)


def _sessions_missing(control: Path) -> str:
    try:
        down = sessions_down(control)
    except OSError:
        return f"{control.stem} (daemon silent)"
    return f"{control.stem} ({', '.join(down)})" if down else ""


def _settled(nodes: Iterable[str], *, until: float) -> dict[str, Fib]:
    """Read all tables until they have not changed for a while."""
    names = list(nodes)
    fibs, changed = read_fibs(names), time.monotonic()
    while time.monotonic() - changed < _QUIET_S and time.monotonic() < until:
        time.sleep(_POLL_S)
        again = read_fibs(names)
        if again != fibs:
            fibs, changed = again, time.monotonic()
    return fibs
