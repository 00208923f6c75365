"""Parameters of warts records by the number of their flag, and how each is read.

Source: warts(5); ``tracelb``, which it leaves out, after scamper 20211212. A later parameter than
the last one of a table is passed over.
"""

from collections.abc import Callable
from typing import Any

from mxpath.formats.warts_fields import Cursor

Readers = dict[int, Callable[[Cursor], Any]]


def _pair(cursor: Cursor) -> tuple[int, int]:
    return cursor.octet(), cursor.octet()


TRACE_PARAMETERS: Readers = {
    1: Cursor.long,  # list
    2: Cursor.long,  # cycle
    3: Cursor.shared_address,  # source
    4: Cursor.shared_address,  # target
    5: Cursor.stamp,  # start
    6: Cursor.octet,  # stop reason
    7: Cursor.octet,  # stop data
    8: Cursor.octet,  # flags
    9: Cursor.octet,  # attempts
    10: Cursor.octet,  # hop limit
    11: Cursor.octet,  # type
    12: Cursor.word,  # size of a probe
    13: Cursor.word,  # source port
    14: Cursor.word,  # destination port
    15: Cursor.octet,  # first TTL
    16: Cursor.octet,  # TOS
    17: Cursor.octet,  # time to wait
    18: Cursor.octet,  # loops
    19: Cursor.word,  # hops
    20: Cursor.octet,  # gap limit
    21: Cursor.octet,  # gap action
    22: Cursor.octet,  # loop action
    23: Cursor.word,  # probes sent
    24: Cursor.octet,  # time between probes
    25: Cursor.octet,  # confidence
    26: Cursor.address,  # source
    27: Cursor.address,  # target
}
HOP_PARAMETERS: Readers = {
    1: Cursor.shared_address,
    2: Cursor.octet,  # TTL of the probe
    3: Cursor.octet,  # TTL of the answer
    4: Cursor.octet,  # flags
    5: Cursor.octet,  # number of the probe, from 0
    6: Cursor.rtt,
    7: _pair,  # ICMP type and code
    8: Cursor.word,  # size of the probe
    9: Cursor.word,  # size of the answer
    10: Cursor.word,  # IP-ID of the answer
    11: Cursor.octet,  # TOS of the answer
    12: Cursor.word,  # MTU of the next hop
    13: Cursor.word,  # quoted length
    14: Cursor.octet,  # quoted TTL
    15: Cursor.octet,  # TCP flags
    16: Cursor.octet,  # quoted TOS
    17: Cursor.labels,
    18: Cursor.address,
    19: Cursor.stamp,  # when the probe left
}
LB_PARAMETERS: Readers = {
    1: Cursor.long,  # list
    2: Cursor.long,  # cycle
    3: Cursor.shared_address,  # source
    4: Cursor.shared_address,  # target
    5: Cursor.stamp,  # start
    6: Cursor.word,  # source port
    7: Cursor.word,  # destination port
    8: Cursor.word,  # size of a probe
    9: Cursor.octet,  # type
    10: Cursor.octet,  # first TTL
    11: Cursor.octet,  # time to wait
    12: Cursor.octet,  # time between probes
    13: Cursor.octet,  # attempts
    14: Cursor.octet,  # confidence in percent
    15: Cursor.octet,  # TOS
    16: Cursor.word,  # nodes
    17: Cursor.word,  # links
    18: Cursor.long,  # probes sent
    19: Cursor.long,  # most probes
    20: Cursor.octet,  # gap limit
    21: Cursor.address,  # source
    22: Cursor.address,  # target
}
NODE_PARAMETERS: Readers = {
    1: Cursor.shared_address,
    2: Cursor.octet,  # flags
    3: Cursor.word,  # links
    4: Cursor.octet,  # quoted TTL
    5: Cursor.address,
    6: Cursor.text,  # name
}
LINK_PARAMETERS: Readers = {1: Cursor.word, 2: Cursor.word, 3: Cursor.octet}
"""From node, to node, hops."""
SET_PARAMETERS: Readers = {1: Cursor.word}
"""Probes."""
PROBE_PARAMETERS: Readers = {
    1: Cursor.stamp,
    2: Cursor.word,  # flow
    3: Cursor.octet,  # TTL
    4: Cursor.octet,  # attempt
    5: Cursor.word,  # answers
}
ANSWER_PARAMETERS: Readers = {
    1: Cursor.stamp,
    2: Cursor.word,  # IP-ID
    3: Cursor.octet,  # TTL
    4: Cursor.octet,  # flags
    5: _pair,  # ICMP type and code
    6: Cursor.octet,  # TCP flags
    7: Cursor.labels,
    8: Cursor.octet,  # quoted TTL
    9: Cursor.octet,  # quoted TOS
    10: Cursor.shared_address,
    11: Cursor.address,
}
