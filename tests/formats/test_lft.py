"""What LFT's text says."""

from ipaddress import ip_address

import pytest

from formats.reading_samples import all_of, kinds, one_of, path, told
from mxpath.errors import ParseError
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason


def test_a_path_with_a_silent_hop() -> None:
    trace = one_of("lft", "tcp-open.txt")
    assert (trace.protocol, trace.port, trace.distance) == (Protocol.TCP, 25, 7)
    assert path(trace)[4] is None
    assert [probe.reply for probe in trace.hops[4].probes] == [None]
    assert kinds(trace.hops[-1]) == [ReplyKind.SYN_ACK]
    assert trace.hops[-1].min_rtt_ms == 50.9


def test_tags_and_names_stand_before_the_address() -> None:
    assert path(one_of("lft", "timers-names.txt")) == path(one_of("lft", "tcp-open.txt"))


def test_each_time_is_a_probe() -> None:
    _, trace = all_of("lft", "several.txt")
    assert [probe.rtt_ms for probe in trace.hops[-1].probes] == [50.8, 50.9, 50.9]


def test_remarks_are_notes() -> None:
    (note,) = one_of("lft", "stateful.txt").notes
    assert "flag-based state filter" in note


@pytest.mark.parametrize(
    ("name", "protocol", "end"),
    [
        ("udp.txt", Protocol.UDP, EndReason.REACHED),
        ("icmp-names.txt", Protocol.ICMP, EndReason.REACHED),
        ("closed.txt", Protocol.TCP, EndReason.REACHED),
        ("dead.txt", Protocol.TCP, EndReason.GAVE_UP),
        ("no-network.txt", Protocol.TCP, EndReason.UNREACHABLE),
    ],
)
def test_how_it_ended(name: str, protocol: Protocol, end: EndReason) -> None:
    trace = one_of("lft", name)
    assert (trace.protocol, trace.end) == (protocol, end)


def test_datagrams_go_to_a_row_of_ports() -> None:
    assert one_of("lft", "udp.txt").port is None


def test_one_router_that_refuses_several_probes_is_one_hop() -> None:
    assert path(one_of("lft", "no-network.txt")) == ["198.18.1.1"]


def test_several_silent_hops_are_told_apart() -> None:
    text = (
        "TTL LFT trace to 192.0.2.25:25/tcp\n 1  198.51.100.1 1ms\n"
        "**  [neglected] no reply packets received from TTLs 2 through 4\n"
        " 5  [target open] 192.0.2.25:25 9ms"
    )
    trace = told("lft", text)
    assert path(trace) == ["198.51.100.1", None, None, None, "192.0.2.25"]
    assert trace.target == ip_address("192.0.2.25")


def test_names_without_addresses_lead_nowhere() -> None:
    with pytest.raises(ParseError, match=r"made:1: .*not -h"):
        told("lft", "TTL LFT trace to mx.example:25/tcp")
