"""``mxpath smtp HOST``: one conversation per address, timed. No mail is sent."""

import argparse

from mxpath.cli import options as shared
from mxpath.cli.conversations import print_session
from mxpath.cli.targets import resolve
from mxpath.model import codec
from mxpath.model.documents import Sessions
from mxpath.model.session import Outcome
from mxpath.smtp.probe import probe


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("hosts", nargs="+", metavar="HOST", help="host name or address")
    parser.add_argument("--port", type=int, default=25, help="TCP port (default 25)")
    shared.add_output(parser)
    shared.add_families(parser)
    shared.add_vantage(parser)
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Talk to every address; 1 when none answered."""
    with shared.opened(options) as (vantage, _gazetteer):
        pairs = resolve(options.hosts, vantage, families=shared.families(options))
        shared.progress(options)(f"talking SMTP with {len(pairs)} addresses")
        sessions = probe(pairs, vantage, options=shared.smtp_options(options))
    if options.json:
        print(codec.dump(Sessions(sessions=sessions)).decode(), end="")
    else:
        for session in sessions:
            print_session(session)
    answered = (Outcome.ANSWERED, Outcome.REJECTED)
    return 0 if any(session.outcome in answered for session in sessions) else 1
