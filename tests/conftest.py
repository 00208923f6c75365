"""What all tests share."""

import gc
import os
import re
import sys
from collections.abc import Generator, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import HealthCheck, settings

# The machines that run the tests are shared: how long an example takes says nothing of the code.
# Examples are the same in every run; new ones are looked for with --hypothesis-profile=search.
settings.register_profile(
    "house",
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

REPOSITORY = Path(__file__).resolve().parent.parent

# Some machines forbid Python to keep what it has compiled. Hundreds of processes would then compile
# the same files anew, which takes longer than many a test.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# What is imported and collected stays to the end: looking through it for garbage again and again is
# a tenth of the whole run.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on, only what tests make can be garbage."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


class _Examples:
    """Looks for doctests only where there are any: nine files of ten have none."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        found = yield
        if file_path.suffix == ".py" and b">>>" not in file_path.read_bytes():
            return [node for node in found if not isinstance(node, DoctestModule)]
        return found


def pytest_configure(config: pytest.Config) -> None:
    """A hook of this file alone would not see those of the source."""
    config.pluginmanager.register(_Examples())


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, nor a process that it starts, sees the gazetteers of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data-home")))
        yield


@pytest.fixture
def cache_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    home = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def dev_only() -> Path:
    """Real data that may be used beside the project but is no part of it."""
    directory = REPOSITORY.parent / "shared" / "data" / "dev-only"
    if not directory.is_dir():
        pytest.skip(f"no real data at {directory}: it may not be passed on with the project")
    return directory


_asked: list[str] = []
"""Names that tests had looked up, and addresses of the Internet that they spoke to."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Let no test ask the Internet: neither for a name nor at an address of it (PEP 578)."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_ours(host):
        _asked.append(str(host))
        raise RuntimeError(f"a test asked {host!r}, which is not here")


def _is_ours(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return not ip_address(str(name)).is_global
    except ValueError:
        return re.fullmatch(r"127[0-9.]*", str(name)) is not None  # 127.1 is an address, too


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _nobody_is_asked() -> Iterator[None]:
    """A client can take the error for one of the network's: the test fails all the same."""
    _asked.clear()
    yield
    assert not _asked
