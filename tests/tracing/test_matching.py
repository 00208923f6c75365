"""Replies find their probes, strangers find nothing."""

from dataclasses import replace
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.probe import ReplyKind
from mxpath.tracing.flows import FlowIdentity, draw_flows
from mxpath.tracing.matching import Match, Matcher
from scripted_path import SOURCE, TARGET, answer

FLOWS = list(draw_flows([(TARGET, SOURCE), (TARGET + 1, SOURCE)], 25, seed=1))


@given(st.sampled_from(FLOWS), st.integers(1, 63), st.integers(0, 31), st.sampled_from(ReplyKind))
def test_every_reply_finds_its_probe(
    flow: FlowIdentity, ttl: int, attempt: int, kind: ReplyKind
) -> None:
    reply = answer(flow.probe(ttl, attempt), kind, IPv4Address("198.18.9.9"), 0)
    assert Matcher(FLOWS).match(reply) == Match(flow=flow, ttl=ttl, attempt=attempt)


def test_strangers_find_nothing() -> None:
    reply = answer(FLOWS[0].probe(3, 0), ReplyKind.RST, TARGET, 0)
    matcher = Matcher(FLOWS)
    assert matcher.match(reply) is not None
    for stranger in (
        replace(reply, target=TARGET + 9),
        replace(reply, target=TARGET + 1),
        replace(reply, source_port=(reply.source_port or 0) ^ 1),
        replace(reply, destination_port=26),
        replace(reply, sequence=(reply.sequence or 0) ^ 1),
    ):
        assert matcher.match(stranger) is None
