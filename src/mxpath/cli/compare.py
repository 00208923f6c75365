"""``mxpath compare STUDY STUDY | DOMAIN@WHEN DOMAIN``: what has changed, and what has not."""

import argparse
from dataclasses import replace

from mxpath.cli import options as shared
from mxpath.cli.analyze import add_measuring, measured, remember
from mxpath.cli.kept import earlier, is_kept_name, read_study
from mxpath.cli.played import world_under_faults
from mxpath.graph.compare import compare
from mxpath.graph.verdicts import judge
from mxpath.mail.mx import normalise_domain
from mxpath.model import codec
from mxpath.model.study import Study
from mxpath.report.changes import comparison


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    study = "a study's file, last, or DOMAIN@WHEN for a kept one"
    parser.add_argument("before", metavar="STUDY", help=study)
    parser.add_argument("after", metavar="STUDY|DOMAIN", help="another, or a domain: measured now")
    add_measuring(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is another one now; a change is an answer, not a failure."""
    if is_kept_name(options.after):
        before, after = read_study(options.before), read_study(options.after)
    else:
        before = read_study(options.before, vantage=_shelf(options))
        after = _measured_now(options)
    changes = compare(before, after)
    if options.json:
        print(codec.dump(changes).decode(), end="")
    else:
        import shutil  # noqa: PLC0415 - only for the screen

        width = min(100, max(60, shutil.get_terminal_size((80, 24)).columns))
        print(comparison(changes, width=width), end="")
    return 0


def _shelf(options: argparse.Namespace) -> str:
    """Name of the vantage that will measure: what it is compared with stood there too."""
    kind, _, rest = options.vantage.partition(":")
    if kind != "sim":
        return str(options.vantage)
    return f"sim:{world_under_faults(rest)[0].name}"


def _measured_now(options: argparse.Namespace) -> Study:
    domain = normalise_domain(options.after)
    with shared.opened(options) as (vantage, gazetteer):
        study = measured(domain, vantage, gazetteer, options)
    before = earlier(study)
    study = replace(study, verdicts=judge(study, before=before))
    remember(study)
    return study
