"""The template environment: pages that are whole in themselves, and escape everything."""

import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mxpath.figures.drawing import figure_svg
from mxpath.figures.style import (
    ALARM,
    BANDS,
    DNS,
    EXCHANGE,
    FAINT,
    INK,
    PAPER,
    PATH,
    RULE,
    SERVER,
    UNKNOWN_BAND,
)
from mxpath.model.foreign_text import printable
from mxpath.model.study import Study

_VARIABLES = {
    INK: "ink",
    FAINT: "faint",
    RULE: "rule",
    PAPER: "paper",
    PATH: "path",
    SERVER: "server",
    DNS: "dns",
    EXCHANGE: "exchange",
    ALARM: "alarm",
    UNKNOWN_BAND: "band-unknown",
    **{colour: f"band{n}" for n, colour in enumerate(BANDS)},
}
"""Colours of the figures and the variables of the page that stand for them, light or dark."""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("mxpath.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """Return the page that ``template`` makes of ``values``."""
    return _environment().get_template(template).render(**values)


def inline_figure(name: str, study: Study, *, number: int, target: str | None = None) -> Markup:
    """Return a figure as SVG for the inside of a page.

    Its colours follow the page's light or dark scheme; ``number`` keeps its
    identifiers apart from those of the page's other figures.
    """
    svg = figure_svg(name, study, target=target)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>f{number}-", svg)
    svg = re.sub(r"(fill|stroke): (#[0-9a-f]{6})", _variable, svg)
    # In an attribute a variable means nothing: patterns get a style instead.
    svg = re.sub(r'fill="(#[0-9a-f]{6})"', lambda m: f'style="{_variable_of("fill", m[1])}"', svg)
    width_pt = float(re.search(r' width="([0-9.]+)pt"', svg)[1])  # type: ignore[index]
    svg = re.sub(r' width="[0-9.]+pt" height="[0-9.]+pt"', "", svg, count=1)
    label = Markup.escape(f"{name} of {printable(study.domain)}")
    # On a narrow screen a figure scrolls instead of shrinking beyond reading.
    looks = f'role="img" aria-label="{label}" style="min-width: {width_pt:.0f}px"'
    labelled = svg.replace("<svg", f"<svg {looks}", 1)
    return Markup(labelled)  # noqa: S704 - our own drawing; its text is glyph outlines, not markup


def _variable(match: re.Match[str]) -> str:
    return _variable_of(match[1], match[2])


def _variable_of(what: str, colour: str) -> str:
    name = _VARIABLES.get(colour)
    return f"{what}: var(--{name}, {colour})" if name else f"{what}: {colour}"
