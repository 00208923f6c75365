"""The mail hosts of a played world: what each is now, its kernel's TCP, its certificate."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from functools import cached_property
from typing import Any

from mxpath.errors import InputError
from mxpath.lab.certificates import Authority, Issued, authority_title
from mxpath.lab.elements import SmtpHost
from mxpath.lab.mail_words import changed
from mxpath.lab.simulated_tcp import TcpServer
from mxpath.lab.topology import World
from mxpath.lab.truth import SmtpTruth
from mxpath.vantage.certificates import TrustStore


class PlayedMail:
    """All mail hosts of a world, by node; any of them can be changed while it is played.

    Parameters
    ----------
    world
        The world; its date is the authority's present.
    """

    def __init__(self, world: World) -> None:
        self._title = authority_title(world.name)
        self._now = datetime.combine(world.as_of, time(), tzinfo=UTC)
        self.hosts: dict[str, SmtpHost] = {}
        self.tcp: dict[str, TcpServer] = {name: TcpServer(None) for name in world.hosts}
        self._issued: dict[str, Issued] = {}
        for name, host in world.hosts.items():
            if host.smtp is not None:
                self._become(name, host.smtp)

    def _become(self, node: str, smtp: SmtpHost) -> None:
        self.hosts[node] = smtp
        self.tcp[node] = TcpServer(smtp.behaviour)
        self._issued.pop(node, None)

    def change(self, node: str, keys: Mapping[str, Any]) -> SmtpHost:
        """Change some keys of a host's :class:`SmtpHost`; return the whole of it.

        Raises
        ------
        InputError
            When there is no such mail host.
        ParseError
            When there is no such key or value.
        """
        if node not in self.hosts:
            raise InputError(f"no mail host {node!r} (there is: {', '.join(self.hosts)})")
        self._become(node, changed(self.hosts[node], keys))
        return self.hosts[node]

    def follow(self, before: World, after: World) -> None:
        """Make the hosts that differ between two states of the world what they are in the later."""
        for node, host in after.hosts.items():
            if host.smtp is not None and host.smtp != before.hosts[node].smtp:
                self._become(node, host.smtp)

    @cached_property
    def authority(self) -> Authority:
        """Who certifies the world's mail servers; made when first asked for."""
        return Authority.create(self._title, now=self._now)

    @cached_property
    def trust(self) -> TrustStore:
        """A client's store that holds the authority and nothing else."""
        return TrustStore.of(self.authority.certificate)

    def issued(self, node: str) -> Issued:
        """Return the certificate that a host shows after STARTTLS."""
        if node not in self._issued:
            self._issued[node] = self.authority.issue(self.hosts[node])
        return self._issued[node]

    def truths(self) -> dict[str, SmtpTruth]:
        """Return what the analyzer should find, by node."""
        return {
            node: SmtpTruth.of(smtp, self.issued(node).certificate if smtp.starttls else None)
            for node, smtp in self.hosts.items()
        }
