"""What an engine opens whole is charged as a connection, and refused where there is none left."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.completing import CompletingProbeSocket
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import Budget
from mxpath.vantage.ports import EngineTraits, Sent

TARGET, SOURCE = ip_address("198.18.32.25"), ip_address("198.18.1.25")
SYN = ProbeSpec(
    target=TARGET, source=SOURCE, source_port=61000, destination_port=25, ttl=1, sequence=7
)


class Completing:
    """Every SYN that it sends is answered by the target."""

    traits = EngineTraits(name="completing", completes=frozenset({Protocol.TCP}))

    def __init__(self) -> None:
        self.sent: list[ProbeSpec] = []

    def source_for(self, target: IPAddress) -> IPAddress | None:
        return SOURCE if target == TARGET else None

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        self.sent += probes
        return tuple(Sent(sent_ns=1) for _ in probes)

    def receive(self, until_s: float) -> Sequence[Reply]:
        del until_s
        answered, self.sent = self.sent, []
        return tuple(
            Reply(
                kind=ReplyKind.SYN_ACK,
                responder=p.target,
                target=p.target,
                source_port=p.source_port,
                sequence=p.sequence,
                protocol=p.protocol,
            )
            for p in answered
        )


def socket() -> tuple[CompletingProbeSocket, Ledger, ManualClock]:
    ledger, clock = Ledger(None), ManualClock()
    return CompletingProbeSocket(Completing(), ledger, clock), ledger, clock


def left(ledger: Ledger, clock: ManualClock) -> int:
    return ledger.take(Budget.SESSION, TARGET, now_ns=clock.now_ns(), count=9).count


def test_the_third_connection_of_an_hour_is_not_opened() -> None:
    probes, ledger, clock = socket()
    assert probes.source_for(TARGET) == SOURCE
    for _ in range(2):
        assert [sent.error for sent in probes.send([SYN])] == [None]
        assert len(probes.receive(0.0)) == 1
    (refused,) = probes.send([SYN])
    assert refused.error is not None
    assert refused.error.startswith("budget: 2 SMTP connections an hour to 198.18.32.25")
    assert left(ledger, clock) == 0


def test_a_trace_that_never_arrives_gives_its_connection_back() -> None:
    probes, ledger, clock = socket()
    probes.send([SYN, SYN, SYN])
    probes.close()
    assert left(ledger, clock) == 2


def test_while_it_is_under_way_nobody_else_has_that_connection() -> None:
    probes, ledger, clock = socket()
    probes.send([SYN])
    assert left(ledger, clock) == 1
    probes.receive(0.0)
    probes.close()
    assert left(ledger, clock) == 0


def test_probes_that_die_before_a_target_that_was_reached_leave_freely() -> None:
    probes, ledger, clock = socket()
    probes.send([replace(SYN, ttl=4)])
    probes.receive(0.0)
    assert left(ledger, clock) == 1  # and now there is none
    assert [s.error for s in probes.send([replace(SYN, ttl=3)])] == [None]
    assert probes.send([replace(SYN, ttl=4)])[0].error is not None


def test_what_opens_nothing_costs_nothing() -> None:
    probes, ledger, clock = socket()
    for _ in range(5):
        assert probes.send([replace(SYN, protocol=Protocol.UDP)])[0].error is None
        probes.receive(0.0)
    probes.close()
    assert left(ledger, clock) == 2
