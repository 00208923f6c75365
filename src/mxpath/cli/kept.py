"""Every study is kept under the XDG state directory, so that later ones can say what changed.

    studies/live/example.org/20261123T081000.000000Z.json
    studies/sim-first_walk/fine.example/20260617T000000.000000Z-2.json

The rules, with their reasons:

1. Each vantage has a shelf of its own: what was simulated never passes for measured.
2. The name says when it was begun. A played clock begins at the same moment each time; then a
   number follows, so that nothing is written over.
3. Shelves are bounded, in studies and in bytes; the oldest go first. The live one has bounds of
   its own, so that a night of simulations cannot push it out.
4. Private: nobody else may read whom we looked at.
5. Keeping never fails a run. A full disk and a read-only home leave a note.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from mxpath.errors import InputError, ParseError
from mxpath.mail.mx import normalise_domain
from mxpath.model import codec
from mxpath.model.mail import PlanKind
from mxpath.model.origin import Origin
from mxpath.model.session import Outcome
from mxpath.model.study import Study
from mxpath.model.trace import Trace
from mxpath.pipeline import INTERRUPTED
from mxpath.vantage.ports import Vantage

KEPT = 500
KEPT_OCTETS = 128 << 20
"""Bounds of the live shelf, and of all others together."""
LOOKED_AT = 20
"""How many earlier studies are opened at most in search of one of the same place."""
LIVE = "live"
_STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Kept:
    """One file on a shelf; they sort by the time they were begun."""

    started_at: datetime
    number: int
    """Which of several that began at the same moment."""
    path: Path

    @property
    def words(self) -> str:
        """When it was begun, for a reader."""
        return f"{self.started_at:%Y-%m-%dT%H:%M:%S}"


def state_directory() -> Path:
    """Return the directory that studies are kept in (it may not exist yet)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "mxpath" / "studies"


def shelf_of(vantage: str) -> str:
    """Return the name of a vantage's shelf.

    Examples
    --------
    >>> shelf_of("sim:first_walk"), shelf_of("replay:../tape 1.ndjson")
    ('sim-first_walk', 'replay-.._tape_1.ndjson')
    """
    return re.sub(r"[^\w.-]", "_", vantage.replace(":", "-", 1))[:100]


# -- keeping --------------------------------------------------------------------------------


def keep(study: Study) -> str:
    """Write a study aside; return why it could not be kept, nothing when it was."""
    try:
        directory = state_directory() / shelf_of(study.provenance.vantage) / study.domain
        state_directory().parent.mkdir(parents=True, exist_ok=True)
        for each in (directory.parent.parent, directory.parent, directory):
            each.mkdir(exist_ok=True, mode=0o700)
        _write_private(_free_path(directory, study.started_at), codec.dump(study))
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home at all
        reason = getattr(error, "strerror", None) or str(error)
        return f"this study could not be kept for later comparison: {reason}"
    with suppress(OSError):
        _rotate()
    return ""


def _free_path(directory: Path, started_at: datetime) -> Path:
    stamp = started_at.astimezone(UTC).strftime(_STAMP)
    path, number = directory / f"{stamp}.json", 1
    while path.exists():
        number += 1
        path = directory / f"{stamp}-{number}.json"
    return path


def _write_private(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, never half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def _rotate() -> None:
    """Let the oldest go, by when they were kept."""
    live: list[Path] = []
    others: list[Path] = []
    for path in state_directory().glob("*/*/*.json"):
        (live if path.parts[-3] == LIVE else others).append(path)
    for shelf in (live, others):
        room = KEPT_OCTETS
        for place, path in enumerate(sorted(shelf, key=_kept_at, reverse=True)):
            room -= path.stat().st_size
            # The newest stays however large it is: it is what "last" means.
            if place and (place >= KEPT or room < 0):
                path.unlink()
                with suppress(OSError):
                    path.parent.rmdir()


def _kept_at(path: Path) -> int:
    return path.stat().st_mtime_ns


# -- finding --------------------------------------------------------------------------------


def read_study(name: str, *, vantage: str | None = None) -> Study:
    """Read a study: a path, ``last``, or ``DOMAIN@WHEN`` for a kept one.

    Parameters
    ----------
    name
        WHEN is ``last``; ``-2`` for the last but one; ``today``, ``yesterday`` or a date for
        the last of that day; a date with a time for the last begun by then. All are UTC.
    vantage
        On whose shelf to look; ``None`` takes the one where the domain was kept last.

    Raises
    ------
    InputError
        When nothing is kept that fits; the message says what there is.
    ParseError
        When the file is no study.
    """
    return codec.read_file(Study, find(name, vantage=vantage))


def find(name: str, *, vantage: str | None = None) -> Path:
    """Return the file of a study; see :func:`read_study`."""
    if name == "last":
        kept = sorted(_glob("*/*/*.json"), key=_kept_at)
        if not kept:
            raise InputError("no study is kept yet: run `mxpath DOMAIN` first")
        return kept[-1]
    domain, at, when = name.rpartition("@")
    # A path may hold an @ too; a kept study is asked for by a domain, which holds no slash.
    if not at or os.sep in name or Path(name).exists():
        return Path(name)
    return _choose(name, kept_of(normalise_domain(domain), vantage=vantage), when).path


def is_kept_name(name: str) -> bool:
    """Whether ``name`` is a study (a path, ``last``, DOMAIN@WHEN) and not a domain to measure."""
    return name == "last" or "@" in name or os.sep in name or Path(name).is_file()


def kept_of(domain: str, *, vantage: str | None = None) -> list[Kept]:
    """Return what is kept of a domain on one shelf, the oldest first."""
    shelf = shelf_of(vantage) if vantage is not None else "*"
    files = _glob(f"{shelf}/{domain}/*.json")
    if vantage is None and files:
        newest = max(files, key=_kept_at)
        files = [path for path in files if path.parent == newest.parent]
    return sorted(kept for path in files if (kept := _named(path)) is not None)


def _glob(pattern: str) -> list[Path]:
    with suppress(OSError, RuntimeError):
        return list(state_directory().glob(pattern))
    return []


def _named(path: Path) -> Kept | None:
    stamp, _, number = path.stem.partition("-")
    try:
        started_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        return Kept(started_at=started_at, number=int(number or 1), path=path)
    except ValueError:
        return None


def _choose(name: str, kept: list[Kept], when: str) -> Kept:
    if not kept:
        raise InputError(f"{name}: no study of this domain is kept; run `mxpath DOMAIN` first")
    if when == "last" or re.fullmatch(r"-[1-9][0-9]{0,5}", when):
        back = 1 if when == "last" else int(when[1:])
        if back <= len(kept):
            return kept[-back]
        raise InputError(f"{name}: only {len(kept)} kept: {_listed(kept)}")
    first, last = _span(name, when)
    fitting = [k for k in kept if first <= k.started_at <= last]
    if not fitting:
        raise InputError(f"{name}: none kept from then; there is {_listed(kept)}")
    return fitting[-1]


def _listed(kept: list[Kept]) -> str:
    shown = ", ".join(k.words for k in kept[-5:])
    return shown if len(kept) <= 5 else f"{len(kept)} of them, the last: {shown}"


_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _span(name: str, when: str) -> tuple[datetime, datetime]:
    """The time that is meant: a whole day, or all that was before a moment."""
    today = datetime.now(tz=UTC).date()
    days = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        day = days.get(when) or (date.fromisoformat(when) if len(when) == 10 else None)
        if day is not None:
            begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return begin, begin + timedelta(days=1, microseconds=-1)
        moment = datetime.fromisoformat(when)
    except ValueError as error:
        raise InputError(
            f"{name}: when is {when!r}? Use last, -2, today, yesterday, 2026-11-20 or"
            " 2026-11-20T10:00 (UTC)"
        ) from error
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    # Up to the end of what was written: 10:00 means the whole minute.
    return _BEGINNING, moment + timedelta(seconds=60 if len(when) <= 16 else 1, microseconds=-1)


# -- what was before ------------------------------------------------------------------------


def earlier(study: Study) -> Study | None:
    """Return the newest kept study of the same domain, vantage, place and question before it.

    To be asked before ``study`` itself is kept. One that is unreadable, unfinished or
    saw nothing is passed over.
    """
    if study.provenance.player == "replay":
        return None  # a recording played again is no later look
    kept = kept_of(study.domain, vantage=study.provenance.vantage)
    for one in [k for k in reversed(kept) if k.started_at <= study.started_at][:LOOKED_AT]:
        with suppress(ParseError):
            other = codec.read_file(Study, one.path)
            alike = _same_place(other.seen_from, study.seen_from) and _same_question(other, study)
            if alike and _saw_something(other):
                return other
    return None


def remembered(domain: str, vantage: Vantage) -> tuple[Trace, ...]:
    """Return the traces of the newest kept study of a domain from this very place.

    Only of this host's own: what is played twice shall be the same twice, whatever was kept.
    """
    if vantage.player != LIVE:
        return ()
    now = datetime.fromtimestamp(vantage.clock.now_ns() / 1e9, tz=UTC)
    kept = [k for k in kept_of(domain, vantage=vantage.name) if k.started_at <= now]
    for one in reversed(kept[-LOOKED_AT:]):
        with suppress(ParseError):
            study = codec.read_file(Study, one.path)
            if study.traces and _same_place(study.seen_from, vantage.origin):
                return study.traces
    return ()


def _same_place(one: Origin, other: Origin) -> bool:
    """The same network; where it is not known, the same address."""
    if one.network is not None and other.network is not None:
        return one.network.asn == other.network.asn
    shared = [v for v in (4, 6) if one.sends_from(v) is not None or other.sends_from(v) is not None]
    return all(one.sends_from(v) == other.sends_from(v) for v in shared)


def _same_question(one: Study, other: Study) -> bool:
    keys = ("families", "only", "sender", "port", "tracing", "conversing")
    asked = [[dict(s.provenance.options).get(key) for key in keys] for s in (one, other)]
    return asked[0] == asked[1] and INTERRUPTED not in one.notes


def _saw_something(study: Study) -> bool:
    """Whether there is anything to compare with: a dead resolver and a used-up budget leave nothing."""
    if study.mail.plan.kind is PlanKind.FAILED:
        return False
    held = [s for s in study.sessions if s.outcome is not Outcome.SKIPPED]
    return bool(held) or not study.sessions
