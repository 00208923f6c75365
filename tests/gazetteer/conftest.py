from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_cache(cache_home: Path) -> None:
    """No test may read or write the cache of whoever runs it."""
