"""What holds for this run: the command line beats the configuration file beats the defaults."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from mxpath.config import Config, full_helo, one_each, read_config, resolver_text
from mxpath.model.address import IPAddress, Prefix, parse_address
from mxpath.vantage.limits import DEFAULT_RATE_PPS, PER_HOUR, Budget

TYPED = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Values in force, and where each came from."""

    config_file: Path | None
    contact: str | None
    helo: str | None
    source: tuple[IPAddress, ...]
    resolver: str | None
    own_networks: tuple[int | Prefix, ...]
    gazetteer: Path | None
    place: str | None
    exclude: tuple[Prefix, ...]
    packets_per_second: float
    syns_per_hour: int
    connections_per_hour: int
    key_files: dict[str, Path]
    publishers: dict[str, str]
    came_from: dict[str, str] = field(default_factory=dict)
    """``command line``, or file and line; a default is not listed."""

    def typed(self, key: str) -> bool:
        """Whether ``key`` was given on the command line."""
        return self.came_from.get(key) == TYPED


def settle(options: argparse.Namespace) -> Settings:
    """Return what holds for these options.

    Raises
    ------
    InputError
        When an option or the configuration file is not usable.
    """
    config = read_config(getattr(options, "config", None))
    given = _typed(options)
    places = {
        key if key.startswith("publishers.") else key.rpartition(".")[2]: place
        for key, place in config.places.items()
    }
    return Settings(
        config_file=config.path,
        contact=config.contact,
        helo=given.helo or config.helo,
        source=given.source or config.source,
        resolver=given.resolver or config.resolver,
        own_networks=config.own_networks,
        gazetteer=given.gazetteer or config.gazetteer,
        place=config.place,
        exclude=config.exclude,
        packets_per_second=config.packets_per_second or DEFAULT_RATE_PPS,
        syns_per_hour=_or(config.syns_per_hour, PER_HOUR[Budget.SYN]),
        connections_per_hour=_or(config.connections_per_hour, PER_HOUR[Budget.SESSION]),
        key_files=config.key_files,
        publishers=config.publishers,
        came_from=places | given.places,
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _typed(options: argparse.Namespace) -> Config:
    """What the command line says, checked as the file is."""
    helo, resolver = getattr(options, "helo", None), getattr(options, "resolver", None)
    source = getattr(options, "source", None) or ()
    gazetteer = getattr(options, "gazetteer", None)
    said = {"helo": helo, "resolver": resolver, "source": source, "gazetteer": gazetteer}
    return Config(
        helo=full_helo(helo) if helo is not None else None,
        resolver=resolver_text(resolver) if resolver is not None else None,
        source=one_each(tuple(parse_address(text.strip("[]")) for text in source)),
        gazetteer=gazetteer,
        places={key: TYPED for key, value in said.items() if value},
    )
