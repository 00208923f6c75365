"""A route collector: a BIRD on a host that hears whole tables and writes them down as MRT.

1. Its peers are routers of several networks, over multihop sessions between the host's
   address and the router's loopback, one for each family that both have.
2. A router tells it all its best routes, whomever they were learnt from: a collector is
   like a customer of everybody. Own prefixes that are announced to some neighbours
   alone it hears of when its AS number is among them.
3. It tells nobody anything, and its routes are in no kernel.
4. A dump is one file in the form TABLE_DUMP_V2 (RFC 6396), both families one after the
   other, each with its own index of peers.
"""

from collections.abc import Iterator
from pathlib import Path

from mxpath.lab.bird_control import ask
from mxpath.lab.bird_policy import export_filter, told_to
from mxpath.lab.bird_session import Session, head, session_block
from mxpath.lab.namespaces import LabError
from mxpath.lab.topology import Interface, World


def collector_config(world: World, name: str) -> str:
    """Return the BIRD configuration of a collector."""
    collector = world.collectors[name]
    blocks = [*head(world, name)]
    for number, router in enumerate(collector.peers):
        for local, remote in _ends(world, collector.host, router):
            session = Session(
                name=f"peer{local.version}_{number}",
                local=local,
                local_asn=collector.asn,
                remote=remote,
                remote_asn=world.asn_of[router],
                channel="import all; export none;",
                extra="multihop; ",
            )
            blocks.append(session_block(local.version, session))
    return "\n".join(blocks) + "\n"


def speaker(name: str) -> str:
    """Return under what name a collector's BIRD runs: no node's."""
    return f"@collector-{name}"


def to_collectors(world: World, router: str, family: int) -> Iterator[Session]:
    """Yield a router's sessions to the collectors that it is a peer of."""
    asn = world.asn_of[router]
    for number, collector in enumerate(world.collectors.values()):
        if router not in collector.peers:
            continue
        told = told_to(world, asn, family, [collector.asn])
        for remote, local in _ends(world, collector.host, router):
            if local.version == family:
                yield Session(
                    name=f"collector{family}_{number}",
                    local=local,
                    local_asn=asn,
                    remote=remote,
                    remote_asn=collector.asn,
                    channel=f"import none; export {export_filter(asn, 'collector', told, {})};",
                    extra="multihop; ",
                )


def _ends(world: World, host: str, router: str) -> Iterator[tuple[Interface, Interface]]:
    """The host's and the router's number in each family that both have."""
    for remote in world.router_ids[router]:
        local = world.interfaces[host][0].number(remote.version)
        if local is not None:
            yield local, remote


def dump(control: Path, target: Path) -> None:
    """Let a running collector write its tables to a file, which is replaced.

    Raises
    ------
    LabError
        When it cannot.
    """
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)  # BIRD appends
    said = ask(control, f'mrt dump table "master*" to "{fresh}"')
    if not fresh.exists():
        raise LabError(f"the collector wrote no dump: {said.splitlines()[-1].strip()}")
    fresh.replace(target)
