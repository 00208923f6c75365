from functools import cache

import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text

import studies
from mxpath.figures.drawing import draw_figure
from mxpath.figures.style import SERVER, styled
from mxpath.figures.waterfall import waterfall_size
from mxpath.model.session import Outcome


@cache
def words(study: str) -> list[str]:
    """What is written on the figure of one of the studies."""
    with styled():
        page = draw_figure("waterfall", getattr(studies, study)())
    return [t.get_text() for t in page.findobj(Text) if isinstance(t, Text) and t.get_text()]


def test_a_giant_wait_is_cut_and_says_its_length() -> None:
    assert "the server waits 4,001 ms" in words("slow")
    assert any("a bar with a gap is cut" in text for text in words("slow"))


def test_without_a_giant_nothing_is_cut_and_lengths_are_true() -> None:
    study = studies.fine()
    assert not any("cut" in text for text in words("fine"))
    with styled():
        page = draw_figure("waterfall", study)
    bars = [b for b in page.axes[0].patches if isinstance(b, Rectangle)]
    session = study.sessions[0]
    row = sum(b.get_width() for b in bars if abs(b.get_y() + b.get_height() / 2) < 0.01)
    dns = study.mail.mx_lookup.elapsed_ms + study.mail.plan.hosts[0].dns_ms
    assert row == pytest.approx(session.total_ms + dns)


def test_the_servers_own_time_is_told_apart() -> None:
    with styled():
        page = draw_figure("waterfall", studies.slow())
    hatched = [b for b in page.axes[0].patches if isinstance(b, Rectangle) and b.get_hatch()]
    assert hatched
    assert SERVER == "#e69f00"
    assert "mx1.bigmail.example: 4,150 ms, 97% of it the server's own time" in words("slow")


def test_failures_are_words() -> None:
    assert words("closed_first").count("refused") == 2
    assert "no connection" in words("all_silent")
    assert "waited in vain 10,000 ms" in words("all_silent")
    assert "rejected: 554 no SMTP service here" in words("strict")
    assert words("interrupted").count("not tried") == 3


def test_a_failed_first_host_leads_the_title() -> None:
    expected = "mx1.bigmail.example: refused; mx.farmail.example takes 377 ms"
    assert expected in words("closed_first")


def test_nobody_spoken_to_is_one_sentence() -> None:
    assert words("null_mx") == ["nomail.example has no mail host: nobody was spoken to."]
    nobody = studies.with_sessions(studies.fine())
    assert waterfall_size(nobody)[1] > waterfall_size(studies.null_mx())[1]
    assert Outcome.SKIPPED in {s.outcome for s in studies.interrupted().sessions}
