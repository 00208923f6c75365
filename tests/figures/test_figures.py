"""What every figure must do, on every study: draw, stay legible, and touch nothing else."""

from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import studies
from mxpath.figures import FIGURES
from mxpath.figures.drawing import draw_figure, figure_svg, save_figure
from mxpath.figures.style import new_figure, styled
from mxpath.model.study import Study

LOOKS = [
    (figure, study)
    for figure in FIGURES
    for study in ("fine", "slow", "closed_first", "all_silent", "crowded", "interrupted", "null_mx")
]


def drawn(figure: str, study: Study) -> Figure:
    with styled():
        page = draw_figure(figure, study)
        page.draw_without_rendering()
    return page


def shown(page: Figure) -> list[Text]:
    """Every text that is really drawn: ticks only within the axes, none where they are off."""
    (ax,) = page.axes
    legend = ax.get_legend()
    texts = [*ax.texts, ax.title, *(legend.get_texts() if legend is not None else ())]
    if ax.axison:
        texts += [ax.xaxis.label, ax.yaxis.label, *ax.get_yticklabels()]
        low, high = ax.get_xlim()
        ticks = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        texts += [label for place, label in ticks if low <= place <= high]
    texts += [ax._left_title]  # type: ignore[attr-defined]
    return [text for text in texts if text.get_text().strip()]


def boxes(page: Figure) -> list[tuple[str, Bbox]]:
    """Every text shown and the pixels it covers."""
    renderer = page.canvas.get_renderer()  # type: ignore[attr-defined]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in shown(page)]


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("study", ["fine", "unprivileged"])
def test_a_figure_draws_into_the_axes_it_is_given(figure: str, study: str) -> None:
    with styled():
        page = new_figure()
        ax = page.add_subplot()
        assert FIGURES[figure](studies.judged(studies.ALL[study]()), ax) is ax
        assert page.axes == [ax]


@pytest.mark.parametrize(("figure", "study"), LOOKS)
def test_no_text_covers_another_or_leaves_the_page(figure: str, study: str) -> None:
    page = drawn(figure, studies.ALL[study]())
    found = boxes(page)
    assert found
    edge = page.bbox.padded(1.0)
    for text, box in found:
        assert edge.x0 <= box.x0, text
        assert box.x1 <= edge.x1, text
        assert edge.y0 <= box.y0, text
        assert box.y1 <= edge.y1, text
    for (text, one), (other, two) in combinations(found, 2):
        common = Bbox.intersection(one, two)
        touching = common is not None and min(common.width, common.height) > 1.5
        assert not touching, f"{text!r} and {other!r}"


@pytest.mark.parametrize(
    ("figure", "suffix"),
    [
        # The ladder as SVG is drawn twice by the test of settings, below.
        ("roadmap", "svg"),
        ("waterfall", "png"),
        ("ladder", "pdf"),
    ],
)
def test_equal_studies_are_equal_bytes(figure: str, suffix: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"1.{suffix}", tmp_path / f"2.{suffix}"
    save_figure(figure, studies.only_first(studies.slow()), first)
    save_figure(figure, studies.only_first(studies.slow()), second)
    assert first.read_bytes() == second.read_bytes()


def test_the_only_date_is_the_one_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "roadmap.svg"
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    save_figure("roadmap", studies.fine(), path)
    assert "dc:date" not in path.read_text()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    save_figure("roadmap", studies.fine(), path)
    assert "1970-01-02" in path.read_text()


def test_the_callers_settings_neither_matter_nor_change() -> None:
    plain = figure_svg("ladder", studies.slow())
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "black"}):
        before = dict(mpl.rcParams)
        assert figure_svg("ladder", studies.slow()) == plain
        assert dict(mpl.rcParams) == before


def test_an_unknown_figure_is_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        save_figure("pie", studies.fine(), tmp_path / "pie.svg")


def test_a_name_is_never_read_as_a_formula() -> None:
    study = studies.fine("$x_1$.example")
    assert any("$x_1$" in text for text, _ in boxes(drawn("roadmap", study)))


def test_a_name_in_a_script_the_font_lacks_does_not_warn() -> None:
    figure_svg("roadmap", studies.fine("邮件.example"))
