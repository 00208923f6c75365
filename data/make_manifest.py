"""Write ``manifest.toml`` and ``snapshots/gazetteer.toml`` from what lies in this directory.

    python data/make_manifest.py

To be run after any file below ``data`` has changed; needs mxpath to be importable.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

from mxpath.datasets import (
    airports,
    asnames,
    carriers,
    cities,
    hostnames,
    iplocation,
    providers,
    rdap_bootstrap,
    transit_free,
)
from mxpath.datasets.snapshot import Spec, digest, read_files
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.lab.topology import read_world

DATA = Path(__file__).resolve().parent
SNAPSHOTS = DATA / "snapshots"
AS_OF = date(2026, 6, 17)
OUR_RULES = replace(
    hostnames.SPEC,
    publisher="mxpath",
    licence="GPL-2.0-or-later; coordinates CC BY 4.0 (GeoNames)",
    url="https://www.geonames.org/",
    attribution="Host name rules: mxpath, with coordinates of GeoNames (CC BY 4.0)",
)
"""In the form of CAIDA's, but written for mxpath."""
ROUTING = "https://stat.ripe.net/data"
"""Where live routing state may be asked for: RIPEstat, whose rules ``vantage/routing.py`` keeps."""


def entry(spec: Spec, files: tuple[str, ...], *, as_of: date) -> Entry:
    """Return the manifest entry of files below ``snapshots``."""
    return Entry(
        name=spec.name,
        files=files,
        publisher=spec.publisher,
        as_of=as_of,
        sha256=digest(read_files(SNAPSHOTS / name for name in files)),
        licence=spec.licence,
        url=spec.url,
        attribution=spec.attribution,
    )


def rows(entries: list[Entry]) -> list[dict[str, str]]:
    """Return what ``manifest.toml`` says, one table a data set or world."""
    found = [
        {
            "name": f"snapshots/{each.name}",
            "as_of": each.as_of.isoformat(),
            "sha256": each.sha256,
            "kind": "made" if each.publisher == "mxpath" else "real",
            "licence": each.licence,
            "source": each.url,
            "attribution": each.attribution,
        }
        for each in entries
    ]
    return found + [
        {
            "name": f"topologies/{path.name}",
            "as_of": read_world(path).as_of.isoformat(),
            "sha256": digest([path.read_bytes()]),
            "kind": "made",
            "licence": "GPL-2.0-or-later",
            "source": "written for mxpath",
            "attribution": "",
        }
        for path in sorted((DATA / "topologies").glob("*.toml"))
    ]


def manifest(tables: list[dict[str, str]]) -> str:
    """Return the text of ``manifest.toml``."""
    blocks = ["# Written by make_manifest.py. kind: real = published by others, made = invented."]
    for table in tables:
        lines = [
            f"{key} = {value}" if key == "as_of" else f'{key} = "{value}"'
            for key, value in table.items()
        ]
        blocks.append("\n".join(["[[data]]", *lines]))
    return "\n\n".join(blocks) + "\n"


def main() -> None:
    """Write both files."""
    entries = [
        entry(
            iplocation.SPEC,
            ("origins/2026-06-17/ipv4.csv.xz", "origins/2026-06-17/ipv6.csv.xz"),
            as_of=AS_OF,
        ),
        entry(asnames.SPEC, ("asnames/2024-09-19/asnames.tsv.xz",), as_of=date(2024, 9, 19)),
        entry(
            rdap_bootstrap.SPEC,
            tuple(f"rdap-bootstrap/2024-04-10/{kind}.json" for kind in ("asn", "ipv4", "ipv6")),
            as_of=date(2024, 4, 10),
        ),
        entry(providers.SPEC, ("providers/2023-02-06/providers.json",), as_of=date(2023, 2, 6)),
        entry(
            transit_free.SPEC,
            ("transit-free/2026-04-24/transit_free.csv",),
            as_of=date(2026, 4, 24),
        ),
        entry(cities.SPEC, ("cities/2026-07-01/cities.csv.xz",), as_of=date(2026, 7, 1)),
        entry(airports.SPEC, ("airports/2026-09-05/airports.csv.xz",), as_of=date(2026, 9, 5)),
        entry(carriers.SPEC, ("carriers/2023-02-10/carriers.csv.xz",), as_of=date(2023, 2, 10)),
        entry(OUR_RULES, ("hostnames/2026-11-26/hostnames.json",), as_of=date(2026, 11, 26)),
    ]
    text = manifest_text(entries, as_of=AS_OF, routing=ROUTING)
    (SNAPSHOTS / FILE_NAME).write_text(text, encoding="utf-8")
    (DATA / "manifest.toml").write_text(manifest(rows(entries)), encoding="utf-8")


if __name__ == "__main__":
    main()
