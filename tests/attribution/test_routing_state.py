"""Routes to the mail hosts by the word of route collectors, in a world played in memory."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import count
from pathlib import Path

import pytest

import collected
from mxpath.attribution.attribute import attribute
from mxpath.attribution.routing_state import (
    LIMIT_S,
    MOST_ROUTES,
    RoutingOptions,
    RoutingState,
    ask_collectors,
)
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.simulated import SimulatedVantage, simulate
from mxpath.model import codec
from mxpath.model.attribution import IxpLan
from mxpath.model.bgp import AsPath, RibEntry, RoutingAnswer, RoutingFate, RoutingQuestion
from mxpath.model.evidence import Claim
from mxpath.model.study import Study
from mxpath.pipeline import INTERRUPTED, Options, analyze
from mxpath.vantage.recorded import record, replay

FAST = Options(tracing=False, conversing=False)
FOUND = RoutingFate.FOUND


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    return collected.gazetteer(tmp_path_factory.mktemp("world"), collected.world())


def studied(
    gazetteer: Gazetteer,
    behaviour: HttpBehaviour = HttpBehaviour.FINE,
    *,
    routing: RoutingOptions | None = None,
) -> tuple[Study, SimulatedVantage]:
    vantage = simulate(collected.world(behaviour))
    options = replace(FAST, routing=routing or RoutingOptions())
    return analyze("fine.example", vantage, gazetteer, options=options), vantage


def asked(vantage: SimulatedVantage) -> list[str]:
    assert vantage.looking_glass is not None
    return [path.split("&")[0] for path in vantage.looking_glass.asked]


def test_each_announced_prefix_of_the_mail_hosts_is_asked_about_once(gazetteer: Gazetteer) -> None:
    study, vantage = studied(gazetteer)
    assert asked(vantage) == [
        f"/data/looking-glass/data.json?resource={address}"
        for address in (
            "198.18.33.25",
            "2001:db8:3000:1000::25",
            "198.18.49.25",
            "2001:db8:4000:1000::25",
        )
    ]
    assert study.provenance.routing_questions == len(study.routing) == 4
    second = study.mail.addresses[2]
    answer = study.routing_to(second)
    assert (str(second), answer) == ("198.18.34.25", study.routing[0])
    assert answer is not None
    assert [(entry.collector, str(entry.path)) for entry in answer.entries] == [
        ("rrc00", "64510 64503"),
        ("rrc00", "64496 64510 64503"),
        ("rrc00", "64503"),
    ]
    assert study.routing_to(ip_address("192.0.2.1")) is None
    assert codec.load(Study, codec.dump(study)) == study


def test_of_a_range_each_address_is_asked_about(gazetteer: Gazetteer) -> None:
    vantage = simulate(collected.world())
    addresses = [ip_address("198.18.33.25"), ip_address("198.18.34.25")]
    ranges = []
    for owner in attribute(addresses, gazetteer).values():
        assert owner.origin is not None
        cut = replace(owner.origin.value, announced=False)
        ranges.append(replace(owner, origin=replace(owner.origin, value=cut)))
    found = ask_collectors(ranges, vantage, gazetteer)
    assert [answer.address for answer in found.answers] == addresses
    assert len(asked(vantage)) == 2


def test_offline_asks_nothing_and_says_what_is_missing(gazetteer: Gazetteer) -> None:
    study, vantage = studied(gazetteer, routing=RoutingOptions(offline=True))
    assert asked(vantage) == []
    assert {answer.fate for answer in study.routing} == {RoutingFate.OFFLINE}
    (note,) = study.notes
    assert note == (
        "routes of collectors to 198.18.33.25, 2001:db8:3000:1000::25, 198.18.49.25 and 1 more"
        " unknown: offline (nothing is kept about it)"
    )


def test_a_gazetteer_that_names_no_service_has_nobody_asked(gazetteer: Gazetteer) -> None:
    silent = Gazetteer.open(gazetteer.directory)
    silent.routing = ""
    study, vantage = studied(silent)
    assert (study.routing, study.notes, asked(vantage)) == ((), (), [])


def test_what_is_special_or_an_exchange_points_is_not_asked_about(gazetteer: Gazetteer) -> None:
    vantage = simulate(collected.world())
    owners = attribute([ip_address("127.0.0.1"), ip_address("198.18.33.25")], gazetteer)
    special, normal = owners.values()
    lan = IxpLan(ix_id=1, ix_name="IX", prefix=ip_network("198.18.33.0/24"))
    member = replace(normal, ixp_lan=Claim(value=lan, evidence=()))
    assert ask_collectors([special, member], vantage, gazetteer) == RoutingState()
    assert asked(vantage) == []


@pytest.mark.parametrize(
    ("behaviour", "fates", "words"),
    [
        (HttpBehaviour.MALFORMED, {RoutingFate.REFUSED}, "text/html"),
        (HttpBehaviour.LYING, {RoutingFate.REFUSED}, "does not hold"),
        (HttpBehaviour.DOWN, {RoutingFate.FAILED}, "refused"),
        (HttpBehaviour.LIMITING, {FOUND, RoutingFate.LIMITED}, "wants no question for"),
        (HttpBehaviour.SLOW, {RoutingFate.TIMEOUT}, "no answer in time"),
    ],
)
def test_what_a_broken_service_costs(
    behaviour: HttpBehaviour, fates: set[RoutingFate], words: str, gazetteer: Gazetteer
) -> None:
    study, _ = studied(gazetteer, behaviour)
    assert {answer.fate for answer in study.routing} - {RoutingFate.NOT_ASKED} == fates
    assert any(words in note for note in study.notes), study.notes
    assert (study.ended_at - study.started_at).total_seconds() <= LIMIT_S + 1


def test_questions_are_counted_and_end(gazetteer: Gazetteer) -> None:
    study, vantage = studied(gazetteer, routing=RoutingOptions(most_questions=1))
    assert len(asked(vantage)) == 1
    assert [answer.fate for answer in study.routing] == [FOUND] + [RoutingFate.NOT_ASKED] * 3
    assert "(1 questions are the most at once)" in study.notes[0]


def test_a_service_that_gave_nothing_twice_is_not_asked_again(gazetteer: Gazetteer) -> None:
    alone = replace(simulate(collected.world(HttpBehaviour.MALFORMED)), workers=1)
    study = analyze("fine.example", alone, gazetteer, options=FAST)
    fates = [answer.fate for answer in study.routing]
    assert fates == [RoutingFate.REFUSED] * 2 + [RoutingFate.NOT_ASKED] * 2
    assert study.provenance.routing_questions == 2


class Scripted:
    """Collectors with so many peers; the second question is interrupted where wanted."""

    def __init__(self, peers: int, *, interrupted: bool = False) -> None:
        self._peers, self._interrupted = peers, interrupted
        self._questions = count(1)

    def routes(self, question: RoutingQuestion) -> RoutingAnswer:
        if next(self._questions) == 2 and self._interrupted:
            raise KeyboardInterrupt
        prefix = question.expected
        assert prefix is not None
        entries = tuple(
            RibEntry(
                prefix=prefix,
                path=AsPath(asns=(4_200_000_000 + n, 64510, 64511, 64512, 64503)),
                collector="rrc00",
                peer_asn=4_200_000_000 + n,
                peer_address=ip_address("2001:db8::1:0") + n,
            )
            for n in range(self._peers)
        )
        return RoutingAnswer(
            address=question.address, fate=FOUND, prefix=prefix, entries=entries, asked=True
        )


def test_ctrl_c_keeps_what_was_heard(gazetteer: Gazetteer) -> None:
    vantage = replace(simulate(collected.world()), routing=Scripted(1, interrupted=True))
    study = analyze("fine.example", vantage, gazetteer, options=FAST)
    assert [len(answer.entries) for answer in study.routing] == [1]
    assert study.notes == (INTERRUPTED,)


def test_a_study_does_not_swell_and_keeps_the_nearest(gazetteer: Gazetteer) -> None:
    vantage = replace(simulate(collected.world()), routing=Scripted(700))
    near = 4_200_000_699
    owners = attribute(
        [ip_address("198.18.33.25"), ip_address("198.18.49.25"), ip_address("2001:db8:3000::1")],
        gazetteer,
    )
    state = ask_collectors(owners.values(), vantage, gazetteer, near={near})
    assert [len(answer.entries) for answer in state.answers] == [MOST_ROUTES // 3] * 3
    assert {answer.entries[0].peer_asn for answer in state.answers} == {near}
    left_out = 3 * (700 - MOST_ROUTES // 3)
    assert state.notes == (
        f"{left_out} routes of collectors are left out: more than are kept, or not to be read",
    )
    assert sum(len(codec.dump(answer)) for answer in state.answers) < 260_000


def test_a_recording_plays_what_was_told(gazetteer: Gazetteer, tmp_path: Path) -> None:
    tape = tmp_path / "tape.ndjson"
    first = analyze(
        "fine.example",
        record(simulate(collected.world()), tape),
        gazetteer,
        options=FAST,
    )
    again = analyze("fine.example", replay(tape), gazetteer, options=FAST)
    assert again.routing == first.routing != ()
    assert again.provenance.routing_questions == 4
