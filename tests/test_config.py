"""The configuration file: every key, every mistake with its place."""

import re
import textwrap
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mxpath.config import _READERS, Config, config_path, read_config
from mxpath.errors import InputError

WHOLE = """
contact = "postmaster@example.org"
helo = "probe.example.org"
source = ["192.0.2.10", "2001:db8::10"]
resolver = "[2001:db8::53]:5353"
own_networks = [64496, "AS64497", "198.51.100.0/24"]
gazetteer = "/srv/world"
exclude = ["203.0.113.0/24", "192.0.2.77"]

[rates]
packets_per_second = 60.5
syns_per_hour = 10
connections_per_hour = 0

[key_files]
peeringdb = "/etc/keys/peeringdb"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, WHOLE))
    assert config.contact == "postmaster@example.org"
    assert config.helo == "probe.example.org"
    assert config.source == (ip_address("192.0.2.10"), ip_address("2001:db8::10"))
    assert config.resolver == "[2001:db8::53]:5353"
    assert config.own_networks == (64496, 64497, ip_network("198.51.100.0/24"))
    assert config.gazetteer == Path("/srv/world")
    assert config.exclude == (ip_network("203.0.113.0/24"), ip_network("192.0.2.77/32"))
    rates = config.packets_per_second, config.syns_per_hour, config.connections_per_hour
    assert rates == (60.5, 10, 0)
    assert config.key_files == {"peeringdb": Path("/etc/keys/peeringdb")}
    assert config.places["rates.syns_per_hour"].endswith("config.toml:12")


def test_without_a_file_nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "mxpath" / "config.toml"
    assert read_config() == Config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('exclud = ["192.0.2.0/24"]', "config.toml:1: exclud: unknown key.*exclude"),
        ("\n[rates]\npps = 3", "config.toml:3: rates.pps: unknown key"),
        ("rates = 3", "config.toml:1: rates: must be a table"),
        ('[key_files]\nriper = "x"', "config.toml:2: key_files.riper: unknown key"),
        ('helo = "laptop"', "config.toml:1: helo: .*full host name"),
        ('helo = "[1.2.3.400]"', "cannot be said in EHLO"),
        ("helo = 5", "helo: 5 is not a text"),
        ('source = ["192.0.2.1", "192.0.2.2"]', "one source address for each family"),
        ('source = "mail.example"', "source: 'mail.example' is not an IPv4 or IPv6"),
        ('resolver = "dns.example"', "resolver 'dns.example' is not an address"),
        ('resolver = "192.0.2.1:99999"', "port must be 1 to 65535"),
        ("own_networks = [0]", "0 is no AS number"),
        ("own_networks = [true]", "own_networks"),
        ('own_networks = ["AS99999999999"]', "own_networks"),
        ('exclude = ["192.0.2.1/24"]', "exclude: '192.0.2.1/24'.*host bits"),
        ('contact = "me"', "contact: 'me' is no contact"),
        ("[rates]\npackets_per_second = 60", "config.toml:2: .*needs a contact"),
        ('contact = "a@b.example"\n[rates]\npackets_per_second = 1e9', "the most is 1000"),
        ("[rates]\npackets_per_second = 0", "greater than 0"),
        ("[rates]\npackets_per_second = nan", "greater than 0"),
        ("[rates]\nsyns_per_hour = 1.5", "whole number"),
        ("a = = 1", "not TOML: .*line 1"),
        ("\x00", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
        ("#" * (1 << 20) + "#", "no configuration"),
    ],
    ids=lambda text: text[:20],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=re.compile(words)):
        read_config(written(tmp_path, text))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"helo = '\xff'")
    with pytest.raises(InputError, match="not TOML"):
        read_config(path)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such configuration"):
        read_config(tmp_path / "missing.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_config(tmp_path)


def test_the_example_in_the_howto_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs/howto/settle_things.md").read_text()
    first = page.index("    contact =")
    block = page[first : page.index("More than the default")]
    config = read_config(written(tmp_path, textwrap.dedent(block)))
    shown = {key for key in _READERS if not key.startswith(("key_files.", "publishers."))}
    assert set(config.places) == shown | {"key_files.peeringdb", "publishers.vrps"}
    assert config.publishers == {"vrps": "https://mirror.example.org/rpki/"}


def test_a_mirror_is_a_url(tmp_path: Path) -> None:
    bare = read_config(written(tmp_path, '[publishers]\nvrps = "https://mirror.example/rpki"\n'))
    assert bare.publishers == {"vrps": "https://mirror.example/rpki/"}
    for wrong in ("ftp://mirror.example/", "mirror.example", "https://key@mirror.example/"):
        with pytest.raises(InputError, match=r"config.toml:2: publishers.vrps: .* no place"):
            read_config(written(tmp_path, f'[publishers]\nvrps = "{wrong}"\n'))
