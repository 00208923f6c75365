"""What becomes of a played world as its clock moves: faults begin and end.

A played clock may be turned back, so the state at a time is a function of that time alone.
States that were needed once are kept.
"""

from dataclasses import dataclass

from mxpath.lab.faults import apply, lasting, named
from mxpath.lab.forwarding import DataPlane
from mxpath.lab.topology import World


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of a world, and where packets go in it."""

    world: World
    plane: DataPlane


class Course:
    """A world under its faults, over time.

    Parameters
    ----------
    world
        The world without any fault.
    seed
        Salts the equal-cost choices.
    active
        Names of faults that last from the beginning to the end.
    began_ns
        When the world began: what the times of its faults count from.
    timed
        Whether faults come and go by their own times.

    Raises
    ------
    InputError
        When the world has no such fault.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int,
        active: tuple[str, ...] = (),
        began_ns: int = 0,
        timed: bool = True,
    ) -> None:
        named(world, active)
        self.base, self.began_ns = world, began_ns
        self._seed, self._timed = seed, timed
        self._by_hand = dict.fromkeys(active, True)
        self._stages: dict[tuple[str, ...], Stage] = {}

    def names_at(self, at_ns: int) -> tuple[str, ...]:
        """Return the faults that last at a time."""
        elapsed_s = (at_ns - self.began_ns) / 1e9 if self._timed else -1.0
        return lasting(self.base.faults, elapsed_s, self._by_hand)

    def at(self, at_ns: int) -> Stage:
        """Return the state of the world at a time."""
        names = self.names_at(at_ns)
        if names not in self._stages:
            world = apply(self.base, named(self.base, names))
            self._stages[names] = Stage(world, DataPlane(world, seed=self._seed))
        return self._stages[names]
