"""A small world with a recursive, validating resolver."""

from mxpath.lab.topology import World, parse_world

ALIASES = 40
"""Links of a chain: more than any resolver follows, however often it is asked."""
LONG = 40
"""MX records of one name: more than fit into 1232 octets."""

_CHAIN = [f"n{n}.example. 300 CNAME n{n + 1}.example." for n in range(ALIASES)]
_MANY = [f"many.example. 300 MX {n} a-rather-long-name-{n}.many.example." for n in range(LONG)]
_RECORDS = [
    "loop.example. 300 CNAME pool.example.",
    "pool.example. 300 CNAME loop.example.",
    "short.example. 60 CNAME fine.example.",
    "outward.example. 60 CNAME elsewhere.invalid-tld.",
    "into-bogus.example. 60 CNAME bogus.example.",
    "into-plain.example. 60 CNAME plain.example.",
    "into-broken.example. 60 CNAME broken.example.",
    'www.bogus.example. 300 TXT \\"below\\"',
    "*.wild.example. 300 A 198.18.1.1",
    "ends.example. 300 MX 0 mx1.bigmail.example.",
    "ends.example. 300 MX 65535 mx1.bigmail.example.",
    "7.20.18.198.in-addr.arpa. 300 PTR liar.example.",
    f"n{ALIASES}.example. 300 A 198.18.1.1",
    *_CHAIN,
    *_MANY,
]

_TEXT = """
name = "signed"
title = "Signed zones, and a resolver that validates"
as_of = 2026-06-17
sender = "mailhost"
resolver = "ns"
public = ["198.18.0.0/15", "2001:db8::/32"]

[networks.64496]
name = "Nordmail"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["nord1"]
providers = [64497]

[networks.64497]
name = "Alpha Transit"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["alpha1"]

[exchanges.LIX]
id = 1
lan_v4 = "192.168.7.0/24"
lan_v6 = "2001:db8:f000::/64"
route_server_asn = 64511

[[links]]
ends = ["nord1", "alpha1"]
delay_ms = 5.0

[[links]]
ends = ["alpha1", "LIX"]
delay_ms = 0.5

[hosts.mailhost]
router = "nord1"

[hosts.ns]
router = "nord1"

[hosts.auth]
router = "alpha1"

[hosts.mx1]
router = "alpha1"
smtp = { name = "mx1.bigmail.example" }

[domains."fine.example"]
mx = ["10 mx1.bigmail.example."]

[domains."bogus.example"]
mx = ["10 mx1.bigmail.example."]

[domains."plain.example"]
mx = ["10 mx1.bigmail.example."]

[dns]
server = "auth"
signed = true
bogus = ["bogus.example"]
unsigned = ["plain.example"]
servfail = ["broken.example"]
records = [
RECORDS
]
"""


def signed_world() -> World:
    listed = "\n".join(f'  "{record}",' for record in _RECORDS)
    return parse_world(_TEXT.replace("RECORDS", listed), source="signed")


QUESTIONS = (
    ("fine.example", "MX"),
    ("FINE.Example.", "MX"),
    ("fine.example", "A"),
    ("mx1.bigmail.example", "A"),
    ("mx1.bigmail.example", "AAAA"),
    ("bigmail.example", "A"),
    ("nobody.example", "MX"),
    ("below.mx1.bigmail.example", "A"),
    ("any.wild.example", "A"),
    ("any.wild.example", "MX"),
    ("short.example", "MX"),
    ("short.example", "CNAME"),
    ("n0.example", "A"),
    (f"n{ALIASES - 11}.example", "A"),
    ("loop.example", "A"),
    ("outward.example", "A"),
    ("into-bogus.example", "MX"),
    ("into-plain.example", "MX"),
    ("into-broken.example", "MX"),
    ("bogus.example", "MX"),
    ("www.bogus.example", "TXT"),
    ("plain.example", "MX"),
    ("nobody.plain.example", "MX"),
    ("broken.example", "MX"),
    ("www.broken.example", "A"),
    ("many.example", "MX"),
    ("ends.example", "MX"),
    ("example.org", "MX"),
    (".", "SOA"),
    ("25.18.18.198.in-addr.arpa", "PTR"),
    ("7.20.18.198.in-addr.arpa", "PTR"),
    ("11.7.168.192.in-addr.arpa", "PTR"),
    ("9.9.18.198.in-addr.arpa", "PTR"),
    ("9.9.9.10.in-addr.arpa", "MX"),
    ("5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.1.0.0.0.2.8.b.d.0.1.0.0.2.ip6.arpa", "PTR"),
    ("a..example", "A"),
)
"""What both players are asked."""
