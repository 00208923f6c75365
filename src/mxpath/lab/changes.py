"""What can be done to a running lab while packets fly; its holder does it (``live``)."""

from typing import Any

from mxpath.lab import control
from mxpath.lab.elements import Link
from mxpath.lab.namespaces import LabError
from mxpath.lab.state import LabState
from mxpath.lab.topology import World
from mxpath.model.codec import from_data


class ChangeableLab:
    """The part of a running lab that changes it."""

    world: World
    state: LabState

    def links(self) -> tuple[Link, ...]:
        """Return the links as the running wires have them, in the order of the world's file."""
        return from_data(tuple[Link, ...], control.ask(self.state.directory, "links"))

    def link(self, one: str, other: str, **changes: Any) -> tuple[Link, ...]:
        """Change the link between two nodes while packets fly.

        Parameters
        ----------
        one, other
            Its ends, in either order; a router, and a router or an exchange point.
        **changes
            Keys of :class:`mxpath.lab.elements.Link` with their new values.

        Returns
        -------
        tuple of Link
            The link as it now is; more than one where links lie side by side.

        Raises
        ------
        LabError
            When there is no such link, or it cannot be so.
        """
        if changes:
            control.ask(self.state.directory, "link", ends=[one, other], changes=changes)
        found = tuple(link for link in self.links() if {one, other} == set(link.ends))
        if not found:
            raise LabError(f"world {self.world.name!r} has no link between {one!r} and {other!r}")
        return found

    def fault(self, name: str) -> float:
        """Begin one of the world's faults, whatever its own times say.

        Returns
        -------
        float
            Seconds until the routes were quiet again.

        Raises
        ------
        LabError
            When the world has no such fault.
        """
        return float(control.ask(self.state.directory, "fault", fault=name, on=True))

    def mend(self, name: str) -> float:
        """End one of the world's faults, as :meth:`fault` begins it."""
        return float(control.ask(self.state.directory, "fault", fault=name, on=False))

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults that last now."""
        return tuple(control.ask(self.state.directory, "status")["faults"])
