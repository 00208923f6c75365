import argparse
from pathlib import Path

import pytest

from lab.odd_world import TEXT
from mxpath.cli import lab_changes
from mxpath.cli.lab_changes import link_changes, share
from mxpath.cli.played import world_under_faults
from mxpath.errors import InputError


def changes(*words: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    lab_changes.configure(parser.add_subparsers(dest="action"))
    return link_changes(parser.parse_args(["link", "odd", "a", "b", *words]))


@pytest.mark.parametrize(
    ("text", "value"), [("0.02", 0.02), ("2%", 0.02), ("100%", 1.0), ("0", 0.0)]
)
def test_a_share_is_read(text: str, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["2", "-1%", "101%", "much"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises((argparse.ArgumentTypeError, ValueError)):
        share(text)


def test_only_what_is_said_changes() -> None:
    assert changes() == {}
    assert changes("--delay", "3", "--down") == {"delay_ms": 3.0, "down": True}
    assert changes("--up", "--loss", "1%") == {"down": False, "loss": 0.01}
    assert changes("--mtu", "1400", "--hidden") == {"mtu": 1400, "mtu_hidden": True}
    assert changes("--mtu", "none") == {"mtu": None, "mtu_hidden": False}
    assert changes("--block", "icmp", "--block", "tcp/25") == {"blocks": ["icmp", "tcp/25"]}
    assert changes("--block", "none") == {"blocks": []}


def test_a_world_is_named_with_its_faults(tmp_path: Path) -> None:
    file = tmp_path / "with+plus" / "odd.toml"
    file.parent.mkdir()
    file.write_text(TEXT)
    assert world_under_faults(str(file))[1] == ()
    world, names = world_under_faults(f"{file}+cut+moved")
    assert (world.name, names) == ("odd", ("cut", "moved"))
    with pytest.raises(InputError, match="no fault 'rain'"):
        world_under_faults(f"{file}+rain")
