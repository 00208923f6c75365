"""What traceroute's text says, in the dialects of its tools."""

from ipaddress import ip_address
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.reading_samples import all_of, kinds, one_of
from formats.reading_samples import told as told_by
from mxpath.errors import ParseError
from mxpath.formats import traceroute
from mxpath.model.probe import InterfaceRole, Protocol, ReplyKind
from mxpath.model.trace import EndReason, Trace


def sample(name: str) -> tuple[Trace, ...]:
    return all_of("traceroute", name)


def only(name: str) -> Trace:
    return one_of("traceroute", name)


def told(text: str) -> Trace:
    return told_by("traceroute", text)


def test_three_probes_to_a_hop_of_two_routers_are_three_probes() -> None:
    hop = only("linux-tcp-v4-ecmp.txt").hops[3]
    assert [str(address) for address in hop.responders] == ["198.18.48.10", "198.18.48.14"]
    assert [probe.rtt_ms for probe in hop.probes] == [34.158, 35.150, 34.150]


def test_a_star_is_a_probe_without_an_answer() -> None:
    trace = only("linux-tcp-v4-ecmp.txt")
    assert [probe.reply for probe in trace.hops[4].probes] == [None] * 3
    assert trace.hops[4].loss.share == 1


@pytest.mark.parametrize(
    ("name", "target", "distance"),
    [
        ("linux-tcp-v4-ecmp.txt", "198.18.97.25", 7),
        ("linux-icmp-v6.txt", "2001:db8:3000:1000::25", 7),
        ("linux-names.txt", "198.18.98.25", 6),
        ("busybox-v4.txt", "198.18.98.25", 6),
        ("busybox-v6-names.txt", "2001:db8:3000:1001::25", 6),
        ("inetutils-names.txt", "198.18.98.25", 6),
        ("inetutils-icmp.txt", "198.18.97.25", 7),
    ],
)
def test_a_target_that_answers_tells_its_distance(name: str, target: str, distance: int) -> None:
    trace = only(name)
    assert (str(trace.target), trace.distance) == (target, distance)
    assert trace.end is EndReason.REACHED
    assert trace.target_rtt_ms == trace.hops[-1].min_rtt_ms is not None


def test_the_same_path_reads_the_same_with_and_without_names() -> None:
    paths = [
        [hop.address for hop in only(name).hops]
        for name in ("linux-names.txt", "busybox-v4.txt", "inetutils-names.txt")
    ]
    assert paths[0] == paths[1] == paths[2]


def test_a_name_that_looks_like_an_address_is_no_address() -> None:
    head = "traceroute to 192.0.2.25 (192.0.2.25), 30 hops max"
    line = "\n 1  203.0.113.66 (198.51.100.1)  1.0 ms"
    assert str(told(f"{head}, 60 byte packets{line}").hops[0].address) == "198.51.100.1"
    assert str(told(f"{head}{line}").hops[0].address) == "203.0.113.66"  # inetutils turn it round


def test_several_traces_in_one_file_are_told_apart() -> None:
    traces = sample("several.txt")
    assert [str(trace.target) for trace in traces] == [
        "198.18.98.25",
        "198.18.98.25",
        "198.18.98.77",
    ]
    records = [trace.imported.record for trace in traces if trace.imported is not None]
    assert records == [1, 9, 16]


def test_what_is_not_told_is_unknown() -> None:
    trace = only("linux-tcp-v4-ecmp.txt")
    assert (trace.protocol, trace.port, trace.source, trace.started_at) == (None,) * 4
    assert trace.packets_sent is None
    assert "the protocol" in trace.unseen


def test_an_unreachable_from_the_middle_ends_a_trace_and_is_no_target() -> None:
    trace = only("linux-mtu-unreachable.txt")
    assert (trace.end, trace.distance) == (EndReason.UNREACHABLE, None)
    assert kinds(trace.hops[-1]) == [ReplyKind.UNREACHABLE] * 3
    assert trace.notes[1:] == ("packets to hop 1 and beyond must not exceed 1500 bytes",)


def test_each_mark_is_a_kind_and_a_code() -> None:
    hops = only("made-linux-marks.txt").hops
    replies = [probe.reply for hop in hops[3:] for probe in hop.probes if probe.reply is not None]
    assert [(r.kind, r.icmp_code, r.mtu) for r in replies] == [
        (ReplyKind.UNREACHABLE, 13, None),
        (ReplyKind.UNREACHABLE, 1, None),
        (ReplyKind.PACKET_TOO_BIG, 4, 1380),
        (ReplyKind.UNREACHABLE, 9, None),
    ]


def test_a_router_says_time_exceeded_where_the_trace_went_on() -> None:
    assert set(kinds(only("made-linux-marks.txt").hops[0])) == {ReplyKind.TIME_EXCEEDED}


def test_extensions_are_label_stacks_and_interfaces() -> None:
    first, second = (p.reply for p in only("made-linux-marks.txt").hops[1].probes[:2])
    assert first is not None
    assert second is not None
    assert [(m.label, m.traffic_class, m.bottom, m.ttl) for m in first.mpls] == [
        (16004, 0, False, 1),
        (17, 5, True, 2),
    ]
    assert second.mpls == ()
    (interface,) = second.interfaces
    assert (interface.role, interface.index, interface.name, interface.mtu) == (
        InterfaceRole.INCOMING,
        3,
        "ge-0/0/1.0",
        9000,
    )
    assert interface.address == ip_address("198.51.100.14")


def test_flags_of_a_segment_tell_that_it_was_tcp() -> None:
    trace = only("linux-info-tcp.txt")
    assert trace.protocol is Protocol.TCP
    assert kinds(trace.hops[-1]) == [ReplyKind.SYN_ACK] * 3


def test_the_lines_that_the_bsds_indent_go_on_with_the_hop() -> None:
    trace = only("made-macos.txt")
    assert [len(hop.responders) for hop in trace.hops] == [1, 3, 0, 1]
    assert [len(hop.probes) for hop in trace.hops] == [3] * 4
    assert trace.end is EndReason.UNREACHABLE


def test_marks_of_ipv6_have_codes_of_their_own() -> None:
    trace = only("made-bsd-v6.txt")
    assert trace.source == ip_address("2001:db8:1::7")
    assert trace.hops[0].address == ip_address("fe80::1")
    codes = [p.reply.icmp_code for p in trace.hops[-1].probes if p.reply is not None]
    assert codes == [3, None, None]


def test_a_trace_that_was_broken_off_says_so() -> None:
    head = "traceroute to 192.0.2.25 (192.0.2.25), 4 hops max, 60 byte packets\n"
    assert told(f"{head} 1  * *^C").end is EndReason.INTERRUPTED
    assert told(f"{head} 1  * *\n^C\n$ ").end is EndReason.INTERRUPTED
    assert told(f"{head} 1  * *").end is None
    assert told(f"{head} 1  * *\n 4  * *").end is EndReason.GAVE_UP


def test_hops_that_the_text_leaves_out_are_hops_without_probes() -> None:
    head = "traceroute to 192.0.2.25 (192.0.2.25), 30 hops max, 60 byte packets\n"
    hops = told(f"{head} 3  198.51.100.1  1.0 ms\n 5  192.0.2.25  2.0 ms").hops
    assert [(hop.ttl, len(hop.probes)) for hop in hops] == [(3, 1), (4, 0), (5, 1)]


def test_remarks_of_the_tool_are_notes_made_harmless() -> None:
    head = "traceroute to 192.0.2.25 (192.0.2.25), 30 hops max, 60 byte packets\n"
    trace = told(f"{head} 1  * * *\ntraceroute: send: \x1b[31mNetwork is unreachable\n")
    assert trace.notes[1:] == ("traceroute: send: ␛[31mNetwork is unreachable",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "no heading"),
        (" 1  192.0.2.1  1 ms", 1, "2>&1"),
        ("traceroute to nowhere, 30 hops max", 1, "no address"),
        ("$ x\ntraceroute to ::1 (::1), 30 hops max\n 1  mx.example  1 ms", 3, "'mx.example'"),
        ("traceroute to ::1 (::1)\n 2  *\n 2  *", 3, "hop 2 is out of order"),
        ("traceroute to ::1 (::1)\n 1  *\n$\n 2  *", 4, "no heading above"),
        ("traceroute to ::1 (::1)\n 0  *", 2, "out of order"),
        (f"traceroute to ::1 (::1)\n 1 {' *' * 300}", 2, "more than 256 probes"),
        (f"traceroute to ::1 (::1)\n 1 {' *' * 3000}", 2, "longer than"),
        ("traceroute to ::1 (::1)\n 1  5.0 ms", 2, "'5.0 ms'"),
        ("traceroute to ::1 (::1)\n 1  *\n\nHOST: a  Loss%  Snt\n", 4, "another tool"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        traceroute.read(text.encode(), source="some.txt")
    assert caught.value.line == line
    assert str(caught.value).startswith("some.txt")
    assert words in str(caught.value)


_WORDS = st.sampled_from(
    [
        "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max, 60 byte packets", "\n", "\n 1 ", "\n 2 ",
        "\n    ", " 192.0.2.1", " fe80::1%0", " (192.0.2.7)", " * ", " 1.5 ms", " !H", " !F-1400",
        " !<77777>", " !<7>", " [open]", " [", " <MPLS:L=99999999,E=0,S=1,T=999>", ' <INC:1,"', "^C",
        " F=1500", " '-4'", "\0", " 3 bytes to ::1", "9" * 30, "\x1b[2J", "é",
    ]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(_WORDS, max_size=20).map("".join))
def test_no_medley_of_its_words_raises_anything_but_parse_error(text: str) -> None:
    try:
        traces = traceroute.read(text.encode(), source="medley")
    except ParseError:
        return
    assert traces
    assert all(a.ttl < b.ttl for t in traces for a, b in pairwise(t.hops))
