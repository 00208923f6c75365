from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test may read or write the cache of whoever runs it."""
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
