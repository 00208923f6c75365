"""What is empty is said with the one command that fills it, and the command is one that there is."""

import pytest

from mxpath.acquire.publishers import PUBLISHERS
from mxpath.datasets.catalog import Section
from mxpath.gazetteer.filling import FILLED_BY, commands, lacking


@pytest.mark.parametrize("section", Section)
def test_every_section_names_a_command_that_there_is(section: Section) -> None:
    words = FILLED_BY[section].command.split()
    assert words[:2] == ["mxpath", "data"]
    assert words[2] == "build" or (words[2] == "fetch" and words[3] in PUBLISHERS)


def test_what_is_not_asked_about_is_not_mentioned() -> None:
    assert lacking([Section.PLACES], among=[Section.RPKI]) == ""
    assert commands([Section.PLACES], among=[Section.RPKI]) == ()
    assert commands(Section, among=[Section.PLACES, Section.RPKI, Section.EXCHANGES]) == (
        "mxpath data fetch vrps peeringdb",
        "mxpath data build GEOFEED.csv",
    )
