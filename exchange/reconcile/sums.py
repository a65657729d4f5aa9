"""Which amounts of several add up to another one: so that a payment is not taken for one thing where it may be two others."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 12
"""Of so many amounts every set is tried; of more only single ones and pairs, because work doubles with each one."""


def ways(amounts: Sequence[int], wanted: int) -> tuple[int, list[int]]:
    """How many sets of these amounts come to what is wanted, and the places of a smallest one.

    >>> ways([100, 200, 300], 300), ways([100, 250, -50], 300), ways([100], 7)
    ((2, [2]), (1, [0, 1, 2]), (0, []))
    """
    return all_ways(amounts, wanted) if len(amounts) <= MOST else _small_ways(amounts, wanted)


def _small_ways(amounts: Sequence[int], wanted: int) -> tuple[int, list[int]]:
    """Sets of one and of two amounts."""
    count, found = 0, [list[int](), list[int]()]
    before: dict[int, list[int]] = {}
    for place, amount in enumerate(amounts):
        partners = before.get(wanted - amount, [])
        if amount == wanted:
            count, found[0] = count + 1, found[0] or [place]
        if partners:
            count, found[1] = count + len(partners), found[1] or [partners[0], place]
        before.setdefault(amount, []).append(place)
    return count, found[0] or found[1]


def all_ways(amounts: Sequence[int], wanted: int) -> tuple[int, list[int]]:
    """The same, with every set of however many amounts."""
    known: dict[int, tuple[int, int]] = {0: (1, 0)}
    for place, amount in enumerate(amounts):
        for total, (count, chosen) in list(known.items()):
            before = known.get(total + amount)
            if before is None or (before[1].bit_count() > chosen.bit_count() + 1):
                fresh = chosen | 1 << place
            else:
                fresh = before[1]
            known[total + amount] = (before[0] if before else 0) + count, fresh
    count, chosen = known.get(wanted, (0, 0))
    return count, [place for place in range(len(amounts)) if chosen >> place & 1]
