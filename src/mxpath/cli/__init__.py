"""The command line: parse, call, print.

It starts in two stages so that ``mxpath --help`` costs next to nothing: this
module knows the commands' names and one line about each; the command's own
module, and all that it needs, is imported only when it runs.

Exit status: 0 done; 1 done, but it is known that nothing could be delivered (``trace``, ``smtp``,
``mx`` and ``attribute``: nobody answered, or there is nothing to tell), or interrupted (what was
measured is printed and kept); 2 bad usage or input;
3 missing privilege; 4 missing or bad data.
"""

import argparse
import errno
import importlib
import keyword
import os
import sys
from collections.abc import Callable, Sequence

from mxpath import __version__
from mxpath.cli.plain_letters import make_printable
from mxpath.errors import InputError, MxpathError, ParseError, PrivilegeError, SnapshotError
from mxpath.model.foreign_text import printable

COMMANDS = {
    "analyze": "where mail to a domain goes, through whose networks, and where the time goes",
    "trace": "the path to port 25 of hosts or addresses",
    "mx": "the MX plan of a domain, as a sender sees it",
    "import": "traces of other tools, read, attributed and written in other formats",
    "attribute": "whose addresses these are: network, exchange point, prefix",
    "smtp": "one SMTP conversation, timed phase by phase; no mail is sent",
    "figure": "draw one figure of a study",
    "compare": "what has changed between two studies, and what has not",
    "explain": "why a study says what it says",
    "config": "the settings in force, and where each comes from",
    "data": "the published data that answers lean on",
    "lab": "a mini-Internet of this machine's own, to try things in",
    "demo": "play the lab, analyze its domains, write reports and the accuracy",
}

_STATUS = ((InputError, 2), (PrivilegeError, 3), (ParseError, 4), (SnapshotError, 4))


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    return _guarded(lambda: _run(list(arguments)))


def _run(arguments: list[str]) -> int:
    make_printable()
    name, rest = _choose(arguments)
    if name is None:
        return _top_level(rest)
    module = importlib.import_module(f"mxpath.cli.{name}{'_' * keyword.iskeyword(name)}")
    parser = argparse.ArgumentParser(prog=f"mxpath {name}", description=COMMANDS[name])
    module.configure(parser)
    options = parser.parse_args(rest)
    make_printable(as_json=getattr(options, "json", False))
    status: int = module.run(options)
    return status


def _choose(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Split off the command; a first word that is none is a domain: ``analyze``."""
    if not arguments or arguments[0] in ("-h", "--help", "--version"):
        return None, arguments
    if arguments[0] in COMMANDS:
        return arguments[0], arguments[1:]
    _refuse_misspelt(arguments[0])
    return "analyze", arguments


def _refuse_misspelt(word: str) -> None:
    """Ask nobody about ``mxpath explian``: nearly a command, and no dot in it."""
    if "." in word or word.startswith("-"):
        return
    import difflib  # noqa: PLC0415 - only for words that may be misspelt

    if near := difflib.get_close_matches(word.lower(), COMMANDS, n=1, cutoff=0.75):
        shown = printable(word)
        raise InputError(
            f"there is no command {shown!r}: is it {near[0]!r}? "
            f"A domain of that name is written with a dot at its end: {shown}."
        )


def _top_level(arguments: list[str]) -> int:
    if arguments and arguments[0] == "--version":
        print(f"mxpath {__version__}")
        return 0
    width = max(map(len, COMMANDS))
    print("usage: mxpath DOMAIN…\n       mxpath COMMAND …\n")
    print("Shows where mail to a domain really goes, through whose networks,")
    print("and where the time goes.\n")
    for name, line in COMMANDS.items():
        print(f"  {name:<{width}}  {line}")
    print("\nmxpath COMMAND --help tells each command's options; mxpath --version the version.")
    return 0 if arguments else 2


def _guarded(command: Callable[[], int]) -> int:
    """Run a command; nobody sees a traceback for what they or the network did."""
    try:
        status = command()
        sys.stdout.flush()
    except MxpathError as error:
        print(f"mxpath: {error}", file=sys.stderr)
        return next((code for kind, code in _STATUS if isinstance(error, kind)), 1)
    except KeyboardInterrupt:
        print("mxpath: interrupted", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader went away (| head): point stdout elsewhere so that exit stays silent.
        _stop_writing()
        return 0
    except OSError as error:
        # A full disk behind stdout above all; what commands write themselves they name themselves.
        _stop_writing()
        full = "standard output" if error.errno == errno.ENOSPC else None
        where = error.filename or full
        words = error.strerror or str(error)
        print(f"mxpath: {where}: {words}" if where else f"mxpath: {words}", file=sys.stderr)
        return 2
    return status


def _stop_writing() -> None:
    """Point stdout elsewhere, so that nothing is written to it again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
