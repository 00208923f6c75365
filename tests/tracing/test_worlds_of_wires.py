"""Worlds of wires: paths by bytes, each with what a trace must find there (``tracing/worlds``)."""

from pathlib import Path
from typing import Any

import pytest

from wire_expected import differences, violations
from wire_trace import WORLDS, played
from wire_world import HopSpec, TargetSpec, read_world


@pytest.mark.parametrize("file", WORLDS, ids=lambda file: file.stem)
def test_a_trace_finds_what_its_world_expects(file: Path) -> None:
    world = read_world(file)
    found, path = played(world)
    lines = differences(world, found, path)
    lines += violations(found, path, world.expected.most_at_target)
    if lines:
        pytest.fail("\n  ".join([f"{file.name}: {world.title}", *lines]), pytrace=False)


PLAIN = {"every_hop_answers"}


@pytest.mark.parametrize(
    "file", [file for file in WORLDS if file.stem not in PLAIN], ids=lambda file: file.stem
)
def test_a_world_without_its_oddities_is_not_what_it_expects(file: Path) -> None:
    """Each ``[expected]`` has a line that speaks of what the world is about."""
    world = read_world(file)
    target = TargetSpec(address=world.target.address)
    plain: dict[str, Any] = {
        "hop": {},
        "loop": None,
        "branch": (),
        "target": target,
        "stray": (),
        "event": (),
        "known": None,
        "watch": None,
    }
    odd = world.model_copy(update=plain)
    assert odd != world
    assert differences(world, *played(odd))


def test_a_name_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="sillent"):
        HopSpec.model_validate({"sillent": True})


def test_there_are_worlds_enough() -> None:
    assert len(WORLDS) >= 33
