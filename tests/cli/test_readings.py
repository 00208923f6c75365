"""What is read off a trace, printed: short, in 100 columns, and no stronger than it is."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handmade import answer, arrived, hop, made, of_hops
from mxpath.cli.readings import egress_lines, mtu_lines, remarks, table
from mxpath.cli.tables import WIDTH, folded
from mxpath.model.egress import Egress, EgressState
from mxpath.model.evidence import Grade
from mxpath.model.path_mtu import BlackHole, PathMtu
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import Trace
from mxpath.reading.read import read


def under(trace: Trace) -> dict[int, str]:
    return {ttl: " ".join(" ".join(lines).split()) for ttl, lines in remarks(read(trace)).items()}


def test_a_plain_trace_has_nothing_under_its_hops() -> None:
    assert under(made(answer("r1"), None, arrived())) == {}


def test_loss_on_the_way_there_is_told_with_its_interval() -> None:
    two = [answer(), None, None]
    words = under(made([answer()] * 3, two, two, arrived()))
    assert words[2].startswith("- lost on the way there: 2 of 3 (21% to 94%)")
    assert 3 not in words


def test_silence_to_the_end_is_told_once() -> None:
    words = under(made(answer(), None, None, None))
    assert list(words) == [2]
    assert "lost, filtered, or silent routers" in words[2]


def test_an_anomaly_stands_under_its_first_hop_with_all_of_them() -> None:
    words = under(made(answer("r1"), answer("r2"), answer("r2"), answer("r2"), arrived()))
    assert words[2].startswith("! loop: 198.18.200.2 answers for hops 2 to 4")
    assert words[2].endswith("[hops 2-4]")


def test_what_two_flows_show_alike_is_told_of_the_first() -> None:
    one = made(answer("r1", quoted_ttl=0), arrived())
    both = replace(one, flows=(one.flows[0], one.flows[0]))
    assert under(both) == under(one)


def test_what_a_further_flow_shows_alone_names_it() -> None:
    one = made(answer("r1"), arrived())
    other = made(answer("r2", quoted_ttl=0), arrived())
    assert "[flow 2]" in under(replace(one, flows=(one.flows[0], other.flows[0])))[1]


def test_the_table_has_a_row_for_each_hop_and_says_what_its_loss_is() -> None:
    hops = (
        hop(1, [answer(ms=1.0), answer(ms=3.0)]),
        hop(2, [answer("r2"), None], limited=True),
        hop(3, [answer("r3"), None]),
        hop(4, [None, None]),
    )
    heads, first, second, third, last = table(read(of_hops(hops)))
    assert heads.split()[:3] == ["Loss%", "Snt", "Last"]
    figures = "1. 0.0% 2 3.0 2.0 1.0 3.0 1.4 2.0 1.0 2.0 2.0 198.18.200.1"
    assert " ".join(first.split()) == figures
    assert second.endswith("198.18.200.2  limited")
    assert third.endswith("198.18.200.3  unknown")
    assert last.split()[-1] == "???"


MTU: dict[str, Any] = {
    "mtu_bytes": 1400,
    "fails_bytes": 1401,
    "reached": True,
    "protocol": Protocol.ICMP,
    "probes": 3,
    "probes_to_target": 3,
}
HOLE = BlackHole(size_bytes=1401, passes_ttl=3, fails_ttl=4)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "path MTU: 1400 bytes"),
        ({"fails_bytes": None, "mtu_bytes": 1500}, "path MTU: at least 1500 bytes"),
        ({"fails_bytes": 1420}, "1400 bytes or more, below 1420"),
        ({"told_by": ip_address("192.0.2.1"), "told_ttl": 2}, "1400 bytes, says 192.0.2.1, hop 2"),
        ({"of_this_host": True}, "1400 bytes, by this host's own link"),
        ({"black_hole": HOLE}, "1401 bytes reach hop 3, not hop 4; consistent with a black hole"),
        ({"reached": False, "as_far_as_ttl": 5}, "path MTU as far as hop 5: 1400 bytes"),
        ({"mtu_bytes": None, "fails_bytes": None}, "path MTU unknown"),
    ],
)
def test_the_path_mtu_in_words(fields: dict[str, Any], words: str) -> None:
    trace = replace(made(answer()), path_mtu=PathMtu(**{**MTU, **fields}))
    assert words in " ".join(" ".join(mtu_lines(trace)).split())
    assert mtu_lines(made(answer())) == []


def test_a_port_that_does_not_get_out_is_told_and_one_that_does_is_not() -> None:
    shut = Egress(
        version=4,
        port=25,
        state=EgressState.BLOCKED,
        grade=Grade.CERTAIN,
        ttl=2,
        address=ip_address("192.0.2.1"),
        targets=2,
        passes=("icmp", "tcp/443"),
    )
    words = " ".join(egress_lines([shut])).replace("\n", " ")
    assert "Egress port 25 over IPv4 is blocked at hop 2 (192.0.2.1) or right behind it" in words
    assert "while ICMP and TCP/443 passes" in " ".join(words.split())
    assert egress_lines([replace(shut, state=EgressState.OPEN)]) == []


@settings(max_examples=40)
@given(st.text(max_size=400))
def test_folded_lines_fit_unless_a_single_word_does_not(text: str) -> None:
    for line in folded(text):
        assert len(line) <= WIDTH or len(line.split()) == 1


def test_long_remarks_are_folded() -> None:
    rows = [
        answer("2001:db8:1234:5678:9abc:def0:1234:5678", kind=ReplyKind.UNREACHABLE) for _ in "12"
    ]
    lines = [line for lines in remarks(read(made(*rows))).values() for line in lines]
    assert lines
    assert max(map(len, lines)) <= WIDTH
