"""A site as its files declare it: what can be understood of them, and everything that cannot.

site = read_site(Path("acme"))         # DeclarationError when exchange.yaml cannot be used
site.declared_flows["webshop-orders"].layout
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from exchange.declare.catalogue import SITE_FILE, Catalogue
from exchange.declare.flow import Flow
from exchange.declare.problems import DeclarationError, Problem
from exchange.declare.site import UNREADABLE, AnyValue, Site
from exchange.declare.suppose import Supposed, suppose
from exchange.declare.yaml import Node
from exchange.flow.library import Library


@dataclass(frozen=True)
class DeclaredSite:
    """A site as it is declared: `exchange.yaml` is sound; of the flows, those whose files can be understood.

    Enough to look at what happened and to decide: a mistake in a mapping hides nobody's books. wrong: what keeps the other
    flows from being understood.
    """

    folder: Path
    declared: Site
    library: Library
    declared_flows: dict[str, Flow]
    wrong: Mapping[str, Sequence[Problem]]

    @property
    def var(self) -> Path:
        """Where the ledger, the archive and the work folders of the site lie."""
        return self.folder / "var"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the site."""
        return ZoneInfo(self.declared.time_zone)


@dataclass(frozen=True, slots=True)
class Reading:
    """A site as its files say, and what is wrong with `exchange.yaml`; of the flows in `doubtful` something was left out."""

    site: DeclaredSite | None
    problems: list[Problem]
    doubtful: frozenset[str] = frozenset()


def read_site(folder: Path) -> DeclaredSite:
    """The site in a folder, nothing compiled. Raises DeclarationError when `exchange.yaml` cannot be used."""
    reading = read(folder)
    if reading.site is None:
        raise DeclarationError(reading.problems)
    return reading.site


def read(folder: Path, *, supposing: bool = False) -> Reading:
    """The site as its files say; None when `exchange.yaml` cannot be used. supposing: as they were most likely meant."""
    catalogue = Catalogue.of(folder)
    node, problems = catalogue.load_site()
    if node is None and (not supposing or not (folder / SITE_FILE).is_file()):
        return Reading(None, [*problems, *catalogue.problems])
    supposed = suppose(Site, node, problems) if node is not None else Supposed[Site](None, problems, False)
    declared = (supposed.model or UNREADABLE) if supposing else supposed.sound
    if declared is None:
        return Reading(None, [*supposed.problems, *catalogue.problems])
    library = Library(catalogue, _values(declared, node), supposing=supposing)
    flows = {name: _flow(catalogue, name) for name in catalogue.names("flow")}
    usable = {name: flow.model if supposing else flow.sound for name, flow in flows.items()}
    wrong = {name: flow.problems for name, flow in flows.items() if flow.problems}
    sound = {name: flow for name, flow in usable.items() if flow is not None}
    doubtful = frozenset(name for name, flow in flows.items() if not flow.sure)
    site = DeclaredSite(folder, declared, library, sound, wrong)
    return Reading(site, supposed.problems, doubtful)


def _values(declared: Site, node: Node | None) -> Mapping[str, str]:
    """The values of the site; of a file that was not read to its end, or with values that cannot be used, any might be."""
    written = node.get("values") if node is not None else None
    known = (
        node is not None
        and not node.cut
        and len(written.entries() if written else ()) == len(declared.values)
    )
    return declared.values if known else AnyValue(declared.values)


def _flow(catalogue: Catalogue, name: str) -> Supposed[Flow]:
    """A flow, and what is wrong with its file."""
    node, problems = catalogue.load("flow", name)
    return Supposed(None, problems, False) if node is None else suppose(Flow, node, problems)
