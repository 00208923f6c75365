"""AS number to the name of its holder: ``asn TAB name``, one a line."""

from collections.abc import Iterable, Iterator

from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.network import Network

SPEC = Spec(
    name="asnames",
    publisher="regional Internet registries, collected by pyasn",
    licence="MIT",
    cadence="irregular",
    url="https://github.com/hadiasghari/pyasn",
    gives="names of networks",
    attribution="AS names: collected by pyasn (MIT)",
)

MAX_NAME_CHARACTERS = 200
_MAX_ASN = 2**32 - 1


def parse(lines: Iterable[str], *, source: str, tally: Tally | None = None) -> Iterator[Network]:
    """Read networks and their names; an empty name is left out and counted.

    Names are strangers' text: control characters become spaces, and what is
    longer than ``MAX_NAME_CHARACTERS`` is cut.

    Raises
    ------
    ParseError
        On a line that is not a number, a tab and a name.
    """
    tally = Tally() if tally is None else tally
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        asn, tab, name = line.partition("\t")
        if not tab or not (asn.isascii() and asn.isdigit()) or int(asn) > _MAX_ASN:
            raise ParseError(
                f"expected AS number, tab, name, found {line[:80]!r}", source=source, line=number
            )
        clean = clean_name(name)
        if clean is None:
            tally.skip("no name")
            continue
        tally.rows += 1
        yield Network(asn=int(asn), name=clean)


def clean_name(text: str) -> str | None:
    """Return a printable name on one line, ``None`` when nothing is left of it."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:MAX_NAME_CHARACTERS].rstrip() or None
