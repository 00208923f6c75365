"""Traces by every protocol over both engines go the way that the kernels say."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from mxpath.lab.netns import Lab
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model.codec import from_data
from mxpath.model.probe import Protocol, ReplyKind
from mxpath.model.trace import EndReason, Trace

pytestmark = pytest.mark.lab
SCRIPT = Path(__file__).with_name("tracing_all.py")
HOSTS = ("mx1", "mxfar", "closed")


@pytest.fixture(scope="module")
def traces(kernel: Lab) -> tuple[Trace, ...]:
    targets = [str(a) for host in HOSTS for a in kernel.world.addresses_of(host)]
    command = [sys.executable, str(SCRIPT), json.dumps(targets)]
    done = kernel.run(kernel.world.sender, command, timeout_s=60)
    assert done.returncode == 0, done.stderr
    return tuple(from_data(Trace, each) for each in json.loads(done.stdout))


def wanted(trace: Trace) -> WantedFlow:
    assert trace.flow is not None
    assert trace.flow.source_port is not None
    assert trace.protocol is not None
    return WantedFlow(trace.target, trace.flow.source_port, trace.protocol)


def test_all_agree_hop_for_hop_with_the_kernels(kernel: Lab, traces: tuple[Trace, ...]) -> None:
    truth = kernel.truth([wanted(each) for each in traces])
    assert len(traces) == len(Protocol) * 2 * len(HOSTS) * 2
    for each in traces:
        path = truth.path(*wanted(each)[:3])
        assert path is not None
        words = f"{each.target} by {each.protocol} over {each.engine}"
        assert each.end is EndReason.REACHED, words
        assert each.distance == len(path.hops), words
        assert [hop.address for hop in each.hops] == [hop.address for hop in path.hops], words


def test_targets_answer_each_protocol_as_they_should(traces: tuple[Trace, ...]) -> None:
    last = Counter(
        (each.protocol, reply.kind)
        for each in traces
        for probe in each.hops[-1].probes
        if (reply := probe.reply) is not None
    )
    assert set(last) == {
        (Protocol.TCP, ReplyKind.SYN_ACK),
        (Protocol.TCP, ReplyKind.RST),
        (Protocol.UDP, ReplyKind.UNREACHABLE),
        (Protocol.ICMP, ReplyKind.ECHO_REPLY),
    }


def test_quotes_come_back_as_the_probes_left(traces: tuple[Trace, ...]) -> None:
    """No middlebox lives in this world: one flow label, one checksum and one identification."""
    for each in traces:
        replies = [p.reply for hop in each.hops for p in hop.probes if p.reply is not None]
        errors = [reply for reply in replies if reply.kind is ReplyKind.TIME_EXCEEDED]
        assert errors
        assert {(reply.quoted_ttl, reply.quoted_tos) for reply in errors} == {(1, 0)}
        if each.protocol is not Protocol.TCP:
            assert len({reply.quoted_checksum for reply in errors}) == 1
        if each.target.version == 4:
            shift = 16 if each.protocol is Protocol.TCP else 0
            assert all(r.quoted_id == (r.sequence or 0) >> shift for r in errors)
