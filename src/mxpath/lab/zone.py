"""The one zone of a world, the same for every player that serves it."""

from collections.abc import Iterator

from mxpath.lab.topology import World

TTL_S = 300


def zone_file(world: World) -> str:
    """Return the world's zone in master-file form: mail domains, mail hosts, further records."""
    zone = world.dns.zone.rstrip(".")
    server = f"ns.{zone}."
    lines = [
        f"{zone}. {TTL_S} IN SOA {server} hostmaster.{zone}. 1 3600 600 86400 {TTL_S}",
        f"{zone}. {TTL_S} IN NS {server}",
        *_addresses(server, world, world.resolver),
    ]
    for domain, entry in world.domains.items():
        lines += [f"{domain.rstrip('.')}. {TTL_S} IN MX {row}" for row in entry.mx]
    for name, host in world.hosts.items():
        if host.smtp is not None:
            lines += _addresses(f"{host.smtp.name.rstrip('.')}.", world, name)
    # Anycast instances say the same twice.
    return "\n".join([*dict.fromkeys(lines), *world.dns.records]) + "\n"


def _addresses(owner: str, world: World, host: str) -> Iterator[str]:
    for address in world.addresses_of(host):
        kind = "A" if address.version == 4 else "AAAA"
        yield f"{owner} {TTL_S} IN {kind} {address}"
