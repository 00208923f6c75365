"""What a caller may choose about multipath tracing."""

from dataclasses import dataclass

from mxpath.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipathOptions:
    """How sure to be, and at what price.

    Raises
    ------
    InputError
        When a value is outside its range.
    """

    confidence: float = 0.95
    """That no next hop is missed: per stopping decision, or of the whole graph with ``branchings``."""
    branchings: int | None = None
    """B: at most so many routers are taken to branch; ``None`` speaks of each decision alone."""
    to_target: bool = False
    """Whether to ask for the last step too: at most one probe a flow, and ``at_target`` in all."""
    lite: bool = True
    """Whether uniform diamonds without meshing are asked hop by hop (MDA-Lite, arXiv:1809.10070)."""
    meshing_flows: int = 2
    """Flows a node by which meshing is looked for; more find it more surely."""
    at_target: int = 16
    """Probes of further flows that may arrive at the target, with ``to_target``."""
    by_accident: int = 5
    """Probes of further flows that may arrive there at a time because a path is shorter than
    that of the first flow."""
    max_flows: int = 1500
    """Flows to one target."""
    max_probes: int = 10_000
    """Probes of the further flows to one target."""

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InputError(f"{name} = {value} must lie between {low} and {high}")


_RANGES = (
    ("confidence", 0.5, 0.9999),
    ("branchings", 1, 1000),
    ("meshing_flows", 2, 64),
    ("at_target", 0, 16),
    ("by_accident", 1, 5),
    ("max_flows", 2, 4000),
    ("max_probes", 1, 100_000),
)
