"""scamper's own files: warts, with records of ``trace`` and ``tracelb``.

Source: warts(5); for ``tracelb``, which it leaves out, scamper 20211212. Records of other types
are passed over by their length; lists and cycles are read no further, for a trace needs none.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from mxpath.errors import ParseError
from mxpath.formats import warts_tables
from mxpath.formats.reading import Reader, check_size
from mxpath.formats.scamper_multipath import multipath_of
from mxpath.formats.scamper_results import Answer, Head, Link, trace_of
from mxpath.formats.warts_fields import Address, Cursor
from mxpath.model.address import IPAddress
from mxpath.model.trace import Imported, Trace

MAGIC = b"\x12\x05"
_ADDRESS, _TRACE, _TRACELB = 5, 6, 8
_LAST_DITCH = 2
"""Optional data of a trace: answers to probes with a TTL of 255."""

_METHODS = ("", "icmp-echo", "udp", "tcp", "icmp-echo-paris", "udp-paris", "tcp-ack")
_LB_METHODS = ("", "udp-dport", "icmp-echo", "udp-sport", "tcp-sport", "tcp-ack-sport")
_STOPS = (
    "NONE", "COMPLETED", "UNREACH", "ICMP", "LOOP", "GAPLIMIT", "ERROR", "HOPLIMIT", "GSS", "HALTED",
)  # fmt: skip
_HAS_TTL, _IS_TCP, _IS_UDP = 0x10, 0x20, 0x40
"""Flags of an answer of a trace."""
_LB_IS_TCP = 0x02
"""Flag of an answer of a tracelb."""


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the traces of a file.

    Raises
    ------
    ParseError
        When a record is malformed or cut; it names the octet.
    """
    check_size(content, source=source)
    shared: list[Address] = []
    traces: list[Trace] = []
    for kind, record in _records(content, source, shared):
        imported = Imported(tool="scamper", source=source, record=len(traces) + 1)
        if kind == _ADDRESS:
            record.octet()  # its number modulo 256, which the order of records tells too
            shared.append(record.plain_address(record.end - record.offset - 1))
        elif kind == _TRACE:
            traces.append(_trace(record, imported))
        elif kind == _TRACELB:
            traces.append(_tracelb(record, imported))
    return tuple(traces)


def _records(content: bytes, source: str, shared: list[Address]) -> Iterator[tuple[int, Cursor]]:
    """Yield type and content of each record."""
    head = Cursor(content, source, 0, len(content))
    if not content:
        raise ParseError("byte 0: an empty file", source=source)
    while head.offset < len(content):
        if head.take(2) != MAGIC:
            head.fail("no warts record begins here")
        kind, size = head.word(), head.long()
        if size > len(content) - head.offset:
            head.fail(f"a record of {size} bytes is cut")
        yield kind, Cursor(content, source, head.offset, head.offset + size, shared)
        head.offset += size


# -- trace -----------------------------------------------------------------------------------


def _trace(record: Cursor, imported: Imported) -> Trace:
    told = record.parameters(warts_tables.TRACE_PARAMETERS)
    head = Head(
        target=_target(record, told.get(27) or told.get(4)),
        source=told.get(26) or told.get(3),
        method=_word(_METHODS, told.get(11)),
        source_port=told.get(13),
        destination_port=told.get(14),
        started_ns=told.get(5),
        first_ttl=told.get(15) or 1,
        last_ttl=min(told.get(19, 0), 255),
        attempts=told.get(9, 0),
        probes_sent=told.get(23),
        stop=_word(_STOPS, told.get(6)),
        imported=imported,
    )
    answers = [_answer(record) for _ in range(record.word())]
    return trace_of(head, answers, last_try=_last_try(record))


def _answer(record: Cursor) -> Answer:
    told = record.parameters(warts_tables.HOP_PARAMETERS)
    ttl, flags = told.get(2), told.get(4, 0)
    if not ttl:
        record.fail("an answer without the TTL of its probe")
    icmp = None if flags & (_IS_TCP | _IS_UDP) else told.get(7)
    quotes = icmp is not None and icmp[0] in (1, 2, 3, 11)
    return Answer(
        ttl=ttl,
        attempt=told.get(5, 0),
        responder=told.get(18) or told.get(1),
        sent_ns=told.get(19) or None,
        rtt_ns=told.get(6),
        icmp=icmp,
        tcp_flags=told.get(15) if flags & _IS_TCP else None,
        is_udp=bool(flags & _IS_UDP),
        reply_ttl=told.get(3) or (0 if flags & _HAS_TTL else None),
        quoted_ttl=told.get(14, 1) if quotes else None,
        quoted_tos=told.get(16),
        mtu=told.get(12),
        mpls=told.get(17, ()),
    )


def _last_try(record: Cursor) -> list[Answer]:
    """Read the optional data that follow the answers, as far as they are answers too."""
    answers: list[Answer] = []
    while record.offset < record.end:
        header = record.word()
        if not header:
            break
        kind, stop = header >> 12, record.offset + (header & 0xFFF)
        if stop > record.end:
            record.fail("optional data longer than their record")
        if kind == _LAST_DITCH:
            record.parameters({})
            answers += [_answer(record) for _ in range(record.word())]
        record.offset = stop
    return answers


# -- tracelb ---------------------------------------------------------------------------------


def _tracelb(record: Cursor, imported: Imported) -> Trace:
    told = record.parameters(warts_tables.LB_PARAMETERS)
    method = _word(_LB_METHODS, told.get(9))
    head = Head(
        target=_target(record, told.get(22) or told.get(4)),
        source=told.get(21) or told.get(3),
        method=method,
        source_port=told.get(6),
        destination_port=told.get(7),
        started_ns=told.get(5),
        first_ttl=told.get(10) or 1,
        probes_sent=told.get(18),
        confidence=told.get(14),
        imported=imported,
    )
    nodes = [_node(record) for _ in range(told.get(16, 0))]
    links = [_link(record, nodes) for _ in range(told.get(17, 0))]
    return multipath_of(
        head, links, first_node=nodes[0] if nodes else None, most_probes=told.get(19)
    )


def _node(record: Cursor) -> IPAddress | None:
    told = record.parameters(warts_tables.NODE_PARAMETERS)
    address: Address = told.get(5) or told.get(1)
    return address


def _link(record: Cursor, nodes: Sequence[IPAddress | None]) -> Link:
    """Read a link with all probes on the way to its far end."""
    told = record.parameters(warts_tables.LINK_PARAMETERS)
    near, far = told.get(1, 0), told.get(2, 0)
    if near >= len(nodes) or far >= len(nodes):
        record.fail("a link to a node that is not there")
    sets = [_set(record) for _ in range(told.get(3, 0))]
    return Link(origin=nodes[near], sets=tuple(sets))


def _set(record: Cursor) -> tuple[Answer, ...]:
    count = record.parameters(warts_tables.SET_PARAMETERS).get(1, 0)
    return tuple(_probe(record) for _ in range(count))


def _probe(record: Cursor) -> Answer:
    """Read a probe with its first answer."""
    told = record.parameters(warts_tables.PROBE_PARAMETERS)
    if not told.get(3):
        record.fail("a probe without its TTL")
    replies = [record.parameters(warts_tables.ANSWER_PARAMETERS) for _ in range(told.get(5, 0))]
    reply: dict[int, Any] = replies[0] if replies else {}
    flags, sent_ns, received_ns = reply.get(4, 0), told.get(1, 0), reply.get(1, 0)
    icmp = None if flags & _LB_IS_TCP else reply.get(5)
    responder: Address = reply.get(11) or reply.get(10)
    return Answer(
        ttl=told[3],
        attempt=told.get(4, 0),
        flow=told.get(2, 0),
        responder=responder,
        sent_ns=sent_ns or None,
        rtt_ns=received_ns - sent_ns if 0 < sent_ns <= received_ns else None,
        icmp=icmp,
        tcp_flags=reply.get(6) if flags & _LB_IS_TCP else None,
        reply_ttl=reply.get(3),
        quoted_ttl=reply.get(8) if icmp is not None and icmp[0] in (1, 3, 11) else None,
        quoted_tos=reply.get(9) if responder is not None and responder.version == 4 else None,
        mpls=reply.get(7, ()),
    )


def _target(record: Cursor, address: Address) -> IPAddress:
    if address is None:
        record.fail("a trace without a target")
    return address


def _word(words: tuple[str, ...], number: int | None) -> str:
    return words[number] if number is not None and number < len(words) else ""


def _fits(head: bytes) -> bool:
    return head.startswith(MAGIC)


READER = Reader(title="scamper's warts", read=read, fits=_fits)
