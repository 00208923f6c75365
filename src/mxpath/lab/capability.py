"""Whether this machine can play a world by its kernel: found out by trying, not by version."""

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

_PROGRAMS = ("ip", "unshare", "nsenter", "bird", "knotd", "knotc", "keymgr", "unbound")
_MODULES = ("aiosmtpd", "cryptography")
_UNSHARE = ("-nmpf", "--mount-proc", "--kill-child")
_SYSTEM_PROGRAMS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where routing daemons lie; often not on the path of those who are not root."""


def environment() -> dict[str, str]:
    """Return this process's variables, with the system's programs on the path.

    Who called sudo is left out: in the lab we are its root, whose files nobody else may read.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_PROGRAMS])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    return {**kept, "PATH": path}


def holder_command(argument: str, *, user_namespace: bool) -> list[str]:
    """Return the command line that starts a holder in fresh namespaces."""
    user = ("-Ur",) if user_namespace else ()
    return ["unshare", *user, *_UNSHARE, sys.executable, "-m", "mxpath.lab.holder", argument]


@cache
def namespace_problem(*, user_namespace: bool) -> str | None:
    """Try a tiny lab; say what the kernel forbids."""
    try:
        tried = subprocess.run(
            holder_command("--probe", user_namespace=user_namespace),
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
            stdin=subprocess.DEVNULL,
            env=environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if tried.returncode == 0 else tried.stderr.strip() or "no reason given"


def needs_user_namespace() -> bool:
    """Whether a lab needs a user namespace: without root, or where root may not do it."""
    return os.geteuid() != 0 or namespace_problem(user_namespace=False) is not None


@cache
def kernel_lab_missing() -> str | None:
    """Say why the kernel player cannot run here, in one sentence; ``None`` when it can."""
    if sys.platform != "linux":
        return "the kernel lab needs Linux"
    for program in _PROGRAMS:
        if shutil.which(program, path=environment()["PATH"]) is None:
            return f"the kernel lab needs the program {program!r}, which is not on the path"
    for module in _MODULES:
        if find_spec(module) is None:
            return f"the kernel lab needs the Python package {module!r}: install mxpath[lab]"
    problem = namespace_problem(user_namespace=needs_user_namespace())
    return problem and f"the kernel lab needs network namespaces, and here: {problem}"
