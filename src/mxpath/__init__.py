"""mxpath: where mail to a domain really goes, through whose networks, and where the time goes.

    import mxpath

    vantage, gazetteer = mxpath.live(), mxpath.Gazetteer.shipped()
    study = mxpath.analyze("example.org", vantage, gazetteer)
    print(study.verdict.sentence)

The names below are all there is to know for a start. Each is loaded when it is
first used (PEP 562), so that ``import mxpath`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxpath.attribution.attribute import attribute
    from mxpath.errors import (
        InputError,
        MxpathError,
        ParseError,
        PrivilegeError,
        RefusedError,
        SnapshotError,
    )
    from mxpath.figures import FIGURES
    from mxpath.gazetteer.gazetteer import Gazetteer
    from mxpath.graph.build import build_graph
    from mxpath.graph.compare import compare
    from mxpath.graph.verdicts import judge
    from mxpath.inference.routes import infer_route
    from mxpath.lab.simulated import simulate
    from mxpath.lab.topology import read_world, shipped_worlds
    from mxpath.mail.discover import discover
    from mxpath.model.study import Study
    from mxpath.pipeline import Options, analyze
    from mxpath.report.html import render_report
    from mxpath.report.text import screen
    from mxpath.smtp.probe import probe
    from mxpath.tracing.tracer import trace
    from mxpath.vantage.live import live
    from mxpath.vantage.recorded import record, replay

__version__ = "0.1.0"

_HOMES = {
    "FIGURES": "figures",
    "Gazetteer": "gazetteer.gazetteer",
    "InputError": "errors",
    "MxpathError": "errors",
    "Options": "pipeline",
    "ParseError": "errors",
    "PrivilegeError": "errors",
    "RefusedError": "errors",
    "SnapshotError": "errors",
    "Study": "model.study",
    "analyze": "pipeline",
    "attribute": "attribution.attribute",
    "build_graph": "graph.build",
    "compare": "graph.compare",
    "discover": "mail.discover",
    "infer_route": "inference.routes",
    "judge": "graph.verdicts",
    "live": "vantage.live",
    "probe": "smtp.probe",
    "read_world": "lab.topology",
    "record": "vantage.recorded",
    "render_report": "report.html",
    "replay": "vantage.recorded",
    "screen": "report.text",
    "shipped_worlds": "lab.topology",
    "simulate": "lab.simulated",
    "trace": "tracing.tracer",
}
"""Each public name and the module it lives in."""

__all__ = [
    "FIGURES",
    "Gazetteer",
    "InputError",
    "MxpathError",
    "Options",
    "ParseError",
    "PrivilegeError",
    "RefusedError",
    "SnapshotError",
    "Study",
    "analyze",
    "attribute",
    "build_graph",
    "compare",
    "discover",
    "infer_route",
    "judge",
    "live",
    "probe",
    "read_world",
    "record",
    "render_report",
    "replay",
    "screen",
    "shipped_worlds",
    "simulate",
    "trace",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mxpath' has no attribute {name!r}")
    value = getattr(import_module(f"mxpath.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
