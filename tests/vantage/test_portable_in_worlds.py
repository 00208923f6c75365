"""scapy reads every packet of every world of wires as we do, strangers and damage included."""

from functools import partial
from random import Random

import pytest
from scapy.layers.l2 import Ether

from mxpath.model.probe import Reply
from mxpath.vantage.packets import decode
from mxpath.vantage.portable import dissect
from wire_forgeries import DAMAGES, STRANGERS
from wire_path import Forgery
from wire_trace import WORLDS, played
from wire_world import read_world

HOSTILE = (
    "every_hop_answers",
    "v6_flow_label",
    "icmp_echo",
    "icmp_v6",
    "udp_port_unreachable",
    "udp_v6",
)
_TYPE = {4: b"\x08\0", 6: b"\x86\xdd"}
"""EtherTypes by IP version: scapy reads what comes from a link, and takes its own errors for noise."""


def as_scapy_reads(packet: bytes) -> Reply | None:
    kind = _TYPE.get(packet[0] >> 4 if packet else 0)
    return dissect(Ether(bytes(12) + kind + packet).payload, 5) if kind else None


@pytest.mark.slow
def test_both_engines_read_every_packet_of_every_world_alike() -> None:
    for file in WORLDS:
        _, path = played(read_world(file))
        for each in path.delivered:
            assert as_scapy_reads(each.packet) == decode(each.packet, 5), file.stem


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_both_engines_read_hostile_packets_alike(name: str) -> None:
    world = next(read_world(file) for file in WORLDS if file.stem == name)
    for seed in range(12):
        random = Random(seed)
        strangers = [
            Forgery(
                probe=random.randrange(12),
                after_ms=random.randrange(60),
                write=partial(trick, random=random),
            )
            for trick in STRANGERS
        ]
        damages = {n: partial(random.choice(DAMAGES), random=random) for n in range(9)}
        _, path = played(world, strangers, damages)
        for each in path.delivered:
            assert as_scapy_reads(each.packet) == decode(each.packet, 5), each.packet.hex()
