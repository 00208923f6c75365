"""``mxpath data …``: the published data that answers lean on, one file an action."""

import argparse
import importlib
from types import ModuleType

ACTIONS = {
    "list": "the data sets that mxpath reads, their publishers and terms",
    "show": "what the gazetteer holds, of which date, and what is empty",
    "fetch": "get the newest data of its publishers, after asking",
    "build": "make a gazetteer of files, or of what has been fetched",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(ACTIONS))
    for name, words in ACTIONS.items():
        _module(name).configure(actions.add_parser(name, help=words, description=words))


def run(options: argparse.Namespace) -> int:
    """Run one action."""
    status: int = _module(options.action).run(options)
    return status


def _module(action: str) -> ModuleType:
    return importlib.import_module(f"mxpath.cli.data_{action}")
