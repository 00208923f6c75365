"""The world as a kernel lab plays it now, and how it is changed while frames fly.

The law:

1. What is played is the world's file, changed by hand (``lab link``), under the faults that last.
   The next one is worked out whole; what differs from the one before is told to whom it concerns.
2. Links: the wire process is told, interfaces get their MTU, and lose carrier when a link goes down.
3. Routes: each routing daemon whose configuration would read differently gets that and reloads it.
   That stands for the interior routing of a network, too, which is written down, not spoken. What
   neighbours in other networks learn of it they learn from BGP alone.
4. The wire process is believed about its links, never the file.
"""

from collections.abc import Mapping
from typing import Any

from mxpath.lab import fabric
from mxpath.lab.conditions import Conditions, with_conditions
from mxpath.lab.faults import with_link
from mxpath.lab.topology import Wire, World
from mxpath.lab.wire import WireControl


class LiveWorld:
    """A world that is being played, and can be changed."""

    def __init__(self, world: World, wire: WireControl) -> None:
        self.base = world
        """The file's world with all changes by hand."""
        self.world = world
        """What is played: that, under the faults that last."""
        self._wire = wire

    def as_run(self) -> World:
        """Return the played world with its links as the wire process has them (rule 4)."""
        numbers = range(len(self.world.wires))
        return with_conditions(self.world, self._wire.read(numbers))

    def change_link(self, ends: tuple[str, str], changes: Mapping[str, Any]) -> None:
        """Change a link by hand.

        Raises
        ------
        InputError
            When there is no such link, or it cannot be so.
        """
        self.base = with_link(self.base, ends, changes)
        self._become(self.base)

    def _become(self, world: World) -> None:
        before, self.world = self.world, world
        for old, new in zip(before.wires, world.wires, strict=True):
            if old.link != new.link:
                self._rewire(old, new)

    def _rewire(self, old: Wire, new: Wire) -> None:
        self._wire.set(new.number, Conditions.of(new.link))
        if (old.link.mtu, old.link.mtu_hidden) != (new.link.mtu, new.link.mtu_hidden):
            fabric.set_mtu(new)
        if old.link.down != new.link.down:
            fabric.set_carrier(new)
