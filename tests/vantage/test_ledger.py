"""The book of budgets: one for all processes, never more than it says."""

import json
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import RefusedError
from mxpath.vantage.ledger import Ledger, ledger_path
from mxpath.vantage.limits import PER_HOUR, Budget

TARGET, OTHER = ip_address("198.18.32.25"), ip_address("2001:db8:3000::25")
NOON_NS = 1_781_697_600_000_000_000
MINUTE_NS = 60 * 1_000_000_000


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20 * MINUTE_NS)), max_size=30))
def test_no_hour_holds_more_than_the_budget(asked: list[tuple[int, int]]) -> None:
    ledger, now_ns = Ledger(None), NOON_NS
    granted: list[int] = []
    for count, later_ns in asked:
        now_ns += later_ns
        grant = ledger.take(Budget.SYN, TARGET, now_ns=now_ns, count=count)
        assert (grant.refusal == "") == (grant.count == count)
        granted += [now_ns] * grant.count
    for start in granted:
        assert sum(1 for at in granted if start <= at < start + 60 * MINUTE_NS) <= 30


def test_the_default_is_thirty_syns_and_two_sessions_an_hour() -> None:
    assert PER_HOUR == {Budget.SYN: 30, Budget.SESSION: 2}


def test_targets_and_kinds_have_budgets_of_their_own() -> None:
    ledger = Ledger(None)
    assert ledger.take(Budget.SYN, TARGET, now_ns=NOON_NS, count=40).count == 30
    assert ledger.take(Budget.SYN, TARGET, now_ns=NOON_NS).count == 0
    assert ledger.take(Budget.SYN, OTHER, now_ns=NOON_NS, count=40).count == 30
    assert ledger.take(Budget.SESSION, TARGET, now_ns=NOON_NS).count == 1


def test_a_refusal_says_when_again() -> None:
    ledger = Ledger(None)
    ledger.demand(Budget.SESSION, TARGET, now_ns=NOON_NS)
    ledger.demand(Budget.SESSION, TARGET, now_ns=NOON_NS + MINUTE_NS)
    with pytest.raises(RefusedError, match=r"2 SMTP connections an hour .* free at 13:00:00 UTC"):
        ledger.demand(Budget.SESSION, TARGET, now_ns=NOON_NS + 2 * MINUTE_NS)
    ledger.demand(Budget.SESSION, TARGET, now_ns=NOON_NS + 60 * MINUTE_NS)


def test_the_book_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.json"
    assert Ledger(path).take(Budget.SYN, TARGET, now_ns=NOON_NS, count=25).count == 25
    assert Ledger(path).take(Budget.SYN, TARGET, now_ns=NOON_NS, count=25).count == 5
    later = NOON_NS + 60 * MINUTE_NS
    assert Ledger(path).take(Budget.SYN, TARGET, now_ns=later, count=25).count == 25
    assert set(path.parent.iterdir()) == {path, path.with_suffix(".lock")}


GREEDY = """
import sys
from ipaddress import ip_address
from pathlib import Path
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.limits import Budget
ledger, target = Ledger(Path(sys.argv[1])), ip_address("198.18.32.25")
print(sum(ledger.take(Budget.SYN, target, now_ns=10**18).count for _ in range(20)))
"""


def test_processes_side_by_side_share_one_budget(tmp_path: Path) -> None:
    command = [sys.executable, "-c", GREEDY, str(tmp_path / "ledger.json")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    taken = [int(each.communicate(timeout=30)[0]) for each in running]
    assert sum(taken) == 30


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"syn 198.18.32.25": 5}', '{"syn 198.18.32.25": ["x", null]}']
)
def test_a_damaged_book_is_started_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(damage)
    assert Ledger(path).take(Budget.SYN, TARGET, now_ns=NOON_NS, count=40).count == 30
    assert len(json.loads(path.read_text())[f"syn {TARGET}"]) == 30


def test_where_no_book_can_be_kept_the_process_remembers(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    ledger = Ledger(blocked / "ledger.json")
    assert ledger.take(Budget.SYN, TARGET, now_ns=NOON_NS, count=40).count == 30
    assert ledger.take(Budget.SYN, TARGET, now_ns=NOON_NS).count == 0


def test_a_clock_set_back_does_not_lock_a_target_for_ever() -> None:
    ledger = Ledger(None)
    ledger.take(Budget.SYN, TARGET, now_ns=NOON_NS + 10**18, count=30)
    assert ledger.take(Budget.SYN, TARGET, now_ns=NOON_NS).count == 1


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "0.0.0.0", "::", "ff02::1"])
def test_nobody_in_particular_is_never_asked(address: str) -> None:
    grant = Ledger(None).take(Budget.SYN, ip_address(address), now_ns=NOON_NS)
    assert grant.count == 0
    assert grant.refusal.startswith("excluded: ")


def test_an_exclude_list_is_honoured() -> None:
    ledger = Ledger(None, exclude=(ip_network("198.18.32.0/24"),))
    with pytest.raises(RefusedError, match=r"excluded: 198.18.32.25 lies in 198.18.32.0/24"):
        ledger.demand(Budget.SESSION, TARGET, now_ns=NOON_NS)
    ledger.demand(Budget.SESSION, OTHER, now_ns=NOON_NS)


def test_the_book_lies_in_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert ledger_path() == Path("/somewhere/mxpath/ledger.json")
