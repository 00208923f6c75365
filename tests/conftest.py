"""What all tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
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


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, nor a process that it starts, sees the gazetteers of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data-home")))
        yield


@pytest.fixture(scope="session")
def dev_only() -> Path:
    """Real data that may be used beside the project but is no part of it."""
    directory = REPOSITORY.parent / "shared" / "data" / "dev-only"
    if not directory.is_dir():
        pytest.skip(f"no real data at {directory}: it may not be passed on with the project")
    return directory
