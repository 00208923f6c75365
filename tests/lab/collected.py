"""A world's collector becomes a gazetteer, and what its addresses are by the daemons themselves."""

import re
import shutil
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from mxpath.attribution.attribute import attribute
from mxpath.cli import main
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.netns import Lab
from mxpath.lab.published import publish
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix

PUBLISHED = ("asnames.tsv", "as-rel.txt", "vrps.json", "peeringdb", "rdap")
"""What a world's others publish; where its prefixes are told, pfx2as.txt, is left out."""


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What a collector wrote down, and what its daemon says that it has."""

    world: World
    dump: Path
    told: dict[Prefix, set[int]]
    """Origins of each prefix, by what the collector's own BIRD prints."""

    @classmethod
    def of(cls, lab: Lab, name: str, directory: Path) -> "Collected":
        """Ask a running collector, and keep a copy of its dump."""
        dump = Path(shutil.copy(lab.dump(name), directory / f"{name}.mrt"))
        host = lab.world.collectors[name].host
        argv = ["birdc", "-s", f"/run/lab/@collector-{name}.ctl", "show route all"]
        text = lab.run(host, argv, timeout_s=10).stdout
        told: dict[Prefix, set[int]] = {}
        prefix = None
        for line in text.splitlines():
            if head := re.match(r"([0-9a-f.:]+/\d+) ", line):
                prefix = ip_network(head[1])
            elif (path := re.match(r"\s+BGP.as_path: ?(.*)", line)) and prefix is not None:
                told.setdefault(prefix, set()).add(int(path[1].split()[-1]))
        assert told, text
        return cls(world=lab.world, dump=dump, told=told)

    def gazetteer(self, directory: Path) -> Gazetteer:
        """Build a gazetteer of the dump and of what else the world publishes, by the command."""
        publish(self.world, directory / "published")
        files = [directory / "published" / name for name in PUBLISHED]
        arguments = ["data", "build", self.dump, *(path for path in files if path.exists())]
        for prefix in self.world.public:
            arguments += ["--public", prefix, "--paths", prefix]
        arguments += ["--out", directory / "built", "--without-shipped", "--quiet"]
        arguments += ["--date", "2026-06-17", "--date", f"{self.dump}=2026-06-17"]
        assert main([str(one) for one in arguments]) == 0
        return Gazetteer.open(directory / "built")

    def check(self, gazetteer: Gazetteer) -> None:
        """Hold what the gazetteer says of every address of the world against what is so."""
        addresses = self._addresses()
        owners = attribute(addresses, gazetteer)
        ports, lans = self._ports(), self._lans()
        for address in addresses:
            owner = owners[address]
            lan = next((ix_id for prefix, ix_id in lans.items() if address in prefix), None)
            assert (owner.ixp.ix_id if owner.ixp else None) == lan, address
            port = owner.ixp_port
            assert (port.value.member.asn if port else None) == ports.get(address), address
            around = [prefix for prefix in self.told if address in prefix]
            kept = gazetteer.paths(address)
            paths = {(r.prefix, r.path.origin) for r in kept[0]} if kept is not None else set()
            assert paths == {(p, asn) for p in around for asn in self.told[p]}, address
            origin = owner.origin.value if owner.origin is not None else None
            if not around:
                assert origin is None, address
                continue
            longest = max(around, key=lambda prefix: prefix.prefixlen)
            assert origin is not None, address
            assert origin.prefix == longest
            assert {network.asn for network in origin.networks} == self.told[longest], address
            assert self.told[longest] <= self.declared(longest), longest

    def declared(self, prefix: Prefix) -> set[int]:
        """Networks that the world's file lets announce a prefix."""
        return {
            asn
            for asn, network in self.world.networks.items()
            if prefix in network.prefixes or prefix in network.announce
        }

    def _addresses(self) -> list[IPAddress]:
        """All of interfaces, and in each prefix and LAN two that no interface has."""
        nodes = [
            p for ports in self.world.interfaces.values() for port in ports for p in port.numbers
        ]
        loopbacks = [n for numbers in self.world.router_ids.values() for n in numbers]
        ranges = (*self.told, *self._lans())
        spare = [prefix[number] for prefix in ranges for number in (99, -2)]
        return [*(number.ip for number in (*nodes, *loopbacks)), *spare]

    def _ports(self) -> dict[IPAddress, int]:
        return {
            number.ip: self.world.asn_of[port.node]
            for name in self.world.exchanges
            for port in self.world.members(name)
            for number in port.numbers
        }

    def _lans(self) -> dict[Prefix, int]:
        return {lan: point.id for point in self.world.exchanges.values() for lan in point.lans}
