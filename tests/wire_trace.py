"""Traces in worlds of wires: what a world asks of the tracer, and what comes of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mxpath.model.probe import Protocol
from mxpath.model.trace import Hop, Trace
from mxpath.multipath.explore import explore
from mxpath.multipath.options import MultipathOptions
from mxpath.tracing.known import Knowledge
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.rounds import WatchOptions, watch
from mxpath.tracing.tracer import trace
from wire_path import Forgery, WirePath, play
from wire_world import Address, World

WORLDS = sorted((Path(__file__).parent / "tracing" / "worlds").glob("*.toml"))


def played(
    world: World,
    forgeries: Sequence[Forgery] = (),
    damages: Mapping[int, Callable[[bytes], bytes | None]] | None = None,
) -> tuple[Trace, WirePath]:
    """Trace the target of a world, which strangers and faults may disturb."""
    vantage, path = play(world)
    path.forgeries, path.damages = forgeries, damages or {}
    targets, options = [world.target_address], options_of(world)
    if (paths := world.options.get("multipath")) is not None:
        (found,) = explore(targets, vantage, options=options, paths=MultipathOptions(**paths))
        return found, path
    if world.watch is None:
        (found,) = trace(targets, vantage, options=options, known=knowledge_of(world))
        return found, path
    watching = WatchOptions(rounds=world.watch.rounds, every_s=world.watch.every_s)
    *_, last = watch(targets, vantage, options=options, watching=watching)
    return last.traces[0], path


def options_of(world: World) -> TraceOptions:
    """What a world asks of the tracer."""
    options = dict(world.options)
    if "protocol" in options:
        options["protocol"] = Protocol(options["protocol"])
    options.pop("multipath", None)
    return TraceOptions(**options)


def knowledge_of(world: World) -> Knowledge | None:
    """What earlier traces in a world have found."""
    if world.known is None:
        return None
    knowledge, known = Knowledge(), world.known
    if known.distance is not None:
        path = [_former(ttl, world.router(ttl)) for ttl in range(1, known.distance)]
        target = world.target_address
        knowledge.learn(target + 1 if known.of_neighbour else target, path, known.distance)
    if known.first:
        path = [_former(ttl, each) for ttl, each in enumerate(known.first, 1)]
        for far in (1 << 12, 2 << 12) if world.family == 4 else (1 << 82, 2 << 82):
            knowledge.learn(world.target_address + far, path, len(path) + 9)
    return knowledge


def _former(ttl: int, address: Address | str) -> Hop:
    known = () if isinstance(address, str) else (address,)
    return Hop(ttl=ttl, probes=(), told_responders=known)
