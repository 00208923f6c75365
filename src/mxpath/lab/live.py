"""The world as a kernel lab plays it now, and how it is changed while frames fly.

The law:

1. What is played is the world's file, changed by hand (``lab link``), under the faults that last.
   The next one is worked out whole; what differs from the one before is told to whom it concerns.
2. Links: the wire process is told, interfaces get their MTU, and lose carrier when a link goes down.
3. Routes: each routing daemon whose configuration would read differently gets that and reloads it.
   That stands for the interior routing of a network, too, which is written down, not spoken. What
   networks hear of each other's changes they hear by BGP alone.
4. Servers: mail hosts, the registry and the looking glass are changed by the process that plays them.
5. The wire process is believed about its links, never the file.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mxpath.lab import bird, control, fabric
from mxpath.lab.bird_control import ask
from mxpath.lab.conditions import Conditions, with_conditions
from mxpath.lab.convergence import settle
from mxpath.lab.elements import SmtpHost
from mxpath.lab.faults import apply, lasting, named, with_link
from mxpath.lab.namespaces import LabError
from mxpath.lab.topology import Wire, World
from mxpath.lab.wire import WireControl

SETTLE_LIMIT_S = 10.0


class LiveWorld:
    """A world that is being played, and can be changed.

    Parameters
    ----------
    world
        The file's world.
    wire
        The wire process.
    run
        Where the daemons' configurations and control sockets lie.
    """

    def __init__(self, world: World, wire: WireControl, run: Path) -> None:
        self.base = world
        """The file's world with all changes by hand."""
        self.world = world
        """What is played: that, under the faults that last."""
        self.active: tuple[str, ...] = ()
        """The faults that last."""
        self._by_hand: dict[str, bool] = {}
        self._began_s = time.monotonic()
        self._wire, self._run = wire, run

    def begin(self) -> None:
        """Let the world's time begin: the times of its faults count from here."""
        self._began_s = time.monotonic()

    def as_run(self) -> World:
        """Return the played world with its links as the wire process has them (rule 5)."""
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
        self._become(self.active)

    def switch(self, name: str, *, on: bool) -> float:
        """Begin or end a fault by hand; return the seconds until the routes were quiet again.

        Raises
        ------
        InputError
            When the world has no such fault.
        """
        named(self.base, [name])
        self._by_hand[name] = on
        return self._become(self._lasting())

    def follow_time(self) -> None:
        """Begin and end the faults whose time has come."""
        due = self._lasting()
        if due != self.active:
            self._become(due)

    def _lasting(self) -> tuple[str, ...]:
        elapsed_s = time.monotonic() - self._began_s
        return lasting(self.base.faults, elapsed_s, self._by_hand)

    def _become(self, active: tuple[str, ...]) -> float:
        before, after = self.world, apply(self.base, named(self.base, active))
        self.world, self.active = after, active
        for old, new in zip(before.wires, after.wires, strict=True):
            if old.link != new.link:
                self._rewire(old, new)
        changed = self._reroute(before, after)
        _change_servers(before, after)
        return settle(after, changed, limit_s=SETTLE_LIMIT_S) if changed else 0.0

    def _rewire(self, old: Wire, new: Wire) -> None:
        """Rule 2."""
        self._wire.set(new.number, Conditions.of(new.link))
        if (old.link.mtu, old.link.mtu_hidden) != (new.link.mtu, new.link.mtu_hidden):
            fabric.set_mtu(new)
        if old.link.down != new.link.down:
            fabric.set_carrier(new)

    def _reroute(self, before: World, after: World) -> list[Path]:
        """Rule 3; returns the control sockets of the daemons that were told."""
        if before.networks == after.networks and _down(before) == _down(after):
            return []
        old, told = configurations(before), []
        for speaker, text in configurations(after).items():
            if text != old[speaker]:
                (self._run / f"{speaker}.conf").write_text(text)
                told.append(self._run / f"{speaker}.ctl")
        for daemon in told:
            answer = ask(daemon, "configure")
            if "Reconfigur" not in answer:
                raise LabError(f"{daemon.stem}: BIRD does not take its new configuration: {answer}")
        return told


def configurations(world: World) -> dict[str, str]:
    """Return what each routing daemon of a world is configured with, by its namespace."""
    routers = {router: bird.router_config(world, router) for router in world.routers}
    return routers | {
        fabric.route_server(exchange): bird.route_server_config(world, exchange)
        for exchange in world.exchanges
    }


def _down(world: World) -> list[int]:
    return [wire.number for wire in world.wires if wire.link.down]


def _change_servers(before: World, after: World) -> None:
    """Rule 4."""
    for name, host in after.hosts.items():
        was, now = before.hosts[name].smtp, host.smtp
        if was is not None and now is not None and was != now:
            control.ask_services("change", host=name, smtp=_difference(was, now))
    if after.rdap is not None and after.rdap != before.rdap:
        control.ask_services("change", rdap=after.rdap.behaviour)
    glass = after.looking_glass
    if glass is not None and glass != before.looking_glass:
        control.ask_services("change", looking_glass=glass.behaviour)


def _difference(was: SmtpHost, now: SmtpHost) -> dict[str, Any]:
    old = asdict(was)
    return {key: value for key, value in asdict(now).items() if value != old[key]}
