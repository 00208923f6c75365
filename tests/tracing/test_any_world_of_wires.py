"""Worlds of wires drawn at random: what holds in all of them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.model.probe import ReplyKind
from mxpath.model.trace import EndReason, Trace
from wire_expected import violations
from wire_path import WirePath
from wire_trace import played
from wire_world import World

numbers = st.frozensets(st.integers(0, 4), max_size=3)
late_ms = st.dictionaries(st.integers(0, 3), st.integers(0, 600), max_size=2)
hops = st.fixed_dictionaries(
    {},
    optional={
        "rtt_ms": st.integers(1, 250),
        "silent": st.booleans(),
        "answers": st.integers(0, 3),
        "lost": numbers,
        "drops": numbers,
        "late_ms": late_ms,
        "duplicates": st.integers(0, 2),
        "quote_octets": st.sampled_from([8, 12, 20]),
        "quoted_ttl": st.integers(0, 9),
        "forwards_zero": st.booleans(),
    },
)
targets = st.fixed_dictionaries(
    {"tcp": st.sampled_from(["linux", "cookies", "closed", "drops"])},
    optional={"rtt_ms": st.integers(1, 400), "lost": numbers, "late_ms": late_ms, "drops": numbers},
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A path whose first hop answers: before any answer nothing bounds the SYNs at the target."""
    distance = draw(st.integers(2, 14))
    first = {"rtt_ms": draw(st.integers(1, 150))}
    spec: dict[str, Any] = {
        "title": "any",
        "family": draw(st.sampled_from([4, 6])),
        "distance": distance,
        "step_ms": draw(st.integers(1, 20)),
        "options": {"queries": draw(st.integers(1, 4)), "attempts": draw(st.integers(1, 3))},
        "hop": {1: first} | draw(st.dictionaries(st.integers(2, distance), hops, max_size=6)),
        "target": draw(targets),
        "expected": {"end": "any", "hops": ()},
    }
    return World.model_validate(spec)


def untruths(found: Trace, path: WirePath) -> list[str]:
    """What a trace says that no packet has said, or leaves unsaid though one has."""
    heard = {
        (each.speaks_of.ttl, each.reply.responder)
        for each in path.delivered
        if each.speaks_of and each.reply
    }
    lines = [
        f"hop {hop.ttl} has {address}, who never answered for it"
        for hop in found.hops
        for address in hop.responders
        if (hop.ttl, address) not in heard
    ]
    arrived = [
        each.speaks_of.ttl
        for each in path.delivered
        if each.speaks_of and each.reply and each.reply.kind in (ReplyKind.SYN_ACK, ReplyKind.RST)
    ]
    if arrived and (found.end is not EndReason.REACHED or found.distance is None):
        lines.append(f"the target has answered, and the end is {found.end}")
    elif arrived and (found.distance or 0) > min(arrived):
        lines.append(f"TTL {min(arrived)} has arrived, and the distance is {found.distance}")
    if found.distance is not None and found.distance < path.world.distance - _forwarders(path):
        lines.append(f"the distance {found.distance} is less than the true one")
    return lines


def _forwarders(path: WirePath) -> int:
    """Routers that forward what should die, by which the target comes nearer by one at most."""
    return any(hop.forwards_zero for hop in path.world.hop.values())


def _most(world: World) -> int:
    """SYNs that the target may get.

    SYN cookies whose answers are lost look like a server that never got those SYNs: then the silent
    hops before it are asked again.
    """
    target = world.target
    return 11 if target.tcp == "cookies" and target.lost else 6


@settings(max_examples=40)
@given(worlds())
def test_no_world_makes_a_trace_say_what_no_packet_said(world: World) -> None:
    found, path = played(world)
    assert untruths(found, path) == []
    assert violations(found, path, most_at_target=_most(world)) == []
    assert path.clock.monotonic_s() < 12
