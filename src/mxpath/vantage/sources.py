"""Which address of this host a packet would leave from, and why one could not leave."""

import errno
import re
import socket
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from mxpath.model.address import IPAddress

_DISCARD_PORT = 9


class SourceFinder:
    """Asks the kernel's routing table by connecting a UDP socket, which sends nothing.

    Parameters
    ----------
    wanted
        Addresses of this host to use, at most one for each family.
    """

    def __init__(self, wanted: tuple[IPAddress, ...] = ()) -> None:
        self._wanted = {address.version: address for address in wanted}
        self.find = lru_cache(maxsize=None)(self._find)

    def _find(self, target: IPAddress) -> IPAddress | None:
        family = socket.AF_INET if target.version == 4 else socket.AF_INET6
        wanted = self._wanted.get(target.version)
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as asking:
                if wanted is not None:
                    asking.bind((str(wanted), 0))
                asking.connect((str(target), _DISCARD_PORT))
                return ip_address(asking.getsockname()[0].partition("%")[0])
        except OSError:
            return None


def host_addresses(
    v4: Path = Path("/proc/net/fib_trie"), v6: Path = Path("/proc/net/if_inet6")
) -> tuple[IPAddress, ...]:
    """Return the addresses of this host beyond itself and its links, as Linux lists them.

    Other systems have no such files; then there are none to be told of.
    """
    found = re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", _text(v4))
    # Address, interface, prefix length, scope (00: global), flags, name: proc(5).
    rows = (line.split() for line in _text(v6).splitlines())
    found += [
        ":".join(row[0][n : n + 4] for n in range(0, 32, 4)) for row in rows if row[3] == "00"
    ]
    addresses = (ip_address(text) for text in dict.fromkeys(found))
    return tuple(a for a in addresses if not a.is_loopback and not a.is_link_local)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def describe(error: OSError, target: IPAddress) -> str:
    """Say why a packet could not leave for ``target``."""
    reason = error.strerror or str(error)
    if error.errno in (errno.EPERM, errno.EACCES):
        reason += " (a firewall of this host forbids it)"
    return f"cannot send to {target}: {reason}"
