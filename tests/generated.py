"""Worlds drawn by chance, of five kinds, to hold latency figures against their truth.

A chain of networks that meet at one place is symmetric; two networks that meet at two places
are not, since each hands over where it is nearest for itself; a diamond has branches of unlike
delay; links may jitter, and lose packets. All delays are drawn between half and thirty ms.
"""

from dataclasses import dataclass
from itertools import pairwise
from random import Random

from mxpath.lab.topology import World, parse_world

KINDS = ("symmetric", "hot potato", "diamond", "jitter", "loss")

_HEAD = """
name = "drawn"
title = "Drawn by chance"
as_of = 2026-06-17
sender = "mailhost"
resolver = "ns"
public = ["198.18.0.0/15", "2001:db8::/32"]
"""


@dataclass
class _Sketch:
    """A world in the making."""

    random: Random
    links: list[str]

    def delay(self) -> float:
        return round(0.5 * float(60 ** self.random.random()), 2)

    def link(self, one: str, other: str, delay_ms: float | None = None) -> None:
        delay = self.delay() if delay_ms is None else delay_ms
        self.links.append(f'[[links]]\nends = ["{one}", "{other}"]\ndelay_ms = {delay}\n')

    def chain(self, routers: list[str]) -> None:
        for one, other in pairwise(routers):
            self.link(one, other)


def draw_world(kind: str, seed: int) -> World:
    """Draw one world of a kind; equal seeds give equal worlds."""
    random = Random(f"{kind} {seed}")
    sketch = _Sketch(random, [])
    alpha = [f"alpha{n}" for n in range(1, random.randint(2, 4) + 1)]
    boreal = [f"boreal{n}" for n in range(1, random.randint(2, 4) + 1)]
    sketch.link("nord1", alpha[0])
    sketch.chain(alpha)
    extra: list[str] = []
    if kind == "diamond":
        extra = ["borealx"]
        first, second = sketch.delay(), sketch.delay()
        unlike = round(random.uniform(0.05, 2.0), 2)
        sketch.link(boreal[0], boreal[1], first)
        sketch.link(boreal[0], "borealx", round(first + unlike, 2))
        sketch.link(boreal[1], "boreal9", second)
        sketch.link("borealx", "boreal9", second)
        boreal = [*boreal[:2], "boreal9"]
    else:
        sketch.chain(boreal)
    if kind == "hot potato":
        sketch.link(alpha[0], boreal[0])
        sketch.link(alpha[-1], boreal[-1])
    else:
        sketch.link(alpha[-1], boreal[0])
    sketch.link(boreal[-1], "shop1")
    if kind in ("jitter", "loss"):
        number = random.randrange(len(sketch.links))
        jitter = round(random.uniform(0.1, 4.0), 2)
        share = round(random.uniform(0.01, 0.15), 3)
        sketch.links[number] += (
            f"jitter_ms = {jitter}\n" if kind == "jitter" else f"loss = {share}\n"
        )
    networks = [
        _network(64496, 0, ["nord1"], "providers = [64497]"),
        _network(64497, 1, alpha, "peers = [64510]"),
        _network(64510, 3, [*boreal, *extra], ""),
        _network(64500, 2, ["shop1"], "providers = [64510]"),
    ]
    hosts = """
[hosts.mailhost]
router = "nord1"
[hosts.ns]
router = "nord1"
[hosts.mx]
router = "shop1"
smtp = { name = "mx.shop.example" }
[domains."shop.example"]
mx = ["10 mx.shop.example."]
"""
    return parse_world("\n".join([_HEAD, *networks, *sketch.links, hosts]))


def _network(asn: int, number: int, routers: list[str], relation: str) -> str:
    names = ", ".join(f'"{router}"' for router in routers)
    return (
        f'[networks.{asn}]\nname = "AS {asn}"\nprefixes = ["198.18.{16 * number}.0/20",'
        f' "2001:db8:{number}000::/36"]\nrouters = [{names}]\n{relation}\n'
    )
