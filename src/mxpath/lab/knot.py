"""Knot DNS for a world: its one zone, the names that fail, and what a running knotd serves."""

import subprocess
from pathlib import Path

from mxpath.lab.namespaces import LabError, inside
from mxpath.lab.topology import World
from mxpath.lab.zone import zone_file


def config(world: World, directory: Path) -> str:
    """Return the configuration of the world's name server.

    A zone that is configured without a usable file is answered with SERVFAIL.
    """
    listen = ", ".join(f"{address}@53" for address in world.addresses_of(world.resolver))
    zones = [(world.dns.zone, "zone.txt"), *((name, "none.txt") for name in world.dns.servfail)]
    lines = [
        "server:",
        f'  rundir: "{directory}"',
        f"  listen: [ {listen} ]",
        "  udp-workers: 1",
        "  tcp-workers: 1",
        "  background-workers: 1",
        "database:",
        f'  storage: "{directory}"',
        "log:",
        "  - target: stderr",
        "    any: warning",
        "template:",
        "  - id: default",
        f'    storage: "{directory}"',
        "    zonefile-load: whole",
        "    journal-content: none",
        "zone:",
    ]
    for name, file in zones:
        lines += [f"  - domain: {name.rstrip('.')}.", f"    file: {file}"]
    return "\n".join(lines) + "\n"


def write(world: World, directory: Path) -> list[str]:
    """Write configuration and zone; return the command line of the server."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "zone.txt").write_text(zone_file(world))
    (directory / "knot.conf").write_text(config(world, directory))
    return ["knotd", "-c", str(directory / "knot.conf")]


def serves(world: World, directory: Path) -> bool:
    """Whether the running server has loaded the world's zone."""
    done = _control(world, directory, "zone-status", "+serial")
    return done.returncode == 0 and "serial: 1" in done.stdout


def read_zone(world: World, directory: Path) -> list[tuple[str, str, str]]:
    """Read all records from the running server.

    Returns
    -------
    list of (str, str, str)
        Owner with trailing dot, type, data.

    Raises
    ------
    LabError
        When the server does not tell.
    """
    done = _control(world, directory, "zone-read")
    if done.returncode != 0:
        raise LabError(f"knotc zone-read: {done.stderr.strip()}")
    rows = (line.split(maxsplit=4) for line in done.stdout.splitlines())
    return [(row[1].lower(), row[3], row[4]) for row in rows if len(row) == 5]


def _control(
    world: World, directory: Path, command: str, *filters: str
) -> subprocess.CompletedProcess[str]:
    zone = f"{world.dns.zone.rstrip('.')}."
    with inside(world.resolver):
        return subprocess.run(
            ["knotc", "-c", str(directory / "knot.conf"), command, zone, *filters],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
