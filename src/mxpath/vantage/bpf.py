"""Classic BPF programs: the kernel drops what is no answer before it costs us anything.

An instruction is (code, jump if true, jump if false, constant), as struct sock_filter of
linux/filter.h has it. A program sees a packet from the first octet that the socket delivers:
for raw IPv4 sockets the IP header, for raw IPv6 sockets what follows the headers.
"""

import ctypes
import struct

LOAD_BYTE, LOAD_HALF = 0x50, 0x48  # BPF_LD | BPF_B or BPF_H | BPF_IND: from the index register on
INDEX_BY_IHL = 0xB1  # BPF_LDX | BPF_B | BPF_MSH: four times the low half of an octet
INDEX_CONSTANT = 0x01  # BPF_LDX | BPF_W | BPF_IMM
EQUALS, AT_LEAST, HAS_BIT = 0x15, 0x35, 0x45  # BPF_JMP | BPF_K with BPF_JEQ, BPF_JGE, BPF_JSET
RETURN = 0x06  # BPF_RET | BPF_K
_ACK = 0x10
_WHOLE = 0xFFFF

Instruction = tuple[int, int, int, int]


def tcp_answers(version: int, lowest_port: int) -> list[Instruction]:
    """Keep TCP with the ACK flag to our ports, ``lowest_port`` and above."""
    return [
        _to_payload(version),
        (LOAD_HALF, 0, 0, 2),
        (AT_LEAST, 0, 3, lowest_port),
        (LOAD_BYTE, 0, 0, 13),
        (HAS_BIT, 0, 1, _ACK),
        (RETURN, 0, 0, _WHOLE),
        (RETURN, 0, 0, 0),
    ]


def udp_answers(version: int, lowest_port: int) -> list[Instruction]:
    """Keep UDP to our ports, ``lowest_port`` and above."""
    return [
        _to_payload(version),
        (LOAD_HALF, 0, 0, 2),
        (AT_LEAST, 0, 1, lowest_port),
        (RETURN, 0, 0, _WHOLE),
        (RETURN, 0, 0, 0),
    ]


def icmp_answers(version: int, lowest_identifier: int) -> list[Instruction]:
    """Keep errors that can quote a probe, and echo replies with our identifiers.

    Errors are RFC 792 types 3 and 11, RFC 4443 types 1 to 3.
    """
    types, reply = ((3, 11), 0) if version == 4 else ((1, 2, 3), 129)
    tests = [(EQUALS, len(types) - n + 2, 0, each) for n, each in enumerate(types)]
    return [
        _to_payload(version),
        (LOAD_BYTE, 0, 0, 0),
        *tests,
        (EQUALS, 0, 3, reply),
        (LOAD_HALF, 0, 0, 4),
        (AT_LEAST, 0, 1, lowest_identifier),
        (RETURN, 0, 0, _WHOLE),
        (RETURN, 0, 0, 0),
    ]


def _to_payload(version: int) -> Instruction:
    return (INDEX_BY_IHL, 0, 0, 0) if version == 4 else (INDEX_CONSTANT, 0, 0, 0)


def attachment(program: list[Instruction]) -> tuple[bytes, object]:
    """Pack struct sock_fprog; the second value holds the memory that it points to."""
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    memory = ctypes.create_string_buffer(code, len(code))
    return struct.pack("HP", len(program), ctypes.addressof(memory)), memory
