"""What the layouts look for, against the elements that a version of a message has."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from iso20022_support import library

from exchange.formats.xml.layout import Layout, XmlField
from exchange.model import Record

sys.path.append(str(Path(__file__).parents[2] / "tools"))
import iso20022_tree


def layout(name: str) -> Layout:
    """A layout of the package."""
    found = library().layout(f"iso20022/{name}")
    assert isinstance(found, Layout), library().problems
    return found


def leaves(
    fields: Mapping[str, XmlField], bases: list[str], prefix: str = ""
) -> Iterator[tuple[str, XmlField, list[str]]]:
    """Every plain field with its dotted name and its paths from the outermost kind."""
    for name, field in fields.items():
        steps = ["/".join(step.name for step in path.steps) for path in field.paths]
        paths = ["/".join(filter(None, (base, inner))) for base in bases for inner in steps]
        if field.fields:
            yield from leaves(field.fields, paths, f"{prefix}{name}.")
        else:
            yield prefix + name, field, paths


def placed(declared: Layout) -> Iterator[tuple[str, XmlField, list[str]]]:
    """Every plain field of every kind as kind.field, in declared order."""
    for name, kind in declared.kinds().items():
        around = [declared.kinds()[outer] for outer in reversed(declared.ancestors(name))]
        steps = [step.name for outer in (*around, kind) if outer.inside for step in outer.places[0].steps]
        yield from leaves(kind.fields, ["/".join(steps)], f"{name}.")


@cache
def tree_text(bank: Path, message: str) -> str:
    """The element tree of a published schema beside the repository."""
    text = (bank / "xsd" / message[:4] / f"{message}.xsd").read_text("utf-8")
    return iso20022_tree.tree(text)


def elements(tree: str) -> set[str]:
    """The paths of a tree without the two outermost elements."""
    paths = [row.partition("\t")[0] for row in tree.splitlines()[1:]]
    return {path.split("/", 2)[2] for path in paths if path.count("/") > 1}


def filled(value: Any, prefix: str = "") -> Iterator[str]:
    """The dotted names of everything in a record that is not empty; children of lists by the list's name."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not name.startswith("@"):
                yield from filled(inner, f"{prefix}.{name}" if prefix else name)
    elif isinstance(value, list):
        for each in value:
            yield from filled(each, prefix)
    elif value is not None:
        yield prefix


def filled_in(records: list[Record], kinds: Mapping[str, Any]) -> set[str]:
    """kind.field of everything that records, and what stands around them, hold."""
    found: set[str] = set()
    for record in records:
        own = {name: value for name, value in record.items() if name not in kinds}
        found |= set(filled(own, str(record["@kind"])))
        for kind in kinds:
            if kind in record:
                found |= set(filled(record[kind], kind))
    return found
