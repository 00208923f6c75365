import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mxpath.errors import InputError
from mxpath.lab.state import (
    LabState,
    children_of,
    find,
    forget,
    labs_directory,
    running,
    started_at,
    write_state,
)


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def holder() -> Iterator[int]:
    """A process whose command line looks like a holder's."""
    code = "import sys; sys.stdin.read()"
    argv = [sys.executable, "-c", code, "mxpath.lab.holder"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        yield process.pid


def state_of(pid: int) -> LabState:
    return LabState(
        name="small",
        world="first_walk",
        directory=labs_directory() / "small",
        holder_pid=pid,
        holder_started=started_at(pid) or 0,
        user_namespace=True,
        wire="c",
        detached=True,
        bring_up_s={"fabric": 0.1},
    )


def test_what_is_written_is_found(holder: int) -> None:
    state = state_of(holder)
    write_state(state)
    assert find("small") == state
    assert running() == [state]
    forget("small")
    assert running() == []


def test_another_process_under_the_same_number_is_no_lab(holder: int) -> None:
    state = state_of(holder)
    write_state(replace(state, holder_started=state.holder_started - 1))
    assert running() == []
    assert not state.directory.exists()  # remains are removed


def test_a_process_that_is_no_holder_is_no_lab() -> None:
    assert not state_of(os.getpid()).alive


def test_a_damaged_state_is_passed_over() -> None:
    place = labs_directory() / "odd"
    place.mkdir()
    (place / "state.json").write_text("{")
    assert running() == []
    with pytest.raises(InputError, match=r"no lab 'odd' is running \(running: none\)"):
        find("odd")


def test_a_directory_that_others_may_write_is_refused() -> None:
    labs_directory().chmod(0o777)
    with pytest.raises(InputError, match="not a directory of ours alone"):
        labs_directory()


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    labs_directory().rmdir()
    (tmp_path / f"mxpath-labs-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="not a directory of ours alone"):
        labs_directory()


def test_children_are_known_by_their_parent(holder: int) -> None:
    assert holder in children_of(os.getpid())
    assert os.getpid() not in children_of(holder)


def test_nobody_started_at_an_impossible_number() -> None:
    assert started_at(2**22 + 1) is None
