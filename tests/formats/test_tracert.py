"""What Windows' tracert says, in several tongues and encodings."""

import pytest

from formats.reading_samples import all_of, kinds, one_of, path, told
from mxpath.errors import ParseError
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason


def test_whole_milliseconds_and_less_than_one() -> None:
    trace, _ = all_of("tracert", "made-english.txt")
    assert [probe.rtt_ms for probe in trace.hops[0].probes] == [0.5, 0.5, 1.0]
    assert [probe.rtt_ms for probe in trace.hops[1].probes] == [4.0, None, 5.0]
    assert (trace.protocol, trace.end, trace.distance) == (Protocol.ICMP, EndReason.REACHED, 4)


def test_silence_up_to_the_limit_is_giving_up() -> None:
    _, trace = all_of("tracert", "made-english.txt")
    assert str(trace.target) == "2001:db8:2::25"
    assert (trace.end, path(trace)) == (EndReason.GAVE_UP, ["2001:db8:1::1", None])


def test_a_report_is_an_unreachable() -> None:
    trace = one_of("tracert", "made-reports.txt")
    assert trace.end is EndReason.UNREACHABLE
    assert kinds(trace.hops[1]) == [ReplyKind.UNREACHABLE]


@pytest.mark.parametrize("name", ["made-german-oem.txt", "made-german-powershell.txt"])
def test_german_in_an_old_code_page_and_from_powershell(name: str) -> None:
    trace = one_of("tracert", name)
    assert path(trace) == ["198.51.100.1", None, "198.51.100.9"]
    reply = trace.hops[2].probes[0].reply
    assert reply is not None
    assert (reply.kind, reply.icmp_code) == (ReplyKind.UNREACHABLE, 0)


@pytest.mark.parametrize("name", ["made-french.txt", "made-spanish.txt"])
def test_french_and_spanish(name: str) -> None:
    trace = one_of("tracert", name)
    assert path(trace) == ["198.51.100.1", None, "192.0.2.25"]
    assert trace.end is EndReason.REACHED


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  1    <1 ms    <1 ms    <1 ms  gw.example", "'gw.example' is no address"),
        ("  1    General failure.", "not understood"),
        ("  1    gw.example  reports: Destination host unreachable.", "not understood"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(line: str, words: str) -> None:
    heading = "Tracing route to 192.0.2.25 over a maximum of 30 hops\n\n"
    with pytest.raises(ParseError, match=f"made:3: .*{words}"):
        told("tracert", heading + line)
