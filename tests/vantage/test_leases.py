"""Units set aside: never used twice, given back, and few strokes of the book."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.address import IPAddress
from mxpath.vantage.leases import Leases
from mxpath.vantage.ledger import Grant, Ledger
from mxpath.vantage.limits import Budget

TARGET, OTHER = ip_address("198.18.32.25"), ip_address("2001:db8:3000::25")
NOON_NS = 1_781_697_600_000_000_000
SECOND_NS = 1_000_000_000


class Counting(Ledger):
    strokes = 0

    def exchange(
        self,
        budget: Budget,
        returned: Mapping[IPAddress, tuple[int, int, Sequence[int]]],
        wanted: Mapping[IPAddress, int],
        *,
        now_ns: int,
        until_ns: int,
    ) -> dict[IPAddress, Grant]:
        self.strokes += 1
        return super().exchange(budget, returned, wanted, now_ns=now_ns, until_ns=until_ns)


def use(leases: Leases, target: IPAddress, now_ns: int) -> bool:
    if leases.refusal(target, now_ns):
        return False
    leases.use(target, now_ns)
    return True


def left(ledger: Ledger, now_ns: int, target: IPAddress = TARGET) -> int:
    return ledger.take(Budget.SYN, target, now_ns=now_ns, count=99).count


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(0, 900)), max_size=20
    )
)
def test_no_hour_holds_more_than_the_budget_whoever_sets_aside(
    doings: list[tuple[str, int, int]],
) -> None:
    ledger, now_ns, sent = Ledger(None), NOON_NS, []
    owners = {name: Leases(ledger) for name in "ab"}
    for name, count, later_s in doings:
        now_ns += later_s * SECOND_NS
        if name == "c":
            owners["a"].close(now_ns)
        else:
            sent += [now_ns for _ in range(count) if use(owners[name], TARGET, now_ns)]
    for start in sent:
        assert sum(1 for at in sent if start <= at < start + 3600 * SECOND_NS) <= 30


def test_what_was_not_used_is_given_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.json")
    leases = Leases(ledger)
    assert all(use(leases, TARGET, NOON_NS + n) for n in range(12))
    leases.close(NOON_NS + SECOND_NS)
    assert left(ledger, NOON_NS + SECOND_NS) == 18
    hour_later = NOON_NS + 3600 * SECOND_NS + 11
    assert left(ledger, hour_later) == 12


def test_a_crash_leaves_the_count_too_high_and_never_too_low() -> None:
    ledger = Ledger(None)
    leases = Leases(ledger)
    assert use(leases, TARGET, NOON_NS)
    del leases
    assert left(ledger, NOON_NS + SECOND_NS) == 20
    assert left(ledger, NOON_NS + 3601 * SECOND_NS) == 20
    assert left(ledger, NOON_NS + 3661 * SECOND_NS) == 10


def test_old_units_are_not_used() -> None:
    ledger = Ledger(None)
    leases = Leases(ledger)
    sent = [NOON_NS, NOON_NS + 3000 * SECOND_NS]
    assert all(use(leases, TARGET, at_ns) for at_ns in sent)
    leases.close(sent[-1])
    assert left(ledger, sent[-1]) == 28
    assert left(ledger, NOON_NS + 3700 * SECOND_NS) == 1


def test_many_targets_cost_few_strokes_of_the_book() -> None:
    ledger = Counting(None)
    leases = Leases(ledger)
    targets = [TARGET + n for n in range(100)]
    for target in targets:
        leases.expect(target)
    for turn in range(18):
        assert all(use(leases, target, NOON_NS + turn * SECOND_NS // 100) for target in targets)
    assert ledger.strokes <= 3
    leases.close(NOON_NS + SECOND_NS)
    assert left(ledger, NOON_NS + SECOND_NS, targets[50]) == 12


@pytest.mark.parametrize("taken", [0, 25, 30])
def test_a_refusal_comes_with_the_last_unit_and_says_when_again(taken: int) -> None:
    ledger = Ledger(None)
    ledger.take(Budget.SYN, TARGET, now_ns=NOON_NS, count=taken)
    leases = Leases(ledger)
    for _ in range(30 - taken):
        assert use(leases, TARGET, NOON_NS)
    assert "budget: 30 SYNs an hour" in leases.refusal(TARGET, NOON_NS)
    assert use(leases, OTHER, NOON_NS)
