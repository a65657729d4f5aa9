"""When what people decided before is enough for a rule to act alone."""

from __future__ import annotations

from typing import Protocol


class Threshold(Protocol):
    """How much history a rule wants."""

    @property
    def at_least(self) -> int:
        """So many times it must have been decided."""

    @property
    def precision(self) -> int:
        """Per cent of the history that must agree."""


def lacks(times: int, total: int, threshold: Threshold) -> str | None:
    """What keeps a rule from acting on what was decided so often of so many, in words; None where nothing does."""
    if times < threshold.at_least:
        return f"{times} of the {threshold.at_least} times that it needs"
    if times * 2 <= total:
        return "something else was decided as often"
    if times * 100 < threshold.precision * total:
        return f"less than {threshold.precision} per cent of {total} agree"
    return None
