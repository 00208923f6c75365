"""``mxpath attribute -`` as a filter: answers as lines come, and ends quietly."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import pytest

from mxpath.cli import main
from mxpath.lab.published import publish
from mxpath.lab.topology import read_world, shipped_worlds

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "attributed-1.json"
KNOWN, UNKNOWN = b"198.18.33.25", b"8.8.8.8"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world")
    publish(read_world(shipped_worlds()["first_walk"]), directory)
    return directory


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Give content as standard input."""
    with ExitStack() as stack:

        def give(content: bytes) -> None:
            path = tmp_path / "input"
            path.write_bytes(content)
            monkeypatch.setattr(sys, "stdin", stack.enter_context(path.open(encoding="utf-8")))

        yield give


def test_every_line_has_its_answer_in_the_form_of_the_schema(
    world: Path,
    given: Callable[[bytes], None],
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    given(KNOWN + b"\n\nno address\n10.0.0.1\n::1")
    assert main(["attribute", "-", "--gazetteer", str(world)]) == 0
    printed = capsysbinary.readouterr()
    found = [json.loads(line) for line in printed.out.splitlines()]
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for one in found:
        validator.validate(one)
    assert [one["address"] for one in found] == [KNOWN.decode(), "no address", "10.0.0.1", "::1"]
    assert found[0]["networks"]
    assert printed.err == b"mxpath: 1 of 4 lines is no address\n"


def test_nothing_known_has_its_status(
    world: Path,
    given: Callable[[bytes], None],
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    given(UNKNOWN)
    assert main(["attribute", "-", "--gazetteer", str(world)]) == 1
    assert len(capsysbinary.readouterr().out.splitlines()) == 1


def test_lines_longer_than_any_buffer_are_one_error_each(
    world: Path,
    given: Callable[[bytes], None],
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    given(KNOWN + b"\n" + b"x" * 3_000_000 + b"\n" + KNOWN + b"\n" + b"y" * 600_000)
    assert main(["attribute", "-", "--gazetteer", str(world)]) == 0
    found = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [one["error"] is None for one in found] == [True, False, True, False]


def started(world: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "mxpath", "attribute", "-", "--gazetteer", str(world)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_answers_come_at_once_and_an_interrupt_ends_it_without_a_traceback(world: Path) -> None:
    with started(world) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(KNOWN + b"\nno address\n")
        process.stdin.flush()
        assert KNOWN in process.stdout.readline()
        assert b"error" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, b"")
    assert err == b"mxpath: 1 of 2 lines is no address\nmxpath: interrupted\n"


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(world: Path) -> None:
    with started(world) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(KNOWN + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(KNOWN + b"\n")
        process.stdin.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(20) == 0


def test_one_address_is_answered_without_numpy_and_pydantic(world: Path) -> None:
    script = (
        "import sys; from mxpath.cli import main; status = main(sys.argv[1:]); "
        "sys.exit(status or bool({'numpy', 'pydantic', 'scapy'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", script, "attribute", "198.18.33.25", "--gazetteer", str(world)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "BigMail" in done.stdout
    assert done.stderr == (
        "mxpath: unknown here, for no data set tells: delegations, organisations, RPKI states "
        "(mxpath data fetch delegated as2org vrps would)\n"
    )
