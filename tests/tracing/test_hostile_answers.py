"""Random, truncated, damaged and forged packets among the answers of a running trace.

Who is on the path and answers with everything right (ports, cookie, identification and TTL) cannot
be told from a router, and is out of scope.
"""

from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mxpath.model.trace import Trace
from wire_expected import wrong_matches
from wire_forgeries import DAMAGES, STRANGERS, Damage
from wire_path import Forgery
from wire_trace import played
from wire_world import World, read_world

NAMES = (
    "every_hop_answers",
    "gap_of_two",
    "port_25_filtered_at_the_target",
    "filtered_by_a_router",
    "balanced_by_packet",
    "v6_flow_label",
    "icmp_echo",
    "icmp_v6",
    "udp_port_unreachable",
    "udp_v6",
)

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failure is not made smaller: each example is a whole trace, and its list of forgeries tells enough."""


@lru_cache
def world(name: str) -> World:
    return read_world(Path(__file__).parent / "worlds" / f"{name}.toml")


@lru_cache
def undisturbed(name: str) -> tuple[Trace, int]:
    found, path = played(world(name))
    return found, path.receives


strangers = st.lists(
    st.builds(
        lambda probe, after_ms, trick, seed: Forgery(
            probe=probe, after_ms=after_ms, write=partial(trick, random=Random(seed))
        ),
        st.integers(0, 15),
        st.integers(0, 120),
        st.sampled_from(STRANGERS),
        st.integers(0, 2**32),
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=40, phases=QUICK)
@given(st.sampled_from(NAMES), strangers)
def test_strangers_change_nothing(name: str, sent: list[Forgery]) -> None:
    found, path = played(world(name), sent)
    clean, receives = undisturbed(name)
    # The kernel resets what a stranger's SYN/ACK seems to open, and that counts as sent.
    assert replace(found, packets_sent=clean.packets_sent) == clean
    assert path.receives <= receives + len(sent)


def as_told(found: Trace) -> list[object]:
    """What a trace has found, extensions of ICMP errors left out."""
    hops = [(hop.responders, hop.rtts_ms, len(hop.probes), hop.limited) for hop in found.hops]
    return [found.end, found.distance, found.notes, hops]


@settings(max_examples=30, phases=QUICK)
@given(
    st.sampled_from(NAMES),
    st.dictionaries(
        st.integers(0, 15), st.tuples(st.sampled_from(DAMAGES), st.integers(0, 2**32)), min_size=3
    ),
)
def test_damaged_copies_of_answers_change_nothing(
    name: str, damaged: dict[int, tuple[Damage, int]]
) -> None:
    damages = {
        number: partial(damage, random=Random(seed)) for number, (damage, seed) in damaged.items()
    }
    found, path = played(world(name), damages=damages)
    clean, receives = undisturbed(name)
    assert as_told(found) == as_told(clean)
    assert wrong_matches(found, path) == []
    assert path.receives <= receives + len(damages)
