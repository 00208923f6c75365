"""``mxpath lab internet``: what a made-up Internet of any size publishes about itself, as files."""

import argparse
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxpath.cli import options as shared
from mxpath.model import codec
from mxpath.model.documents import MadeFile, MadeInternet

if TYPE_CHECKING:
    from mxpath.lab.internet import Internet

_NETWORKS, _PEERS = 78_000, 10


def configure(actions: Any) -> None:
    """Declare the action and its options."""
    made = actions.add_parser(
        "internet", help="make up an Internet, and write what it publishes (no lab is needed)"
    )
    made.add_argument("directory", type=Path, metavar="DIR", help="is made, or empty")
    made.add_argument(
        "--networks",
        type=int,
        default=_NETWORKS,
        metavar="N",
        help=f"how many (default {_NETWORKS:,}: as many as there are; some 350 MB are written)",
    )
    made.add_argument(
        "--seed", type=int, default=1, metavar="S", help="another one is another Internet"
    )
    made.add_argument(
        "--peers",
        type=int,
        default=_PEERS,
        metavar="P",
        help=f"networks that tell their routes to the collector (default {_PEERS})",
    )
    made.add_argument("--quiet", action="store_true", help="no progress on standard error")
    made.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Make one, write it and say how much of what there is."""
    from mxpath.lab.internet import make_internet  # noqa: PLC0415 - loads numpy
    from mxpath.lab.internet_files import publish, refuse_full  # noqa: PLC0415 - as above

    begun, say = time.monotonic(), shared.progress(options)
    refuse_full(options.directory)
    say(f"making {options.networks:,} networks")
    internet = make_internet(options.networks, seed=options.seed, peers=options.peers)
    files = publish(internet, options.directory, progress=say)
    document = _document(internet, options.directory, files)
    if options.json:
        print(codec.dump(document).decode(), end="")
    else:
        _print(document, time.monotonic() - begun)
    return 0


def _document(internet: "Internet", directory: Path, files: tuple[MadeFile, ...]) -> MadeInternet:
    from mxpath.lab.internet import AS_OF, routes_told  # noqa: PLC0415 - as above

    return MadeInternet(
        directory=str(directory),
        publisher=internet.publisher,
        as_of=AS_OF,
        networks=len(internet.networks),
        transit_links=len(internet.transit),
        peering_links=len(internet.peering.pairs),
        exchange_points=len(internet.points),
        ports=len(internet.points.port_points),
        prefixes_v4=len(internet.announced[4]),
        prefixes_v6=len(internet.announced[6]),
        payloads=sum(len(found.starts) for found in internet.payloads.values()),
        peers=tuple(int(internet.networks.asns[routes.peer]) for routes in internet.routes),
        routes=routes_told(internet),
        files=files,
    )


def _print(made: MadeInternet, took_s: float) -> None:
    size = sum(file.size_bytes for file in made.files) / 1e6
    print(
        f"{made.directory}: {made.publisher}, as of {made.as_of}; {size:,.0f} MB in {took_s:.0f} s"
    )
    links = f"{made.transit_links:,} with customers, {made.peering_links:,} between peers"
    print(f"  {made.networks:,} networks, AS{1_000_000} and on (nobody's); links: {links}")
    print(f"  {made.exchange_points:,} exchange points with {made.ports:,} ports")
    print(
        f"  {made.prefixes_v4:,} IPv4 and {made.prefixes_v6:,} IPv6 prefixes; {made.payloads:,} VRPs"
    )
    print(f"  {made.routes:,} routes of {len(made.peers)} peers in the collector's table")
    for holds, group in groupby(made.files, key=lambda file: file.holds):
        files = list(group)
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        size = sum(file.size_bytes for file in files) / 1e6
        print(f"  {size:8.2f} MB  {files[0].name + more:<52} {holds}")
    print("Try:")
    print(f"  mxpath attribute 1.2.3.4 --gazetteer {made.directory}")
    print(f"  mxpath data build {made.directory} {made.directory}/more")
