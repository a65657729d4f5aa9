"""The page of what mappings ask a site for: its values, and tables that the package does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from reference_keys import table

from exchange.declare.declared import Declared
from exchange.declare.mapping import Mapping
from exchange.declare.parse import parse
from exchange.flow.library import Library

ROOT = Path(__file__).resolve().parents[1]
VALUE = re.compile(r"\bsite\.([a-z][a-z0-9_]*)")
TABLE = re.compile(r"\blookup\(\s*\"([^\"]+)\"")
HEAD = """\
# What mappings ask a site for

Some mappings need what no file tells: who the company is, which account a rate is booked to. They take it from the
site: `site.NAME` stands in `exchange.yaml` under `values` ([site](site.md)), a table in `tables/NAME.yaml` with its
rows beside it ([table](table.md)). A mapping that asks for something that is not there is a problem that
`exchange check` tells. What is not listed here asks for nothing."""
TABLES = """\
## The tables

A sample of each shows its columns: copy its two files into `tables/` of your site, and change the rows."""


def asked_page(library: Library) -> str:
    """Each mapping with the values and tables it asks for, and where a sample of each table is."""
    samples = dict(_samples())
    rows, asked = [], set()
    for name in library.catalogue.names("mapping"):
        texts = "\n".join(_texts(library, name))
        values = sorted(set(VALUE.findall(texts)))
        tables = sorted(set(TABLE.findall(texts)) - set(library.catalogue.names("table")))
        asked |= set(tables)
        if values or tables:
            rows.append((f"`{name}`", _listed(values), _listed(tables)))
    shown = [(f"`{name}`", samples.get(name, "")) for name in sorted(asked)]
    return "\n\n".join(
        [HEAD, table(("Mapping", "Values", "Tables"), rows), TABLES, table(("Table", "Sample"), shown)]
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _texts(library: Library, name: str) -> Iterator[str]:
    """Every text of a mapping, with what it takes from the one it is like."""
    node, _ = library.catalogue.load("mapping", name)
    declared = parse(Mapping, node)[0] if node is not None else None
    if isinstance(declared, Declared):
        yield from _inside(declared.model_dump())


def _inside(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _inside(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _inside(inner)


def _samples() -> Iterator[tuple[str, str]]:
    """The tables of sample sites, with links to them."""
    for path in sorted((ROOT / "samples").glob("*/site/tables/*.yaml"), reverse=True):
        shown = path.relative_to(ROOT).as_posix()
        meaning = re.search(r"^meaning: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        yield path.stem, f"[{shown}](../../{shown})" + (f" {meaning[1]}" if meaning else "")
