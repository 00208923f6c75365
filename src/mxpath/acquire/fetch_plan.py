"""What a fetch would do: told before anybody is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from mxpath.acquire import snapshots
from mxpath.acquire.fetched_notes import read_notes
from mxpath.acquire.publishers import Chosen

_MEGABYTES_PER_S = 2.0
"""A line that most have; the estimate says that it is one."""
_CHANGES_MEGABYTES = 2.0
"""About what changes in a week or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One data set of a fetch."""

    chosen: Chosen
    here: date | None
    """Day of the snapshot that is here."""
    is_fresh: bool
    """Whether that is new enough not to ask."""
    lacks_more: bool = False
    """Whether that has not all that was asked for."""

    @property
    def megabytes(self) -> float:
        """About how much comes."""
        if self.is_fresh:
            return 0.0
        if not self.brings_changes:
            return self.chosen.megabytes
        more = self.chosen.more if self.lacks_more else None
        return _CHANGES_MEGABYTES + (more.megabytes if more is not None else 0)

    @property
    def brings_changes(self) -> bool:
        """Whether what is here is brought up to date by what has changed since."""
        return self.here is not None and self.chosen.publisher.tells_changes

    @property
    def seconds(self) -> float:
        """About how long it takes, at the publisher's pace."""
        if self.is_fresh:
            return 0.0
        pauses_s = self.chosen.questions * self.chosen.publisher.gap_s
        return self.megabytes / _MEGABYTES_PER_S + pauses_s


def plan(
    chosen: Iterable[Chosen], store: Path, *, now: datetime, day: date | None = None
) -> tuple[Planned, ...]:
    """Return what would be fetched, in the order given."""
    return tuple(_planned(one, store / one.slug, now=now, day=day) for one in chosen)


def _planned(chosen: Chosen, place: Path, *, now: datetime, day: date | None) -> Planned:
    days = snapshots.days_of(place)
    if day is not None:
        is_here = day in days
        return Planned(chosen=chosen, here=day if is_here else None, is_fresh=is_here)
    if not days:
        return Planned(chosen=chosen, here=None, is_fresh=False)
    newest = place / days[-1].isoformat()
    asked, lacks = read_notes(newest).asked_at, chosen.lacks(newest)
    fresh = asked is not None and now - asked < chosen.publisher.fresh and not lacks
    return Planned(chosen=chosen, here=days[-1], is_fresh=fresh, lacks_more=lacks)
