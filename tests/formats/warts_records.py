"""Records of warts files by hand, after warts(5)."""

import struct
from ipaddress import ip_address


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("!HHI", 0x1205, kind, len(content)) + content


def parameters(values: dict[int, bytes]) -> bytes:
    """Flags, length and values of a set of parameters."""
    if not values:
        return b"\0"
    octets = bytearray((max(values) + 6) // 7)
    for number in values:
        octets[(number - 1) // 7] |= 1 << (number - 1) % 7
    for place in range(len(octets) - 1):
        octets[place] |= 0x80
    content = b"".join(values[number] for number in sorted(values))
    return bytes(octets) + struct.pack("!H", len(content)) + content


def address(text: str) -> bytes:
    packed = ip_address(text).packed
    return bytes([len(packed), 1 if len(packed) == 4 else 2]) + packed


def again(number: int) -> bytes:
    """An address that this record has defined before, by its number."""
    return struct.pack("!BI", 0, number)


def shared(text: str, number: int) -> bytes:
    """A record that defines an address for the whole file."""
    return record(5, bytes([number % 256]) + address(text)[1:])


def octet(value: int) -> bytes:
    return bytes([value])


def word(value: int) -> bytes:
    return struct.pack("!H", value)


def long(value: int) -> bytes:
    return struct.pack("!I", value)


def stamp(seconds: float) -> bytes:
    return struct.pack("!II", int(seconds), round(seconds % 1 * 1e6))


def extension(kind: tuple[int, int], data: bytes) -> bytes:
    """A set of one ICMP extension."""
    one = struct.pack("!HBB", len(data), *kind) + data
    return word(len(one)) + one


def trace(
    answers: list[dict[int, bytes]], *, end: bytes = b"\0\0", **told: dict[int, bytes]
) -> bytes:
    """A record of a trace with its answers; ``told`` holds further parameters of the trace."""
    values = {26: address("192.0.2.9"), 27: address("203.0.113.25"), **told.get("told", {})}
    body = parameters(values) + word(len(answers))
    return record(6, body + b"".join(parameters(each) for each in answers) + end)
