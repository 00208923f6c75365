"""Vantages that ask nobody: worlds played in memory, and recordings."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mxpath.cli.settings import Settings
from mxpath.errors import InputError

if TYPE_CHECKING:  # loaded late: who asks for the file of a world needs no player
    from mxpath.lab.topology import World
    from mxpath.vantage.ports import Vantage


def world_under_faults(name: str) -> "tuple[World, tuple[str, ...]]":
    """Return the world and the faults that ``WORLD+FAULT+FAULT`` names.

    Raises
    ------
    InputError
        When there is no such world or fault.
    """
    from mxpath.lab.faults import named  # noqa: PLC0415
    from mxpath.lab.topology import read_world  # noqa: PLC0415

    directory, slash, last = name.rpartition(os.sep)
    last, *faults = last.split("+")
    world = read_world(world_file(directory + slash + last))
    named(world, faults)
    return world, tuple(faults)


def world_file(name: str) -> Path:
    """Return the file of a world given by path or by the name of a shipped one.

    Raises
    ------
    InputError
        When it is neither.
    """
    from mxpath.lab.topology import shipped_worlds  # noqa: PLC0415

    worlds = shipped_worlds()
    if name in worlds:
        return worlds[name]
    if os.sep in name or name.endswith(".toml"):
        return Path(name)
    raise InputError(f"no world {name!r}: use a FILE.toml or one of {', '.join(sorted(worlds))}")


def simulated(name: str, scratch: Path, settings: Settings) -> "tuple[Vantage, Path]":
    """Open a world in memory; what it publishes goes to ``scratch``.

    Raises
    ------
    InputError
        When there is no such world or fault, or an option that it has no use for.
    """
    from mxpath.lab.published import publish  # noqa: PLC0415
    from mxpath.lab.simulated import simulate  # noqa: PLC0415

    world, faults = world_under_faults(name)
    if settings.typed("resolver"):
        raise InputError("--resolver: a simulated world asks its own resolver; leave it out")
    publish(world, scratch)
    vantage = simulate(world, active=faults)
    return _held_back(_from_source(vantage, settings), settings), scratch


def _from_source(vantage: "Vantage", settings: Settings) -> "Vantage":
    """Take a typed ``--source`` for what it is in a played world: one of the sender's own."""
    if not settings.typed("source"):
        return vantage
    origin = vantage.origin
    ours = [a for a in (origin.address_v4, origin.address_v6) if a is not None]
    if strange := [a for a in settings.source if a not in ours]:
        known = " and ".join(map(str, ours)) or "no address"
        raise InputError(f"--source {strange[0]}: the world's sender has {known}")
    ways = ["--source" if a in settings.source else origin.how for a in ours]
    return replace(vantage, origin=replace(origin, how=", ".join(dict.fromkeys(ways))))


def _held_back(vantage: "Vantage", settings: Settings) -> "Vantage":
    """Honour the exclude list where no budget is kept."""
    if not settings.exclude:
        return vantage
    from mxpath.vantage.ledger import Ledger  # noqa: PLC0415
    from mxpath.vantage.limits import Budget  # noqa: PLC0415
    from mxpath.vantage.pace import Pace, PacedDialer, paced_probes  # noqa: PLC0415

    free = dict.fromkeys(Budget, sys.maxsize)
    book, pace = Ledger(None, per_hour=free, exclude=settings.exclude), Pace(sys.maxsize)
    return replace(
        vantage,
        dialer=PacedDialer(vantage.dialer, pace, book, vantage.clock),
        probes=paced_probes(vantage.probes, pace, book, vantage.clock),
    )


def replayed(path: str, settings: Settings) -> "Vantage":
    """Open a recording.

    Raises
    ------
    InputError
        When an option would ask otherwise than was asked.
    """
    from mxpath.vantage.recorded import replay  # noqa: PLC0415

    for key in ("source", "resolver"):
        if settings.typed(key):
            raise InputError(f"--{key}: a recording is played as it was made; leave it out")
    return replay(Path(path))
