"""The walls of the house: what may be imported where, and how long a thing may grow."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import mxpath

SOURCE = Path(mxpath.__file__).parent
ROOT = SOURCE.parent.parent

WALLS = {
    # module: rooms that may import it
    "socket": ("vantage", "lab"),
    "ssl": ("vantage", "lab"),
    "scapy": ("vantage", "lab"),
    "ipwhois": ("vantage",),
    "urllib3": ("vantage",),
    "urllib.request": ("vantage", "lab"),
    "httpx": ("vantage", "lab"),
    "pycares": ("vantage", "lab"),
    "dns.query": ("vantage", "lab"),
    "dns.resolver": ("vantage", "lab"),
    "dns.asyncresolver": ("vantage", "lab"),
    "dns.asyncquery": ("vantage", "lab"),
    "matplotlib": ("figures",),
    "duckdb": ("history", "survey"),
    "dask": ("survey",),
    "aiosmtpd": ("lab",),
}
ADAPTERS = (
    "raw",
    "portable",
    "dns",
    "tcp",
    "http",
    "download",
    "rdap",
    "registry",
    "live",
    "recorded",
)
STAGES = ("mail", "attribution", "tracing", "multipath", "reading", "smtp", "inference", "graph")
TRUTH_MAY_NOT_KNOW = (
    "bgp",
    "inference",
    "tracing",
    "multipath",
    "reading",
    "graph",
    "attribution",
    "smtp",
    "mail",
)


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    return tuple(
        (path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(SOURCE.rglob("*.py"))
    )


@cache
def imports(tree: ast.Module) -> tuple[str, ...]:
    return tuple(_imports(tree))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def test_walls() -> None:
    trespassers = {
        (path, name)
        for path, tree in modules()
        for name in imports(tree)
        for walled in walls_around(name)
        if path.split("/")[0] not in WALLS[walled]
    }
    assert not trespassers


@cache
def walls_around(name: str) -> tuple[str, ...]:
    return tuple(walled for walled in WALLS if is_within(name, walled))


def test_nobody_sleeps_outside_the_vantage_and_the_lab() -> None:
    sleepers = [
        path
        for path, tree in modules()
        if path.split("/")[0] not in ("vantage", "lab")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "sleep"
        and isinstance(node.value, ast.Name)
        and node.value.id in ("time", "asyncio")
    ]
    assert not sleepers


def test_stages_know_ports_and_never_an_adapter() -> None:
    offenders = [
        (path, name)
        for path, tree in modules()
        if path.split("/")[0] in STAGES
        for name in imports(tree)
        if any(is_within(name, f"mxpath.vantage.{adapter}") for adapter in ADAPTERS)
    ]
    assert not offenders


def test_the_truth_knows_nothing_of_the_analyzer() -> None:
    offenders = [
        (path, name)
        for path, tree in modules()
        if path.startswith("lab/")
        for name in imports(tree)
        if any(is_within(name, f"mxpath.{room}") for room in TRUTH_MAY_NOT_KNOW)
    ]
    assert not offenders


def test_lab_servers_never_share_a_process_with_scapy() -> None:
    """Apache-2.0 and GPL-2.0-only stay apart: importing the one must not load the other."""
    code = "import sys, mxpath.lab.services; sys.exit('scapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_layers() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_no_room_without_a_name() -> None:
    vague = {"utils", "helpers", "common", "manager", "service", "misc", "base"}
    assert not [path for path, _ in modules() if vague & set(Path(path).with_suffix("").parts)]


def test_two_levels_deep_and_no_deeper() -> None:
    assert not [path for path, _ in modules() if len(Path(path).parts) > 2]


def test_files_stay_readable() -> None:
    """Around 100 lines, rarely over 300: a file that outgrows 400 wants to be two."""
    lengths = {path: len((SOURCE / path).read_text().splitlines()) for path, _ in modules()}
    assert not {path: n for path, n in lengths.items() if n > 400}


def test_neither_pyplot_nor_a_package_of_data_is_ever_loaded() -> None:
    """One has global settings, the other a licence that is for data alone."""
    unwanted = {"matplotlib.pyplot", "tzdata"}
    code = (
        f"import sys, mxpath.figures.drawing, mxpath.pipeline; print({unwanted} & {{*sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_no_scapy_all() -> None:
    assert not [path for path, tree in modules() if "scapy.all" in imports(tree)]


def test_importing_mxpath_costs_nothing() -> None:
    heavy = "numpy scapy networkx matplotlib dns pydantic jinja2 cryptography argparse"
    code = f"import sys, mxpath; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_no_stage() -> None:
    heavy = "numpy scapy networkx matplotlib dns pydantic jinja2 cryptography"
    code = (
        "import sys; from mxpath.cli import main; main(['--help']);"
        f"sys.exit(any(m in sys.modules for m in {heavy.split()}))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=-3, check=False).returncode == 0


def test_the_smtp_machine_cannot_send_mail() -> None:
    """No string under smtp/ or vantage/ begins a mail transaction."""
    verbs = re.compile(r"^(MAIL FROM|RCPT TO|DATA|BDAT)\b", re.IGNORECASE)
    found = [
        (path, node.value)
        for path, tree in modules()
        if path.split("/")[0] in ("smtp", "vantage")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str | bytes)
        and verbs.match(node.value if isinstance(node.value, str) else node.value.decode("latin1"))
    ]
    # The one object of RIPEstat's answers.
    assert found == [("vantage/ripestat.py", "data")]
