"""The world of the how-to is fifteen lines, plays, and shows what its text says."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, parse_world
from mxpath.pipeline import analyze

PAGE = Path(__file__).parents[1] / "docs" / "howto" / "build_a_world.md"


def blocks() -> tuple[str, str]:
    """The world, and what its end adds to it."""
    page = PAGE.read_text(encoding="utf-8")
    (world,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    expected = re.search(r"^    \[expected\]\n(?:    .*\n)+", page, re.MULTILINE)
    assert expected is not None
    return world, re.sub(r"^    ", "", expected[0], flags=re.MULTILINE)


def test_it_has_fifteen_lines() -> None:
    assert len(blocks()[0].splitlines()) == 15


def test_it_shows_what_the_page_says() -> None:
    world: World = parse_world("\n".join(blocks()), source=str(PAGE))
    with TemporaryDirectory(prefix="mxpath-howto-") as directory:
        publish(world, Path(directory))
        study = analyze("shop.example", simulate(world), Gazetteer.open(Path(directory)))
    assert study.verdicts[0].name == world.expected.verdicts["shop.example"] == "banner_delay"
    for route in study.routes:
        assert tuple(n.asn for n in route.as_path) == world.expected.as_paths["mx"]
        found = {
            (c.ix_id, c.near.asn if c.near else 0, c.far.asn) for c in route.certain_crossings()
        }
        assert found == set(world.expected.crossings["mx"])
    assert str(world.addresses_of("mx")[0]) in PAGE.read_text(encoding="utf-8")
