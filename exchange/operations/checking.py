"""Checking a site before it runs: every declared file, then every place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from exchange.bound import BoundSource, BoundTarget
from exchange.declare.problems import Problem
from exchange.errors import ExchangeError
from exchange.flow.site import OpenSite, check_site
from exchange.transports.contract import Probed, Source, Target


@dataclass(frozen=True, slots=True)
class PlaceChecked:
    """What was tried at one place of a flow."""

    flow: str
    where: str
    what: str
    ok: bool
    say: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything that was checked. files: how many declared files were read; flows: how many can run."""

    problems: Sequence[Problem]
    places: Sequence[PlaceChecked] = field(default=())
    files: int = 0
    flows: int = 0


def check(folder: Path, *, offline: bool) -> Checked:
    """All problems of all declared files of a site; where there are none, what its places can do."""
    opened, problems = check_site(folder.absolute())
    if opened is None or problems:
        return Checked(problems)
    files = 1 + sum(not entry.packaged for entry in opened.library.catalogue.entries())
    places = [] if offline else list(_places(opened))
    return Checked([], places, files, len(opened.flows))


def _places(opened: OpenSite) -> Iterator[PlaceChecked]:
    for flow in opened.flows.values():
        ends: list[BoundSource | BoundTarget] = [flow.source, *flow.targets]
        for end in ends:
            yield from (
                PlaceChecked(flow.name, end.where, tried.what, tried.ok, tried.say, tried.advice)
                for tried in _probe(end.open)
            )


def _probe(open_end: Callable[[], Source | Target]) -> list[Probed]:
    """What one end can do; a secret or an address that cannot be used is a result, too."""
    try:
        with closing(open_end()) as end:
            return end.probe()
    except ExchangeError as error:
        return [Probed("open", False, error.message, error.advice)]
