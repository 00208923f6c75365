"""What mtr reports, in its four forms and their versions."""

from datetime import UTC, datetime

import pytest

from formats.reading_samples import all_of, one_of, path, told
from mxpath.errors import ParseError
from mxpath.formats.assembling import NO_CONSTANT_FLOW
from mxpath.model.statistics import HopStatistics
from mxpath.model.trace import EndReason, Trace

PATH = [
    "198.18.1.1", "198.18.16.1", "198.18.48.1", "198.18.48.18", None, "198.18.48.46", "198.18.97.25",
]  # fmt: skip


def figures(trace: Trace, ttl: int) -> HopStatistics:
    hop = next(hop for hop in trace.hops if hop.ttl == ttl)
    assert hop.told is not None
    return hop.told


@pytest.mark.parametrize(
    "name",
    [
        "csv-v4.csv",
        "csv-as-all-fields.csv",
        "json-as-both.json",
        "xml-all-fields.xml",
        "report-all-fields.txt",
        "report-as-both.txt",
        "report-narrow.txt",
    ],
)
def test_all_forms_tell_the_same_path(name: str) -> None:
    trace = one_of("mtr", name)
    assert path(trace) == PATH
    assert trace.distance == 7
    assert trace.target_rtt_ms == pytest.approx(51.4, abs=0.2)
    assert (trace.protocol, trace.port) == (None, None)


def test_each_column_has_its_place() -> None:
    assert figures(one_of("mtr", "json-all-fields-v6.json"), 7) == HopStatistics(
        sent=5,
        received=5,
        last_ms=50.478,
        best_ms=50.407,
        average_ms=50.446,
        worst_ms=50.491,
        stddev_ms=0.037,
        jitter_ms=0.03,
        javg_ms=0.031,
        jmax_ms=0.077,
        jinta_ms=0.144,
    )


def test_a_silent_hop_has_lost_everything_and_no_time_is_zero() -> None:
    hop = one_of("mtr", "csv-v4.csv").hops[4]
    assert hop.told == HopStatistics(sent=3, received=0)
    assert (hop.address, hop.min_rtt_ms, hop.loss.share) == (None, None, 1)


def test_lost_probes_are_counted_from_their_share() -> None:
    hop = one_of("mtr", "json-udp-ecmp.json").hops[-1]
    assert (hop.loss.sent, hop.loss.lost) == (8, 2)


def test_the_report_names_several_routers_of_a_hop() -> None:
    hop = one_of("mtr", "report-tcp-ecmp.txt").hops[3]
    assert [str(a) for a in hop.responders] == ["198.18.48.10", "198.18.48.18", "198.18.48.14"]


def test_older_reports_indent_with_bars_and_tell_labels() -> None:
    hop = one_of("mtr", "made-0.85-mpls.txt").hops[1]
    assert [str(a) for a in hop.responders] == ["198.51.100.9", "198.51.100.13", "198.51.100.17"]


def test_a_report_does_not_name_its_target_and_a_note_says_so() -> None:
    trace = one_of("mtr", "report-v6.txt")
    assert str(trace.target) == "2001:db8:3000:1000::25"
    assert trace.end is None
    assert any("the last hop is taken for it" in note for note in trace.notes)


def test_a_target_that_is_named_and_answers_is_reached() -> None:
    trace = one_of("mtr", "xml-v6.xml")
    assert (trace.end, trace.notes) == (EndReason.REACHED, (NO_CONSTANT_FLOW,))


def test_a_target_that_never_answers_has_no_distance() -> None:
    trace = one_of("mtr", "csv-dead.csv")
    assert (str(trace.target), trace.distance, trace.end) == ("198.18.98.77", None, None)


def test_a_router_that_answers_twice_is_taken_for_no_target() -> None:
    text = (
        "HOST: laptop    Loss%   Snt   Best\n"
        "  1.|-- 198.51.100.1   0.0%  3  1.0\n  2.|-- 198.51.100.1   0.0%  3  3000."
    )
    with pytest.raises(ParseError, match="no address of a target"):
        told("mtr", text)


def test_hops_by_name_alone_are_nobody_s_address_and_a_note_says_so() -> None:
    trace = one_of("mtr", "json-tcp-names.json")
    assert set(path(trace)) == {None}
    assert figures(trace, 3).received == 3
    assert any("by name alone" in note for note in trace.notes)


def test_an_address_that_a_narrow_report_has_cut_is_not_believed() -> None:
    trace = one_of("mtr", "made-narrow-v6.txt")
    assert path(trace) == ["2001:db8:1::1", None, "2001:db8:2::25"]
    assert figures(trace, 2).best_ms == 4.2


def test_json_of_older_versions_counts_hops_as_text() -> None:
    trace = one_of("mtr", "made-0.92.json")
    assert path(trace) == ["198.51.100.1", "192.0.2.25"]
    assert figures(trace, 2).received == 9


def test_xml_of_older_versions_is_not_well_formed() -> None:
    trace = one_of("mtr", "made-0.85.xml")
    assert figures(trace, 2).received == 9
    assert trace.end is EndReason.REACHED


def test_csv_of_older_versions_tells_one_time_in_microseconds() -> None:
    trace = one_of("mtr", "made-0.85.csv")
    assert figures(trace, 3) == HopStatistics(sent=1, received=1, last_ms=11.804, best_ms=11.804)
    assert figures(trace, 2).received == 0
    assert trace.imported is not None
    assert trace.imported.version == "0.85"


def test_csv_of_older_versions_may_tell_the_as_number() -> None:
    trace = told("mtr", "MTR.0.85;1399480421;OK;192.0.2.25;1;192.0.2.25;AS64499;11804\n")
    assert (path(trace), trace.target_rtt_ms) == (["192.0.2.25"], 11.804)


def test_when_it_was_is_told_by_reports_and_csv() -> None:
    assert one_of("mtr", "report-v6.txt").started_at == datetime(
        2026, 11, 25, 21, 57, 57, tzinfo=UTC
    )
    assert one_of("mtr", "csv-v4.csv").ended_at == datetime(2026, 11, 25, 21, 57, 38, tzinfo=UTC)
    assert one_of("mtr", "made-narrow-v6.txt").started_at is None


def test_several_reports_in_one_file() -> None:
    traces = all_of("mtr", "report-several.txt")
    assert [trace.imported.record for trace in traces if trace.imported] == [1, 10]
    assert [path(trace) for trace in traces] == [PATH] * 2


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"report": {"mtr": {}, "hubs": [{"count": 1}]}}', "made:1: .*Snt"),
        ('{"report": {"mtr": {}, "hubs": [{"count": "x"}]}}', "record 1: .*count"),
        ('{"report": {"mtr": {}, "hubs": [{"count": 1, "Snt": "NaN"}]}}', "'NaN' is no figure"),
        ("HOST: a Loss% Snt\n 1. ::1 0.0%", "made:2: 2 columns"),
        ("HOST: a Loss% Snt\n 1. ::1 0.0% 4\ntraceroute to ::1 (::1)", "made:3: .*another tool"),
        ("HOST: a Loss% Snt\n 1. ::1 300.0% 4", "made:1: 300.0 is not between"),
        ("HOST: a Loss% Snt\n 2. ::1 0.0% 4\n 1. ::1 0.0% 4", "out of order"),
        ("Mtr_Version,Start_Time\nMTR.0.95,1", "made:1: a heading without"),
        ("Mtr_Version,Start_Time,Status,Host,Hop,Ip,Snt\nMTR.0.95,1", "made:2: as many"),
        (
            "Mtr_Version,Start_Time,Status,Host,Hop,Ip,Snt\nMTR.1,9e9,OK,a,1,b,3",
            "'9e9' is no figure",
        ),
        ('<MTR DST="::1">\n<HUB COUNT="1" HOST="::1">\n<Snt>x</Snt>', "made:3: 'x'"),
        ('<MTR DST="::1">\n<!DOCTYPE x>', "made:2: .*not understood"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, place: str) -> None:
    with pytest.raises(ParseError, match=place):
        told("mtr", text)
