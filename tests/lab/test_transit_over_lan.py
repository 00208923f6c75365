"""Transit that is bought over an exchange point's LAN (the world's kernel test is the family's)."""

from pathlib import Path

import pytest

from mxpath.errors import ParseError
from mxpath.lab.bird import route_server_config, router_config
from mxpath.lab.routing import ControlPlane, Learnt
from mxpath.lab.topology import World, parse_world

TEXT = (Path(__file__).parents[1] / "topologies" / "two_exchanges.toml").read_text()


@pytest.fixture(scope="module")
def world() -> World:
    return parse_world(TEXT)


def test_the_buyer_hears_everything_and_is_told_to_everybody(world: World) -> None:
    routes = ControlPlane(world).routes()
    up = routes[world.networks[64497].prefixes[0]]["shop1"]
    down = routes[world.networks[64500].prefixes[0]]["bridge2"]
    assert (up.learnt, up.path) == (Learnt.PROVIDER, (64498, 64497))
    assert (down.learnt, down.path) == (Learnt.CUSTOMER, (64500,))
    assert routes[world.networks[64500].prefixes[0]]["alpha1"].path == (64498, 64500)


def test_without_the_contract_they_are_peers(world: World) -> None:
    routes = ControlPlane(parse_world(TEXT.replace("buys = [64498]\n", ""))).routes()
    assert "alpha1" not in routes[world.networks[64500].prefixes[0]]


def test_they_speak_to_each_other_and_not_through_the_route_server(world: World) -> None:
    for router, far in (("shop1", "198.19.241.11"), ("bridge2", "198.19.241.12")):
        assert f"neighbor {far} as" in router_config(world, router)
    server = route_server_config(world, "AMS-LIX")
    assert server.count("bgp_next_hop = 198.19.241.12 then reject") == 1
    assert "then reject; if bgp_large" not in route_server_config(world, "FRA-LIX")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("buys = [64498]", "buys = [64497]", "buys of AS64497, which is no provider"),
        (
            '"bridge2"]\ndelay_ms = 6.0',
            '"bridge2"]\ndelay_ms = 6.0\nbuys = [64498]',
            "is for a wire",
        ),
    ],
)
def test_what_cannot_be_bought_is_said(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(ParseError, match=says):
        parse_world(TEXT.replace(old, new, 1))
