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


def test_what_is_no_number_in_json_is_none_here() -> None:
    document = native.write(trace([TARGET], play(Script(distance=2))[0]))
    assert b'"packets_sent": ' in document
    at = document.index(b'"told_rtt_ms": null')
    with pytest.raises(ParseError, match="NaN is no JSON"):
        native.read(document[:at] + document[at:].replace(b"null", b"NaN", 1), source="x")
