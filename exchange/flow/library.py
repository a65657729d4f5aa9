"""Every declared thing by its name: loaded, parsed and compiled when it is first asked for.

    library = Library(Catalogue.of(site_folder), values={"company": "Acme Oy"})
    reader = library.reader("acme/orders")
    library.problems        # everything that was wrong with what was asked for

A thing with problems is None; its problems are told once, however often it is asked for. To find all problems in one round
a library can be `supposing`: then it also gives what was most likely meant, for nothing but checking what depends on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import exchange
from exchange.declare.bank import Bank
from exchange.declare.calendar import Calendar
from exchange.declare.catalogue import Catalogue, Kind, package_data
from exchange.declare.layout import LayoutBase
from exchange.declare.mapping import Mapping as DeclaredMapping
from exchange.declare.places import PlacedText
from exchange.declare.problems import DeclarationError, Problem
from exchange.declare.rules import Rules
from exchange.declare.suppose import Model, Supposed, suppose
from exchange.declare.table import Table, TableRows, load_rows
from exchange.declare.yaml import Node
from exchange.flow.banks import ProfileMapping, with_editions
from exchange.formats import registry
from exchange.formats.contract import Reader, Writer
from exchange.mapping import leftovers
from exchange.mapping.bankdays import BankDays
from exchange.mapping.compiler import CompiledMapping, compile_mapping
from exchange.mapping.profile import PAYMENT, profile_mapping
from exchange.mapping.tables import Search, Tables, build
from exchange.reconcile.rulebook import Rulebook, rulebook

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Step:
    """One mapping of a chain, ready to run."""

    name: str
    compiled: CompiledMapping

    @property
    def target(self) -> str:
        """The layout of its results."""
        return self.compiled.target_shape.layout


@dataclass(frozen=True, slots=True)
class ProfileStep(Step):
    """The step of a bank's profile."""

    compiled: ProfileMapping


Chain = Sequence[Sequence[Step]]
"""Mappings one after the other; several in one place are given the same records and their results are joined."""


class _NoValues(dict[str, str | None]):
    """Values where there is no site: any name is one of them, and empty."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> None:
        return None


class Library:
    """The declared things of a site (or of the package alone)."""

    def __init__(
        self, catalogue: Catalogue, values: Mapping[str, str | None] | None = None, *, supposing: bool = False
    ) -> None:
        self.catalogue = catalogue
        self.values = _NoValues() if values is None else values
        self.supposing = supposing
        self.problems: list[Problem] = list(catalogue.problems)
        self._made: dict[tuple[str, str], Any] = {}
        self._hashes: dict[str, str] = {}
        self._asked: dict[tuple[Kind, str], set[str]] = {}

    def layout(self, name: str, at: PlacedText | None = None) -> LayoutBase | None:
        """The layout of that name."""
        if not self._is_known("layout", name, at):
            return None
        return self._once("layout", name, self._parse_layout)

    def layouts(self) -> Iterator[LayoutBase]:
        """All layouts that are sound, in the order of their names."""
        for name in self.catalogue.names("layout"):
            layout = self.layout(name)
            if layout is not None:
                yield layout

    def reader(self, name: str) -> Reader | None:
        """A reader of that layout."""
        return self._once("reader", name, lambda _: self._of_format(name, "reader"))

    def writer(self, name: str) -> Writer | None:
        """A writer of that layout."""
        return self._once("writer", name, lambda _: self._of_format(name, "writer"))

    def mapping(self, name: str, at: PlacedText | None = None) -> Step | None:
        """The mapping of that name, compiled."""
        if not self._is_known("mapping", name, at):
            return None
        return self._once("mapping", name, self._compile)

    def bank(self, name: str, at: PlacedText | None = None) -> Bank | None:
        """The profile of the bank of that name, of which every edition is sound."""
        if not self._is_known("bank", name, at):
            return None
        profile = self.profile(name, "")
        return profile.compiled.bank if profile else None

    def profile(self, name: str, written: str) -> ProfileStep | None:
        """The step in which a bank's profile looks at payments that are then written in a layout."""
        made = self._once("bank", name, self._compile_profile)
        return None if made is None else ProfileStep(f"banks/{name}", replace(made, written=written))

    def calendar(self, name: str, at: PlacedText | None = None) -> Calendar | None:
        """The calendar of that name."""
        if not self._is_known("calendar", name, at):
            return None
        return self._once("calendar", name, self._parse_calendar)

    def rules(self, name: str, at: PlacedText | None = None) -> Rulebook | None:
        """The set of rules of reconciliation of that name."""
        if not self._is_known("rules", name, at):
            return None
        return self._once("rules", name, self._bind_rules)

    def calendars(self) -> dict[str, Calendar]:
        """All calendars that are sound, by name."""
        found = {name: self.calendar(name) for name in self.catalogue.names("calendar")}
        return {name: calendar for name, calendar in found.items() if calendar is not None}

    def tables(self) -> Tables:
        """All tables and calendars that are sound."""
        tables: Tables | None = self._once("tables", "", lambda _: self._load_tables())
        assert tables is not None
        return tables

    def words(self, name: str) -> Callable[[str], str | None]:
        """The meaning of a code by a table with the columns code and meaning; None where it is not there."""
        table = self.tables().get(name)
        return Search(table, "meaning") if table is not None else lambda code: None

    def table_hashes(self, kind: Kind, name: str) -> dict[str, str]:
        """The hash of each table, with its rows, that a compiled mapping or bank's profile looks into, by name."""
        asked = self._asked.get((kind, name), set())
        return {table: self._hashes[table] for table in asked if table in self._hashes}

    def _tables_for(self, kind: Kind, name: str) -> Tables:
        """All tables; what is asked for is noted as used by a mapping or a profile."""
        return replace(self.tables(), asked=self._asked.setdefault((kind, name), set()))

    def mappings_from(self, layout: str, into: str) -> list[str]:
        """The names of the mappings from a layout to layouts whose names begin with `into`; not of those that take only what
        others leave out.
        """
        return [
            name
            for name in self.catalogue.names("mapping")
            if self._may_lead(name, layout, into)
            and (node := self.catalogue.load("mapping", name)[0]) is not None
            and _text(node.get("from")) == layout
            and (_text(node.get("to")) or "").startswith(into)
            and node.get("left out by") is None
        ]

    def _may_lead(self, name: str, layout: str, into: str) -> bool:
        """Whether a mapping is worth reading to find out; most files say in plain words where they begin and end."""
        head = self.catalogue.head("mapping", name)
        return head.get("from", layout) == layout and head.get("to", into).startswith(into)

    def schema_bytes(self, name: str, layout: str) -> bytes | None:
        """The text of a schema file, by its name below `schemas/` or beside the layout that names it."""
        path = self.schema_path(name, layout)
        return path.read_bytes() if path else None

    def schema_path(self, name: str, layout: str) -> Path | None:
        """Where a schema file lies: below `schemas/` of the package or the site, or beside its layout."""
        entry = self.catalogue.entry("layout", layout)
        roots = [path for path in (entry.path.parent if entry else None, *self._schema_roots()) if path]
        return next((root / name for root in roots if (root / name).is_file()), None)

    def hash_of(self, kind: Kind, name: str) -> str:
        """The hash of a declared file, and of those it is like, as they are now; part of the version of a flow."""
        hashes = [
            hashlib.sha256(entry.path.read_bytes()).hexdigest() for entry in self.catalogue.family(kind, name)
        ]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()

    def version(self, parts: Mapping[str, str]) -> str:
        """One hash over everything a flow uses, the product's version and the site's values included."""
        told = repr((exchange.__version__, sorted(self.values.items()), sorted(parts.items())))
        return hashlib.sha256(told.encode()).hexdigest()

    def raise_problems(self) -> None:
        """DeclarationError when anything that was asked for is wrong."""
        if self.problems:
            raise DeclarationError(self.problems)

    def _schema_roots(self) -> Iterator[Path]:
        yield package_data() / "schemas"
        if self.catalogue.site is not None:
            yield self.catalogue.site / "schemas"

    def _is_known(self, kind: Kind, name: str, at: PlacedText | None) -> bool:
        if self.catalogue.entry(kind, name) is not None:
            return True
        problem = self.catalogue.unknown(kind, name, at if isinstance(at, PlacedText) else None)
        if problem not in self.problems:
            self.problems.append(problem)
        return False

    def _once(self, kind: str, name: str, make: Callable[[str], Thing | None]) -> Thing | None:
        if (kind, name) not in self._made:
            self._made[kind, name] = make(name)
        made: Thing | None = self._made[kind, name]
        return made

    def _parse_layout(self, name: str) -> LayoutBase | None:
        return self._meant("layout", name, registry.suppose_layout)

    def _parse(self, model: type[Model], kind: Kind, name: str) -> Model | None:
        return self._meant(kind, name, partial(suppose, model))

    def _meant(
        self, kind: Kind, name: str, understood: Callable[[Node, list[Problem]], Supposed[Model]]
    ) -> Model | None:
        """What a file declares. One that comes with the product is understood once in a program."""
        made = self.catalogue.made(kind, name)
        if "meant" not in made:
            node, problems = self.catalogue.load(kind, name)
            made["meant"] = Supposed(None, problems, False) if node is None else understood(node, problems)
        return self._taken(made["meant"])

    def _taken(self, supposed: Supposed[Model]) -> Model | None:
        """What may be used of what a file was meant to declare."""
        self.problems += supposed.problems
        return supposed.model if self.supposing and supposed.sure else supposed.sound

    def _of_format(self, name: str, end: str) -> Any:
        layout = self.layout(name)
        if layout is None:
            return None
        try:
            return getattr(registry.get(layout.format), end)(layout)
        except DeclarationError as wrong:
            self.problems += wrong.problems
            return None

    def _compile(self, name: str) -> Step | None:
        declared = self._declared_mapping(name)
        if declared is None:
            return None
        source, target = self.layout(declared.from_, declared.from_), self.layout(declared.to, declared.to)
        others = [self._leaving(other, declared) for other in declared.left_out_by]
        sound = [other for other in others if other is not None]
        if source is None or target is None or len(sound) < len(others):
            return None
        try:
            tables = self._tables_for("mapping", name)
            shapes = source.shape(), target.shape()
            compiled = compile_mapping(declared, *shapes, tables, self.values, others=sound)
        except DeclarationError as wrong:
            self.problems += wrong.problems
            return None
        return Step(name, compiled)

    def _declared_mapping(self, name: str) -> DeclaredMapping | None:
        return self._once("declared mapping", name, lambda _: self._parse(DeclaredMapping, "mapping", name))

    def _leaving(self, name: PlacedText, rest: DeclaredMapping) -> DeclaredMapping | None:
        """A mapping of which another one takes the rest, as it is declared. It is compiled, too, so that its own problems are told."""
        other = self._declared_mapping(name) if self._is_known("mapping", name, name) else None
        if other is None:
            return None
        problem = leftovers.unfit(name, other, rest)
        if problem is not None:
            self.problems.append(problem)
            return None
        return other if self.mapping(name, name) else None

    def _compile_profile(self, name: str) -> ProfileMapping | None:
        declared = self._parse(Bank, "bank", name)
        layout = self.layout(PAYMENT)
        if declared is None or layout is None:
            return None
        bank, shape = declared, layout.shape()

        def compile_on(day: date) -> CompiledMapping:
            declared = profile_mapping(bank, day, shape.kinds["payment"].fields)
            return compile_mapping(declared, shape, shape, self._tables_for("bank", name), self.values)

        try:
            return with_editions(bank, "", compile_on)
        except DeclarationError as wrong:
            self.problems += wrong.problems
            return None

    def _load_tables(self) -> Tables:
        loaded = [
            rows for name in self.catalogue.names("table") if (rows := self.table_rows(name)) is not None
        ]
        self._hashes = {rows.table.table: rows.sha256 for rows in loaded}
        tables, problems = build(loaded)
        self.problems += problems
        calendars = self.calendars()
        self._hashes |= {f"calendar {name}": self.hash_of("calendar", name) for name in calendars}
        return replace(tables, calendars={name: BankDays(each) for name, each in calendars.items()})

    def _parse_calendar(self, name: str) -> Calendar | None:
        return self._parse(Calendar, "calendar", name)

    def _bind_rules(self, name: str) -> Rulebook | None:
        node, _ = self.catalogue.load("rules", name)
        declared = self._parse(Rules, "rules", name)
        if declared is None or node is None:
            return None
        entry = self.catalogue.entry("rules", name)
        bound, problems = rulebook(declared, node, is_own=entry is None or not entry.packaged)
        self.problems += problems
        return bound

    def table_rows(self, name: str) -> TableRows | None:
        """The rows of a table as declared; None when something is wrong with it."""
        entry = self.catalogue.entry("table", name)
        declared = self._parse(Table, "table", name)
        if declared is None or entry is None:
            return None
        made = self.catalogue.made("table", name)
        if "rows" not in made:
            made["rows"] = load_rows(declared, entry.path.parent)
        rows, problems = made["rows"]
        self.problems += problems
        return rows  # type: ignore[no-any-return]


def _text(node: Any) -> str | None:
    return None if node is None or node.text is None else str(node.text)
