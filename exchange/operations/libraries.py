"""What is declared: by the package, and by a site where there is one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from exchange.declare.catalogue import SITE_FILE, Catalogue
from exchange.flow.library import Library

if TYPE_CHECKING:
    from exchange.declare.site import Site


def library_of(site: Path | None) -> Library:
    """The declared things of the package, and of a site when there is one in that folder."""
    return library_in(*declared_of(site))


def library_in(folder: Path | None, declared: Site | None) -> Library:
    """The same for a folder that was looked at by `declared_of`."""
    if folder is None:
        return _shipped()
    return Library(Catalogue.of(folder), dict(declared.values) if declared else None)


@cache
def _shipped() -> Library:
    """What the package declares, which stays the same while a program runs."""
    return Library(Catalogue.of(None), None)


def declared_of(site: Path | None) -> tuple[Path | None, Site | None]:
    """The folder of a site, and what it declares of itself; None where there is none, or it cannot be used."""
    if site is None or not (site / SITE_FILE).is_file():
        return None, None
    from exchange.declare.parse import parse
    from exchange.declare.site import Site

    folder = site.absolute()
    node, problems = Catalogue.of(folder).load_site()
    return folder, parse(Site, node)[0] if node is not None and not problems else None
