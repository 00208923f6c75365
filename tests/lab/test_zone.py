import dns.zone

from mxpath.lab.topology import World
from mxpath.lab.zone import zones


def test_the_zone_is_a_whole_master_file(world: World) -> None:
    first, *_ = zones(world)
    zone = dns.zone.from_text(first.text, origin=world.dns.zone, relativize=False)
    zone.check_origin()
    owners = {name.to_text(omit_final_dot=True) for name in zone.nodes}
    assert set(world.domains) <= owners
    assert {host.smtp.name for host in world.hosts.values() if host.smtp} <= owners
    assert f"ns.{world.dns.zone}" in owners
