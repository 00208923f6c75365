"""A small world in which little is as it should be: for tests of links, odd routers and faults.

mailhost ─ home1 ─┬─ alpha1 (silent) ~ alpha2 (limited) ─ mail1 (answers from ◇ LIX) ─ mx1
                  └─ beta1 ─┬─ mail1
                            ├─ big1 (1400 bytes, ◇ LIX) ─ mxbig
                            └─ hid1 (1400 bytes, hidden) ─ mxhid
"""

from functools import cache

from mxpath.lab.topology import World, parse_world

TEXT = """
name = "odd"
title = "Odd routers and bad links"
as_of = 2026-06-17
sender = "mailhost"
resolver = "ns"
public = ["198.18.0.0/15", "2001:db8::/32"]

[networks.64496]
name = "Home"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["home1"]
providers = [64497, 64498]

[networks.64497]
name = "Alpha"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["alpha1", "alpha2"]

[networks.64498]
name = "Beta"
prefixes = ["198.18.32.0/20", "2001:db8:3000::/36"]
routers = ["beta1"]
peers = [64497]

[networks.64503]
name = "Mail"
prefixes = ["198.18.48.0/20", "2001:db8:4000::/36"]
routers = ["mail1"]
providers = [64497, 64498]

[networks.64504]
name = "Big"
prefixes = ["198.18.64.0/20", "2001:db8:5000::/36"]
routers = ["big1"]
providers = [64498]

[networks.64505]
name = "Hidden"
prefixes = ["198.18.80.0/20", "2001:db8:6000::/36"]
routers = ["hid1"]
providers = [64498]

[exchanges.LIX]
id = 7
lan_v4 = "198.19.240.0/24"
lan_v6 = "2001:db8:f000::/64"
route_server_asn = 64511

[answering.alpha1]
silent = true

[answering.alpha2]
icmp_per_s = 2.0

[answering.mail1]
answers_from = "LIX"

[[links]]
ends = ["home1", "alpha1"]
delay_ms = 2.0

[[links]]
ends = ["alpha1", "alpha2"]
delay_ms = 3.0

[[links]]
ends = ["alpha2", "mail1"]
delay_ms = 1.0

[[links]]
ends = ["home1", "beta1"]
delay_ms = 5.0

[[links]]
ends = ["beta1", "mail1"]
delay_ms = 5.0

[[links]]
ends = ["beta1", "big1"]
delay_ms = 1.0
mtu = 1400

[[links]]
ends = ["beta1", "hid1"]
delay_ms = 1.0
mtu = 1400
mtu_hidden = true

[[links]]
ends = ["mail1", "LIX"]
delay_ms = 0.5

[[links]]
ends = ["big1", "LIX"]
delay_ms = 0.5

[[links]]
ends = ["alpha2", "beta1"]
delay_ms = 1.0

[hosts.mailhost]
router = "home1"

[hosts.ns]
router = "home1"

[hosts.mx1]
router = "mail1"
smtp = { name = "mx1.mail.example" }

[hosts.mxbig]
router = "big1"
smtp = { name = "mx.big.example" }

[hosts.mxhid]
router = "hid1"
smtp = { name = "mx.hid.example" }

[domains."fine.example"]
mx = ["10 mx1.mail.example."]

[domains."big.example"]
mx = ["10 mx.big.example."]

[domains."hid.example"]
mx = ["10 mx.hid.example."]

[faults.cut]
kind = "link_down"
ends = ["alpha1", "home1"]

[faults.beta_down]
kind = "network_down"
network = 64498

[faults.shaky]
kind = "link_changed"
ends = ["home1", "alpha1"]
link = { loss = 0.1, jitter_ms = 4.0 }

[faults.later]
kind = "link_changed"
at_s = 3.0
until_s = 6.0
ends = ["home1", "alpha1"]
link = { delay_ms = 52.0 }

[faults.moved]
kind = "prefix_moved"
network = 64504
prefix = "198.18.48.0/20"

[faults.stolen]
kind = "more_specific"
network = 64504
prefix = "198.18.49.0/24"

[faults.deaf]
kind = "resolver_down"

[faults.half]
kind = "resolver_half_dead"

[faults.slow]
kind = "smtp_changed"
host = "mx1"
smtp = { behaviour = "slow_greeting", greeting_delay_s = 2.0 }
"""


@cache
def odd_world() -> World:
    return parse_world(TEXT)
