"""Privilege that raw sockets need, held no longer than it takes to open them.

The law
-------
1. Sockets are opened first, before anything of the network is read; then privilege goes, and
   cannot come back.
2. Under sudo the process becomes the user who called it: groups, group, user, and HOME with them,
   so that what is written belongs to that user.
3. With file capabilities (``setcap``) all capabilities go: effective, permitted, inheritable and
   ambient ones.
4. In both cases no program that is started later may gain any (PR_SET_NO_NEW_PRIVS).
5. Root who was not called by sudo stays root: there is nobody to become.

Capabilities belong to a thread: they are dropped before there is a second one.
"""

import ctypes
import os
import struct
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mxpath.errors import PrivilegeError
from mxpath.vantage import linux

ADVICE = (
    "run with sudo, or let a copy of the interpreter in a virtual environment do it:"
    ' sudo setcap cap_net_raw+ep "$(command -v python3)"'
    " (a file, not a link: python3 -m venv --copies); mxpath drops the privilege once its sockets"
    " are open"
)
"""What to do where raw sockets may not be opened."""

_XDG = (
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
)
_SETS = struct.Struct("@6I")
"""Effective, permitted and inheritable capabilities, the lower words and then the upper ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoker:
    """The user who called sudo."""

    uid: int
    gid: int
    name: str | None = None
    """``None`` where the system has no entry for that user."""
    home: str | None = None


def invoker() -> Invoker | None:
    """Return who called us by sudo; ``None`` where we are not root, or nobody but root did."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    try:
        uid, gid = int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    except (KeyError, ValueError):
        return None
    if uid <= 0 or gid < 0:
        return None
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Invoker(uid=uid, gid=gid)
    return Invoker(uid=uid, gid=gid, name=entry.pw_name, home=entry.pw_dir)


def go_home(environment: MutableMapping[str, str] = os.environ) -> None:
    """Under sudo, take the invoking user's home for ours: before any file of theirs is read.

    XDG directories go where they lie in the old home or in root's run-time directory; others
    were meant.
    """
    user = invoker()
    if user is None:
        return
    left = [Path(environment.get("HOME") or "/root"), Path("/root"), Path("/run/user/0")]
    for name in _XDG:
        place = Path(environment.get(name) or "/root")
        if any(place.is_relative_to(old) for old in left if old != Path("/")):
            environment.pop(name, None)
    named = {"HOME": user.home, "USER": user.name, "LOGNAME": user.name}
    for name, value in named.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value


def drop_privilege() -> None:
    """Give up what is no longer needed, for good; see the law.

    Raises
    ------
    PrivilegeError
        When some of it would stay.
    """
    if sys.platform == "win32":
        return
    user = invoker()
    if user is not None:
        _become(user)
    if os.geteuid() != 0 and sys.platform == "linux" and (user is not None or _capabilities()):
        _clear_capabilities()


def _become(user: Invoker) -> None:
    """Change groups, group and user, in this order: the last one takes the right to the others."""
    groups = [user.gid] if user.name is None else os.getgrouplist(user.name, user.gid)
    try:
        os.setgroups(groups)
        os.setgid(user.gid)
        os.setuid(user.uid)
    except OSError as error:
        raise PrivilegeError(f"cannot become the user who called sudo: {error}") from error
    if not os.access(os.__file__, os.R_OK):
        raise PrivilegeError(
            f"the user who called sudo may not read {os.__file__}, from which mxpath runs: install"
            " it where that user may, or run it as root without sudo"
        )
    with suppress(PermissionError):
        os.setuid(0)
        raise PrivilegeError("the privilege of root came back after it was dropped")


def _clear_capabilities() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(linux.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(linux.PR_CAP_AMBIENT, linux.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    libc.capset(_header(), bytes(_SETS.size))
    if _capabilities():
        raise PrivilegeError("the kernel would not let go of capabilities: run without them")


def _capabilities() -> bool:
    """Whether this thread has any capability at all (capget(2))."""
    sets = ctypes.create_string_buffer(_SETS.size)
    ctypes.CDLL(None, use_errno=True).capget(_header(), sets)
    return any(_SETS.unpack(sets.raw))


def _header() -> ctypes.Array[ctypes.c_char]:
    """Version, and 0 for this thread: __user_cap_header_struct of linux/capability.h."""
    packed = struct.pack("@Ii", linux.LINUX_CAPABILITY_VERSION_3, 0)
    return ctypes.create_string_buffer(packed, len(packed))
