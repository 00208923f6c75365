import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from ipaddress import ip_address, ip_network
from multiprocessing import get_context
from pathlib import Path

import pytest

from mxpath.gazetteer import cache
from mxpath.gazetteer.cache import keep_columns, kept_columns
from mxpath.gazetteer.table_kinds import ORIGINS
from mxpath.tables.prefixes import PrefixTable, row_of

ADDRESS = {4: ip_address("192.0.2.0"), 6: ip_address("2001:db8::")}


def table(version: int) -> PrefixTable:
    text = "192.0.2.0/24" if version == 4 else "2001:db8::/32"
    return PrefixTable.of([row_of(ip_network(text), (1, 2))], version=version)


def cached_table(sha256: str, *, version: int, build: Callable[[], PrefixTable]) -> PrefixTable:
    kind = ORIGINS[version]
    kept = kept_columns(kind.file_name(sha256))
    if kept is not None:
        return kind.of(kept)
    built = build()
    keep_columns(kind.file_name(sha256), built.columns(), is_old=kind.is_older)
    return built


def refuse() -> PrefixTable:
    raise AssertionError("built although it was kept")


@pytest.fixture(autouse=True)
def keep_small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "WORTH_KEEPING", 0)


@pytest.mark.parametrize("version", [4, 6])
def test_a_kept_table_answers_as_the_built_one(version: int) -> None:
    cached_table("a" * 64, version=version, build=lambda: table(version))
    kept = cached_table("a" * 64, version=version, build=refuse)
    assert kept.find(ADDRESS[version]) == table(version).find(ADDRESS[version])
    assert kept.find(ADDRESS[version]) is not None


def test_another_snapshot_is_another_table() -> None:
    cached_table("a" * 64, version=4, build=lambda: table(4))
    with pytest.raises(AssertionError, match="built although"):
        cached_table("b" * 64, version=4, build=refuse)


def kept_file(home: Path) -> Path:
    (path,) = home.rglob("*.columns")
    return path


@pytest.mark.parametrize("damage", [b"", b"garbage", b"PK\x03\x04 half a zip"])
def test_a_damaged_file_is_built_anew(cache_home: Path, damage: bytes) -> None:
    cached_table("a" * 64, version=4, build=lambda: table(4))
    kept_file(cache_home).write_bytes(damage)
    found = cached_table("a" * 64, version=4, build=lambda: table(4))
    assert found.find(ADDRESS[4]) is not None
    assert cached_table("a" * 64, version=4, build=refuse).find(ADDRESS[4]) is not None


def test_one_changed_byte_anywhere_is_built_anew(cache_home: Path) -> None:
    cached_table("a" * 64, version=4, build=lambda: table(4))
    path = kept_file(cache_home)
    whole = path.read_bytes()
    for at in range(0, len(whole), 37):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        with pytest.raises(AssertionError, match="built although"):
            cached_table("a" * 64, version=4, build=refuse)


def test_a_table_in_use_outlives_its_file(cache_home: Path) -> None:
    cached_table("a" * 64, version=4, build=lambda: table(4))
    kept = cached_table("a" * 64, version=4, build=refuse)
    kept_file(cache_home).unlink()
    cached_table("a" * 64, version=4, build=lambda: table(4))
    assert kept.find(ADDRESS[4]) == table(4).find(ADDRESS[4])


def test_processes_that_build_at_once_leave_one_whole_table(cache_home: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        assert all(pool.map(built_and_asked, range(8)))
    assert [path.suffix for path in (cache_home / "mxpath").iterdir()] == [".columns"]


def built_and_asked(_: int) -> bool:
    found = cached_table("a" * 64, version=4, build=lambda: table(4))
    return found.find(ADDRESS[4]) == table(4).find(ADDRESS[4])


def test_older_forms_and_what_was_left_half_written_go(cache_home: Path) -> None:
    home = cache_home / "mxpath"
    home.mkdir()
    going = ("prefixes-1-v4-x.npz", "prefixes-3-v4-x.columns", "origins4-0-x.columns", "old.tmp")
    staying = ("origins6-0-x.columns", "new.tmp")
    for name in (*going, *staying):
        (home / name).touch()
    os.utime(home / "old.tmp", (0, 0))
    cached_table("a" * 64, version=4, build=lambda: table(4))
    kept = ORIGINS[4].file_name("a" * 64)
    assert {path.name for path in home.iterdir()} == {*staying, kept}


def test_truncated_at_every_length_no_look_up_fails(cache_home: Path) -> None:
    cached_table("a" * 64, version=4, build=lambda: table(4))
    path = kept_file(cache_home)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        found = cached_table("a" * 64, version=4, build=lambda: table(4))
        assert found.find(ADDRESS[4]) is not None


def test_a_cache_that_cannot_be_written_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # a file is no directory
    assert cached_table("a" * 64, version=4, build=lambda: table(4)).find(ADDRESS[4]) is not None


def test_writing_leaves_nothing_half_done(cache_home: Path) -> None:
    cached_table("a" * 64, version=4, build=lambda: table(4))
    assert list(cache_home.rglob("*.tmp")) == []


def test_small_tables_are_not_kept(cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "WORTH_KEEPING", 2_000)
    cached_table("a" * 64, version=4, build=lambda: table(4))
    assert list(cache_home.rglob("*.columns")) == []


def test_a_relative_cache_home_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache.cache_directory() == Path("/home/someone/.cache/mxpath")
