"""The mounts around a lab: a ``/run`` of its own, its own resolver, and a trial of it all."""

import os
import socket
from collections.abc import Iterable
from pathlib import Path

from mxpath.lab.namespaces import (
    bind_mount,
    inside,
    ip_batch,
    mount_tmpfs,
    offloads_off,
    set_sysctls,
)
from mxpath.lab.topology import World
from mxpath.lab.zone import is_recursive, resolvers_of

RUN = Path("/run/lab")
"""Configurations and sockets of the daemons: on the lab's private tmpfs."""


def private_run(keep: Iterable[Path]) -> None:
    """Cover ``/run`` with a tmpfs; directories of ours that lie there stay visible."""
    kept = {
        directory: os.open(directory, os.O_PATH | os.O_DIRECTORY)
        for directory in keep
        if directory.is_relative_to("/run")
    }
    mount_tmpfs(Path("/run"))
    for directory, descriptor in kept.items():
        directory.mkdir(parents=True)
        bind_mount(f"/proc/self/fd/{descriptor}", directory)
        os.close(descriptor)
    RUN.mkdir()
    Path("/run/netns").mkdir()


def use_resolver(world: World) -> None:
    """Make the world's resolver the one that programs in the lab find configured.

    A recursive one is said to be trusted with what it validated (resolv.conf(5), ``trust-ad``).
    """
    text = "".join(f"nameserver {address}\n" for address in resolvers_of(world))
    text += "options edns0 trust-ad\n" if is_recursive(world) else ""
    (RUN / "resolv.conf").write_text(text)
    configured = Path("/etc/resolv.conf").resolve()
    if configured.is_relative_to("/run"):  # a link to a file that the tmpfs now covers
        configured.parent.mkdir(parents=True, exist_ok=True)
        configured.write_text(text)
    elif configured.exists():
        bind_mount(str(RUN / "resolv.conf"), configured)


def probe(directory: Path) -> None:
    """Try what a lab needs of the kernel, on a small scale.

    Raises
    ------
    LabError
        With what the kernel forbids.
    OSError
        The same.
    """
    private_run({directory})
    ip_batch(["netns add one", "netns add two"])
    with inside("one"):
        set_sysctls({"ipv4/icmp_ratemask": "0", "ipv6/conf/default/accept_dad": "0"})
        ip_batch(["link add name a type veth peer name b netns two", "link add name c type bridge"])
        offloads_off("a")
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 25))
