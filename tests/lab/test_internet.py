from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lab.internet_shape import cone_sizes, made_shape, real_shape
from mxpath.cli import main
from mxpath.errors import InputError
from mxpath.lab.internet import FAMILIES, Internet, make_internet, told_by
from mxpath.lab.internet_addresses import BITS, NOBODY
from mxpath.lab.internet_files import publish
from mxpath.lab.internet_networks import REGISTRIES, Ints, make_networks, make_transit
from mxpath.lab.internet_routes import CUSTOMER, NO_ROUTE, PEER, PROVIDER, Routing
from mxpath.lab.internet_rpki import NOT_FOUND, VALID


@cache
def made(networks: int = 2_000) -> Internet:
    return make_internet(networks, seed=7)


Told = tuple[int, tuple[int, ...]]
"""From whom a network has a route, and the path."""
SIZES = [2_000, pytest.param(78_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("networks", SIZES)
def test_networks_are_as_many_and_as_unequal_as_in_life(networks: int) -> None:
    internet = made(networks)
    shape = made_shape(internet)
    assert 13 <= internet.networks.clique <= 20
    assert 0.84 <= shape.stub_share <= 0.86
    assert 1.8 <= shape.providers_mean <= 2.1
    assert 0.06 < shape.most_customers_share < 0.25
    assert shape.thousandth_customers > 25
    assert shape.median_links in (1, 2, 3)
    assert 0.2 < shape.with_peers_share < 0.35
    assert cone_sizes(internet).max() > 0.4 * networks
    assert internet.peering.at_points.mean() > 0.85
    sizes = np.sort(internet.points.sizes)
    assert sizes[-1] > 3 * np.median(sizes)
    if networks == 78_000:
        assert 900 <= len(internet.points) <= 1_100
        assert 55_000 < len(internet.points.port_points) < 65_000
        assert 15_000 < len(np.unique(internet.points.port_networks)) < 22_000


@pytest.mark.parametrize("networks", SIZES)
def test_paths_are_as_long_as_in_life(networks: int) -> None:
    internet = made(networks)
    full = internet.routes[:-1]
    assert all((routes.hops > 0).all() for routes in full)
    lengths = np.concatenate(
        [routes.hops[internet.announced[v].origins] for routes in full for v in FAMILIES]
    )
    # Tables of collectors have 3.6 to 4.2 networks on a path; a small Internet is flatter.
    assert (3.6 if networks == 78_000 else 3.0) < lengths.mean() < 4.2
    assert lengths.max() < 16


@pytest.mark.parametrize("networks", SIZES)
def test_prefixes_are_as_many_and_as_long_as_in_life(networks: int) -> None:
    internet = made(networks)
    four, six = (internet.announced[v] for v in FAMILIES)
    assert 12 < len(four) / networks < 15
    assert 2.5 < len(six) / networks < 4
    shares = np.bincount(four.lengths, minlength=33) / len(four)
    assert 0.55 < shares[24] < 0.68
    assert shares[22] > shares[21]
    assert shares[16] > shares[15] > shares[12]
    assert np.bincount(six.lengths).argmax() == 48
    for version, announced in internet.announced.items():
        assert 0.005 < (announced.seconds != NOBODY).mean() < 0.015
        shift = np.uint64(BITS[version]) - announced.lengths.astype(np.uint64)
        assert not ((announced.starts >> shift << shift) != announced.starts).any()
        covered = internet.payloads[version].states
        assert 0.45 < (covered != NOT_FOUND).mean() < 0.6
        assert (covered == VALID).mean() > 0.4
        assert 0.002 < ((covered != VALID) & (covered != NOT_FOUND)).mean() < 0.04
    assert {internet.blocks[4].registries[n] for n in four.blocks} == set(range(len(REGISTRIES)))


@pytest.mark.slow
def test_the_shape_is_that_of_the_real_relationships() -> None:
    """Ratios of 2018; today's Internet has more peers at exchange points."""
    real, ours = real_shape(), made_shape(made(63_361))
    assert ours.networks == real.networks
    assert abs(ours.stub_share - real.stub_share) < 0.01
    assert abs(ours.providers_mean - real.providers_mean) < 0.15
    assert abs(ours.one_provider_share - real.one_provider_share) < 0.06
    assert 0.5 < ours.most_customers_share / real.most_customers_share < 2
    assert 0.5 < ours.thousandth_customers / real.thousandth_customers < 2
    assert ours.median_links == real.median_links
    assert 1 < ours.peers_a_network / real.peers_a_network < 2
    assert 0.8 < ours.with_peers_share / real.with_peers_share < 1.6


def test_nobody_is_above_himself_and_everybody_reaches_the_clique() -> None:
    internet = made()
    clique = internet.networks.clique
    assert (internet.transit[:, 0] < internet.transit[:, 1]).all()
    assert set(range(clique, 2_000)) == set(internet.transit[:, 1].tolist())
    linked = {tuple(pair) for pair in internet.peering.pairs.tolist()}
    assert {(a, b) for b in range(clique) for a in range(b)} <= linked
    assert not linked & {tuple(pair) for pair in internet.transit.tolist()}


def test_blocks_do_not_overlap_and_hold_their_prefixes() -> None:
    for version, blocks in made().blocks.items():
        sizes = np.uint64(1) << (BITS[version] - blocks.lengths).astype(np.uint64)
        order = np.argsort(blocks.starts)
        assert (blocks.starts[order][1:] >= (blocks.starts + sizes)[order][:-1]).all()
        announced = made().announced[version]
        inside = announced.starts - blocks.starts[announced.blocks]
        assert (inside < sizes[announced.blocks]).all()


def test_routes_are_those_of_networks_that_tell_each_other_everything() -> None:
    """An independent way: announcements travel until nobody changes his mind."""
    networks = make_networks(300, seed=3)
    transit = make_transit(networks, seed=3)
    random = np.random.default_rng(3)
    peering = np.unique(np.sort(random.integers(0, 80, (150, 2))), axis=0)
    paid = {tuple(pair) for pair in transit.tolist()}
    peering = np.array([p for p in peering.tolist() if p[0] != p[1] and tuple(p) not in paid])
    routing = Routing(networks, transit, peering)
    tellers = [0, 20, 50, 170]
    seen = {teller: routing.routes_of(teller) for teller in tellers}
    for destination in range(0, 300, 7):
        chosen = _told_around(networks.asns.tolist(), transit, peering, destination)
        for teller, routes in seen.items():
            path = tuple(routes.paths[destination, : routes.hops[destination]].tolist())
            kind = int(routes.kinds[destination])
            assert chosen.get(teller, (NO_ROUTE, ())) == (kind, path)
    kinds = {int(kind) for routes in seen.values() for kind in np.unique(routes.kinds)}
    assert kinds >= {CUSTOMER, PEER, PROVIDER}


def _told_around(
    asns: list[int], transit: Ints, peering: Ints, destination: int
) -> dict[int, Told]:
    """Kind and path of the route of each network, by announcements from neighbour to neighbour."""
    neighbours: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, other in transit.tolist():
        neighbours[one].append(
            (other, PROVIDER)
        )  # tells it to a customer, who has it of a provider
        neighbours[other].append((one, CUSTOMER))
    for one, other in peering.tolist():
        neighbours[one].append((other, PEER))
        neighbours[other].append((one, PEER))
    chosen: dict[int, Told] = {destination: (CUSTOMER, (destination,))}
    heard: dict[int, dict[int, Told]] = defaultdict(dict)
    queue = [destination]
    while queue:
        speaker = queue.pop(0)
        kind, path = chosen[speaker]
        for listener, as_kind in neighbours[speaker]:
            if kind == CUSTOMER or as_kind == PROVIDER:
                heard[listener][speaker] = (as_kind, (listener, *path))
            else:
                heard[listener].pop(speaker, None)
            offers = [o for o in heard[listener].values() if listener not in o[1][1:]]
            if listener == destination or not offers:
                continue
            best = min(offers, key=lambda offer: (offer[0], len(offer[1]), asns[offer[1][1]]))
            if chosen.get(listener) != best:
                chosen[listener] = best
                queue.append(listener)
    return chosen


def test_a_collector_sees_both_of_two_origins() -> None:
    announced = made().announced[4]
    told = told_by(made(), 4)
    for row in np.flatnonzero((announced.seconds != NOBODY) & ~announced.sets):
        assert set(told[:, row]) - {NOBODY} == {announced.origins[row], announced.seconds[row]}
    assert (told[-1] == NOBODY).mean() > 0.3


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        publish(make_internet(200, seed=seed, peers=3), tmp_path / name)
    one, same, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("one", "same", "other")
    )
    assert one == same
    alike = {name for name in one.keys() & other.keys() if one[name] == other[name]}
    assert alike == {"ixlan.json", "ixfac.json"}, "which hold numbers in a row alone"


@pytest.mark.parametrize(("networks", "peers"), [(199, 3), (90_001, 3), (200, 1), (200, 61)])
def test_sizes_have_bounds(networks: int, peers: int) -> None:
    with pytest.raises(InputError, match="choose"):
        make_internet(networks, peers=peers)


def test_the_command_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["lab", "internet", str(tmp_path / "world"), "--networks", "200", "--peers", "2"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "200 networks" in printed
    assert max(map(len, printed.replace(str(tmp_path), "").splitlines())) <= 100
    assert main(arguments) == 2
    assert "name a new directory" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*"))
