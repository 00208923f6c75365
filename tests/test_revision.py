"""The commit is read from files, in every way they lie about, and is never made up."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mxpath.revision import checked_out, commit, installed_from

HASH = "0123456789abcdef0123456789abcdef01234567"


def tree(root: Path, head: str) -> Path:
    (root / "pyproject.toml").write_text("")
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text(head)
    return root


def test_a_detached_head(tmp_path: Path) -> None:
    assert checked_out(tree(tmp_path, f"{HASH}\n")) == HASH


def test_a_branch(tmp_path: Path) -> None:
    root = tree(tmp_path, "ref: refs/heads/main\n")
    (root / ".git/refs/heads").mkdir(parents=True)
    (root / ".git/refs/heads/main").write_text(f"{HASH}\n")
    assert checked_out(root) == HASH


def test_a_packed_branch(tmp_path: Path) -> None:
    root = tree(tmp_path, "ref: refs/heads/main\n")
    other = HASH[::-1]
    text = f"# pack-refs\n{other} refs/heads/other/refs/heads/mains\n{HASH} refs/heads/main\n"
    (root / ".git/packed-refs").write_text(text)
    assert checked_out(root) == HASH


@pytest.mark.parametrize("head", ["", "ref: refs/heads/none", "not a hash", HASH.upper()])
def test_what_cannot_be_read_is_unknown(tmp_path: Path, head: str) -> None:
    assert checked_out(tree(tmp_path, head)) is None


def test_somebody_elses_repository_is_not_ours(tmp_path: Path) -> None:
    root = tree(tmp_path, HASH)
    (root / "pyproject.toml").unlink()
    assert checked_out(root) is None
    assert installed_from(tmp_path) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_says_the_same() -> None:
    root = Path(__file__).parents[1]
    done = subprocess.run(
        ["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    assert checked_out(root) == done.stdout.strip()
    assert commit() is None or len(commit() or "") in (40, 64)
