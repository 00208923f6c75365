"""What is written down about running labs, so that another process can find them.

Each lab has a directory ``mxpath-labs-<uid>/<name>`` under ``XDG_RUNTIME_DIR``, or
under the directory for temporary files where that is not set; in it lie
``state.json``, the world, the lab's certificate authority, its gazetteer and
the daemons' messages. It goes when the lab goes. Only where a lab was ended from
outside together with its starter may it stay; the next look removes it.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mxpath.errors import InputError, ParseError
from mxpath.model.codec import from_data, to_data

_HOLDER = b"mxpath.lab.holder"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabState:
    """Everything another process needs to use or end a lab."""

    name: str
    world: str
    """Name of the world."""
    directory: Path
    holder_pid: int
    """The lab's first process, as this process's pid namespace counts."""
    holder_started: int
    """When that process started, in clock ticks since boot: tells it from a later namesake."""
    user_namespace: bool
    """Whether the lab lies in a user namespace of its own (started without root)."""
    wire: str
    """``c`` or ``python``."""
    detached: bool
    bring_up_s: dict[str, float]
    """Seconds that each phase took."""

    @property
    def alive(self) -> bool:
        """Whether the holder still runs, and is the one that was written down."""
        return started_at(self.holder_pid) == self.holder_started and _is_holder(self.holder_pid)


def started_at(pid: int) -> int | None:
    """Return when a process started in clock ticks since boot; ``None`` when it is no more."""
    fields = _stat(pid)
    # After the command in parentheses: state is field 3, start time field 22 (proc(5)).
    return int(fields[19]) if fields and fields[0] not in {"Z", "X"} else None


def children_of(pid: int) -> list[int]:
    """Return processes whose parent is ``pid``."""
    others = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [other for other in others if (fields := _stat(other)) and int(fields[1]) == pid]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return []


def _is_holder(pid: int) -> bool:
    try:
        return _HOLDER in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def labs_directory() -> Path:
    """Return the directory of this user's labs, made when missing.

    Raises
    ------
    InputError
        When something else is in its place.
    """
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    directory = Path(base) / f"mxpath-labs-{os.getuid()}"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    if directory.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise InputError(f"{directory} is not a directory of ours alone: remove it")
    return directory


def write_state(state: LabState) -> None:
    """Write a lab down."""
    place = labs_directory() / state.name
    place.mkdir(mode=0o700, exist_ok=True)
    fresh = place / "state.json.new"
    fresh.write_text(json.dumps(to_data(state), indent=1) + "\n")
    fresh.replace(place / "state.json")


def forget(name: str) -> None:
    """Remove what is written down about a lab, and its directory if it is there too."""
    shutil.rmtree(labs_directory() / name, ignore_errors=True)


def running() -> list[LabState]:
    """Return this user's running labs; remains of ended ones are removed."""
    found = []
    for path in sorted(labs_directory().glob("*/state.json")):
        try:
            state = from_data(LabState, json.loads(path.read_text()), source=str(path))
        except (OSError, ValueError, ParseError):
            continue
        if state.alive:
            found.append(state)
        else:
            forget(path.parent.name)
    return found


def find(name: str) -> LabState:
    """Return the running lab of that name.

    Raises
    ------
    InputError
        When there is none.
    """
    states = running()
    for state in states:
        if state.name == name:
            return state
    known = ", ".join(state.name for state in states) or "none"
    raise InputError(f"no lab {name!r} is running (running: {known}); mxpath lab up starts one")
