"""Options that several commands share, and the vantage and gazetteer they ask for."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxpath.cli.settings import Settings, settle
from mxpath.errors import InputError
from mxpath.model.address import Prefix

if TYPE_CHECKING:  # loaded late: not every command needs them, and a trace not at once
    from mxpath.gazetteer.gazetteer import Gazetteer
    from mxpath.smtp.probe import SmtpOptions
    from mxpath.vantage.ports import Vantage


def add_output(parser: argparse.ArgumentParser) -> None:
    """``--json``, ``--quiet``."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of text"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def add_fallback(parser: argparse.ArgumentParser) -> None:
    """``--no-fallback``."""
    parser.add_argument(
        "--no-fallback",
        action="store_true",
        help="do not look by ICMP or TCP/443 where port 25 does not seem to get out",
    )


def add_families(parser: argparse.ArgumentParser) -> None:
    """``-4`` and ``-6``."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-4", dest="family", action="store_const", const=4, help="IPv4 only")
    group.add_argument("-6", dest="family", action="store_const", const=6, help="IPv6 only")


def families(options: argparse.Namespace) -> tuple[int, ...]:
    """Return the address families asked for."""
    return (options.family,) if options.family else (4, 6)


def add_vantage(parser: argparse.ArgumentParser) -> None:
    """``--vantage``, ``--source``, ``--resolver``, ``--helo``, ``--engine`` and their like."""
    group = parser.add_argument_group("where to stand")
    group.add_argument(
        "--vantage",
        default="live",
        metavar="NAME",
        help="live (default), sim:WORLD or sim:FILE.toml (+FAULT for each of its faults that "
        "shall last), replay:FILE",
    )
    group.add_argument(
        "--source",
        action="append",
        metavar="ADDRESS",
        help="send from this address of ours; once for each family",
    )
    group.add_argument(
        "--resolver",
        metavar="ADDRESS[:PORT]",
        help="ask this DNS resolver; [ADDRESS]:PORT for IPv6",
    )
    group.add_argument(
        "--trust-ad",
        action="store_true",
        help="trust the way to the resolver, and so what it says of DNSSEC",
    )
    group.add_argument(
        "--helo", metavar="NAME", help="say this in EHLO (default: the address we speak from)"
    )
    group.add_argument(
        "--engine",
        choices=("raw", "scapy", "unprivileged", "system"),
        help="probing engine (default: the best that works; system runs the installed traceroute)",
    )
    group.add_argument("--ca-file", type=Path, metavar="FILE", help="trusted certificates (PEM)")
    group.add_argument("--record", type=Path, metavar="FILE", help="record all questions asked")


def add_gazetteer(parser: argparse.ArgumentParser) -> None:
    """``--gazetteer`` and ``--as-of``, and ``--config``, which may name one."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: the user's config.toml)"
    )
    parser.add_argument(
        "--gazetteer",
        type=Path,
        metavar="DIR",
        help="published data to lean on (default: the newest that mxpath data build has made, else "
        "what is shipped; a lab world brings its own)",
    )
    parser.add_argument(
        "--as-of",
        type=day,
        metavar="DATE",
        help="lean on the published data of this date, and on no other",
    )


def day(text: str) -> date:
    """Read a date of an option."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected YYYY-MM-DD, found {text!r}") from error


def prefixes(texts: Iterable[str]) -> tuple[Prefix, ...]:
    """Read prefixes of an option.

    Raises
    ------
    InputError
        When one is none.
    """
    try:
        return tuple(map(ip_network, texts))
    except ValueError as error:
        raise InputError(f"no prefix: {error}") from error


def smtp_options(options: argparse.Namespace) -> "SmtpOptions":
    """Return how to talk SMTP: port and the name in EHLO."""
    from mxpath.smtp.probe import SmtpOptions  # noqa: PLC0415 - see above

    return SmtpOptions(port=options.port, helo=settle(options).helo)


def add_names(parser: argparse.ArgumentParser) -> None:
    """``--no-names``."""
    parser.add_argument(
        "--no-names", action="store_true", help="do not ask the DNS for the host names of addresses"
    )


def add_numeric(parser: argparse.ArgumentParser) -> None:
    """``-n``."""
    parser.add_argument(
        "-n", "--numeric", action="store_true", help="addresses alone: neither names nor networks"
    )


def add_offline(parser: argparse.ArgumentParser) -> None:
    """``--offline``."""
    parser.add_argument(
        "--offline",
        action="store_true",
        help="ask neither registries nor route collectors; what was asked before is still known",
    )


def add_queries(parser: argparse.ArgumentParser) -> None:
    """``--queries``."""
    parser.add_argument(
        "--queries",
        type=int,
        metavar="N",
        help="probes to each hop before the target (default 3, as far as they cost little time)",
    )


def add_known(parser: argparse.ArgumentParser) -> None:
    """``--no-known``."""
    parser.add_argument(
        "--no-known",
        action="store_true",
        help="trace as if the paths were new: use no distances and first hops of earlier traces",
    )


_PATIENT = 30.0
"""How far a trace may be stretched by queries that were asked for."""


def queries(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of ``TraceOptions`` that ``--queries`` stands for."""
    if options.queries is None:
        return {}
    return {"queries": options.queries, "stretch": _PATIENT}


def progress(options: argparse.Namespace) -> Callable[[str], None]:
    """Return a reporter: one line a stage on a terminal, silence in a pipe."""
    if options.quiet or not sys.stderr.isatty():
        return lambda _step: None
    return lambda step: print(f"mxpath: {step} …", file=sys.stderr)


@contextmanager
def opened(options: argparse.Namespace) -> "Iterator[tuple[Vantage, Gazetteer]]":
    """Open the vantage and the gazetteer that the options name.

    Raises
    ------
    InputError
        For an unknown vantage.
    SnapshotError
        When the gazetteer is missing.
    """
    with standing(options) as (vantage, open_gazetteer):
        yield vantage, open_gazetteer()


@contextmanager
def standing(
    options: argparse.Namespace, *, late: bool = False
) -> "Iterator[tuple[Vantage, Callable[[], Gazetteer]]]":
    """Open the vantage that the options name; the gazetteer is opened by who calls for it.

    ``late`` loads of the live vantage what sends probes, and the rest when it is asked.

    Raises
    ------
    InputError
        For an unknown vantage.
    """
    kind, _, rest = options.vantage.partition(":")
    if options.vantage == "live":
        from mxpath.vantage.privilege import go_home  # noqa: PLC0415

        go_home()
    settings = settle(options)
    with ExitStack() as stack:
        if kind == "sim":
            import tempfile  # noqa: PLC0415

            from mxpath.cli.played import simulated  # noqa: PLC0415

            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="mxpath-"))
            vantage, published = simulated(rest, Path(scratch), settings)
        elif kind == "replay":
            from mxpath.cli.played import replayed  # noqa: PLC0415

            vantage, published = replayed(rest, settings), None
        elif options.vantage == "live":
            vantage, published = _live(options, settings, stack, late=late), None
        else:
            raise InputError(
                f"unknown vantage {options.vantage!r}: use live, sim:WORLD or replay:FILE"
            )
        origin = replace(vantage.origin, own=settings.own_networks)
        vantage = replace(vantage, origin=origin)
        if options.record is not None:
            from mxpath.vantage.recorded import record  # noqa: PLC0415

            vantage = record(vantage, options.record)
        yield vantage, lambda: gazetteer_of(options, published)


def _live(
    options: argparse.Namespace, settings: Settings, stack: ExitStack, *, late: bool
) -> "Vantage":
    """Open the probing engine, then drop the privilege that took: nothing has been asked yet."""
    from mxpath.model.probe import Protocol  # noqa: PLC0415
    from mxpath.vantage.ledger import Ledger, ledger_path  # noqa: PLC0415
    from mxpath.vantage.limits import Budget  # noqa: PLC0415
    from mxpath.vantage.live import live  # noqa: PLC0415
    from mxpath.vantage.privilege import drop_privilege  # noqa: PLC0415

    per_hour = {
        Budget.SYN: settings.syns_per_hour,
        Budget.SESSION: settings.connections_per_hour,
    }
    vantage = live(
        resolver=settings.resolver,
        trust_ad=options.trust_ad,
        source=settings.source,
        engine=options.engine,
        protocol=Protocol(getattr(options, "protocol", Protocol.TCP)),
        trust_file=options.ca_file,
        ledger=Ledger(ledger_path(), per_hour=per_hour, exclude=settings.exclude),
        rate_pps=settings.packets_per_second,
        contact=settings.contact,
        keep=stack,
        late=late,
    )
    drop_privilege()
    return vantage


def gazetteer_of(options: argparse.Namespace, published: Path | None = None) -> "Gazetteer":
    """Open the gazetteer that was asked for, the world's own, or the newest: built or shipped.

    Raises
    ------
    SnapshotError
        When there is none, or none of the date that was asked for.
    """
    from mxpath.acquire.store import gazetteer_of_date, newest_gazetteer  # noqa: PLC0415 - as below
    from mxpath.gazetteer.gazetteer import Gazetteer  # noqa: PLC0415 - a trace begins without

    settings, as_of = settle(options), getattr(options, "as_of", None)
    # A world knows itself better than the file's general choice does.
    general = None if published is not None and not settings.typed("gazetteer") else settings
    directory = general.gazetteer if general is not None else published
    if directory is None and as_of is not None:
        shipped = Gazetteer.shipped()
        if shipped.as_of == as_of:
            return shipped
        return Gazetteer.open(gazetteer_of_date(as_of, shipped=shipped.as_of))
    if directory is not None:
        return Gazetteer.open(directory, as_of=as_of)
    shipped, built = Gazetteer.shipped(), newest_gazetteer()
    if built is None:
        return shipped
    # One of long ago, built for a question about the past, answers none about today.
    newest = Gazetteer.open(built)
    older = newest.as_of is not None and shipped.as_of is not None and newest.as_of < shipped.as_of
    return shipped if older else newest
