"""What tcptraceroute's text says."""

from ipaddress import ip_address

import pytest

from formats.reading_samples import kinds, one_of, path, told
from mxpath.errors import ParseError
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason


def test_the_heading_tells_the_whole_flow() -> None:
    trace = one_of("tcptraceroute", "open-v4.txt")
    assert (trace.protocol, trace.port) == (Protocol.TCP, 25)
    assert trace.source == ip_address("198.18.1.25")
    assert trace.flow is not None
    assert (trace.flow.source_port, trace.flow.destination_port) == (57851, 25)


@pytest.mark.parametrize(
    ("name", "kind", "distance"),
    [("open-v4.txt", ReplyKind.SYN_ACK, 7), ("closed-names.txt", ReplyKind.RST, 6)],
)
def test_an_open_and_a_closed_port_are_reached(name: str, kind: ReplyKind, distance: int) -> None:
    trace = one_of("tcptraceroute", name)
    assert kinds(trace.hops[-1]) == [kind] * 3
    assert (trace.end, trace.distance) == (EndReason.REACHED, distance)


def test_a_target_that_says_nothing_is_given_up() -> None:
    trace = one_of("tcptraceroute", "dead.txt")
    assert trace.end is EndReason.GAVE_UP
    assert path(trace)[-3:] == [None] * 3


def test_no_network_is_unreachable() -> None:
    assert one_of("tcptraceroute", "no-network.txt").end is EndReason.UNREACHABLE


def test_without_the_device_line_the_source_is_unknown() -> None:
    line = "Tracing the path to 192.0.2.25 on TCP port 99999, 30 hops max"
    trace = told("tcptraceroute", line)
    assert (trace.source, trace.port, trace.hops, trace.end) == (None, None, (), None)


def test_a_heading_with_a_name_alone_leads_nowhere() -> None:
    with pytest.raises(ParseError, match=r"made:1: .*no address"):
        told("tcptraceroute", "Tracing the path to mx.example on TCP port 25, 30 hops max")
