"""A small world with a registry, for the tests of whatever asks one."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from mxpath.datasets.snapshot import digest
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, manifest_text, read_manifest
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.published import publish
from mxpath.lab.topology import World, parse_world

WORLD = """
name = "registered"
title = "One provider, two mail networks, and the registry that knows them"
as_of = 2026-06-17
sender = "mailhost"
resolver = "ns"
public = ["198.18.0.0/15", "2001:db8::/32"]

[networks.64496]
name = "Nordmail"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["nord1"]
providers = [64510]

[networks.64503]
name = "BigMail"
prefixes = ["198.18.32.0/20", "2001:db8:3000::/36"]
routers = ["big1"]
providers = [64510]

[networks.64504]
name = "FarMail"
prefixes = ["198.18.48.0/20", "2001:db8:4000::/36"]
routers = ["far1"]
providers = [64510]

[networks.64510]
name = "Boreal Backbone"
prefixes = ["198.18.64.0/20", "2001:db8:5000::/36"]
routers = ["boreal1"]

[[links]]
ends = ["nord1", "boreal1"]
delay_ms = 5.0

[[links]]
ends = ["boreal1", "big1"]
delay_ms = 5.0

[[links]]
ends = ["boreal1", "far1"]
delay_ms = 10.0

[hosts.mailhost]
router = "nord1"

[hosts.ns]
router = "nord1"

[hosts.mx1]
router = "big1"
smtp = { name = "mx1.bigmail.example" }

[hosts.mx2]
router = "big1"
smtp = { name = "mx2.bigmail.example" }

[hosts.mxfar]
router = "far1"
smtp = { name = "mx.farmail.example" }

[hosts.whois]
router = "boreal1"

[domains."fine.example"]
mx = ["10 mx1.bigmail.example.", "10 mx2.bigmail.example.", "20 mx.farmail.example."]

[rdap]
host = "whois"
behaviour = "BEHAVIOUR"
limit_per_minute = 2
delay_s = DELAY
"""


@cache
def world(behaviour: HttpBehaviour = HttpBehaviour.FINE, delay_s: float = 3.0) -> World:
    return parse_world(WORLD.replace("BEHAVIOUR", behaviour).replace("DELAY", f"{delay_s}"))


def gazetteer(
    directory: Path, of: World, *, without: tuple[str, ...] = (), silent_on: int | None = None
) -> Gazetteer:
    """What the world publishes, less some data sets, and less the prefixes of one network."""
    publish(of, directory)
    manifest = read_manifest(directory)
    entries = [entry for entry in manifest.snapshot if entry.name not in without]
    if silent_on is not None:
        path = directory / "pfx2as.txt"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.endswith(f"\t{silent_on}\n")))
        found = digest([path.read_bytes()])
        entries = [replace(e, sha256=found) if e.name == "pfx2as" else e for e in entries]
    text = manifest_text(entries, as_of=manifest.as_of, public=manifest.public)
    (directory / FILE_NAME).write_text(text)
    return Gazetteer.open(directory)
