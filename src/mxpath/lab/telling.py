"""What a running lab tells: the truth, and the tables of its routers and collectors."""

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from mxpath.errors import InputError
from mxpath.lab import control
from mxpath.lab.enclosure import RUN
from mxpath.lab.own_table import sender_router
from mxpath.lab.state import LabState
from mxpath.lab.topology import World
from mxpath.lab.truth import Truth
from mxpath.lab.wanted_flow import Rows, wanted
from mxpath.model.codec import from_data


class TellingLab(ABC):
    """The part of a running lab that is asked about it."""

    world: World
    state: LabState

    @abstractmethod
    def run(
        self,
        node: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command at a node; the lab itself knows how."""

    def truth(self, flows: Rows) -> Truth:
        """Read what is true from the running kernels and daemons; sends no packet.

        Parameters
        ----------
        flows
            Flows from the sender; (target, source port) alone is TCP to port 25.
        """
        asked = [[str(flow.target), *flow[1:]] for flow in wanted(flows)]
        return from_data(Truth, control.ask(self.state.directory, "truth", flows=asked))

    def own_table(self) -> Path:
        """Write down the table of the sender's own router, as ``birdc show route all`` prints it.

        Returns
        -------
        Path
            A text in the lab's directory, replaced by the next one.
        """
        router = sender_router(self.world)
        argv = ["birdc", "-s", str(RUN / f"{router}.ctl"), "show", "route", "all"]
        path = self.state.directory / "own-table"
        path.write_text(self.run(router, argv, timeout_s=10).stdout)
        return path

    def dump(self, collector: str) -> Path:
        """Let a route collector write down now what it knows; the file lies in the lab's directory.

        Returns
        -------
        Path
            An MRT file (TABLE_DUMP_V2, RFC 6396), replaced by the next dump.

        Raises
        ------
        InputError
            When the world has no such collector.
        LabError
            When it does not answer.
        """
        if collector not in self.world.collectors:
            known = ", ".join(self.world.collectors) or "none"
            raise InputError(
                f"world {self.world.name!r} has no collector {collector!r} (has: {known})"
            )
        return Path(control.ask(self.state.directory, "dump", collector=collector))
