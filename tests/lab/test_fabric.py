from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from mxpath.errors import InputError
from mxpath.lab.fabric import build, hardware_address, link_local, namespaces, wire_ends
from mxpath.lab.topology import World


def test_a_link_local_address_is_made_as_rfc_4291_shows() -> None:
    # RFC 4291 appendix A: 34-56-78-9A-BC-DE becomes 36-56-78-FF-FE-9A-BC-DE.
    assert link_local("34:56:78:9a:bc:de") == IPv6Address("fe80::3656:78ff:fe9a:bcde")


def test_no_two_interfaces_share_a_name_or_an_address() -> None:
    ends = [(wire, end) for wire in range(600) for end in (0, 1)]
    assert len({hardware_address(*end) for end in ends}) == len(ends)
    assert len({link_local(hardware_address(*end)) for end in ends}) == len(ends)


def test_only_routers_forward(world: World) -> None:
    spaces = namespaces(world)
    forwarding = {name for name, sysctls in spaces.items() if "ipv4/ip_forward" in sysctls}
    assert forwarding == set(world.routers)
    assert {"@wire", "FRA-LIX", "@rs-FRA-LIX", *world.hosts} <= set(spaces)


def test_interface_names_fit_the_kernel(world: World) -> None:
    last = replace(world.wires[0], number=99_999)
    assert all(len(name) < 16 for name in wire_ends(last))


@pytest.mark.parametrize("name", ["a/b", "..", "two words", ""])
def test_a_name_that_is_no_file_name_is_refused(world: World, name: str) -> None:
    hosts = world.hosts | {name: world.hosts["ns"]}
    with pytest.raises(InputError, match="cannot name a network namespace"):
        build(replace(world, hosts=hosts))
