"""Running a site: the engine over all its flows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from exchange.declare.problems import DeclarationError
from exchange.engine import Engine, Report
from exchange.errors import ExchangeError
from exchange.ledger import trouble
from exchange.operations import looking_again
from exchange.operations.installation import Installation, books, installation

DECLARED = "declared files"
"""The name of the trouble of a site that could not be started; an engine that starts forgets it."""


def run(folder: Path, *, once: bool) -> Report:
    """Keep all flows of a site in motion until stopped; once: until nothing moves any more."""
    with _refusals_noted(folder), installation(folder) as opened:
        return run_opened(opened, once=once)


@contextmanager
def _refusals_noted(folder: Path) -> Iterator[None]:
    """What keeps a site from starting is told with its consequence, and kept for who asks for its state later.

    No flow runs while one of them has a mistake: flows work on each other's files, and half of them might pay what the
    other half would have held.
    """
    try:
        yield
    except DeclarationError as wrong:
        files = ", ".join(wrong.files)
        with suppress(ExchangeError), books(folder) as opened:
            said = f"The last start was refused, and nothing has run since: there are mistakes in {files}."
            trouble.note(opened.ledger, DECLARED, [said])
        consequence = (
            f"Nothing was run, of no flow: no file was taken, none was sent. Mend {files}, look with `exchange check`, then "
            "start again; or move a flow's file out of flows/ to run the others without it."
        )
        raise DeclarationError(wrong.problems, consequence) from wrong


def run_opened(opened: Installation, *, once: bool) -> Report:
    """The same for a site that is open already."""
    with (
        _collected_seldom(),
        Engine(
            opened.ledger,
            opened.store,
            list(opened.site.flows.values()),
            lock=opened.site.var / "engine.lock",
            again=partial(looking_again.of_flow, opened),
        ) as engine,
    ):
        return engine.run(once=once)


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """Let Python look for circles of objects a hundred times less often, and never among what is open already.

    Records hold no circles; looking for some among millions of them takes a third of the time of a big file.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(70_000, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
