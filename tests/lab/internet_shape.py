"""What a made Internet looks like in numbers, and the same numbers of the real one."""

import bz2
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mxpath.lab.internet import Internet

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Counts over a graph of providers, customers and peers."""

    networks: int
    stub_share: float
    providers_mean: float
    """Of those that have one."""
    one_provider_share: float
    most_customers_share: float
    """Customers of the network with most, as a share of all networks."""
    thousandth_customers: int
    """Customers of the network that one in a thousand surpasses."""
    median_links: float
    peers_a_network: float
    with_peers_share: float


def shape_of(networks: int, transit: Ints, peering: Ints) -> Shape:
    """Count; the pairs hold places from 0 to ``networks``."""
    customers = np.bincount(transit[:, 0], minlength=networks)
    providers = np.bincount(transit[:, 1], minlength=networks)
    peers = np.bincount(peering.ravel(), minlength=networks)
    return Shape(
        networks=networks,
        stub_share=float((customers == 0).mean()),
        providers_mean=float(providers[providers > 0].mean()),
        one_provider_share=float((providers == 1).mean()),
        most_customers_share=float(customers.max() / networks),
        thousandth_customers=int(np.sort(customers)[-(networks // 1000) - 1]),
        median_links=float(np.median(customers + providers + peers)),
        peers_a_network=len(peering) / networks,
        with_peers_share=float((peers > 0).mean()),
    )


def made_shape(internet: Internet) -> Shape:
    return shape_of(len(internet.networks), internet.transit, internet.peering.pairs)


def real_shape() -> Shape:
    """CAIDA's relationships of 2018-12-01, where they lie beside the repository."""
    name = "shared/data/dev-only/asrel/20181201.as-rel.txt.bz2"
    path = next((p / name for p in Path(__file__).parents if (p / name).is_file()), None)
    if path is None:
        pytest.skip(f"no {name} beside the repository: it may not be shipped")
    lines = bz2.decompress(path.read_bytes()).decode().splitlines()
    rows = np.array([line.split("|")[:3] for line in lines if line[0] != "#"], dtype=np.int64)
    assert len(rows) == 320_978
    asns, places = np.unique(rows[:, :2], return_inverse=True)
    pairs = places.reshape(-1, 2)
    return shape_of(len(asns), pairs[rows[:, 2] == -1], pairs[rows[:, 2] == 0])


def cone_sizes(internet: Internet) -> Ints:
    """How many networks each reaches downwards, itself included, of the clique alone."""
    below = [np.zeros(len(internet.networks), dtype=bool) for _ in range(internet.networks.clique)]
    begins = np.searchsorted(internet.transit[:, 0], np.arange(len(internet.networks) + 1))
    for top, reached in enumerate(below):
        reached[top] = True
        # Customers stand behind their providers: one pass in order sees all.
        for network in range(internet.networks.transit):
            if reached[network]:
                first, after = begins[network], begins[network + 1]
                reached[internet.transit[first:after, 1]] = True
    return np.array([reached.sum() for reached in below])
