"""Every dependency with its licence: the whole is GPL-2.0-only because scapy is."""

import re
from importlib.metadata import PackageNotFoundError, metadata, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RUN_TIME = {
    # name: licence as SPDX; all are compatible with GPL-2.0-only
    "cryptography": "Apache-2.0 OR BSD-3-Clause",
    "dnspython": "ISC",
    "idna": "BSD-3-Clause",
    "ipwhois": "BSD-2-Clause",
    "jinja2": "BSD-3-Clause",
    "matplotlib": "PSF-2.0",
    "networkx": "BSD-3-Clause",
    "numpy": "BSD-3-Clause",
    "pydantic": "MIT",
    "scapy": "GPL-2.0-only",
    "urllib3": "MIT",
    # and what those bring along
    "annotated-types": "MIT",
    "cffi": "MIT",
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "defusedxml": "PSF-2.0",
    "fonttools": "MIT",
    "kiwisolver": "BSD-3-Clause",
    "markupsafe": "BSD-3-Clause",
    "packaging": "Apache-2.0 OR BSD-2-Clause",
    "pillow": "MIT-CMU",
    "pycparser": "BSD-3-Clause",
    "pydantic-core": "MIT",
    "pyparsing": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "six": "MIT",
    "typing-extensions": "PSF-2.0",
    "typing-inspection": "MIT",
}
APART = {
    # in an extra, in a process that never imports scapy
    "aiosmtpd": "Apache-2.0",
}
DATA_ONLY = {
    # time zone files that python-dateutil asks for; no code of it runs in our process
    "tzdata": "Apache-2.0",
}
COMPATIBLE = {
    "BSD-2-Clause", "BSD-3-Clause", "GPL-2.0-only", "ISC", "LGPL-2.1-or-later", "MIT",
    "MIT-CMU", "MPL-2.0", "PSF-2.0",
}  # fmt: skip


def required(name: str, *, extra: str = "") -> set[str]:
    """Direct dependencies on this platform; with ``extra``, only what that one adds."""
    found: set[str] = set()
    for line in requires(name) or []:
        requirement = Requirement(line)
        marker = requirement.marker
        applies = marker is None or marker.evaluate({"extra": extra})
        if applies and not (extra and (marker is None or marker.evaluate({"extra": ""}))):
            found.add(canonicalize_name(requirement.name))
    return found


def closure(name: str) -> set[str]:
    """Everything that is installed because of ``name``."""
    found: set[str] = set()
    waiting = required(name)
    while waiting:
        one = waiting.pop()
        try:
            metadata(one)
        except PackageNotFoundError:  # for another platform or Python
            continue
        if one not in found:
            found.add(one)
            waiting |= required(one)
    return found


def test_every_dependency_is_listed() -> None:
    assert closure("mxpath") <= RUN_TIME.keys() | DATA_ONLY.keys()


@pytest.mark.parametrize(("name", "licence"), RUN_TIME.items())
def test_compatible(name: str, licence: str) -> None:
    assert set(licence.split(" OR ")) & COMPATIBLE, name


def test_apache_only_stays_in_its_extra() -> None:
    assert required("mxpath", extra="lab") == APART.keys()


@pytest.mark.parametrize("name", sorted(closure("mxpath") - DATA_ONLY.keys()))
def test_the_installed_package_says_so_too(name: str) -> None:
    """What the package itself declares names one of the listed alternatives."""
    meta = metadata(name)
    said = meta.json
    classifiers = [c for c in said.get("classifier", []) if c.startswith("License")]
    declared = " ".join(
        [str(said.get("license_expression", "")), str(said.get("license", "")), *classifiers]
    ).lower()
    family = {
        "BSD": "bsd", "MIT": "mit", "ISC": "isc", "PSF": "(python software foundation|psf)",
        "GPL": "(gpl|general public)", "Apache": "apache",
    }  # fmt: skip
    wanted = [pattern for key, pattern in family.items() if key in RUN_TIME[name]]
    assert any(re.search(pattern, declared) for pattern in wanted), declared[:200]
