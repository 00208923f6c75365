"""What a collector writes down is what its peers chose."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from mrtparse import Reader

from lab.policies import POLICIES
from mxpath.datasets import mrt
from mxpath.datasets.mrt_batches import RouteKind
from mxpath.datasets.mrt_rows import rows
from mxpath.errors import InputError, ParseError
from mxpath.lab.collector import collector_config
from mxpath.lab.netns import Lab
from mxpath.lab.routing import ControlPlane
from mxpath.lab.topology import World, parse_world
from mxpath.model.address import Prefix

# Importing mrtparse lets a broken pipe end the whole process, and with it every later test.
signal.signal(signal.SIGPIPE, signal.SIG_IGN)

Table = dict[tuple[Prefix, int], tuple[int, ...]]
"""Prefix and peer's AS to the AS path that the peer told."""


def as_told(world: World, name: str) -> Table:
    """What the control plane in memory would have the peers tell."""
    collector, told = world.collectors[name], dict[tuple[Prefix, int], tuple[int, ...]]()
    for prefix, routes in ControlPlane(world).routes().items():
        for router in collector.peers:
            asn = world.asn_of[router]
            only = world.networks[asn].announce.get(prefix)
            route = routes.get(router)
            silent = route is not None and not route.path and only is not None
            if route is not None and not (silent and collector.asn not in (only or ())):
                told[prefix, asn] = (asn, *route.path)
    return told


def as_dumped(path: Path) -> Iterator[tuple[tuple[Prefix, int], tuple[int, ...]]]:
    """Every entry of a TABLE_DUMP_V2 file, by a reader that is not ours."""
    peers: list[int] = []
    for record in Reader(str(path)):
        assert not record.err, record.err_msg
        data = record.data
        assert list(data["type"].values()) == ["TABLE_DUMP_V2"]
        if "peer_entries" in data:
            peers = [int(peer["peer_as"]) for peer in data["peer_entries"]]
            continue
        prefix = ip_network(f"{data['prefix']}/{data['length']}")
        for entry in data["rib_entries"]:
            (path_found,) = (
                attribute["value"]
                for attribute in entry["path_attributes"]
                if "AS_PATH" in attribute["type"].values()
            )
            hops = tuple(int(asn) for segment in path_found for asn in segment["value"])
            yield (prefix, peers[entry["peer_index"]]), hops


def as_read(path: Path) -> Iterator[tuple[tuple[Prefix, int], tuple[int, ...]]]:
    """The same, by ours."""
    with path.open("rb") as file:
        for batch in mrt.parse(file, source=path.name):
            for route in rows(batch):
                assert route.kind is RouteKind.ENTRY
                assert route.told is not None
                yield (route.prefix, route.peer_asn), route.told.asns


@pytest.mark.lab
def test_a_dump_has_every_route_that_the_peers_chose(policies: Lab) -> None:
    told = as_told(policies.world, "rrc0")
    dump = policies.dump("rrc0")
    assert dict(as_read(dump)) == dict(as_dumped(dump)) == told
    for address in policies.world.addresses_of("part"):  # one an MX's, in a prefix of its own
        assert {asn for (prefix, asn) in told if address in prefix} == {64511, 64501, 64502}


@pytest.mark.lab
def test_a_fresh_dump_takes_the_place_of_the_old(policies: Lab) -> None:
    first, second = policies.dump("rrc0"), policies.dump("rrc0")
    assert first == second
    assert first.parent == policies.state.directory
    assert len(list(as_read(second))) == len(as_told(policies.world, "rrc0"))


@pytest.mark.lab
def test_bgpdump_reads_it_too(policies: Lab) -> None:
    if shutil.which("bgpdump") is None:
        pytest.skip("bgpdump is not installed")
    argv = ["bgpdump", "-m", str(policies.dump("rrc0"))]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    rows = [line.split("|") for line in done.stdout.splitlines()]
    found = {
        (ip_network(row[5]), int(row[4])): tuple(map(int, row[6].split()))
        for row in rows
        if row[0] == "TABLE_DUMP2"
    }
    assert found == as_told(policies.world, "rrc0")


@pytest.mark.lab
def test_a_collector_that_is_not_there_is_said(policies: Lab) -> None:
    with pytest.raises(InputError, match=r"no collector 'rrc9' \(has: rrc0\)"):
        policies.dump("rrc9")


def test_a_collector_tells_nobody_anything() -> None:
    text = collector_config(parse_world(POLICIES), "rrc0")
    assert text.count("protocol bgp") == text.count("export none") == 6
    assert "kernel" not in text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('host = "rrc"', 'host = "top1"', "'top1' is no host"),
        ("asn = 65001", "asn = 64500", "AS64500 is taken"),
        ('"rich1", "side1"]', '"rich1", "side2"]', "'side2' is no router"),
        ("[collectors.rrc0]", '[collectors."../rrc"]', "its name names a file"),
        (
            '[hosts.rrc]\nrouter = "side1"',
            '[hosts.rrc]\nrouter = "side1"\nfamilies = []',
            "speaks no",
        ),
    ],
)
def test_what_is_no_collector_is_said(old: str, new: str, says: str) -> None:
    assert old in POLICIES
    with pytest.raises(ParseError, match=says):
        parse_world(POLICIES.replace(old, new, 1).replace("[64501, 65001]", "[64501]"))
