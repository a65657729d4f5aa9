"""A site opened: its declared files read, checked against each other and bound, or everything that is wrong with them.

site = open_site(Path("acme"))         # DeclarationError with all problems of all files
site.flows["webshop-orders"].process(path, facts, work)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exchange.declare.problems import DeclarationError, Problem
from exchange.flow.binder import Binder
from exchange.flow.bound import Bound
from exchange.flow.declared import DeclaredSite, Reading, read
from exchange.flow.reconciling import Memory, NoMemory


@dataclass(frozen=True)
class OpenSite(DeclaredSite):
    """A site whose flows are bound and can run, in the order in which they must run (reference data first)."""

    flows: dict[str, Bound]


def open_site(folder: Path, memory: Memory | None = None, *, only: str | None = None) -> OpenSite:
    """The site in a folder. Raises DeclarationError with every problem of every declared file that a flow uses.

    only: the one flow that is wanted. Others are not bound, and what is wrong with them stops nobody.
    """
    reading = read(folder)
    if reading.site is None:
        raise DeclarationError(reading.problems)
    site, problems = _bound(reading, memory or NoMemory(), only)
    if problems:
        raise DeclarationError(problems)
    return site


def check_site(folder: Path) -> tuple[OpenSite | None, list[Problem]]:
    """The site if it is sound, and all problems of all its files, used or not.

    Each file is looked at as far as it goes: where a word is wrong, as if the nearest right one stood there.
    """
    reading = read(folder, supposing=True)
    if reading.site is None:
        return None, reading.problems
    site, problems = _bound(reading, NoMemory(), None)
    for entry in site.library.catalogue.entries(("layout", "mapping", "bank", "calendar", "rules")):
        if not entry.packaged:
            getattr(site.library, entry.kind)(entry.name)
    site.library.tables()
    problems = list(dict.fromkeys([*problems, *site.library.problems]))
    return (None if problems else site), problems


def _bound(reading: Reading, memory: Memory, only: str | None) -> tuple[OpenSite, list[Problem]]:
    """The site with its flows bound, and all that is wrong with them."""
    site = reading.site
    assert site is not None
    problems = [
        *reading.problems,
        *(problem for name, found in site.wrong.items() if only in (None, name) for problem in found),
    ]
    binder = Binder(site, memory, problems, reading.doubtful)
    wanted = [name for name in binder.order() if only in (None, name)]
    bound = {name: made for name in wanted if (made := binder.bind(site.declared_flows[name])) is not None}
    opened = OpenSite(site.folder, site.declared, site.library, site.declared_flows, site.wrong, bound)
    return opened, [*problems, *site.library.problems]
