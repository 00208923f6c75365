"""Knot DNS for a world: its zones, their keys, the names that fail, and what a running knotd serves.

Knot signs the signed zones itself when it loads them. Their keys are made before it
starts, since a parent's DS and the resolver's trust anchor are read from them.
"""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from mxpath.lab.namespaces import LabError, inside
from mxpath.lab.topology import World
from mxpath.lab.zone import TTL_S, Zone, server_of, zones

TRUST_ANCHOR = "trust-anchor.ds"
"""File with the DS of the root's key, in master-file form."""
_SHA_256 = "2"
_POLICY = """policy:
  - id: lab
    manual: on
    single-type-signing: on
"""


def config(world: World, directory: Path) -> str:
    """Return the configuration of the world's name server.

    A zone that is configured without a usable file is answered with SERVFAIL.
    """
    listen = ", ".join(f"{address}@53" for address in world.addresses_of(server_of(world)))
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
        _POLICY + "template:",
        "  - id: default",
        f'    storage: "{directory}"',
        "    zonefile-load: whole",
        "    zonefile-sync: -1",
        "    journal-content: none",
        "    dnssec-policy: lab",
        "zone:",
    ]
    for zone in zones(world):
        lines += [f'  - domain: "{zone.name}"', f'    file: "{_file(zone)}"']
        lines += ["    dnssec-signing: on"] if zone.signed else []
    for name in world.dns.servfail:
        lines += [f'  - domain: "{name.rstrip(".")}."', '    file: "none.txt"']
    return "\n".join(lines) + "\n"


def write(world: World, directory: Path) -> list[str]:
    """Write configuration, keys and zones; return the command line of the server.

    Raises
    ------
    LabError
        When a key cannot be made.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "knot.conf"
    path.write_text(config(world, directory))
    all_zones = zones(world)
    vouchers = {zone.name: _new_key(path, zone) for zone in all_zones if zone.signed}
    for zone in all_zones:
        below = [z for z in all_zones if z.parent == zone.name and z.signed]
        (directory / _file(zone)).write_text(zone.text + _ds_records(below, vouchers))
    if "." in vouchers:
        (directory / TRUST_ANCHOR).write_text(f". IN DS {vouchers['.']}\n")
    return ["knotd", "-c", str(path)]


def _file(zone: Zone) -> str:
    return f"{zone.name.rstrip('.') or 'root'}.zone"


def _new_key(config_file: Path, zone: Zone) -> str:
    """Make the zone's one key; return the DS data that vouches for it."""
    options = ["algorithm=ECDSAP256SHA256", "ksk=yes", "zsk=yes"]
    _keymgr(config_file, zone.name, "generate", *options)
    rows = (line.split() for line in _keymgr(config_file, zone.name, "ds").splitlines())
    return next(" ".join(row[2:]) for row in rows if row[4] == _SHA_256)


def _keymgr(config_file: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["keymgr", "-c", str(config_file), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    if done.returncode != 0:
        raise LabError(f"keymgr {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _ds_records(below: Iterable[Zone], vouchers: Mapping[str, str]) -> str:
    lines = []
    for zone in below:
        *head, digest = vouchers[zone.name].split()
        if zone.bogus:  # the right key, and the digest of no key at all
            digest = digest[::-1]
        lines.append(f"{zone.name} {TTL_S} IN DS {' '.join(head)} {digest}\n")
    return "".join(lines)


def serves(world: World, directory: Path) -> bool:
    """Whether the running server has loaded, and where need be signed, all zones of the world."""
    done = _control(world, directory, "zone-status", "+serial")
    loaded = {
        row[0].strip("[]").rstrip(".")
        for line in done.stdout.splitlines()
        if len(row := line.split()) >= 3 and row[1] == "serial:" and row[2].isdecimal()
    }
    return done.returncode == 0 and all(z.name.rstrip(".") in loaded for z in zones(world))


def read_zones(world: World, directory: Path) -> list[tuple[str, str, str]]:
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
    found = []
    for zone in zones(world):
        done = _control(world, directory, "zone-read", zone.name)
        if done.returncode != 0:
            raise LabError(f"knotc zone-read {zone.name}: {done.stderr.strip()}")
        rows = (line.split(maxsplit=4) for line in done.stdout.splitlines())
        found += [(row[1].lower(), row[3], row[4]) for row in rows if len(row) == 5]
    return found


def _control(world: World, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with inside(server_of(world)):
        return subprocess.run(
            ["knotc", "-c", str(directory / "knot.conf"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
