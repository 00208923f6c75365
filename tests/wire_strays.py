"""Packets that look like answers and answer nothing."""

import struct

from wire_bytes import (
    ACK,
    ICMP,
    RST,
    SYN,
    QuoteStyle,
    Seen,
    icmp_error,
    ip_packet,
    numbered,
    rewritten,
    tcp_answer,
)
from wire_world import Stray

_FLAGS = {"syn-ack": SYN | ACK, "ack": ACK, "rst": RST | ACK}
_ERRORS = {
    ("time exceeded", 4): (11, 0),
    ("time exceeded", 6): (3, 0),
    ("unreachable", 4): (3, 1),
    ("unreachable", 6): (1, 3),
}


def write_stray(stray: Stray, seen: Seen) -> bytes:
    """Write a stray after the likeness of an answer to a probe."""
    sequence = seen.number ^ stray.sequence_xor
    if stray.kind in _FLAGS:
        body = tcp_answer(seen, _FLAGS[stray.kind], acknowledged=sequence + 1)
        if stray.source_port is not None:
            body = body[:2] + struct.pack("!H", stray.source_port) + body[4:]
        return ip_packet(stray.responder, seen.source, seen.protocol, body)
    quoted = rewritten(numbered(seen, sequence), target=stray.target, source_port=stray.source_port)
    kind = _ERRORS[stray.kind, seen.version]
    body = icmp_error(kind, quoted, style=QuoteStyle(), version=seen.version)
    return ip_packet(stray.responder, seen.source, ICMP[seen.version], body)
