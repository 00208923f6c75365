"""The client of route collectors: what it asks, when, and what it keeps."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mxpath.model.bgp import RoutingAnswer, RoutingFate, RoutingQuestion
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.vantage.clock import ManualClock, moment
from mxpath.vantage.routing import MOST_A_DAY, MOST_AT_ONCE, RouteCollectors
from mxpath.vantage.routing_cache import LIFETIME

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "ripestat"
SERVICE = "https://stat.example/data"
MX, NEIGHBOUR = ip_address("192.0.2.25"), ip_address("192.0.2.200")
AROUND = ip_network("192.0.2.0/24")
JSON = (("content-type", "application/json; charset=utf-8"),)


def sample(name: str) -> HttpAnswer:
    body = (SAMPLES / f"{name}.json").read_bytes()
    return HttpAnswer(url="", status=200, headers=JSON, body=body)


def status(code: int, *headers: tuple[str, str]) -> HttpAnswer:
    return HttpAnswer(url="", status=code, headers=headers)


NOBODY = replace(
    sample("looking_glass"), body=json.dumps({"status": "ok", "data": {"rrcs": []}}).encode()
)


class Asking:
    """The client over a fetcher that says what a test puts in, by the question's name."""

    def __init__(self, directory: Path | None = None) -> None:
        self.clock = ManualClock()
        self.says = {"looking-glass": sample("looking_glass"), "bgp-state": sample("bgp_state")}
        self.asked: list[str] = []
        self.client = RouteCollectors(self, self.clock, directory)

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        assert question.redirect_hosts == ("stat.example",)
        self.asked.append(question.url.removeprefix(SERVICE))
        return replace(self.says[self.asked[-1].split("/")[1]], url=question.url)

    def about(self, address: object = MX, **more: object) -> RoutingAnswer:
        asked = RoutingQuestion(address=ip_address(str(address)), service=SERVICE)
        return self.client.routes(replace(asked, **more))  # type: ignore[arg-type]  # its fields


def test_an_answer_of_the_looking_glass_is_read_whole() -> None:
    asking = Asking()
    answer = asking.about()
    assert asking.asked == ["/looking-glass/data.json?resource=192.0.2.25&sourceapp=mxpath"]
    assert (answer.fate, answer.prefix, answer.asked) == (RoutingFate.FOUND, AROUND, True)
    assert [entry.line for entry in answer.entries] == [
        "192.0.2.0/24|64510|203.0.113.1|2026-06-16T10:54:36Z|||64510 64511 64511 64503|rrc00",
        "192.0.2.0/24|64512|2001:db8:ffff::2|2026-06-10T01:02:03.490000Z|||64512 {64503,64504}|rrc00",
        "192.0.0.0/16|64513|198.51.100.7|2026-06-01T00:00:00Z|||64513 64505|rrc21",
    ]
    assert answer.locations == {"rrc00": "Amsterdam, Netherlands", "rrc21": "Paris, France"}
    assert answer.origins == (64503,)
    assert answer.left_out == 1
    assert answer.seen_at == datetime(2026, 6, 16, 23, 58, 0, tzinfo=UTC)
    assert answer.source == "https://stat.example/data/looking-glass"


def test_bgp_state_answers_where_the_looking_glass_does_not_and_says_so() -> None:
    asking = Asking()
    asking.says["looking-glass"] = status(500)
    answer = asking.about()
    assert [url.split("/")[1] for url in asking.asked] == ["looking-glass", "bgp-state"]
    assert [entry.line for entry in answer.entries] == [
        "192.0.2.0/24|64510|203.0.113.1||||64510 64511 64511 64503|rrc00",
        "192.0.2.0/24|64512|2001:db8:ffff::2||||64512 {64503,64504}|rrc00",
        "192.0.0.0/16|64513|198.51.100.7||||64513 64505|rrc21",
    ]
    assert answer.source == "https://stat.example/data/bgp-state"
    assert answer.detail == "not by looking-glass: stat.example answered with HTTP status 500"
    assert answer.seen_at == datetime(2026, 6, 16, 16, tzinfo=UTC)


def test_a_slow_looking_glass_leaves_time_for_bgp_state() -> None:
    class Slow(Asking):
        def fetch(self, question: HttpQuestion) -> HttpAnswer:
            if "looking-glass" in question.url:
                self.clock.sleep(question.timeout_s)
                return HttpAnswer(url=question.url, fault=HttpFault.TIMEOUT)
            assert 1.5 < question.timeout_s < 1.7
            return super().fetch(question)

    answer = Slow().about()
    assert answer.fate is RoutingFate.FOUND
    assert answer.detail == "not by looking-glass: stat.example: timeout"


def test_a_moment_that_has_not_yet_come_is_not_believed() -> None:
    asking = Asking()
    whole = json.loads(sample("looking_glass").body)
    whole["data"]["latest_time"] = "2099-01-01T00:00:00"
    said = replace(sample("looking_glass"), body=json.dumps(whole).encode())
    asking.says["looking-glass"] = said
    assert asking.about().seen_at == moment(asking.clock.now_ns())


def test_what_stands_for_a_default_route_announces_nothing() -> None:
    asking = Asking()
    whole = json.loads(sample("looking_glass").body)
    (first, *_) = whole["data"]["rrcs"][0]["peers"]
    whole["data"]["rrcs"] = [{"rrc": "RRC00", "peers": [{**first, "prefix": "128.0.0.0/1"}]}]
    said = replace(sample("looking_glass"), body=json.dumps(whole).encode())
    asking.says["looking-glass"] = said
    assert asking.about().fate is RoutingFate.NOT_ANNOUNCED


@pytest.mark.parametrize("kept", ["cache", None])
def test_an_answer_is_kept_for_its_time(kept: str | None, tmp_path: Path) -> None:
    asking = Asking(tmp_path / kept if kept else None)
    first, again = asking.about(), asking.about()
    assert again == replace(first, asked=False)
    assert len(asking.asked) == 1
    asking.clock.sleep(LIFETIME.total_seconds() + 1)
    assert asking.about().asked


def test_a_neighbour_is_answered_where_the_data_sets_know_the_same_prefix() -> None:
    asking = Asking()
    asking.about()
    assert not asking.about(NEIGHBOUR, expected=AROUND).asked
    # There could be a smaller one around it.
    assert asking.about(NEIGHBOUR, expected=ip_network("192.0.2.128/25")).asked
    assert asking.about(MX + 2).asked


def test_offline_tells_what_is_kept_whatever_its_age_and_asks_nothing(tmp_path: Path) -> None:
    asking = Asking(tmp_path)
    assert asking.about(offline=True).fate is RoutingFate.OFFLINE
    first = asking.about()
    asking.clock.sleep(40 * LIFETIME.total_seconds())
    later = asking.about(NEIGHBOUR, offline=True)
    assert (later.prefix, later.seen_at, later.asked) == (AROUND, first.seen_at, False)
    assert len(asking.asked) == 1


def test_that_nobody_has_a_route_is_kept_too() -> None:
    asking = Asking()
    asking.says["looking-glass"] = NOBODY
    assert [asking.about().fate for _ in range(2)] == [RoutingFate.NOT_ANNOUNCED] * 2
    assert len(asking.asked) == 1
    assert asking.about(NEIGHBOUR).asked


@pytest.mark.parametrize(
    ("says", "rest_s"),
    [
        (status(429, ("retry-after", "120")), 120),
        (status(503), 60),
        (status(403, ("retry-after", "30")), 30),
        (status(500, ("retry-after", "90")), 90),
    ],
)
def test_a_service_that_says_later_is_left_alone_by_all(
    says: HttpAnswer, rest_s: int, tmp_path: Path
) -> None:
    asking, other = Asking(tmp_path), Asking(tmp_path)
    asking.says["looking-glass"] = says
    answer = asking.about()
    assert (answer.fate, answer.asked) == (RoutingFate.LIMITED, True)
    assert f"stat.example wants no question for {rest_s} s (HTTP status" in answer.detail
    other.clock.sleep(rest_s - 2)
    assert other.about().fate is RoutingFate.LIMITED
    assert (len(asking.asked), other.asked) == (1, [])
    other.clock.sleep(4)
    assert other.about().fate is RoutingFate.FOUND


def test_a_service_that_fails_twice_is_left_alone() -> None:
    asking = Asking()
    asking.says = dict.fromkeys(asking.says, status(502))
    assert [asking.about().fate for _ in range(2)] == [RoutingFate.LIMITED] * 2
    assert len(asking.asked) == 2


def test_a_fault_of_the_network_is_told_and_not_kept() -> None:
    asking = Asking()
    dead = HttpAnswer(url="", fault=HttpFault.REFUSED, detail="connection refused")
    asking.says = dict.fromkeys(asking.says, dead)
    assert asking.about().fate is RoutingFate.FAILED
    assert asking.about().detail == "stat.example: connection refused"
    assert len(asking.asked) == 4


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        (HttpFault.TIMEOUT, RoutingFate.TIMEOUT),
        (HttpFault.TOO_LARGE, RoutingFate.REFUSED),
        (HttpFault.REDIRECT, RoutingFate.REFUSED),
    ],
)
def test_each_fault_has_its_fate(fault: HttpFault, fate: RoutingFate) -> None:
    asking = Asking()
    asking.says = dict.fromkeys(asking.says, HttpAnswer(url="", fault=fault, detail="as \x1b[2J"))
    answer = asking.about()
    assert (answer.fate, answer.detail) == (fate, "stat.example: as ␛[2J")


def test_a_day_has_so_many_questions_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_A_DAY == 1000
    monkeypatch.setattr("mxpath.vantage.routing.MOST_A_DAY", 2)
    one, other = Asking(tmp_path), Asking(tmp_path)
    fates = [each.about(MX + n).fate for n, each in enumerate((one, other, one, other))]
    assert fates == [RoutingFate.FOUND] * 2 + [RoutingFate.NOT_ASKED] * 2
    assert "questions a day" in one.about(MX + 9).detail
    one.clock.sleep(24 * 3600)
    assert one.about(MX + 9).fate is RoutingFate.FOUND


def test_no_more_than_eight_ask_at_once(tmp_path: Path) -> None:
    """The ninth, in another process as in this one, gets no place while eight are under way."""
    inner: list[RoutingAnswer] = []

    class Nested(Asking):
        def fetch(self, question: HttpQuestion) -> HttpAnswer:
            depth = len(self.asked) + 1
            if depth <= MOST_AT_ONCE:
                self.asked.append("")
                another = Nested(tmp_path)
                another.asked = self.asked
                inner.append(another.about())
            return replace(sample("looking_glass"), url=question.url)

    Nested(tmp_path).about()
    assert [answer.fate for answer in inner] == [RoutingFate.NOT_ASKED] + [RoutingFate.FOUND] * 7
    assert inner[0].detail == "8 questions are under way, and no place came free"
