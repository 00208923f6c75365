"""The map of a world: everything is on it once, nothing overlaps, and it repeats."""

from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from mxpath.figures.drawing import save_world
from mxpath.figures.style import new_figure, styled
from mxpath.figures.world import world as draw_world
from mxpath.figures.world import world_size
from mxpath.figures.world_layout import Box, Layout, lay_out
from mxpath.lab.topology import World, read_world, shipped_worlds

FILES = [*shipped_worlds().values(), *sorted(Path(__file__).parents[1].glob("topologies/*.toml"))]
WORLDS = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


@cache
def laid_out(path: Path) -> tuple[World, Layout]:
    world = read_world(path)
    return world, lay_out(world)


def overlap(one: Box, other: Box) -> bool:
    return all(
        abs(one.middle[axis] - other.middle[axis]) < (one.size[axis] + other.size[axis]) / 2 - 1e-9
        for axis in (0, 1)
    )


@WORLDS
def test_boxes_never_overlap_and_routers_lie_in_their_own(path: Path) -> None:
    world, layout = laid_out(path)
    boxes = [*layout.networks.values(), *layout.exchanges.values()]
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    for router, (x, y) in layout.routers.items():
        box = layout.networks[world.asn_of[router]]
        assert box.left < x < box.left + box.size[0]
        assert box.top < y < box.top + box.size[1]
    places = list(layout.routers.values())
    assert len(places) == len(set(places)) == len(world.routers)


@WORLDS
def test_providers_stand_above_their_customers(path: Path) -> None:
    world, layout = laid_out(path)
    boxes = layout.networks
    for asn, network in world.networks.items():
        for provider in network.providers:
            assert boxes[provider].middle[1] < boxes[asn].middle[1]


def texts(world: World) -> str:
    with styled():
        ax = new_figure(world_size(world)).add_subplot()
        draw_world(world, ax)
        return "\n".join(text.get_text() for text in ax.texts)


@WORLDS
def test_every_router_network_and_exchange_point_is_named(path: Path) -> None:
    world, _ = laid_out(path)
    said = texts(world)
    for name in (*world.routers, *world.exchanges):
        assert name[:12] in said
    assert all(f"AS{asn}" in said for asn in world.networks)


@pytest.mark.slow
def test_equal_worlds_give_equal_bytes(tmp_path: Path) -> None:
    world = read_world(FILES[0])
    for name in ("one.svg", "two.svg"):
        save_world(world, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
