"""The first world, played in memory, for tests of whatever stands on it."""

import atexit
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.lab.simulated_faults import Faults
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.model.study import Study
from mxpath.pipeline import Options, analyze


@cache
def first_walk() -> World:
    return read_world(shipped_worlds()["first_walk"])


@cache
def gazetteer() -> Gazetteer:
    directory = Path(mkdtemp(prefix="mxpath-test-"))
    atexit.register(rmtree, directory)
    publish(first_walk(), directory)
    return Gazetteer.open(directory)


@cache
def _as_it_is(domain: str) -> Study:
    return analyze(domain, simulate(first_walk()), gazetteer())


def analyzed(domain: str, *, faults: Faults | None = None, options: Options | None = None) -> Study:
    """A study of a domain; where nothing is out of the ordinary, the one that was made before."""
    if faults is None and options is None:
        return _as_it_is(domain)
    vantage = simulate(first_walk(), faults=faults or Faults())
    return analyze(domain, vantage, gazetteer(), options=options)
