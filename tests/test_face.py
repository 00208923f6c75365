"""The face of the package: every name is there, loads late, and is what it says."""

import subprocess
import sys

import pytest

import mxpath


def test_the_lists_agree_and_are_sorted() -> None:
    assert sorted(mxpath._HOMES) == mxpath.__all__ == list(mxpath._HOMES)


@pytest.mark.parametrize("name", mxpath.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(mxpath, name).__class__.__name__ != "module"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="weather"):
        _ = mxpath.weather


def test_no_module_hides_a_name() -> None:
    """A module mxpath.NAME would take the name's place as soon as somebody imports it."""
    code = (
        "import pkgutil, sys, mxpath;"
        "sys.exit(bool({m.name for m in pkgutil.iter_modules(mxpath.__path__)} & {*mxpath.__all__}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_walk_by_the_face_alone() -> None:
    world = mxpath.read_world(mxpath.shipped_worlds()["first_walk"])
    mail = mxpath.discover("fine.example", mxpath.simulate(world))
    assert [host.preference for host in mail.plan.hosts] == [10, 20]
