"""Unbound for a world: a recursive resolver that knows the lab's own root and nothing else.

It validates when the lab's root has a key. It has no other root, and there is no way
out of a lab: so whatever it is asked, it asks the world's server alone.
"""

import time
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query

from mxpath.lab.knot import TRUST_ANCHOR
from mxpath.lab.namespaces import LabError, inside
from mxpath.lab.topology import World
from mxpath.lab.zone import server_of

_PATIENCE_S = 1.0
_LIMIT_S = 10.0


def config(world: World, directory: Path, *, anchor: Path | None) -> str:
    """Return the configuration of the world's resolver; it validates with an ``anchor``."""
    lines = [
        "server:",
        *(f"  interface: {address}" for address in world.addresses_of(world.resolver)),
        "  access-control: 0.0.0.0/0 allow",
        "  access-control: ::/0 allow",
        '  username: ""',
        '  chroot: ""',
        f'  directory: "{directory}"',
        '  pidfile: ""',
        "  do-daemonize: no",
        "  use-syslog: no",
        '  logfile: ""',
        "  num-threads: 1",
        "  edns-buffer-size: 1232",
        "  ede: yes",
        f'  module-config: "{"validator iterator" if anchor else "iterator"}"',
        f'  root-hints: "{directory / "root.hints"}"',
        # Without this it answers by itself that private addresses have no names (RFC 6303).
        "  unblock-lan-zones: yes",
    ]
    if anchor:
        lines.append(f'  trust-anchor-file: "{anchor}"')
    return "\n".join([*lines, "remote-control:", "  control-enable: no"]) + "\n"


def write(world: World, directory: Path, *, keys: Path) -> list[str]:
    """Write configuration and root hints; return the command line of the resolver.

    Parameters
    ----------
    world
        A world whose zones lie on a server of their own.
    directory
        Where the files go.
    keys
        The name server's directory; the trust anchor lies there when the zones are signed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    anchor = keys / TRUST_ANCHOR
    path = directory / "unbound.conf"
    path.write_text(config(world, directory, anchor=anchor if anchor.exists() else None))
    hints = [". 3600000 IN NS ns.root."]
    hints += [
        f"ns.root. 3600000 IN {'A' if address.version == 4 else 'AAAA'} {address}"
        for address in world.addresses_of(server_of(world))
    ]
    (directory / "root.hints").write_text("\n".join(hints) + "\n")
    return ["unbound", "-d", "-c", str(path)]


def wait_until_it_resolves(world: World) -> None:
    """Ask it for the world's zone until the answer comes, validated where zones are signed.

    Raises
    ------
    LabError
        With what it said last.
    """
    question = dns.message.make_query(world.dns.zone, "SOA")
    question.flags |= dns.flags.AD
    server = str(world.addresses_of(world.resolver)[0])
    deadline, said = time.monotonic() + _LIMIT_S, "nothing"
    with inside(world.resolver):
        while time.monotonic() < deadline:
            try:
                answer = dns.query.udp(question, server, timeout=_PATIENCE_S)
            except (dns.exception.DNSException, OSError) as error:
                said = type(error).__name__
            else:
                if answer.answer and bool(answer.flags & dns.flags.AD) == world.dns.signed:
                    return
                said = answer.to_text().replace("\n", " | ")
            time.sleep(0.05)
    raise LabError(f"the resolver does not resolve: {said}")
