"""Holders by the registry's word, in a world played in memory."""

from pathlib import Path
from typing import NamedTuple

import pytest

import registries
from mxpath.attribution.registry import RegistryOptions
from mxpath.lab.elements import RdapBehaviour
from mxpath.lab.simulated import SimulatedVantage, simulate
from mxpath.model.evidence import Grade
from mxpath.model.study import Study
from mxpath.pipeline import Options, analyze


def studied(
    directory: Path,
    behaviour: RdapBehaviour = RdapBehaviour.FINE,
    *,
    delay_s: float = 3.0,
    offline: bool = False,
) -> tuple[Study, SimulatedVantage]:
    world = registries.world(behaviour, delay_s)
    vantage = simulate(world)
    gazetteer = registries.gazetteer(directory, world)
    options = Options(registry=RegistryOptions(offline=offline))
    return analyze("fine.example", vantage, gazetteer, options=options), vantage


def holders(study: Study) -> dict[str, str | None]:
    return {
        str(address): claim.value.holder_words if claim is not None else None
        for address in study.mail.addresses
        for claim in (study.owners[address].registration,)
    }


def test_a_study_says_who_holds_the_mail_hosts_and_why(tmp_path: Path) -> None:
    study, _ = studied(tmp_path)
    assert holders(study) == {
        "198.18.33.25": "BigMail (ORG-BIGMAIL), XX",
        "2001:db8:3000:1000::25": "BigMail (ORG-BIGMAIL), XX",
        "198.18.34.25": "BigMail (ORG-BIGMAIL), XX",
        "2001:db8:3000:1001::25": "BigMail (ORG-BIGMAIL), XX",
        "198.18.49.25": "FarMail (ORG-FARMAIL), XY",
        "2001:db8:4000:1000::25": "FarMail (ORG-FARMAIL), XY",
    }
    claim = study.owners[study.mail.addresses[0]].registration
    assert claim is not None
    assert claim.grade is Grade.CERTAIN
    (reason,) = claim.evidence
    assert (reason.source, str(reason.as_of)) == ("rdap", "2026-06-17")
    assert "http://198.18.65.25/ip/198.18.33.25" in reason.detail


def test_one_question_serves_a_range_and_says_so(tmp_path: Path) -> None:
    study, vantage = studied(tmp_path)
    assert vantage.rdap is not None
    assert vantage.rdap.asked == [
        "/ip/198.18.33.25",
        "/ip/2001:db8:3000:1000::25",
        "/ip/198.18.49.25",
        "/ip/2001:db8:4000:1000::25",
    ]
    second = study.owners[study.mail.addresses[2]].registration
    assert second is not None
    assert second.grade is Grade.LIKELY
    assert second.evidence[0].rule == "registered-range-of-a-neighbour"


def test_offline_asks_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    study, vantage = studied(tmp_path, offline=True)
    assert vantage.rdap is not None
    assert vantage.rdap.asked == []
    assert set(holders(study).values()) == {None}
    assert any("unknown: offline" in note for note in study.notes)


class Broken(NamedTuple):
    behaviour: RdapBehaviour
    delay_s: float
    most_s: float
    """Seconds that it may cost a study."""
    words: str | None
    """In the note; ``None`` where nothing is missing."""
    known: int
    """MX addresses, of six, whose holder is known all the same."""


FAULTS = [
    Broken(RdapBehaviour.DOWN, 0.0, 0.1, "connection refused", 0),
    Broken(RdapBehaviour.SLOW, 3.0, 3.1, None, 6),
    Broken(RdapBehaviour.SLOW, 10.0, 6.1, "no answer in time", 0),
    Broken(RdapBehaviour.LIMITING, 0.0, 0.2, "rate-limited", 4),
    Broken(RdapBehaviour.LYING, 0.0, 0.2, "which does not hold", 0),
    Broken(RdapBehaviour.MALFORMED, 0.0, 0.2, "answered with text/html", 0),
]


@pytest.mark.parametrize("broken", FAULTS, ids=lambda b: f"{b.behaviour}-{b.delay_s:g}")
def test_a_broken_registry_costs_seconds_and_nothing_else(tmp_path: Path, broken: Broken) -> None:
    fine, _ = studied(tmp_path / "fine")
    study, vantage = studied(tmp_path / "broken", broken.behaviour, delay_s=broken.delay_s)
    without, _ = studied(tmp_path / "offline", offline=True)
    assert _duration_s(study) - _duration_s(without) <= broken.most_s
    notes = [note for note in study.notes if note.startswith("registered holder of")]
    assert bool(notes) == (broken.words is not None)
    assert broken.words is None or any(broken.words in note for note in notes)
    # Nothing false is claimed: what is said is what a sound registry says.
    told = {a: h for a, h in holders(study).items() if h is not None}
    assert told.items() <= holders(fine).items()
    assert len(told) == broken.known
    assert [v.name for v in study.verdicts] == [v.name for v in fine.verdicts]
    assert study.routes == fine.routes
    assert vantage.rdap is not None
    assert len(vantage.rdap.asked) <= 4


def _duration_s(study: Study) -> float:
    return (study.ended_at - study.started_at).total_seconds()
