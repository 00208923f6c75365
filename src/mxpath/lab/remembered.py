"""What follows from a world alone is worked out once, as long as that very world lives."""

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from mxpath.lab.topology import World

Made = TypeVar("Made")


def once_per_world(make: Callable[[World], Made]) -> Callable[[World], Made]:
    """Remember what ``make`` returned for each world; nobody may change it afterwards.

    Worlds hold dictionaries and cannot be hashed, so they are told apart by identity;
    what was made for one is forgotten when it goes.
    """
    known: dict[int, Made] = {}

    @wraps(make)
    def remembered(world: World) -> Made:
        key = id(world)
        if key not in known:
            known[key] = make(world)
            weakref.finalize(world, known.pop, key, None)
        return known[key]

    return remembered
