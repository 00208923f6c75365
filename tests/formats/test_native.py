import pytest

from mxpath.errors import ParseError
from mxpath.formats import READERS, native
from mxpath.tracing.tracer import trace
from scripted_path import TARGET, Script, play


def test_what_is_written_is_read_again() -> None:
    traces = trace([TARGET], play(Script(distance=4))[0])
    assert native.read(native.write(traces), source="own") == traces


def test_it_knows_its_own() -> None:
    assert READERS["mxpath"].fits(native.write(()))
    assert not READERS["mxpath"].fits(b"traceroute to 198.18.0.1")


def test_a_stranger_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match=r"strange\.json"):
        native.read(b'{"schema": "mxpath.study/1"}', source="strange.json")
