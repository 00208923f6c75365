from dataclasses import replace
from functools import cache

from matplotlib.text import Text

import studies
from mxpath.figures.drawing import draw_figure
from mxpath.figures.style import styled
from mxpath.graph.stations import stations


@cache
def words(study: str) -> list[str]:
    """What is written on the figure of one of the studies."""
    with styled():
        page = draw_figure("roadmap", getattr(studies, study)())
    return [t.get_text() for t in page.findobj(Text) if isinstance(t, Text) and t.get_text()]


def test_networks_exchange_points_and_hosts_are_named_once() -> None:
    found = words("fine")
    for name in ("Nordmail\nAS64496", "Alpha Transit\nAS64497", "FRA-LIX", "BigMail\nAS64503"):
        assert found.count(name) == 1
    assert "10 mx1.bigmail.example" in found
    assert "20 mx.farmail.example" in found


def test_equal_routes_of_both_families_are_one_lane() -> None:
    assert "v4 21 ms · v6 21 ms" in words("fine")


def test_a_road_says_what_the_station_before_it_adds_on_that_branch() -> None:
    found = words("fine")
    assert "18 ms" in found  # Alpha Transit towards the exchange point
    assert "3.9 ms\n±0.2" in found  # Alpha Transit towards the backbone


def test_what_did_not_arrive_says_so() -> None:
    assert "v4 did not arrive · v6 did not arrive" in words("all_silent")


def test_the_title_says_how_many_routes_cross() -> None:
    assert "fine.example: 2 of 4 routes cross FRA-LIX" in words("fine")
    assert "fine.example: the one route seen crosses FRA-LIX" in words("interrupted")


def test_it_is_marked_as_observed() -> None:
    assert any(text.startswith("Observed.") for text in words("fine"))


def test_nothing_to_draw_is_one_sentence() -> None:
    assert words("null_mx") == ["nomail.example has no mail host: there is no way to draw."]
    assert words("unprivileged") == [
        "No route was traced, so the networks on the way are not known."
    ]


def test_a_study_without_exchange_points_says_so_of_every_route() -> None:
    study = studies.fine()
    direct = tuple(r for r in study.routes if "ixp" not in {s.kind for s in stations(r)})
    with styled():
        page = draw_figure("roadmap", replace(study, routes=direct))
    told = [t.get_text() for t in page.findobj(Text) if isinstance(t, Text)]
    assert "fine.example: no exchange point on either route seen" in told
