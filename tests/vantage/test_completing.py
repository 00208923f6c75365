"""What an engine opens whole is charged as a connection, and refused where there is none left."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.completing import CompletingProbeSocket
from mxpath.vantage.ledger import Budget, Ledger
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
            Reply(kind=ReplyKind.SYN_ACK, responder=p.target, target=p.target, protocol=p.protocol)
            for p in answered
        )


def test_the_third_connection_of_an_hour_is_not_opened() -> None:
    ledger, clock = Ledger(None), ManualClock()
    probes = CompletingProbeSocket(Completing(), ledger, clock)
    assert probes.source_for(TARGET) == SOURCE
    for _ in range(2):
        assert [sent.error for sent in probes.send([SYN])] == [None]
        assert len(probes.receive(0.0)) == 1
    (refused,) = probes.send([SYN])
    assert refused.error is not None
    assert refused.error.startswith("budget: 2 SMTP connections an hour to 198.18.32.25")
    assert ledger.take(Budget.SESSION, TARGET, now_ns=clock.now_ns()).count == 0


def test_what_opens_nothing_costs_nothing() -> None:
    ledger, clock = Ledger(None), ManualClock()
    probes = CompletingProbeSocket(Completing(), ledger, clock)
    for _ in range(5):
        assert probes.send([replace(SYN, protocol=Protocol.UDP)])[0].error is None
        probes.receive(0.0)
    assert ledger.take(Budget.SESSION, TARGET, now_ns=clock.now_ns(), count=9).count == 2


def test_asking_takes_nothing() -> None:
    ledger = Ledger(None)
    for _ in range(9):
        assert ledger.take(Budget.SESSION, TARGET, now_ns=1, only_ask=True).count == 1
    assert ledger.take(Budget.SESSION, TARGET, now_ns=1, count=9).count == 2
