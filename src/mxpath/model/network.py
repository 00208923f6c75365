"""An autonomous system and its name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An autonomous system and what it is called."""

    asn: int
    name: str | None = None

    def __str__(self) -> str:
        return f"AS{self.asn} {self.name}" if self.name else f"AS{self.asn}"
