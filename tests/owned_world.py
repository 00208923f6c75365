"""The first world with holders, places, and claims that light refutes."""

from dataclasses import replace
from ipaddress import ip_network

from mxpath.lab.elements import City
from mxpath.lab.topology import World
from mxpath.model.address import Prefix

FEED = {
    "198.18.0.0/20": "Oslo",
    "2001:db8:1000::/36": "Oslo",
    "198.18.32.0/20": "Frankfurt am Main",
    "2001:db8:3000::/36": "Perth",  # BigMail is nearer than that
    "198.18.48.0/20": "Perth",  # and so is FarMail
}
CITIES = {
    "Oslo": City(country="NO", latitude=59.91, longitude=10.75, routers=("nord1", "alpha1")),
    "Frankfurt am Main": City(country="DE", latitude=50.12, longitude=8.68, routers=("big1",)),
    "Zurich": City(country="CH", latitude=47.37, longitude=8.55, routers=("far1",)),
    "Perth": City(country="AU", latitude=-31.95, longitude=115.86),
}
HELD = {64496: ("Nord AS", "NO"), 64503: ("House Ltd", "IE"), 64504: ("House Ltd", "CH")}


def with_owners(world: World) -> World:
    """Say who runs the networks of the first world, and where its routers stand."""
    networks = {
        asn: replace(network, organisation=HELD[asn][0], country=HELD[asn][1])
        if asn in HELD
        else network
        for asn, network in world.networks.items()
    }
    feed: dict[Prefix, str] = {ip_network(prefix): city for prefix, city in FEED.items()}
    return replace(world, networks=networks, cities=CITIES, feed=feed)
