from dataclasses import replace
from pathlib import Path

import pytest

from lab.tables import Routes, tables
from mxpath.lab.convergence import unreachable, wait_for_routes
from mxpath.lab.fib import Fib
from mxpath.lab.namespaces import LabError
from mxpath.lab.topology import World


@pytest.fixture
def small(world: World) -> World:
    """The sender, the resolver and the router between them."""
    return replace(world, hosts={name: world.hosts[name] for name in ("mailhost", "ns")})


def settled(world: World) -> dict[str, Fib]:
    routes: Routes = {host: {"0.0.0.0/0": ("nord1",), "::/0": ("nord1",)} for host in world.hosts}
    lans: dict[str, tuple[str, ...]] = {
        str(net): (host,)
        for host in world.hosts
        for port in world.interfaces[host]
        for net in (number.network for number in port.numbers)
    }
    return tables(world, {**routes, "nord1": lans})


def test_hosts_of_one_router_reach_each_other_in_both_families(small: World) -> None:
    assert unreachable(small, settled(small)) == []


def test_a_missing_route_is_told_with_both_ends(small: World) -> None:
    fibs = settled(small)
    fibs["ns"] = replace(fibs["ns"], routes=())
    assert unreachable(small, fibs) == [f"ns to {a}" for a in small.addresses_of("mailhost")]


def test_what_did_not_come_is_said(small: World, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"did not converge in 0 s: .*nord1 \(daemon silent\)"):
        wait_for_routes(small, [tmp_path / "nord1.ctl"], limit_s=0.1)
