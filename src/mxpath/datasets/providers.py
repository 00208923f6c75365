"""Who runs a mail server, by its host name: patterns of mail providers.

Two forms are read: mxsniff's JSON, ``{"provider": {"mx": ["*.example.net"], "title": …}}``,
and parsedmarc's table of base domains, ``base_reverse_dns,name,type``.

The law
-------
1. In a pattern ``*`` stands for exactly one label: ``*.example.net`` is not
   ``a.b.example.net``. A base domain stands for itself and all names below it; it is
   written with a dot before it, ``.example.net``.
2. The longest pattern wins: more labels first, then fewer stars; of equals the one
   that came first.
3. A pattern that two providers claim is the first one's; the other claim is counted.
4. The name of a host tells who receives the mail, not who keeps it: behind a filter
   stands another. So a provider by name is the provider of the *server*.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.csv_tables import table_rows
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError

SPEC = Spec(
    name="providers",
    publisher="mxsniff",
    licence="BSD-2-Clause",
    cadence="irregular",
    url="https://github.com/jace/mxsniff",
    gives="mail providers by the names of their servers",
    attribution="Mail providers: mxsniff (BSD-2-Clause)",
)

MAX_DOCUMENT_BYTES = 32 * 2**20
"""A larger document is refused."""
MAX_PATTERNS = 1000
"""More of one provider are refused."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?|\*")
_MAX_HOST_CHARACTERS = 253
_COLUMNS = ("base_reverse_dns", "name", "type")


class ProviderPattern(NamedTuple):
    """A pattern of host names, and whose servers bear such names."""

    pattern: str
    """``*.mail.example.net``, or ``.example.net`` for a domain and all below it."""
    provider: str
    """A short name, the same for all patterns of a provider."""
    title: str
    """What people call it."""
    kind: str | None = None
    """What it does, in the publisher's words (``Email Security``)."""


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[ProviderPattern]:
    """Read patterns of either form; what is no pattern is counted.

    Raises
    ------
    ParseError
        When the document is of neither form.
    """
    tally = Tally() if tally is None else tally
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ParseError(f"larger than {MAX_DOCUMENT_BYTES} bytes", source=source)
    is_json = document[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    for row in (_json_rows if is_json else _csv_rows)(document, source, tally):
        tally.rows += 1
        yield row


def _json_rows(document: bytes, source: str, tally: Tally) -> Iterator[ProviderPattern]:
    try:
        providers = json.loads(document.removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        raise ParseError(
            f"not a JSON document: {error.msg}", source=source, line=error.lineno
        ) from error
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source) from error
    if not any(isinstance(each, dict) and "mx" in each for each in providers.values()):
        raise ParseError('expected providers with patterns, {"id": {"mx": […]}}', source=source)
    for key, value in providers.items():
        patterns = value.get("mx") if isinstance(value, dict) else None
        name = clean_name(key)
        if name is None or not isinstance(patterns, list) or len(patterns) > MAX_PATTERNS:
            tally.skip("provider without a name or a list of patterns")
            continue
        title = value.get("title")
        title = (clean_name(title) if isinstance(title, str) else None) or name
        for text in patterns:
            pattern = _pattern(text)
            if pattern is None:
                tally.skip("pattern is no host name")
            else:
                yield ProviderPattern(pattern, name, title)


def _csv_rows(document: bytes, source: str, tally: Tally) -> Iterator[ProviderPattern]:
    for fields in table_rows(document, _COLUMNS, source=source, kind="JSON, or CSV"):
        if fields is None:
            tally.skip("a column is missing")
            continue
        domain, name, kind = map(clean_name, fields)
        pattern = _pattern(domain)
        short = _short(name or "")
        if pattern is None or "*" in pattern or not short or name is None:
            tally.skip("domain is no host name, or without a provider")
        else:
            yield ProviderPattern(f".{pattern}", short, name, kind)


def _short(name: str) -> str:
    """Return the words of a name in small letters: ``OpenText AppRiver``, ``opentext-appriver``."""
    return "-".join(re.findall(r"\w+", name.lower()))


def _pattern(text: Any) -> str | None:
    """Return a pattern in small letters without its last dot, ``None`` when it is none."""
    if not isinstance(text, str) or len(text) > _MAX_HOST_CHARACTERS + 1:
        return None
    pattern = text.strip().lower().removesuffix(".")
    labels = pattern.split(".")
    # The last two labels name the provider: a star there would catch the world.
    sound = len(labels) > 1 and "*" not in labels[-2:]
    return pattern if sound and all(_LABEL.fullmatch(label) for label in labels) else None


@dataclass(slots=True, kw_only=True)
class _Node:
    """Where the labels of a name have led to, read from the right."""

    below: dict[str, "_Node"] = field(default_factory=dict)
    here: ProviderPattern | None = None
    """The pattern that ends here."""
    onward: ProviderPattern | None = None
    """The base domain that ends here: for all names below too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """Patterns, asked by host name."""

    root: _Node = field(default_factory=_Node)

    @classmethod
    def of(cls, rows: Iterable[ProviderPattern], *, tally: Tally | None = None) -> "Providers":
        """Build from rows; of equal patterns the first counts."""
        tally = Tally() if tally is None else tally
        root = _Node()
        for row in rows:
            node = root
            for label in reversed(row.pattern.removeprefix(".").split(".")):
                node = node.below.setdefault(label, _Node())
            held = node.onward if row.pattern.startswith(".") else node.here
            if held is not None:
                if held.provider != row.provider:
                    tally.skip("pattern that another provider claims too")
            elif row.pattern.startswith("."):
                node.onward = row
            else:
                node.here = row
        return cls(root=root)

    def provider_of(self, mx_host: str) -> ProviderPattern | None:
        """Return the longest pattern that fits the name of a mail server, ``None`` when none does.

        Examples
        --------
        >>> row = ProviderPattern("*.mail.protection.example", "nordmail", "Nordmail")
        >>> Providers.of([row]).provider_of("town-ch.mail.protection.example.").title
        'Nordmail'
        """
        labels = mx_host.strip().lower().removesuffix(".").split(".")
        best: tuple[int, int] = (0, 0)
        found: ProviderPattern | None = None
        # All ways through labels and stars; the patterns bound how many there can be.
        ways: list[tuple[_Node, int]] = [(self.root, 0)]
        for depth, label in enumerate(reversed(labels), start=1):
            ways = [
                (node.below[step], literals + (step != "*"))
                for node, literals in ways
                for step in dict.fromkeys((label, "*"))
                if step in node.below
            ]
            if not ways:
                break
            for node, literals in ways:
                here = node.here if depth == len(labels) else None
                row = here or node.onward
                if row is not None and (depth, literals) > best:
                    best, found = (depth, literals), row
        return found
