"""``mxpath trace --watch``: the same paths, round after round.

On a terminal one table is drawn again after each round; in a pipe each round is a line a target.
Ctrl-C ends it, and the summary is printed.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model import codec
from mxpath.model.address import IPAddress
from mxpath.model.watch import PathChange, Round, RoundKind, Watched, WatchedRound
from mxpath.report.watching import change_line, round_line, watched_table
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.rounds import WatchOptions, watch
from mxpath.vantage.ports import Vantage
from mxpath.watching import Watcher

_PLAYED_ROUNDS = 10
"""Rounds in a played world that are looked at where none are asked for: its time costs nothing,
and it would never end."""
_SHOWN_CHANGES = 5
_HOME = "\x1b[H\x1b[J"
"""To the upper left, and clear what is below (ECMA-48 CUP and ED)."""


def run(
    options: argparse.Namespace,
    asked: Mapping[IPAddress, str],
    vantage: Vantage,
    gazetteer: Gazetteer,
    chosen: TraceOptions,
) -> int:
    """Watch until the user or ``--rounds`` ends it; 1 when no target ever answered."""
    rounds = options.rounds
    if rounds is None and vantage.player != "live":
        rounds = _PLAYED_ROUNDS
    watching = WatchOptions(every_s=options.every, tcp_every_s=options.tcp_every, rounds=rounds)
    watcher, show = Watcher(gazetteer, vantage.origin), _Show(options, asked)
    started_at, seen, heard = _now(vantage), 0, False
    with suppress(KeyboardInterrupt):
        for found in watch(tuple(asked), vantage, options=chosen, watching=watching):
            changes = watcher.see(found)
            seen = found.number
            heard |= any(trace.distance is not None for trace in found.traces)
            show.round(found, changes, watcher)
    show.end(
        Watched(
            rounds=seen,
            started_at=started_at,
            ended_at=_now(vantage),
            paths=watcher.paths,
            changes=tuple(watcher.changes),
        )
    )
    return 0 if heard else 1


def _now(vantage: Vantage) -> datetime:
    return datetime.fromtimestamp(vantage.clock.now_ns() / 1e9, tz=UTC)


class _Show:
    """Prints rounds as they come."""

    def __init__(self, options: argparse.Namespace, asked: Mapping[IPAddress, str]) -> None:
        self._json, self._asked = options.json, asked
        self._alive = not options.json and sys.stdout.isatty()

    def round(self, found: Round, changes: tuple[PathChange, ...], watcher: Watcher) -> None:
        """Show one round."""
        if self._json:
            _print_line(WatchedRound(round=found, changes=changes))
        elif self._alive:
            self._draw(found, watcher)
        else:
            for line in map(change_line, changes):
                print(line)
            for trace in found.traces:
                whole = found.kind is RoundKind.PATH
                route = watcher.route(found.protocol, trace.target) if whole else None
                print(round_line(found, trace, route))
            sys.stdout.flush()

    def _draw(self, found: Round, watcher: Watcher) -> None:
        """Draw the table anew, cut to the terminal."""
        size = shutil.get_terminal_size()
        latest = watcher.changes[: -_SHOWN_CHANGES - 1 : -1]
        head = f"mxpath trace --watch   {found.started_at:%H:%M:%S} UTC   round {found.number}"
        lines = [f"{head}   Ctrl-C ends", "", *watched_table(watcher.paths, self._asked, latest)]
        fitting = [line[: size.columns] for line in lines[: size.lines - 1]]
        print(_HOME + "\n".join(fitting), end="", flush=True)

    def end(self, watched: Watched) -> None:
        """Show what it came to."""
        if self._json:
            _print_line(watched)
            return
        if self._alive:
            print(_HOME, end="")
        print("\n".join(watched_table(watched.paths, self._asked, watched.changes)))
        changes = {0: "no change", 1: "1 change"}.get(
            len(watched.changes), f"{len(watched.changes)} changes"
        )
        print(f"{watched.rounds} rounds, {changes} of a path")


def _print_line(value: WatchedRound | Watched) -> None:
    """Print one line of NDJSON."""
    document = {"schema": codec.schema_name(type(value)), **codec.to_data(value)}
    print(json.dumps(document, ensure_ascii=False), flush=True)
