"""What is known of a record's values while code is made for it: some are constants, the others lie in local variables.

Readers, mappings and writers that are made into one function hand such a record on, so that no dict is made in
between and nothing is computed again that is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotStraight(Exception):
    """No straight function can be made: what would be needed is of a form that it does not know, or every such
    record is wrong. Records then go the usual way.
    """


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is the same for all records the code is made for; None is empty."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A value in a local variable. filled: it is never empty; many: it is a list (which may have no elements)."""

    name: str
    filled: bool
    many: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure field by field. present: a condition that says whether it is there. hollow: where it is not there,
    all its fields are empty; else they must not be looked at.
    """

    fields: Mapping[str, Known]
    present: Constant | Variable = Constant(True)
    hollow: bool = False

    @property
    def stands(self) -> bool:
        """Whether it is always there."""
        return self.present == Constant(True)


@dataclass(frozen=True, slots=True)
class Children:
    """A list of structures, each of which may be there or not."""

    items: tuple[Structure, ...]


Known = Constant | Variable | Structure | Children
EMPTY = Constant(None)


def presence(value: Known) -> str:
    """A condition that says whether a value is not empty."""
    match value:
        case Constant(value=constant):
            return str(constant is not None and constant != [])
        case Variable(name=name, filled=filled):
            return name if value.many else "True" if filled else f"{name} is not None"
        case Structure(present=present):
            return "True" if isinstance(present, Constant) else present.name
    there = [presence(item) for item in value.items]
    return "True" if "True" in there else " or ".join(there) or "False"
