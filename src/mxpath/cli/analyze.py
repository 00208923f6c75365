"""``mxpath DOMAIN…``: the whole walk."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mxpath.attribution.registry import RegistryOptions
from mxpath.attribution.routing_state import RoutingOptions
from mxpath.cli import options as shared
from mxpath.cli.kept import earlier, keep, remembered, write_whole
from mxpath.cli.settings import settle
from mxpath.errors import InputError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.graph.compare import compare
from mxpath.graph.verdicts import judge
from mxpath.mail.mx import normalise_domain
from mxpath.model import codec
from mxpath.model.changes import Changes
from mxpath.model.documents import Studies
from mxpath.model.study import Study
from mxpath.pipeline import INTERRUPTED, Options, analyze
from mxpath.tracing.tracer import TraceOptions
from mxpath.vantage.ports import Vantage

if TYPE_CHECKING:
    from mxpath.cli.foreign import Imports
    from mxpath.datasets.own_tables import OwnTable

_WRITTEN = ("report", "study", "graph", "figures")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("domains", nargs="+", metavar="DOMAIN")
    add_measuring(parser)
    parser.add_argument(
        "--trace",
        action="append",
        default=[],
        metavar="FILE",
        help="take the traces of another tool in place of our own (see mxpath import); may be repeated",
    )
    group = parser.add_argument_group("what to write", "{domain} in a name stands for the domain")
    group.add_argument("--report", metavar="FILE.html", help="a self-contained report")
    group.add_argument("--study", metavar="FILE.json", help="the study, to be read again")
    group.add_argument("--graph", metavar="FILE", help="the graph: .graphml, .gexf, .dot or .json")
    group.add_argument("--figures", metavar="DIR", help="all figures as SVG and PNG")


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """Everything that says how one domain is looked at."""
    shared.add_output(parser)
    shared.add_families(parser)
    shared.add_vantage(parser)
    shared.add_gazetteer(parser)
    parser.add_argument(
        "--rib",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a routing table of your own: MRT, `birdc show route all`, FRR's JSON; may be repeated",
    )
    parser.add_argument("--to", metavar="HOST|ADDRESS", help="only this MX host or address")
    parser.add_argument("--port", type=_port, default=25, help="TCP port (default 25)")
    shared.add_queries(parser)
    shared.add_known(parser)
    parser.add_argument("--no-smtp", action="store_true", help="do not talk SMTP")
    shared.add_names(parser)
    shared.add_offline(parser)
    parser.add_argument(
        "--abuse",
        action="store_true",
        help="ask the registries for the abuse desks of the mail hosts too: the next step names them",
    )
    parser.add_argument("--no-trace", action="store_true", help="do not trace")
    shared.add_fallback(parser)
    parser.add_argument(
        "--sender", default="rfc5321", metavar="MODEL", help="sender model of the MX plan"
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{port} is no TCP port")
    return port


def run(options: argparse.Namespace) -> int:
    """Analyze each domain, write what was asked for, print screens or JSON."""
    domains = [normalise_domain(text) for text in options.domains]
    _check_names(options, domains)
    studies: list[Study] = []
    with shared.opened(options) as (vantage, gazetteer):
        tables = _tables(options)
        foreign = _imports(options)  # strangers' files: no privilege any more
        for domain in domains:
            study = measured(
                domain, vantage, gazetteer, options, known=studies, foreign=foreign, tables=tables
            )
            before = earlier(study)
            study = replace(study, verdicts=judge(study, before=before))
            changes = compare(before, study) if before is not None else None
            remember(study)
            studies.append(study)
            try:
                _write(study, options, changes)
            finally:  # what was measured is shown, whatever becomes of the files
                if not options.json:
                    _print_screen(study, changes, first=len(studies) == 1)
            if INTERRUPTED in study.notes:
                break
    if options.json:
        _print_json(studies)
    return 0 if all(_came_through(study) for study in studies) else 1


def measured(  # noqa: PLR0913 - what is asked, of whom, against what; and what is at hand
    domain: str,
    vantage: Vantage,
    gazetteer: Gazetteer,
    options: argparse.Namespace,
    *,
    known: Sequence[Study] = (),
    foreign: "Imports | None" = None,
    tables: "tuple[OwnTable, ...] | None" = None,
) -> Study:
    """Analyze one domain as the options say.

    ``known`` are earlier studies of this run, ``foreign`` traces of other tools, ``tables``
    routing tables of our own where they have been looked at already.
    """
    chosen = Options(
        families=shared.families(options),
        sender=options.sender,
        tracing=not options.no_trace,
        conversing=not options.no_smtp,
        foreign=foreign.traces if foreign is not None else (),
        foreign_files=foreign.files if foreign is not None else (),
        tables=_tables(options) if tables is None else tables,
        only=options.to,
        naming=not options.no_names,
        fallback=not options.no_fallback,
        # Where this host stands says nothing of a world of the lab, or of a recording.
        place=settle(options).place if vantage.player == "live" else None,
        registry=RegistryOptions(offline=options.offline, with_abuse=options.abuse),
        routing=RoutingOptions(offline=options.offline),
        # A recording is to be played without what is kept here.
        earlier=()
        if options.no_known or options.record is not None
        else remembered(domain, vantage),
        trace=TraceOptions(
            port=options.port, use_known=not options.no_known, **shared.queries(options)
        ),
        smtp=shared.smtp_options(options),
    )
    return analyze(
        domain,
        vantage,
        gazetteer,
        options=chosen,
        known=known,
        progress=shared.progress(options),
    )


def _tables(options: argparse.Namespace) -> "tuple[OwnTable, ...]":
    """Look at routing tables of our own, before anything is asked of anybody."""
    if not options.rib:
        return ()
    from mxpath.datasets.own_tables import open_table  # noqa: PLC0415 - loads numpy

    return tuple(map(open_table, options.rib))


def _imports(options: argparse.Namespace) -> "Imports | None":
    """Read the traces of other tools, before anything is asked of anybody."""
    if not options.trace:
        return None
    from mxpath.cli.foreign import read_all  # noqa: PLC0415 - loads all readers

    return read_all(options.trace, options)


def remember(study: Study) -> None:
    """Keep a study; where that fails, say so and go on."""
    if note := keep(study):
        print(f"mxpath: {note}", file=sys.stderr)


def _check_names(options: argparse.Namespace, domains: Sequence[str]) -> None:
    """Refuse file names that several domains would share, before anything is measured."""
    for option in _WRITTEN:
        name = getattr(options, option)
        if name and len(set(domains)) > 1 and "{domain}" not in name:
            raise InputError(f"--{option} {name}: several domains need {{domain}} in the name")
    graph = options.graph
    if graph and not graph.endswith((".graphml", ".gexf", ".dot", ".json")):
        raise InputError(f"--graph {graph}: the name must end in .graphml, .gexf, .dot or .json")


def _path(pattern: str, study: Study) -> Path:
    path = Path(pattern.replace("{domain}", study.domain))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {path.parent}: {error.strerror}") from error
    return path


def _write(study: Study, options: argparse.Namespace, changes: Changes | None) -> None:
    """Write the files that were asked for."""
    try:
        if options.study:
            write_whole(_path(options.study, study), codec.dump(study))
        if options.report:
            from mxpath.report.html import render_report  # noqa: PLC0415 - loads matplotlib

            write_whole(
                _path(options.report, study), render_report(study, changes=changes).encode()
            )
        if options.graph:
            from mxpath.report.exports import write_graph  # noqa: PLC0415

            write_graph(study, _path(options.graph, study))
        if options.figures:
            from mxpath.report.exports import write_figures  # noqa: PLC0415 - loads matplotlib

            write_figures(study, _path(options.figures, study))
    except OSError as error:
        raise InputError(f"cannot write {error.filename}: {error.strerror}") from error


def _print_screen(study: Study, changes: Changes | None, *, first: bool) -> None:
    import shutil  # noqa: PLC0415 - only for the screen

    from mxpath.report.text import screen  # noqa: PLC0415

    width = min(100, max(60, shutil.get_terminal_size((100, 24)).columns))
    print(
        ("" if first else "\n") + screen(study, width=width, changes=changes).rstrip("\n"),
        flush=True,
    )


def _print_json(studies: Sequence[Study]) -> None:
    document = studies[0] if len(studies) == 1 else Studies(studies=tuple(studies))
    print(codec.dump(document).decode(), end="")


def _came_through(study: Study) -> bool:
    """Whether the study is whole, and it is not known that no mail could be delivered.

    What is not known is no failure: an IPv6-only host looked at from an IPv4-only
    machine may well take mail. The document says so (``deliverable`` is null).
    """
    if INTERRUPTED in study.notes:
        return False
    return not any(verdict.deliverable is False for verdict in study.verdicts)
