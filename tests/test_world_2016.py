"""The real Internet of autumn 2016: traIXroute's example traces give their crossings.

Expected answers were worked out by hand from the data sets, not by this project's code:

* 62.217.96.226 lies in 62.217.64.0/18 of AS5408; 176.126.38.37 is the port of AS6866 at GR-IX
  (PeeringDB's 347), whose members AS5408, AS6866, AS1241 and AS6799 are, not AS8522, AS6867 or
  AS15169; 46.103.126.12 lies in 46.103.0.0/17 of AS6866. So the first example crosses GR-IX, from
  AS5408 to AS6866, on the link between its first two hops: rule 1, and nothing is in doubt.
* 1.1.1.2 was announced by nobody then, 2.3.3.3 lies in 2.3.0.0/16 of AS3215, and the hop between
  is silent: nothing is crossed.
* The trace of RIPE Atlas runs through AS8997, its provider AS12389, and that one's customer
  AS42548, whose address the target has; no hop is in any LAN. The other one saw nobody.
* AS5408 sells transit to AS8522 (serial-1: 5408|8522|-1); no other two of those networks, but
  for the last three, are related.

The windows below are made of real addresses: one for each of the thirteen rules.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mxpath.attribution.attribute import attribute
from mxpath.bgp.propagation import Learnt, propagate
from mxpath.bgp.topology import Topology
from mxpath.datasets.snapshot import unpack
from mxpath.formats import atlas
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.inference.routes import infer_route
from mxpath.inference.steps import steps_of
from mxpath.inference.window_rules import window_verdicts
from mxpath.model.probe import Probe, Protocol, Reply, ReplyKind
from mxpath.model.route import Route
from mxpath.model.trace import EndReason, Flow, Hop, Trace
from world_2016 import gazetteer_2016

pytestmark = pytest.mark.slow

EXAMPLES = "traixroute-test_"
START = datetime(2016, 11, 17, tzinfo=UTC)
GR_IX = 347


@pytest.fixture(scope="module")
def world(dev_only: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterable[Gazetteer]:
    """Built once a run, however many workers there are."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "world"
    place.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, (place / "lock").open("w") as lock:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        fcntl.flock(lock, fcntl.LOCK_EX)
        gazetteer = gazetteer_2016(dev_only.parent, place / "2016")
        fcntl.flock(lock, fcntl.LOCK_UN)
        yield gazetteer


def trace_of(*addresses: str | None, target: str = "192.0.2.25") -> Trace:
    """A trace that saw these addresses one after another; ``None`` is silence."""
    hops = tuple(
        Hop(ttl=ttl, probes=(probe(ttl, address, target),))
        for ttl, address in enumerate(addresses, start=1)
    )
    return Trace(
        target=ip_address(target),
        source=None,
        protocol=Protocol.ICMP,
        port=None,
        engine="tests",
        flows=(Flow(source_port=None, destination_port=None, hops=hops),),
        distance=None,
        end=EndReason.GAVE_UP,
        started_at=START,
        ended_at=START,
        packets_sent=len(hops),
    )


def probe(ttl: int, address: str | None, target: str) -> Probe:
    if address is None:
        return Probe(ttl=ttl, attempt=0, sequence=ttl, sent_ns=0)
    reply = Reply(
        kind=ReplyKind.TIME_EXCEEDED,
        responder=ip_address(address),
        target=ip_address(target),
        source_port=None,
        destination_port=None,
        sequence=ttl,
        received_ns=ttl * 10**6,
        reply_ttl=None,
    )
    return Probe(ttl=ttl, attempt=0, sequence=ttl, sent_ns=0, reply=reply)


def examples(path: Path) -> list[Trace]:
    """The tool's own form: ``{"dst": …, "result": {"hop0": {"from": …}}}``, hops in any order."""
    found = []
    for row in json.loads(path.read_text()):
        seen = {int(name.removeprefix("hop")): hop["from"] for name, hop in row["result"].items()}
        hops = (seen.get(number) for number in range(max(seen) + 1))
        found.append(trace_of(*hops, target=row["dst"]))
    return found


def route(trace: Trace, world: Gazetteer) -> Route:
    addresses = [hop.address for hop in trace.hops if hop.address is not None]
    owners = attribute((*addresses, trace.target), world)
    points = {owner.ixp.ix_id for owner in owners.values() if owner.ixp is not None}
    members = {ix_id: world.members(ix_id) for ix_id in points}
    return infer_route(trace, owners, relations=world.relations, members=members)


def crossings(found: Route) -> list[tuple[str, str | None, int | None, int, int]]:
    return [
        (
            claim.value.ix_name,
            claim.grade.value if claim.grade is not None else None,
            claim.value.near.asn if claim.value.near is not None else None,
            claim.value.far.asn,
            claim.value.far_ttl,
        )
        for claim in found.crossings
    ]


def rules(trace: Trace, world: Gazetteer) -> list[tuple[int, int, str]]:
    """TTL of the hop in the LAN, number of the rule, link of its window."""
    owners = attribute([hop.address for hop in trace.hops if hop.address is not None], world)
    points = {owner.ixp.ix_id for owner in owners.values() if owner.ixp is not None}
    members = {ix_id: world.members(ix_id) for ix_id in points}
    found = window_verdicts(steps_of(trace, owners), members)
    return [(ttl, each.rule.number, each.rule.link.value) for ttl, each in sorted(found.items())]


def test_it_is_built_whole_and_says_of_which_days_it_is(world: Gazetteer) -> None:
    told = {ref.name: str(ref.as_of) for ref in world.snapshots}
    assert told == {"pfx2as": "2016-10-19", "peeringdb": "2016-10-19", "asrel": "2016-12-01"}
    assert str(world.as_of) == "2016-12-01"
    rows = {row.name: row.rows for row in world.describe()}
    assert rows["pfx2as"] == 655_961
    assert rows["asrel"] == 239_701
    known = world.transit_free
    assert known is not None
    assert (len(known[0]), known[1].name) == (17, "asrel")  # the clique of its heading


def test_the_examples_cross_gr_ix_once(dev_only: Path, world: Gazetteer) -> None:
    first, second = examples(dev_only / "traceroute" / f"{EXAMPLES}traceroute_paths.json")
    assert crossings(route(first, world)) == [("GR-IX", "certain", 5408, 6866, 2)]
    assert rules(first, world) == [(2, 1, "a")]
    assert [network.asn for network in route(first, world).as_path] == [5408, 6866]
    assert (crossings(route(second, world)), rules(second, world)) == ([], [])
    assert [network.asn for network in route(second, world).as_path] == [3215]


def test_the_atlas_traces_cross_nothing(dev_only: Path, world: Gazetteer) -> None:
    path = dev_only / "traceroute" / f"{EXAMPLES}traceroute_paths_from_ripe.json"
    first, second = atlas.read(path.read_bytes(), source=path.name)
    found = route(first, world)
    assert [network.asn for network in found.as_path] == [8997, 12389, 42548]
    assert (found.crossings, rules(first, world), found.complete) == ((), [], True)
    assert route(second, world).as_path == ()


def test_the_list_of_destinations_is_names_alone(dev_only: Path) -> None:
    """Nothing in it says what those traces saw; there is nothing to compare."""
    path = dev_only / "traceroute" / f"{EXAMPLES}input_destinations.txt"
    names = path.read_text().split()
    assert (len(names), names[0]) == (13, "forthnet.gr")
    assert all(name.isascii() and "." in name for name in names)


GRNET, CYTA, FORTHNET = "62.217.96.226", "46.103.126.12", "194.219.0.1"
FORTH, GOOGLE = "139.91.1.1", "8.8.8.8"
PORT_GRNET, PORT_CYTA = "176.126.38.31", "176.126.38.37"
NOBODY, NOBODY_TOO, NOBODY_IN_AMSTERDAM = "176.126.38.100", "176.126.38.101", "80.249.208.2"

WINDOWS = {
    1: ((GRNET, PORT_CYTA, CYTA), (2, 1, "a"), [("GR-IX", "certain", 5408, 6866, 2)]),
    2: ((GRNET, PORT_GRNET, CYTA), (2, 2, "b"), []),  # it is our own side's port
    # A stranger to AS6866 follows: the port may have answered from off the path.
    3: ((GRNET, PORT_CYTA, FORTH), (2, 3, "a"), [("GR-IX", "possible", 5408, 6866, 2)]),
    4: ((GRNET, PORT_CYTA, FORTHNET), (2, 4, "a or b"), [("GR-IX", "possible", 5408, 6866, 2)]),
    5: ((GRNET, NOBODY, FORTH), (2, 5, "a"), []),  # nobody's port names no far side
    6: ((FORTH, NOBODY, CYTA), (2, 6, "b"), []),
    # AS8522 is no member and a customer of AS5408.
    7: ((FORTH, PORT_GRNET, CYTA), (2, 7, "b"), [("GR-IX", "possible", 8522, 5408, 2)]),
    8: ((FORTH, PORT_CYTA, GOOGLE), (2, 8, "a or b"), [("GR-IX", "possible", 8522, 6866, 2)]),
    # Nobody is before the first port, and nothing follows the second one.
    9: (
        (PORT_GRNET, PORT_CYTA),
        (2, 9, "a"),
        [("GR-IX", "possible", None, 5408, 1), ("GR-IX", "likely", 5408, 6866, 2)],
    ),
    10: ((NOBODY, NOBODY_TOO), (2, 10, "a"), []),
    11: ((NOBODY, NOBODY_IN_AMSTERDAM), (2, 11, "a"), []),
    12: ((None, NOBODY), (2, 12, "?"), []),
    13: ((NOBODY, None), (1, 13, "?"), []),
}


@pytest.mark.parametrize("number", WINDOWS)
def test_both_rule_sets_on_a_real_window(number: int, world: Gazetteer) -> None:
    addresses, verdict, crossed = WINDOWS[number]
    trace = trace_of(*addresses)
    assert rules(trace, world) == [verdict]
    assert crossings(route(trace, world)) == crossed


def test_a_lan_in_bgp_is_the_exchange_points_all_the_same(world: Gazetteer) -> None:
    """LANs are announced, by their exchange point (AS1200, AS199399) or by a stranger (AS4800)."""
    london, amsterdam = ip_address("195.66.224.1"), ip_address("80.249.208.2")
    for address, announced in ((london, 4800), (amsterdam, 1200)):
        origin = world.origin(address)
        assert origin is not None
        assert [network.asn for network in origin[0].networks] == [announced]
    owners = attribute((london, amsterdam), world)
    port, lan = owners[london].ixp_port, owners[amsterdam].ixp_lan
    assert port is not None
    assert lan is not None
    assert (port.value.ix_name, port.value.member.asn) == ("LINX LON1", 6412)
    assert (lan.value.ix_name, owners[amsterdam].network) == ("AMS-IX", None)
    assert owners[london].origin is owners[amsterdam].origin is None


def test_of_all_lans_of_2016_120_are_in_bgp_and_none_is_taken_for_it(world: Gazetteer) -> None:
    lans = {
        found[0].prefix
        for exchanges, _ in world.exchange_tables
        for start in exchanges.lans[0].starts
        if (found := world.ixp_lan(ip_address(start))) is not None
    }
    firsts = [lan.network_address + 1 for lan in lans if lan.num_addresses > 2]
    assert len(firsts) == 434  # the 435 of the file, but for the one in private space
    assert sum(world.origin(address) is not None for address in firsts) == 120
    assert all(owner.ixp is not None for owner in attribute(firsts, world).values())


def test_a_private_lan_is_no_exchange_point(world: Gazetteer) -> None:
    """PeeringDB lists 192.168.10.0/24 for MOZIX (528)."""
    address = ip_address("192.168.10.5")
    assert ip_network("192.168.10.0/24").is_private
    assert "MOZIX" in {point.name for point in world.ixps}
    owner = attribute((address,), world)[address]
    assert (owner.ixp, owner.special is not None) == (None, True)
    assert rules(trace_of(GRNET, "192.168.10.5", CYTA), world) == []
    assert crossings(route(trace_of(GRNET, "192.168.10.5", CYTA), world)) == []


def test_prefixes_of_several_origins_keep_them_all(dev_only: Path, world: Gazetteer) -> None:
    """``_`` joins origins of one prefix, ``,`` members of a set; both are all kept."""
    path = dev_only.parent / "open" / "prefix2as" / "routeviews-pfx2as-201610.txt.xz"
    text = unpack(path.read_bytes(), source=str(path)).decode()
    several = re.findall(r"^(\S+)\t(2[4-9]|3\d)\t(\d+[_,][\d_,]+)$", text, re.MULTILINE)
    assert len(several) == 3330
    assert {mark for _, _, origins in several for mark in origins if mark in "_,"} == {"_", ","}
    longest = 0
    for start, length, origins in several:
        found = world.origin(ip_address(start))
        assert found is not None
        if found[0].prefix.prefixlen == int(length):  # else a longer one begins there too
            longest += 1
            told = {int(asn) for asn in re.split("[_,]", origins)}
            assert {network.asn for network in found[0].networks} == told
    assert longest > 3300


@pytest.mark.parametrize(
    ("origin", "without"), [(174, 329), (3356, 329), (5408, 261), (6866, 276), (15169, 276)]
)
def test_some_networks_have_no_valley_free_route_though_nothing_failed(
    origin: int, without: int, world: Gazetteer
) -> None:
    """Counted by closures over sets: up to providers, across to peers once, down to customers."""
    topology = Topology.of(world.relations)
    found = propagate(topology, (origin,))
    assert len(topology.asns) == 56_156
    assert int((found.learnt == Learnt.NONE).sum()) == without
