"""Which commit this is, where that can be known by reading files; git is never run.

1. An installation from a repository's URL records its commit (PEP 610, direct_url.json).
2. A source tree says what is checked out, in the files of ``.git``. It cannot say whether
   something in it was changed since.
3. A wheel from an index says its version, and no commit.
"""

import json
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@cache
def commit() -> str | None:
    """Return the commit's hash in hexadecimal, ``None`` where it cannot be known."""
    package = Path(__file__).resolve().parent
    return installed_from(package) or checked_out(package.parents[1])


def installed_from(package: Path) -> str | None:
    """Return the commit that the installed distribution at ``package`` was made of."""
    try:
        installed = metadata.distribution("mxpath")
        if Path(str(installed.locate_file("mxpath"))).resolve() != package:
            return None
        origin: Any = json.loads(installed.read_text("direct_url.json") or "{}")
        return _hash(str(origin["vcs_info"]["commit_id"]))
    except (metadata.PackageNotFoundError, OSError, ValueError, LookupError, TypeError):
        return None


def checked_out(root: Path) -> str | None:
    """Return the commit that is checked out in the source tree at ``root``."""
    if not (root / "pyproject.toml").is_file():
        return None
    try:
        git = _git_directory(root / ".git")
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return _hash(head)
        return _resolved(git, head.removeprefix("ref: "))
    except (OSError, ValueError):
        return None


def _git_directory(path: Path) -> Path:
    """A worktree and a submodule have a file there that says where."""
    if path.is_dir():
        return path
    return path.parent / path.read_text().strip().removeprefix("gitdir: ")


def _resolved(git: Path, ref: str) -> str | None:
    common = git / "commondir"
    shared = git / common.read_text().strip() if common.is_file() else git
    for directory in (git, shared):
        if (directory / ref).is_file():
            return _hash((directory / ref).read_text())
    packed = (shared / "packed-refs").read_text().splitlines()
    return next((_hash(line[: -len(ref) - 1]) for line in packed if line.endswith(f" {ref}")), None)


def _hash(text: str) -> str | None:
    found = text.strip()
    return found if _HASH.fullmatch(found) else None
