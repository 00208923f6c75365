"""A small world with a collector and a looking glass, for the tests of whatever asks one."""

from functools import cache
from pathlib import Path

import registries
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.published import publish
from mxpath.lab.topology import World, parse_world

WORLD = (
    registries.WORLD.split("[rdap]", maxsplit=1)[0].replace('"registered"', '"collected"')
    + """
[collectors.here]
host = "whois"
asn = 64999
peers = ["boreal1", "nord1", "big1"]

[looking_glass]
host = "whois"
behaviour = "BEHAVIOUR"
limit_per_minute = 2
delay_s = DELAY
"""
)


@cache
def world(behaviour: HttpBehaviour = HttpBehaviour.FINE, delay_s: float = 9.0) -> World:
    return parse_world(WORLD.replace("BEHAVIOUR", behaviour).replace("DELAY", f"{delay_s}"))


def gazetteer(directory: Path, of: World) -> Gazetteer:
    publish(of, directory)
    return Gazetteer.open(directory)
