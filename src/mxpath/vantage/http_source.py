"""HTTP connections from addresses of our choice: urllib3's own binding knows one family only."""

import socket
from collections.abc import Sequence
from typing import Any

import urllib3
from urllib3 import connection, connectionpool
from urllib3.exceptions import NameResolutionError

from mxpath.model.address import IPAddress


def bound_pool(pool: urllib3.PoolManager, source: Sequence[IPAddress]) -> urllib3.PoolManager:
    """Let a pool connect from ``source``, at most one address a family.

    A server of a family that has none is asked from wherever the kernel likes.
    """
    own: dict[int, str] = {address.version: str(address) for address in source}

    class Plain(connection.HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, own)

    class Secured(connection.HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, own)

    class PlainPool(connectionpool.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecuredPool(connectionpool.HTTPSConnectionPool):
        ConnectionCls = Secured

    pool.pool_classes_by_scheme = {"http": PlainPool, "https": SecuredPool}
    return pool


def _connect(wanted: Any, own: dict[int, str]) -> socket.socket:
    """Connect to the first address that answers, each from our own address of its family."""
    try:
        found = socket.getaddrinfo(wanted.host.strip("[]"), wanted.port, 0, socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameResolutionError(wanted.host, wanted, error) from error
    last: OSError = OSError("the name has no address")
    for family, kind, protocol, _, target in found:
        fresh = socket.socket(family, kind, protocol)
        try:
            address = own.get({socket.AF_INET: 4, socket.AF_INET6: 6}.get(family, 0))
            if address is not None:
                fresh.bind((address, 0))
            fresh.settimeout(wanted.timeout)
            fresh.connect(target)
        except OSError as error:
            fresh.close()
            last = error
        else:
            return fresh
    raise last
