import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mxpath.lab import control
from mxpath.lab.namespaces import LabError
from mxpath.lab.netns import Lab


class HouseIsClosed(Exception):  # noqa: N818 - it ends a server in a test, nothing more
    pass


def answer(request: Mapping[str, Any]) -> Any:
    if request["ask"] == "echo":
        return request["text"]
    raise LabError("no idea")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deep directory whose control socket answers three questions."""
    directory = tmp_path / ("deep" * 30)
    directory.mkdir()
    monkeypatch.chdir(tmp_path)  # listening moves us, and this moves us back
    line, left = control.listen(directory), iter(range(3))

    def idle() -> None:
        if next(left, None) is None:
            raise HouseIsClosed

    def serve() -> None:
        with line, pytest.raises(HouseIsClosed):
            control.serve(line, answer, idle=idle)

    threading.Thread(target=serve, daemon=True).start()
    return directory


def test_a_question_is_answered_in_a_directory_of_any_depth(house: Path) -> None:
    text = "ü" * 70_000
    assert len(str(house)) > 107
    assert control.ask(house, "echo", text=text) == text


def test_what_cannot_be_answered_is_an_error_in_words(house: Path) -> None:
    with pytest.raises(LabError, match="no idea"):
        control.ask(house, "weather")
    with pytest.raises(LabError, match="text"):
        control.ask(house, "echo")  # a detail is missing


def test_nobody_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="does not answer"):
        control.ask(tmp_path, "echo", text="x")
    with pytest.raises(LabError, match="does not answer"):
        control.ask(tmp_path / "none", "echo", text="x")


@pytest.mark.lab
def test_a_holder_refuses_in_words(kernel: Lab) -> None:
    with pytest.raises(LabError, match="'nonsense' is not an IPv4 or IPv6 address"):
        control.ask(kernel.state.directory, "truth", flows=[["nonsense", 1]])
    with pytest.raises(LabError, match="unknown question 'weather'"):
        control.ask(kernel.state.directory, "weather")
