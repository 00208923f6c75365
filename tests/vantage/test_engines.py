"""An engine that is opened once and handed out again and again."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from mxpath.errors import PrivilegeError
from mxpath.model.probe import Reply, ReplyKind
from mxpath.vantage import engines
from mxpath.vantage.engines import ENGINES, KeptEngine
from mxpath.vantage.ports import EngineTraits
from play import LOOPBACK

REPLY = Reply(kind=ReplyKind.RST, responder=LOOPBACK, target=LOOPBACK)


class Stale:
    """It still holds answers of the last trace."""

    traits = EngineTraits(name="raw")

    def __init__(self) -> None:
        self.old = [REPLY] * 3

    def receive(self, until_s: float) -> Sequence[Reply]:
        del until_s
        taken, self.old = self.old[:1], self.old[1:]
        return taken


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes what is opened and closed; ``scapy`` may not be."""
    notes: list[str] = []

    def engine(name: str) -> object:
        @contextmanager
        def opening(_source: object) -> Iterator[Stale]:
            if name == "scapy":
                raise PrivilegeError("no")
            notes.append(f"{name} opened")
            yield Stale()
            notes.append(f"{name} closed")

        return opening

    monkeypatch.setattr(engines, "ENGINES", {name: engine(name) for name in ENGINES})
    return notes


def test_what_needs_privilege_is_opened_at_once_and_stays(opened: list[str]) -> None:
    with ExitStack() as stack:
        kept = KeptEngine("raw", (), stack)
        assert opened == ["raw opened"]
        with kept.probes() as one:
            pass
        with kept.probes() as two:
            assert one is two
        assert opened == ["raw opened"]
    assert opened == ["raw opened", "raw closed"]


def test_answers_of_an_earlier_trace_are_thrown_away(opened: list[str]) -> None:
    with ExitStack() as stack, KeptEngine("raw", (), stack).probes() as probes:
        assert probes.receive(0.0) == []
    assert opened


def test_what_needs_none_is_opened_for_each_trace(opened: list[str]) -> None:
    with ExitStack() as stack:
        kept = KeptEngine("unprivileged", (), stack)
        assert opened == []
        for _ in range(2):
            with kept.probes():
                pass
    assert opened == ["unprivileged opened", "unprivileged closed"] * 2


def test_what_may_not_be_opened_says_so_when_it_is_asked(opened: list[str]) -> None:
    with ExitStack() as stack:
        kept = KeptEngine("scapy", (), stack)
        with pytest.raises(PrivilegeError), kept.probes():
            pass
    assert opened == []
