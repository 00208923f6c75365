"""The configuration file: what a user settles once, read with suspicion.

``XDG_CONFIG_HOME/mxpath/config.toml``, or the file that ``--config`` names::

    contact = "postmaster@example.org"
    helo = "probe.example.org"
    source = ["192.0.2.10", "2001:db8::10"]
    resolver = "[2001:db8::53]:53"
    own_networks = [64496, "AS64497", "198.51.100.0/24"]
    gazetteer = "~/world"
    place = "Berlin, DE"
    exclude = ["203.0.113.0/24", "192.0.2.77"]

    [rates]
    packets_per_second = 20
    syns_per_hour = 30
    connections_per_hour = 2

    [key_files]
    peeringdb = "~/.config/mxpath/peeringdb.key"

    [publishers]
    vrps = "https://mirror.example.org/rpki/"

The rules, with their reasons:

1. A key that is not known is an error with its place: a misspelt ``exclude`` must not
   come out as "nothing is excluded".
2. Every value is checked here, before anything is asked of the world.
3. More than the default rates towards port 25 need a ``contact``: whoever is asked that
   often must be able to ask back (docs/ethics.md).
4. Keys are never in this file, only the paths of the files that hold them.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mxpath.errors import InputError
from mxpath.model.address import IPAddress, Prefix, parse_address
from mxpath.vantage.limits import DEFAULT_RATE_PPS, PER_HOUR, Budget

MAX_OCTETS = 1 << 20
"""A larger file is no configuration."""
MAX_RATE_PPS = 1000.0
MAX_PER_HOUR = {Budget.SYN: 600, Budget.SESSION: 60}
"""What no contact excuses."""
KEYED = ("atlas", "globalping", "peeringdb")
"""Services that know users by a key."""
PUBLISHED = (
    "peeringdb",
    "asrel",
    "as2org",
    "vrps",
    "pfx2as",
    "iptoasn",
    "delegated",
    "iana-special",
    "rdap-bootstrap",
    "ris",
    "routeviews",
)
"""What can be fetched, and so from another place than its publisher's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the file says; ``None`` or empty where it is silent."""

    path: Path | None = None
    contact: str | None = None
    """E-mail address or URL under which we can be asked what we are doing."""
    helo: str | None = None
    source: tuple[IPAddress, ...] = ()
    resolver: str | None = None
    own_networks: tuple[int | Prefix, ...] = ()
    """AS numbers and prefixes that count as mine."""
    gazetteer: Path | None = None
    place: str | None = None
    """Where this host stands: degrees, an airport's code, or a city and its country."""
    exclude: tuple[Prefix, ...] = ()
    packets_per_second: float | None = None
    syns_per_hour: int | None = None
    connections_per_hour: int | None = None
    key_files: dict[str, Path] = field(default_factory=dict)
    publishers: dict[str, str] = field(default_factory=dict)
    """Base URLs that stand in for the publishers' own: mirrors. Each ends in a slash."""
    places: dict[str, str] = field(default_factory=dict)
    """File and line of each key that is set."""


def config_path() -> Path:
    """Where the file lies unless another is named: below the XDG configuration directory."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "mxpath" / "config.toml"


def read_config(path: Path | None = None) -> Config:
    """Read a configuration file.

    Parameters
    ----------
    path
        The file; ``None`` takes the user's own, and nothing where there is none.

    Raises
    ------
    InputError
        When the file cannot be read, is not TOML, or a key or value is not usable; the
        message names file, line and key.
    """
    chosen = path or config_path()
    try:
        with chosen.open("rb") as file:
            content = file.read(MAX_OCTETS + 1)
    except FileNotFoundError as error:
        if path is None:
            return Config()
        raise InputError(f"{path}: there is no such configuration file") from error
    except OSError as error:
        raise InputError(f"{chosen}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_OCTETS:
        raise InputError(f"{chosen}: larger than {MAX_OCTETS} bytes, which is no configuration")
    try:
        text = content.decode()
        import tomllib  # noqa: PLC0415 - most users have no such file

        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{chosen}: not TOML: {error}") from error
    return _Reader(chosen, text).read(table)


class _Reader:
    """Turns the tables of one file into a Config, and knows where each key stands."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._lines = path, text.splitlines()

    def read(self, table: Mapping[str, Any]) -> Config:
        flat = self._flat(table)
        places = {key: self._place(key) for key in flat}
        values = {key: self._value(key, value) for key, value in flat.items()}
        keys, publishers = (_taken(values, table) for table in ("key_files", "publishers"))
        named = {key.rpartition(".")[2]: value for key, value in values.items()}
        config = Config(
            path=self._path, places=places, key_files=keys, publishers=publishers, **named
        )
        self._held_to_the_rates(config)
        return config

    def _flat(self, table: Mapping[str, Any]) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for key, value in table.items():
            if key in _TABLES:
                if not isinstance(value, dict):
                    raise self._wrong(key, f"must be a table: write [{key}]")
                flat |= {f"{key}.{inner}": part for inner, part in value.items()}
            else:
                flat[key] = value
        for key in flat:
            if key not in _READERS:
                raise self._wrong(key, f"unknown key; known are {', '.join(_READERS)}")
        return flat

    def _value(self, key: str, value: Any) -> Any:
        try:
            return _READERS[key](value)
        except ValueError as error:  # InputError is one
            raise self._wrong(key, str(error)) from error

    def _held_to_the_rates(self, config: Config) -> None:
        for key, (default, most) in _LIMITS.items():
            value = getattr(config, key)
            if value is None or value <= default:
                continue
            if value > most:
                raise self._wrong(f"rates.{key}", f"{value:g} is too much; the most is {most:g}")
            if config.contact is None:
                raise self._wrong(
                    f"rates.{key}",
                    f"more than the default {default:g} needs a contact: set"
                    ' contact = "you@example.org", so that whoever is asked can ask back',
                )

    def _wrong(self, key: str, words: str) -> InputError:
        return InputError(f"{self._place(key)}: {key}: {words}")

    def _place(self, key: str) -> str:
        table, _, name = key.rpartition(".")
        here = ""
        for number, line in enumerate(self._lines, 1):
            if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
                here = header[1]
                if name == here and not table:
                    return f"{self._path}:{number}"
            elif here == table and re.match(rf"""\s*["']?{re.escape(name)}["']?\s*[=.]""", line):
                return f"{self._path}:{number}"
        return str(self._path)


def _taken(values: dict[str, Any], table: str) -> dict[str, Any]:
    """Take the keys of a table whose names are free out of the others."""
    of_it = [key for key in values if key.startswith(f"{table}.")]
    return {key.removeprefix(f"{table}."): values.pop(key) for key in of_it}


# -- one reader a kind of value: the value, or a ValueError in words ------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InputError(f"{value!r} is not a text; write it in quotation marks")
    return value.strip()


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _contact(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"\S+@\S+\.\S+|https?://\S+", text):
        raise InputError(f"{text!r} is no contact; give an e-mail address or a URL")
    return text


def full_helo(value: Any) -> str:
    """Return a name for EHLO that means somebody: a full host name, or an address literal.

    Raises
    ------
    InputError
        When it is neither; RFC 5321 section 4.1.1.1 wants no short names.
    """
    from mxpath.smtp.conversation import check_helo  # noqa: PLC0415 - most users set none

    text = check_helo(_text(value))
    if not text.startswith("[") and "." not in text.strip("."):
        raise InputError(
            f"{text!r} means nothing to strangers; give a full host name such as"
            " probe.example.org, or leave it out: then our address stands there"
        )
    return text


def one_each(addresses: tuple[IPAddress, ...]) -> tuple[IPAddress, ...]:
    """Return source addresses, at most one a family.

    Raises
    ------
    InputError
        When there are two of one family.
    """
    if len({address.version for address in addresses}) != len(addresses):
        raise InputError("give at most one source address for each family")
    nobody = next((a for a in addresses if a.is_unspecified or a.is_multicast), None)
    if nobody is not None:
        raise InputError(f"source {nobody} is nobody's address; give one of this host's own")
    return addresses


def _source(value: Any) -> tuple[IPAddress, ...]:
    return one_each(tuple(parse_address(_text(item)) for item in _items(value)))


def resolver_text(value: Any) -> str:
    """Return the address of a resolver, with its port where it is not 53.

    Raises
    ------
    InputError
        When it is no address.
    """
    from mxpath.vantage.dns import parse_server  # noqa: PLC0415 - loads dnspython

    return str(parse_server(_text(value)))


def _prefix(value: Any) -> Prefix:
    text = _text(value)
    try:
        return ip_network(text)
    except ValueError as error:
        raise InputError(f"{text!r} is neither a prefix nor an address ({error})") from error


def _own_network(value: Any) -> int | Prefix:
    number = re.fullmatch(r"(?:AS)?([0-9]{1,10})", str(value), re.IGNORECASE)
    if number is not None and not isinstance(value, bool):
        asn = int(number[1])
        if not 0 < asn < 2**32:
            raise InputError(f"{value!r} is no AS number")
        return asn
    return _prefix(value)


def _path(value: Any) -> Path:
    return Path(_text(value)).expanduser()


def _base_url(value: Any) -> str:
    text = _text(value)
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise InputError(f"{text!r} is no place to fetch from; give a URL, https://HOST/…")
    return text if text.endswith("/") else f"{text}/"


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise InputError(f"{value!r} must be a number greater than 0")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(f"{value!r} must be a whole number, 0 or more")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "contact": _contact,
    "helo": full_helo,
    "source": _source,
    "resolver": resolver_text,
    "own_networks": lambda value: tuple(_own_network(item) for item in _items(value)),
    "gazetteer": _path,
    "place": _text,
    "exclude": lambda value: tuple(_prefix(item) for item in _items(value)),
    "rates.packets_per_second": _number,
    "rates.syns_per_hour": _whole,
    "rates.connections_per_hour": _whole,
    **{f"key_files.{name}": _path for name in KEYED},
    **{f"publishers.{name}": _base_url for name in PUBLISHED},
}
"""Every key there is, with what reads its value."""
_TABLES = ("rates", "key_files", "publishers")
_LIMITS = {
    "packets_per_second": (DEFAULT_RATE_PPS, MAX_RATE_PPS),
    "syns_per_hour": (PER_HOUR[Budget.SYN], MAX_PER_HOUR[Budget.SYN]),
    "connections_per_hour": (PER_HOUR[Budget.SESSION], MAX_PER_HOUR[Budget.SESSION]),
}
"""Default, and the most that a contact allows."""
