from pathlib import Path

import pytest

from mxpath.errors import SnapshotError
from mxpath.gazetteer import shipped


def test_the_checkout_has_its_data() -> None:
    directory = shipped.shipped_directory()
    assert (directory / "manifest.toml").is_file()
    assert list((directory / "topologies").glob("*.toml"))


def test_the_wheel_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "lib" / "mxpath"
    (package / "data").mkdir(parents=True)
    (package / "data" / "manifest.toml").touch()
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert shipped.shipped_directory() == package / "data"


def test_an_installation_without_data_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "site" / "lib" / "mxpath")
    with pytest.raises(SnapshotError, match="install mxpath again"):
        shipped.shipped_directory()
