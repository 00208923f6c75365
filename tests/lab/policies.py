"""A world that Gao and Rexford did not foresee, with a collector that looks on."""

# House: 64510 (customer of Top) and 64511, its sibling, which peers with Rich.
# Sender is a customer of 64511 and peers with Dest over the exchange, but prefers its provider.
# Rich and Side both announce a prefix that is neither's alone.
# Dest tells a part of its prefix to Rich alone, and another part over the exchange to Side alone.
POLICIES = """
name = "policies"
title = "What Gao and Rexford did not foresee"
as_of = 2026-06-17
sender = "mailhost"
resolver = "mailhost"
public = ["198.18.0.0/15", "2001:db8::/32"]
links = [
  { ends = ["s1", "house2"], delay_ms = 1.0 },
  { ends = ["house1", "house2"], delay_ms = 1.0 },
  { ends = ["house1", "top1"], delay_ms = 1.0 },
  { ends = ["house2", "rich1"], delay_ms = 1.0 },
  { ends = ["top1", "d1"], delay_ms = 1.0 },
  { ends = ["rich1", "d1"], delay_ms = 5.0 },
  { ends = ["top1", "side1"], delay_ms = 1.0 },
  { ends = ["top1", "rich1"], delay_ms = 1.0 },
  { ends = ["s1", "IX"], delay_ms = 0.5 },
  { ends = ["d1", "IX"], delay_ms = 0.5 },
  { ends = ["side1", "IX"], delay_ms = 0.5 },
]
[exchanges.IX]
id = 7
lan_v4 = "198.19.240.0/24"
lan_v6 = "2001:db8:f000::/64"
route_server_asn = 65000
[networks.64496]
name = "Sender"
prefixes = ["198.18.0.0/20", "2001:db8:1000::/36"]
routers = ["s1"]
providers = [64511]
prefer = [64511]
[networks.64500]
name = "Top"
prefixes = ["198.18.16.0/20", "2001:db8:2000::/36"]
routers = ["top1"]
peers = [64501]
[networks.64501]
name = "Rich"
prefixes = ["198.18.32.0/20", "2001:db8:3000::/36", "198.18.112.0/22", "2001:db8:8000::/40"]
routers = ["rich1"]
[networks.64503]
name = "Dest"
prefixes = ["198.18.48.0/20", "2001:db8:4000::/36"]
routers = ["d1"]
providers = [64500, 64501]
[networks.64503.announce]
"198.18.49.0/24" = [64501, 65001]
"198.18.50.0/24" = [64502]
"2001:db8:4000:1000::/64" = [64501]
"2001:db8:4000:1001::/64" = [64502]
"198.18.52.0/25" = ["IX"]
[networks.64502]
name = "Side"
prefixes = ["198.18.64.0/20", "2001:db8:5000::/36", "198.18.112.0/22", "2001:db8:8000::/40"]
routers = ["side1"]
providers = [64500]
[networks.64510]
name = "House one"
prefixes = ["198.18.80.0/20", "2001:db8:6000::/36"]
routers = ["house1"]
providers = [64500]
siblings = [64511]
[networks.64511]
name = "House two"
prefixes = ["198.18.96.0/20", "2001:db8:7000::/36"]
routers = ["house2"]
peers = [64501]
[hosts.mailhost]
router = "s1"
[hosts.part]
router = "d1"
smtp = { name = "part.policies.example" }
[hosts.at_side]
router = "d1"
smtp = { name = "at-side.policies.example" }
[hosts.whole]
router = "d1"
smtp = { name = "whole.policies.example" }
[hosts.over]
router = "d1"
smtp = { name = "over.policies.example" }
[hosts.rrc]
router = "side1"
[collectors.rrc0]
host = "rrc"
asn = 65001
peers = ["house2", "rich1", "side1"]
[looking_glass]
host = "rrc"
delay_s = 9.0
limit_per_minute = 1
[hosts.side]
router = "side1"
smtp = { name = "side.policies.example" }
[domains."policies.example"]
mx = ["10 part.policies.example."]
"""
