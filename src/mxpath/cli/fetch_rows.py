"""Fetches on the screen and in a document: what would come, and what came."""

from dataclasses import replace
from pathlib import Path
from textwrap import fill
from typing import TextIO

from mxpath.acquire.fetch import Fetched
from mxpath.acquire.fetch_plan import Planned
from mxpath.acquire.publishers import Chosen
from mxpath.model.documents import FetchRow
from mxpath.model.foreign_text import printable

_WIDTH = 96
INDENT = " " * 16


def print_plan(planned: tuple[Planned, ...], store: Path, *, to: TextIO) -> None:
    """Print what would be fetched, of whom, and under which terms."""
    for one in planned:
        spec, publisher = one.chosen.spec, one.chosen.publisher
        much = "nothing" if one.is_fresh else f"~{one.megabytes:.0f} MB"
        here = f" ({one.here} is here)" if one.here is not None else ""
        print(wrapped(f"{one.chosen.slug:<15} {much}{here}: {spec.gives}"), file=to)
        if one.is_fresh:
            continue
        for text in (
            f"from {spec.publisher}, {one.chosen.base}",
            f"terms: {spec.licence}, {publisher.terms}",
            f"credit: {spec.attribution}" if spec.attribution else "",
        ):
            if text:
                print(wrapped(text, first=INDENT), file=to)
    megabytes = sum(one.megabytes for one in planned)
    if megabytes:
        minutes = sum(one.seconds for one in planned) / 60
        about = f"about {max(1, round(minutes))} min at 2 MB/s and the publishers' pace"
        print(f"\nin all          ~{megabytes:.0f} MB, {about}", file=to)
        print(f"{INDENT}into {store}", file=to)
        print(f"{INDENT}the publishers' terms hold for what you do with it", file=to)


def size(octets: int) -> str:
    """Return an amount of octets in words."""
    return f"{octets / 1e6:.1f} MB" if octets >= 100_000 else f"{octets / 1e3:.1f} kB"


def wrapped(text: str, *, first: str = "") -> str:
    """Return a text in lines that fit the screen."""
    return fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


def planned_row(one: Planned) -> FetchRow:
    """Return what would be fetched as a row of a document."""
    outcome = "here" if one.is_fresh else "planned"
    return replace(
        _row(one.chosen), outcome=outcome, as_of=one.here, megabytes=round(one.megabytes, 3)
    )


def done_row(chosen: Chosen, got: Fetched) -> FetchRow:
    """Return what became of a fetch as a row of a document."""
    return replace(
        _row(chosen),
        outcome=got.outcome.value,
        as_of=got.as_of,
        megabytes=round(got.octets / 1e6, 3),
        rows=got.rows,
        detail=printable(got.detail),
    )


def _row(chosen: Chosen) -> FetchRow:
    spec = chosen.spec
    return FetchRow(
        name=chosen.slug,
        dataset=chosen.publisher.dataset,
        outcome="planned",
        as_of=None,
        megabytes=0.0,
        rows=None,
        publisher=spec.publisher,
        licence=spec.licence,
        terms=chosen.publisher.terms,
        credit=spec.attribution,
    )
