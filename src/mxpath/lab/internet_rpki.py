"""What holders of a made Internet allow by the RPKI, and what follows for each route.

The law
-------
A payload stands for a whole block, or for a part so small that no other lies in it. So a
prefix is covered by the payloads of its block and by one of its very own, by nothing else,
and its state follows from the making, without any search among payloads:

1. Half of the blocks have a payload: mostly for their holder, down to their own length or
   to the deepest; a few for somebody who held them before; very few for AS 0.
2. Of the smallest parts below such blocks that the block's payload does not allow, most
   have their own payload, and some second origins too. The others are invalid: too specific, or by a wrong origin.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mxpath.lab.internet_addresses import DEEPEST, NOBODY, Announced, Blocks
from mxpath.lab.internet_networks import Ints, Networks, generator

NOT_FOUND, VALID, WRONG_ORIGIN, TOO_SPECIFIC, AS0 = range(5)
"""States of a route; the last three are invalid, each for its reason."""

_COVERED, _DEEP, _FORMER, _AS0 = 0.5, 0.85, 0.004, 0.001
_OWN, _SECOND_OWN = 0.92, 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Payloads:
    """Validated ROA payloads of one family, shape (payloads,); states by prefix."""

    starts: NDArray[np.uint64]
    lengths: Ints
    max_lengths: Ints
    asns: Ints
    states: Ints
    """State of each prefix of :class:`Announced` as its origin announces it."""
    second_states: Ints
    """The same for its second origin; of no meaning where there is none."""


def make_payloads(
    version: int, networks: Networks, blocks: Blocks, announced: Announced, *, seed: int
) -> Payloads:
    """Make the payloads of one family, and say what they make of each route."""
    random = generator(seed, f"payloads {version}")
    count = len(blocks.starts)
    luck = random.random(count)
    has = (random.random(count) < _COVERED) & (blocks.points < 0)
    allowed = networks.asns[blocks.holders]
    former = networks.asns[(random.random(count) * len(networks)).astype(np.int64)]
    allowed = np.where(luck < _FORMER + _AS0, former, allowed)
    allowed = np.where(luck < _AS0, 0, allowed)
    deep = random.random(count) < _DEEP
    most = np.where(deep, np.maximum(blocks.lengths, DEEPEST[version]), blocks.lengths)
    block = announced.blocks
    origin, second = networks.asns[announced.origins], networks.asns[announced.seconds]
    part = (announced.lengths == DEEPEST[version]) & (announced.lengths > blocks.lengths[block])
    done = (allowed[block] == origin) & (announced.lengths <= most[block])
    below = part & has[block]
    own = below & ~done & (random.random(len(announced)) < _OWN)
    other = below & (announced.seconds != NOBODY) & (random.random(len(announced)) < _SECOND_OWN)
    of_block = has[block], allowed[block], most[block]
    states, second_states = (
        _state(asn, announced.lengths, of_block, allows, own | other)
        for asn, allows in ((origin, own), (second, other))
    )
    return Payloads(
        starts=np.concatenate([blocks.starts[has], announced.starts[own], announced.starts[other]]),
        lengths=np.concatenate(
            [blocks.lengths[has], announced.lengths[own], announced.lengths[other]]
        ),
        max_lengths=np.concatenate([most[has], announced.lengths[own], announced.lengths[other]]),
        asns=np.concatenate([allowed[has], origin[own], second[other]]),
        states=states,
        second_states=second_states,
    )


def _state(
    asn: Ints,
    lengths: Ints,
    of_block: tuple[NDArray[np.bool_], Ints, Ints],
    allowed_itself: NDArray[np.bool_],
    covered_itself: NDArray[np.bool_],
) -> Ints:
    """State of each route, given its block's payload and what there is for it alone."""
    has, allowed, most = of_block
    valid = allowed_itself | (has & (allowed == asn) & (lengths <= most))
    reason = np.where(allowed == asn, TOO_SPECIFIC, WRONG_ORIGIN)
    reason = np.where((allowed == 0) & ~covered_itself, AS0, reason)
    return np.where(valid, VALID, np.where(has, reason, NOT_FOUND))
