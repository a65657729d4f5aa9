"""Rules that decide what a bank transaction paid. One more rule is one more module here: found by walking the folder.

A module has

    ORDER      its place among the rules: smaller comes first
    EARLY      True: it decides while the file is read, because it rests on nothing but what the bank and the payer wrote
               into structured fields; False: it has its turn when all early rules are through with the whole file, so that
               weak evidence never takes what strong evidence has a right to
    BACK       True: it looks for what a movement undoes, and does so again when the rest of the file was decided
    ACCOUNTS   kinds of accounts that it books to; the rules file must name them
    Settings   a `Declared` model of what the rules file may say of it
    decide(case, book, settings) -> Decision | None

None means that the rule has nothing to say; it may leave notes, proposals, or close the case for a person. A rule changes
nothing else: the engine takes the items that a decision names.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any, Protocol, cast

from exchange.declare.declared import Declared
from exchange.reconcile.book import Book
from exchange.reconcile.case import Case, Decision


class Rule(Protocol):
    """What a module of this folder offers."""

    ORDER: int
    EARLY: bool
    BACK: bool
    ACCOUNTS: tuple[str, ...]
    Settings: type[Declared]
    __doc__: str

    def decide(self, case: Case, book: Book, settings: Any) -> Decision | None:
        """What became of the transaction, by this rule."""


@cache
def rules() -> dict[str, Rule]:
    """All rules by name, in the order in which they have their turn."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found = {name: cast(Rule, importlib.import_module(f"{__name__}.{name}")) for name in names}
    return dict(sorted(found.items(), key=lambda each: (each[1].ORDER, each[0])))
