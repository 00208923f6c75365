"""The environment of an installed program: what Python has compiled is there, as pip leaves it.

Some machines forbid Python to keep compiled files. A checkout would then be compiled anew in each
run, which no user of a wheel has to wait for.
"""

import compileall
import os
from functools import cache
from importlib.util import find_spec


@cache
def _compile() -> None:
    spec = find_spec("mxpath")
    assert spec is not None, "mxpath is measured here"
    for directory in spec.submodule_search_locations or ():
        compileall.compile_dir(directory, quiet=1)


def as_installed(**more: str) -> dict[str, str]:
    """Return the environment for a measured process, with ``more`` in it; mxpath is compiled."""
    _compile()
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | more
