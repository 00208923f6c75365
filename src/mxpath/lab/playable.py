"""What a world must not ask of the kernel player."""

from mxpath.errors import InputError
from mxpath.lab.routing import ControlPlane
from mxpath.lab.topology import World


def check_playable(world: World) -> None:
    """Say before anything runs what the kernel cannot play.

    Raises
    ------
    InputError
        When routers answer as only those of the memory player do, or routes never settle.
    """
    for name, router in world.answering.items():
        if router.memory_only:
            keys = ", ".join(router.memory_only)
            raise InputError(
                f"the kernel cannot play answering.{name} ({keys}): play this world in memory, "
                "with --vantage sim:"
            )
    if any(network.prefer for network in world.networks.values()):
        ControlPlane(world).routes()
