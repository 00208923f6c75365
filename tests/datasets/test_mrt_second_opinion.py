"""mrtparse reads the same routes out of the same files."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mrtparse import Reader

from datasets.mrt_samples import HERE
from mxpath.datasets import mrt
from mxpath.datasets.mrt_rows import Route, rows

# Importing mrtparse lets a broken pipe end the whole process, and with it every later test.
signal.signal(signal.SIGPIPE, signal.SIG_IGN)

Found = tuple[str, int, str, tuple[int, ...], tuple[str, ...]]
"""Letter, peer's AS, prefix, path and communities."""
NAMES = [
    "bird-mrtdump_rib",
    "bird6-mrtdump_rib",
    "bird6-mrtdump_bgp",
    "bview.ipv4_unicast_add_path.gz",
    "bview.ipv6_unicast_add_path.gz",
    "openbgpd_rib_table-v2",
    "openbgpd_rib_table",
    "quagga_bgp",
    "quagga_rib",
    "rib.20140523.0600_first60.bz2",
]


def theirs(path: Path) -> Iterator[Found]:
    peers: list[int] = []
    for record in Reader(str(path)):
        data = record.data
        if "peer_entries" in data:
            peers = [int(peer["peer_as"]) for peer in data["peer_entries"]]
        elif "rib_entries" in data and "prefix" in data:  # RIB_GENERIC has none
            network = f"{data['prefix']}/{data['length']}"
            for entry in data["rib_entries"]:
                attributes = entry["path_attributes"]
                yield "E", peers[entry["peer_index"]], network, *told(attributes)
        elif "path_attributes" in data:
            network = f"{data['prefix']}/{data['length']}"
            yield "E", int(data["peer_as"]), network, *told(data["path_attributes"])
        elif "bgp_message" in data and "path_attributes" in data["bgp_message"]:
            yield from update(int(data["peer_as"]), data["bgp_message"])


def update(peer: int, message: dict[str, Any]) -> Iterator[Found]:
    attributes = message["path_attributes"]
    reached = [nlri for one in attributes if kind(one) == 14 for nlri in networks(one["value"])]
    gone = [nlri for one in attributes if kind(one) == 15 for nlri in withdrawn(one["value"])]
    for network in [*map(text, message["withdrawn_routes"]), *gone]:
        yield "W", peer, network, (), ()
    for network in [*map(text, message["nlri"]), *reached]:
        yield "A", peer, network, *told(attributes)


def networks(reach: dict[str, Any]) -> list[str]:
    return [text(nlri) for nlri in reach["nlri"]] if 128 not in reach["safi"] else []


def withdrawn(unreach: dict[str, Any]) -> list[str]:
    return (
        [text(nlri) for nlri in unreach["withdrawn_routes"]] if 128 not in unreach["safi"] else []
    )


def text(nlri: dict[str, Any]) -> str:
    return f"{nlri['prefix']}/{nlri['length']}"


def kind(attribute: dict[str, Any]) -> int:
    (found,) = attribute["type"]
    return int(found)


def told(attributes: list[dict[str, Any]]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    values = {kind(one): one["value"] for one in attributes}
    path = tuple(int(asn) for segment in values.get(2, ()) for asn in segment["value"])
    return path, tuple(values.get(8, ()))


def ours(route: Route) -> Found:
    what = route.told
    communities = what.communities if what else ()
    spelled = tuple(f"{one >> 16}:{one & 0xFFFF}" for one in communities)
    return (
        route.kind.name[0],
        route.peer_asn,
        str(route.prefix),
        what.asns if what else (),
        spelled,
    )


@pytest.mark.parametrize("name", NAMES)
def test_mrtparse_finds_the_same_routes(name: str) -> None:
    with (HERE / name).open("rb") as file:
        found = [ours(route) for batch in mrt.parse(file, source=name) for route in rows(batch)]
    expected = Counter(theirs(HERE / name))
    assert found
    assert Counter(found) == expected
