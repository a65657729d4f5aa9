"""Running a site: the engine over all its flows."""

from __future__ import annotations

from pathlib import Path

from exchange.engine import Engine, Report
from exchange.operations.installation import Installation, installation


def run(folder: Path, *, once: bool) -> Report:
    """Keep all flows of a site in motion until stopped; once: until nothing moves any more."""
    with installation(folder) as opened:
        return run_opened(opened, once=once)


def run_opened(opened: Installation, *, once: bool) -> Report:
    """The same for a site that is open already."""
    with Engine(
        opened.ledger, opened.store, list(opened.site.flows.values()), lock=opened.site.var / "engine.lock"
    ) as engine:
        return engine.run(once=once)
