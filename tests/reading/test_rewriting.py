"""What a quote shows otherwise than it was sent."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handmade import FLOW, answer, arrived, made
from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.probe import ProbeSpec, Protocol, Reply
from mxpath.model.trace import Imported, Trace
from mxpath.reading.heard import heard
from mxpath.reading.rewriting import rewritten
from mxpath.vantage import packets


def faithful(ttl: int, **changes: Any) -> Reply:
    """An answer that quotes the probe as it left."""
    spec = FLOW.probe(ttl, 0)
    told: dict[str, Any] = {
        "sequence": spec.sequence,
        "quoted_id": packets.identification(spec),
        "quoted_tos": 0,
        "quoted_checksum": sent_checksum(spec),
    }
    return answer(f"r{ttl}", **{**told, **changes})


def sent_checksum(spec: ProbeSpec) -> int:
    """By another way than the program's: the segment with its checksum left out, by RFC 1071."""
    packet = packets.encode(spec)
    segment = packet[20:36] + b"\0\0" + packet[38:]
    ends = spec.source.packed + spec.target.packed
    return packets.checksum(ends + b"\0\6" + len(segment).to_bytes(2, "big") + segment)


def found_in(trace: Trace) -> list[Anomaly]:
    return list(rewritten(heard(trace)[0]))


def test_a_faithful_quote_tells_nothing() -> None:
    assert found_in(made(*map(faithful, range(1, 9)), arrived())) == []


def test_a_short_quote_tells_nothing() -> None:
    none = {"quoted_checksum": None, "quoted_id": None, "quoted_tos": None}
    assert found_in(made(faithful(1, **none))) == []


def test_a_changed_checksum_is_consistent_with_nat_from_its_first_hop_on() -> None:
    def shifted(ttl: int) -> Reply:
        reply = faithful(ttl)
        assert reply.quoted_checksum is not None
        return replace(reply, quoted_checksum=(reply.quoted_checksum + 0x1234) % 0xFFFF)

    (found,) = found_in(made(faithful(1), faithful(2), shifted(3), shifted(4), None, shifted(6)))
    assert (found.kind, found.ttls) == (AnomalyKind.REWRITTEN_CHECKSUM, (3, 4, 6))
    assert "consistent with NAT" in found.words
    assert "changed by 0x1234" in found.evidence[0].detail


def test_a_second_change_is_a_second_finding() -> None:
    rows = [
        faithful(ttl, quoted_checksum=(sent_checksum(FLOW.probe(ttl, 0)) + by) % 0xFFFF)
        for ttl, by in ((1, 0), (2, 7), (3, 7), (4, 99))
    ]
    assert [found.ttls for found in found_in(made(*rows))] == [(2, 3), (4,)]


@settings(max_examples=30)
@given(st.integers(1, 0xFFFE))
def test_a_checksum_of_zero_equals_one_of_all_ones(by: int) -> None:
    """Ones' complement has two zeros: a change to the other one is none."""
    plain = sent_checksum(FLOW.probe(1, 0))
    told = (plain + by) % 0xFFFF
    assert len(found_in(made(faithful(1, quoted_checksum=told)))) == 1
    assert found_in(made(faithful(1, quoted_checksum=plain % 0xFFFF))) == []


def test_another_identification_is_told() -> None:
    (found,) = found_in(made(faithful(1), faithful(2, quoted_id=4711)))
    assert (found.kind, found.ttls) == (AnomalyKind.REWRITTEN_ID, (2,))


@pytest.mark.parametrize(
    ("octet", "words"),
    [(0x28, "DSCP 10 set"), (0x03, "ECN 11 set"), (0xB9, "DSCP 46 and ECN 01 set")],
)
def test_a_tos_octet_is_told_by_its_two_parts(octet: int, words: str) -> None:
    (found,) = found_in(made(faithful(1, quoted_tos=octet)))
    assert found.kind is AnomalyKind.REWRITTEN_TOS
    assert found.words.startswith(words)


def test_the_checksum_of_a_rewritten_number_is_no_second_finding() -> None:
    other = (FLOW.probe(2, 0).sequence + 99) % 2**32
    checksum = sent_checksum(replace(FLOW.probe(2, 0), sequence=other))
    (found,) = found_in(made(faithful(1), faithful(2, sequence=other, quoted_checksum=checksum)))
    assert found.kind is AnomalyKind.REWRITTEN_SEQUENCE


def test_an_answer_that_names_another_number_shows_that_it_was_rewritten() -> None:
    sent = FLOW.probe(2, 0).sequence
    reply = faithful(2, sequence=(sent + 99) % 2**32, quoted_checksum=None)
    (found,) = found_in(made(faithful(1), reply))
    assert (found.kind, found.ttls) == (AnomalyKind.REWRITTEN_SEQUENCE, (2,))


@pytest.mark.parametrize(
    "unknown",
    [
        {"engine": "unprivileged"},
        {"engine": "mtr", "imported": Imported(tool="mtr", source="file")},
        {"source": None},
        {"protocol": None},
    ],
)
def test_where_it_is_not_known_what_was_sent_nothing_is_claimed(unknown: dict[str, object]) -> None:
    odd = faithful(1, quoted_checksum=1, quoted_id=2, quoted_tos=4)
    assert len(found_in(made(odd))) == 3
    assert found_in(made(odd, **unknown)) == []


def test_the_number_of_a_protocol_without_one_is_left_alone() -> None:
    odd = faithful(1, sequence=7, protocol=Protocol.UDP, quoted_checksum=None, quoted_id=None)
    assert found_in(made(odd)) == []
