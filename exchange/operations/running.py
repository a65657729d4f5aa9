"""Running a site: the engine over all its flows."""

from __future__ import annotations

import gc
from pathlib import Path

from exchange.engine import Engine, Report
from exchange.operations.installation import Installation, installation


def run(folder: Path, *, once: bool) -> Report:
    """Keep all flows of a site in motion until stopped; once: until nothing moves any more."""
    with installation(folder) as opened:
        return run_opened(opened, once=once)


def run_opened(opened: Installation, *, once: bool) -> Report:
    """The same for a site that is open already."""
    _collect_seldom()
    with Engine(
        opened.ledger, opened.store, list(opened.site.flows.values()), lock=opened.site.var / "engine.lock"
    ) as engine:
        return engine.run(once=once)


def _collect_seldom() -> None:
    """Let Python look for circles of objects a hundred times less often, and never among what is open already.

    Records hold no circles; looking for some among millions of them takes a third of the time of a big file.
    """
    gc.freeze()
    gc.set_threshold(70_000, 10, 10)
