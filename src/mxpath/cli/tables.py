"""Printing: plain tables for people. All foreign text is made harmless first."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim, Grade
from mxpath.model.foreign_text import printable

if TYPE_CHECKING:
    from mxpath.model.trace import Hop, Trace

WIDTH = 100
"""Columns of a line."""


def folded(text: str, *, indent: int = 6) -> list[str]:
    """Return ``text`` in lines of ``WIDTH`` columns; no word is broken."""
    return wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
        break_long_words=False,
    )


def owner_words(owner: Attribution | None) -> str:
    """Say in a few words whose address it is."""
    if owner is None:
        return ""
    if owner.special is not None:
        return f"[{owner.special.value}]"
    if owner.ixp_port is not None:
        port = owner.ixp_port.value
        return printable(f"◇ {port.ix_name}, port of {port.member}")
    if owner.ixp_lan is not None:
        return printable(f"◇ {owner.ixp_lan.value.ix_name}, member unknown")
    if owner.origin is not None:
        # Names of networks have commas in them.
        return printable("; ".join(str(network) for network in owner.origin.value.networks))
    held = owner.registration
    holder = f", held by {held.value.holder_words}" if held is not None else ""
    return printable(f"unknown network{holder}")


def print_trace(
    trace: "Trace",
    owners: Mapping[IPAddress, Attribution],
    names: Mapping[IPAddress, Claim[str]],
    *,
    asked: str,
    under: Mapping[int, Sequence[str]] | None = None,
) -> None:
    """Print a trace hop by hop, under the name or address that was ``asked`` for.

    ``under`` are lines to print under hops, by TTL.
    """
    target = str(trace.target)
    title = target if asked == target else f"{printable(asked)} {target}"
    source = f" from {trace.source}" if trace.source else ""
    head = f"{title} {_probes_words(trace)}{source}, {_measured_words(trace)}: {trace.end_words}"
    # A path to a file is one long word: broken off before it, the line would be no shorter.
    print("\n".join(folded(head, indent=0)) if trace.imported is None else head)
    widths = _widths(trace, owners)
    for hop in trace.hops:
        for line in _hop_lines(hop, owners, names, widths):
            print(line)
        for line in (under or {}).get(hop.ttl, ()):
            print(line)
    for line in _foot(trace):
        print("\n".join(folded(line)))


def _foot(trace: "Trace") -> Iterator[str]:
    for note in trace.notes:
        yield f"note: {printable(note)}"
    if trace.packets_sent is not None:
        yield f"{trace.packets_sent} packets sent"
    if trace.unseen:
        unseen = printable("; ".join(trace.unseen))
        yield f"{printable(trace.engine)} cannot see: {unseen}"


def _probes_words(trace: "Trace") -> str:
    if trace.protocol is None:
        return "by unknown probes"
    return trace.protocol.value if trace.port is None else f"{trace.protocol}/{trace.port}"


def _measured_words(trace: "Trace") -> str:
    if trace.imported is None:
        return f"{trace.engine} engine"
    return printable(f"traced by {trace.imported.tool}, from {trace.imported.source}")


_Widths = tuple[int, int]
"""Columns of the addresses, and of the owners, of one trace."""


def _widths(trace: "Trace", owners: Mapping[IPAddress, Attribution]) -> _Widths:
    addresses = [hop.address for hop in trace.hops if hop.address is not None]
    lengths = [len(str(address)) for address in addresses]
    named = [len(owner_words(owners.get(address))) for address in addresses]
    return max(lengths, default=0), min(34, max(named, default=0))


def _hop_lines(
    hop: "Hop",
    owners: Mapping[IPAddress, Attribution],
    names: Mapping[IPAddress, Claim[str]],
    widths: _Widths,
) -> Iterator[str]:
    """A hop in one line; its name in a second one where it does not fit."""
    if hop.address is None:
        yield f"{hop.ttl:>4}  silent"
        return
    rtt = f"{hop.min_rtt_ms:.1f} ms" if hop.min_rtt_ms is not None else ""
    heard = f"{hop.answered}/{hop.loss.sent}" if hop.loss.sent > 1 else ""
    limits = "  limits its answers (not loss)" if hop.limited else ""
    owner = f"{owner_words(owners.get(hop.address))}{limits}"
    name = name_words(names.get(hop.address))
    line = f"{hop.ttl:>4}  {hop.address!s:<{widths[0]}} {rtt:>10} {heard:>5}  {owner:<{widths[1]}}"
    whole = f"{line}  {name}".rstrip()
    if len(whole) <= WIDTH or not name:
        yield whole
    else:
        yield line.rstrip()
        yield f"{'':>6}{name}"
    for other in hop.responders[1:]:
        words = f"{other!s:<{widths[0]}} {'too':>10} {'':>5}  {owner_words(owners.get(other))}"
        yield f"{'':>6}{words.rstrip()}"


def name_words(name: Claim[str] | None) -> str:
    """Show a host name; one that does not lead back to its address carries a question mark."""
    if name is None:
        return ""
    return printable(name.value, limit=80) + ("" if name.grade is Grade.CERTAIN else " ?")
