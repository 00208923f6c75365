"""Columns that are asked like dictionaries: each answer is made when it is asked for."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from mxpath.model.address import IPAddress
from mxpath.tables.columns import Column, Columns
from mxpath.tables.prefix_pieces import keys
from mxpath.tables.prefixes import Keys

_V = TypeVar("_V")


class NumberMap(Mapping[int, _V]):
    """By numbers; ``value`` makes the answer of a place among the keys."""

    def __init__(self, numbers: Column, value: Callable[[int], _V]) -> None:
        self._numbers, self._value = numbers, value

    def __getitem__(self, number: int) -> _V:
        at = bisect_left(self._numbers, number)
        if at == len(self._numbers) or self._numbers[at] != number:
            raise KeyError(number)
        return self._value(at)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Addresses of both families: those of IPv4 first, each ascending."""

    v4: Keys
    v6: Keys

    @classmethod
    def of(cls, addresses: Iterable[IPAddress]) -> "Addresses":
        """Build from addresses in order."""
        numbers: dict[int, list[int]] = {4: [], 6: []}
        for address in addresses:
            numbers[address.version].append(int(address))
        return cls(v4=keys(numbers[4], 4), v6=keys(numbers[6], 6))

    @classmethod
    def of_columns(cls, columns: Columns, name: str) -> "Addresses":
        """Take the columns that :meth:`columns` gave."""
        found = {v: (columns[f"{name}_v{v}_high"], columns[f"{name}_v{v}_low"]) for v in (4, 6)}
        return cls(
            v4=Keys(high=found[4][0], low=found[4][1]), v6=Keys(high=found[6][0], low=found[6][1])
        )

    def columns(self, name: str) -> dict[str, Column]:
        """Return all columns by name, each behind ``name``."""
        return {
            f"{name}_v4_high": self.v4.high,
            f"{name}_v4_low": self.v4.low,
            f"{name}_v6_high": self.v6.high,
            f"{name}_v6_low": self.v6.low,
        }

    def place(self, address: IPAddress) -> int | None:
        """Return where an address stands, ``None`` where it does not."""
        own, before = (self.v4, 0) if address.version == 4 else (self.v6, len(self.v4))
        number = int(address)
        at = own.up_to(number)
        return before + at - 1 if at and own[at - 1] == number else None

    def __iter__(self) -> Iterator[IPAddress]:
        yield from map(IPv4Address, self.v4)
        yield from map(IPv6Address, self.v6)

    def __len__(self) -> int:
        return len(self.v4) + len(self.v6)


class AddressMap(Mapping[IPAddress, _V]):
    """By addresses; ``value`` makes the answer of a place, ``None`` where there is none."""

    def __init__(self, addresses: Addresses, value: Callable[[int], _V | None]) -> None:
        self._addresses, self._value = addresses, value

    def __getitem__(self, address: IPAddress) -> _V:
        at = self._addresses.place(address)
        found = None if at is None else self._value(at)
        if found is None:
            raise KeyError(address)
        return found

    def __iter__(self) -> Iterator[IPAddress]:
        places = enumerate(self._addresses)
        return (address for at, address in places if self._value(at) is not None)

    def __len__(self) -> int:
        return sum(self._value(at) is not None for at in range(len(self._addresses)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSets:
    """A set of numbers for each of some numbers."""

    numbers: Column
    """Ascending."""
    offsets: Column
    """Where the set of each begins; one more than there are."""
    members: Column
    """All sets one after the other, each ascending."""

    @classmethod
    def of(cls, sets: Mapping[int, Iterable[int]]) -> "NumberSets":
        """Build from sets by number."""
        offsets, members = array("I", [0]), array("I")
        numbers = sorted(sets)
        for number in numbers:
            members.extend(sorted(sets[number]))
            offsets.append(len(members))
        return cls(
            numbers=memoryview(array("I", numbers)),
            offsets=memoryview(offsets),
            members=memoryview(members),
        )

    @classmethod
    def of_columns(cls, columns: Columns, name: str) -> "NumberSets":
        """Take the columns that :meth:`columns` gave."""
        return cls(
            numbers=columns[f"{name}_numbers"],
            offsets=columns[f"{name}_offsets"],
            members=columns[f"{name}_members"],
        )

    def columns(self, name: str) -> dict[str, Column]:
        """Return all columns by name, each behind ``name``."""
        return {
            f"{name}_numbers": self.numbers,
            f"{name}_offsets": self.offsets,
            f"{name}_members": self.members,
        }

    def at(self, place: int) -> tuple[int, ...]:
        """Return the set of the number at a place, ascending."""
        return tuple(self.members[self.offsets[place] : self.offsets[place + 1]])

    def map(self) -> Mapping[int, frozenset[int]]:
        """Return the sets by number."""
        return NumberMap(self.numbers, lambda at: frozenset(self.at(at)))
