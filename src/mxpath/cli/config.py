"""``mxpath config``: the settings in force, and where each comes from."""

import argparse
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mxpath.cli import options as shared
from mxpath.cli.kept import state_directory
from mxpath.cli.settings import Settings, settle
from mxpath.config import config_path
from mxpath.model import codec
from mxpath.model.documents import Configuration, Setting
from mxpath.model.foreign_text import printable

_UNSET = {
    "contact": "none",
    "helo": "the address we speak from",
    "source": "as the kernel chooses",
    "resolver": "the system's",
    "own_networks": "none",
    "gazetteer": "the newest that was built, else what is shipped",
    "place": "what our network's geofeed says",
    "exclude": "none",
}
"""What holds where nothing is set."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    shared.add_vantage(parser)
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Print every setting."""
    settings = settle(options)
    file = settings.config_file or options.config or config_path()
    document = Configuration(
        file=str(file),
        file_exists=settings.config_file is not None,
        state_directory=str(state_directory().parent),
        settings=tuple(_settings(settings)),
    )
    if options.json:
        print(codec.dump(document).decode(), end="")
        return 0
    print(f"file   {file}{'' if document.file_exists else ' (there is none)'}")
    print(f"state  {document.state_directory}\n")
    rows = [
        (one.name, printable(one.value or f"({_UNSET.get(one.name, 'not set')})"), one.came_from)
        for one in document.settings
    ]
    names, values = (max(len(row[n]) for row in rows) for n in (0, 1))
    for name, value, came_from in rows:
        print(f"{name:<{names}}  {value:<{values}}  {came_from}")
    return 0


def _settings(settings: Settings) -> Iterator[Setting]:
    plain = (
        "contact",
        "helo",
        "source",
        "resolver",
        "own_networks",
        "gazetteer",
        "place",
        "exclude",
    )
    rates = ("packets_per_second", "syns_per_hour", "connections_per_hour")
    for name in (*plain, *rates):
        yield Setting(
            name=f"rates.{name}" if name in rates else name,
            value=_words(getattr(settings, name)),
            came_from=settings.came_from.get(name, "default"),
        )
    for name, path in settings.key_files.items():
        yield Setting(
            name=f"key_files.{name}", value=_key_words(path), came_from=settings.came_from[name]
        )
    for name, url in settings.publishers.items():
        key = f"publishers.{name}"
        yield Setting(name=key, value=url, came_from=settings.came_from[key])


def _words(value: object) -> str | None:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return None if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(f"AS{v}" if isinstance(v, int) else str(v) for v in value) or None


def _key_words(path: Path) -> str:
    """The path of a key, and what is wrong with the file; never what is in it."""
    if not os.access(path, os.R_OK):
        return f"{path} (cannot be read)"
    open_to_others = path.stat().st_mode & 0o077
    return f"{path} (others may read it: chmod 600)" if open_to_others else str(path)
