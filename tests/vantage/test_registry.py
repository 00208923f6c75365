"""The registry client: what is asked, what is kept, what is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

import registries
from mxpath.lab.rdap import RdapServer
from mxpath.model.evidence import Grade
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.model.registry import (
    Registration,
    RegistryAnswer,
    RegistryFate,
    RegistryQuestion,
    Resource,
)
from mxpath.vantage.clock import ManualClock, moment
from mxpath.vantage.registry import RdapRegistry
from mxpath.vantage.registry_cache import (
    LIFETIME,
    MOST_FILES,
    NEGATIVE_LIFETIME,
    CachedAnswer,
    DiskCache,
    MemoryCache,
    RegistryCache,
)
from mxpath.vantage.resting import LONGEST_REST, REST

SERVER = "https://rdap.example/"
BIG = ip_address("198.18.33.25")


class Scripted:
    """A fetcher that plays the world's server, or says what a test put in."""

    def __init__(self) -> None:
        self.server = RdapServer(registries.world())
        self.asked: list[str] = []
        self.instead: HttpAnswer | None = None

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        self.asked.append(question.url)
        if self.instead is not None:
            return replace(self.instead, url=question.url)
        reply = self.server.answer("/" + question.url.removeprefix(SERVER), 0.0)
        return HttpAnswer(
            url=question.url, status=reply.status, headers=reply.headers, body=reply.body
        )


class Asking:
    def __init__(self, cache: RegistryCache | None = None) -> None:
        self.clock, self.fetcher = ManualClock(), Scripted()
        self.registry = RdapRegistry(self.fetcher, self.clock, cache or MemoryCache())

    def about(self, resource: Resource, *, offline: bool = False) -> RegistryAnswer:
        return self.registry.holder(
            RegistryQuestion(resource=resource, servers=(SERVER,), offline=offline)
        )


def status(code: int, *headers: tuple[str, str]) -> HttpAnswer:
    return HttpAnswer(url="", status=code, headers=headers)


def test_addresses_and_as_numbers_are_asked_about_by_their_paths() -> None:
    asking = Asking()
    held = [asking.about(r) for r in (BIG, ip_address("2001:db8:3000::1"), 64503)]
    assert [a.registration.value.holder_words for a in held if a.registration] == [
        "BigMail (ORG-BIGMAIL), XX"
    ] * 3
    assert asking.fetcher.asked == [
        SERVER + "ip/198.18.33.25",
        SERVER + "ip/2001:db8:3000::1",
        SERVER + "autnum/64503",
    ]


def test_one_question_serves_its_range_and_the_neighbours_are_only_likely() -> None:
    asking = Asking()
    first, second = asking.about(BIG), asking.about(BIG + 1000)
    assert (first.asked, second.asked) == (True, False)
    assert first.registration is not None
    assert second.registration is not None
    assert (first.registration.grade, second.registration.grade) == (Grade.CERTAIN, Grade.LIKELY)
    assert first.registration.value == second.registration.value


def test_what_the_registry_does_not_know_is_kept_for_that_address_alone() -> None:
    asking = Asking()
    unknown = ip_address("203.0.113.1")
    answers = [asking.about(unknown), asking.about(unknown), asking.about(unknown + 1)]
    assert {a.fate for a in answers} == {RegistryFate.NOT_FOUND}
    assert [a.asked for a in answers] == [True, False, True]


@pytest.mark.parametrize(
    ("resource", "lifetime"), [(BIG, LIFETIME), (ip_address("203.0.113.1"), NEGATIVE_LIFETIME)]
)
def test_answers_grow_old(resource: Resource, lifetime: timedelta, tmp_path: Path) -> None:
    asking = Asking(DiskCache(tmp_path))
    asking.about(resource)
    asking.clock.sleep(lifetime.total_seconds() - 60)
    assert not asking.about(resource).asked
    asking.clock.sleep(120)
    assert asking.about(resource).asked


def test_a_range_wider_than_any_holders_is_no_holder() -> None:
    asking = Asking()
    everything = {
        "objectClassName": "ip network",
        "handle": "IANA",
        "ipVersion": "v4",
        "startAddress": "0.0.0.0",
        "endAddress": "255.255.255.255",
    }
    asking.fetcher.instead = replace(status(200), body=json.dumps(everything).encode())
    assert asking.about(BIG).fate is RegistryFate.NOT_FOUND
    asking.fetcher.instead = None
    assert asking.about(BIG + 1).fate is RegistryFate.FOUND


@pytest.mark.parametrize(
    ("answer", "rest_s"),
    [
        (status(429, ("retry-after", "30")), 30),
        (status(503), REST.total_seconds()),
        (status(403), REST.total_seconds()),
        (status(422, ("retry-after", "5")), 5),
        (status(403, ("retry-after", "Wed, 17 Jun 2026 00:01:30 GMT")), 90),
        (status(422, ("retry-after", "Wed, 17 Jun 2026 00:01:30 -0000")), REST.total_seconds()),
        (
            # A server whose clock is a year behind.
            status(
                429,
                ("date", "Tue, 17 Jun 2025 00:01:00 GMT"),
                ("retry-after", "Tue, 17 Jun 2025 00:01:45 GMT"),
            ),
            45,
        ),
        (status(429, ("retry-after", "Wed, 17 Jun 2020 00:00:00 GMT")), 1),
        (status(429, ("retry-after", "soon")), REST.total_seconds()),
        (status(429, ("retry-after", "-5")), REST.total_seconds()),
        (status(429, ("retry-after", "99999999999")), LONGEST_REST.total_seconds()),
    ],
)
def test_a_registry_that_says_later_is_left_alone_until_then(
    answer: HttpAnswer, rest_s: float
) -> None:
    asking = Asking()
    asking.fetcher.instead = answer
    assert asking.about(BIG).fate is RegistryFate.LIMITED
    asking.fetcher.instead = None
    asking.clock.sleep(rest_s - 1)
    if rest_s > 1:
        resting = asking.about(BIG)
        assert (resting.fate, resting.asked) == (RegistryFate.LIMITED, False)
        assert "wants no question for 1 s" in resting.detail
    asking.clock.sleep(1.5)
    assert asking.about(BIG).fate is RegistryFate.FOUND


def test_where_nothing_answers_the_registrys_next_url_is_asked() -> None:
    asking = Asking()
    asking.fetcher.instead = HttpAnswer(url="", fault=HttpFault.UNREACHABLE)
    servers = (SERVER, "https://other.example/", "https://third.example/")
    asking.registry.holder(RegistryQuestion(resource=64503, servers=servers))
    assert asking.fetcher.asked == [f"{url}autnum/64503" for url in servers[:2]]
    asking.fetcher.instead = status(429)
    asking.registry.holder(RegistryQuestion(resource=64503, servers=servers))
    assert len(asking.fetcher.asked) == 3


def test_another_process_leaves_it_alone_too(tmp_path: Path) -> None:
    asking = Asking(DiskCache(tmp_path))
    asking.fetcher.instead = status(429, ("retry-after", "30"))
    asking.about(BIG)
    another = Asking(DiskCache(tmp_path))
    assert (another.about(BIG).fate, another.fetcher.asked) == (RegistryFate.LIMITED, [])
    another.clock.sleep(31)
    assert another.about(BIG).fate is RegistryFate.FOUND


def test_a_page_that_says_404_is_no_registrys_word() -> None:
    asking = Asking()
    asking.fetcher.instead = status(404, ("content-type", "text/html; charset=utf-8"))
    assert asking.about(BIG).fate is RegistryFate.FAILED
    asking.fetcher.instead = None
    assert asking.about(BIG).fate is RegistryFate.FOUND


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        (HttpFault.TIMEOUT, RegistryFate.TIMEOUT),
        (HttpFault.REFUSED, RegistryFate.FAILED),
        (HttpFault.TLS, RegistryFate.FAILED),
        (HttpFault.TOO_LARGE, RegistryFate.REFUSED),
        (HttpFault.REDIRECT, RegistryFate.REFUSED),
    ],
)
def test_faults_are_answers_and_are_not_kept(fault: HttpFault, fate: RegistryFate) -> None:
    asking = Asking()
    asking.fetcher.instead = HttpAnswer(url="", fault=fault, detail="so it was\x1b[2J")
    answer = asking.about(BIG)
    assert answer.fate is fate
    assert "\x1b" not in answer.detail
    asking.fetcher.instead = None
    assert asking.about(BIG).fate is RegistryFate.FOUND


def test_offline_answers_from_the_cache_alone(tmp_path: Path) -> None:
    Asking(DiskCache(tmp_path)).about(BIG)
    later = Asking(DiskCache(tmp_path))
    assert later.about(BIG, offline=True).fate is RegistryFate.FOUND
    assert later.about(64503, offline=True).fate is RegistryFate.OFFLINE
    assert later.fetcher.asked == []


def test_without_a_registry_nobody_is_asked() -> None:
    asking = Asking()
    answer = asking.registry.holder(RegistryQuestion(resource=BIG, servers=()))
    assert (answer.fate, asking.fetcher.asked) == (RegistryFate.NOWHERE, [])


@pytest.mark.parametrize(("mailbox", "told"), [("abuse@a.example", True), ("jo@a.example", False)])
def test_a_persons_mailbox_that_the_cache_holds_is_not_told(
    mailbox: str,
    told: bool,  # noqa: FBT001
) -> None:
    asking = Asking(cache := MemoryCache())
    answer = kept("198.18.0.0", "198.18.255.255")
    assert answer.registration is not None
    answer = replace(answer, registration=replace(answer.registration, abuse=mailbox))
    cache.keep(SERVER, BIG, answer, alone=False)
    question = RegistryQuestion(resource=BIG, servers=(SERVER,), with_abuse=True)
    claim = asking.registry.holder(question).registration
    assert claim is not None
    assert claim.value.abuse == (mailbox if told else None)


# -- the cache ---------------------------------------------------------------------------------

NOW = moment(ManualClock().now_ns())


def kept(first: str, last: str) -> CachedAnswer:
    held = Registration(registry="x", first=ip_address(first), last=ip_address(last))
    return CachedAnswer(about=first, url="https://x/", retrieved_at=NOW, registration=held)


@pytest.fixture(params=["memory", "disk"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> RegistryCache:
    return MemoryCache() if request.param == "memory" else DiskCache(tmp_path)


def test_the_narrowest_range_answers(cache: RegistryCache) -> None:
    wide, narrow = kept("10.0.0.0", "10.255.255.255"), kept("10.1.0.0", "10.1.255.255")
    for answer in (narrow, wide):
        cache.keep("s", ip_address("10.1.0.0"), answer, alone=False)
    assert cache.find("s", ip_address("10.1.2.3"), NOW) == narrow
    assert cache.find("s", ip_address("10.2.0.0"), NOW) == wide
    assert cache.find("s", ip_address("11.0.0.0"), NOW) is None
    assert cache.find("s", ip_address("::a01:203"), NOW) is None
    assert cache.find("other", ip_address("10.1.2.3"), NOW) is None


def test_an_answer_from_the_future_is_not_believed(cache: RegistryCache) -> None:
    cache.keep("s", BIG, kept("198.18.0.0", "198.18.255.255"), alone=False)
    assert cache.find("s", BIG, NOW - timedelta(seconds=1)) is None


def test_broken_files_are_as_good_as_none(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.keep("s", BIG, kept("198.18.0.0", "198.18.255.255"), alone=False)
    (path,) = tmp_path.rglob("*.json")
    whole = path.read_bytes()
    for broken in (
        b"",
        whole[:40],
        b"[" * 70_000,
        whole.replace(b"+00:00", b"").replace(b"Z", b""),
    ):
        path.write_bytes(broken)
        assert cache.find("s", BIG, NOW) is None
    for name in ("v4-x-y.json", "v4-1.json", "junk.json"):
        path.with_name(name).write_bytes(whole)
    assert cache.find("s", BIG, NOW) is None


def test_where_nothing_can_be_written_answers_live_on_in_memory(tmp_path: Path) -> None:
    (tmp_path / "rdap").write_text("in the way")
    cache = DiskCache(tmp_path / "rdap")
    answer = kept("198.18.0.0", "198.18.255.255")
    cache.keep("s", BIG, answer, alone=False)
    assert cache.find("s", BIG, NOW) == answer


def test_many_writers_leave_whole_files(tmp_path: Path) -> None:
    answer = kept("198.18.0.0", "198.18.255.255")

    def work(_: int) -> bool:
        cache = DiskCache(tmp_path)
        cache.keep("s", BIG, answer, alone=False)
        return cache.find("s", BIG, NOW) == answer

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"]


def test_the_cache_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_FILES >= 1000
    monkeypatch.setattr("mxpath.vantage.registry_cache.MOST_FILES", 20)
    cache = DiskCache(tmp_path)
    for n in range(50):
        cache.keep("s", n, replace(kept("10.0.0.0", "10.0.0.0"), registration=None), alone=True)
    assert len(list(tmp_path.rglob("*.json"))) <= 20
