from functools import cache

from matplotlib.text import Text

import studies
from mxpath.figures.drawing import draw_figure
from mxpath.figures.ladder import ladder_size
from mxpath.figures.style import styled


@cache
def words(study: str, target: str | None = None) -> list[str]:
    """What is written on the figure of one of the studies."""
    with styled():
        page = draw_figure("ladder", getattr(studies, study)(), target=target)
        page.draw_without_rendering()
    return [t.get_text() for t in page.findobj(Text) if isinstance(t, Text) and t.get_text()]


def test_each_hop_is_a_rung_and_the_exchange_port_is_marked() -> None:
    found = words("fine")
    assert "198.18.16.1    2" in found
    assert "◇ FRA-LIX  198.19.240.3    4" in found


def test_the_title_says_whose_the_time_is() -> None:
    assert "mx1.bigmail.example over IPv4: 87% of 20.7 ms is Alpha Transit" in words("fine")


def test_a_silent_hop_stays_on_the_ladder() -> None:
    assert "silent, 3 probes    4" in words("fine", "2001:db8:4000::25")


def test_an_end_in_silence_is_the_message() -> None:
    assert "mx1.bigmail.example over IPv4: nothing answers after hop 1" in words("egress_blocked")


def test_the_chosen_target_is_drawn() -> None:
    assert any(t.startswith("mx.farmail.example") for t in words("fine", "198.18.49.25"))


def test_dots_are_the_round_trips_that_were_measured() -> None:
    study = studies.fine()
    with styled():
        page = draw_figure("ladder", study)
    dots = sorted(
        float(line.get_xdata()[0])  # type: ignore[index, arg-type]
        for line in page.axes[0].lines
        if line.get_marker() not in ("None", None, "") and len(line.get_xdata()) == 1  # type: ignore[arg-type]
    )
    trace = study.traces[0]
    measured = sorted(p.rtt_ms for h in trace.hops for p in h.probes if p.rtt_ms is not None)
    assert dots == measured


def test_no_trace_is_one_sentence() -> None:
    assert words("unprivileged") == ["Nothing was traced, so the hops are not known."]
    assert words("null_mx") == ["nomail.example has no mail host: there is nothing to trace."]
    assert words("no_v6_here", "2001:db8:3000::25") == [
        "This machine has no IPv6 route to 2001:db8:3000::25."
    ]
    assert ladder_size(studies.unprivileged()) == (8.0, 1.6)
