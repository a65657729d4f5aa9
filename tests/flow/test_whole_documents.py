"""Mappings from a document to the same document: what goes on is whole, whatever fields the document gets one day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from exchange.declare.yaml import Node
from exchange.flow.library import Library
from exchange.operations.libraries import library_of

REPLACED = {
    "common/adjustments-as-lines": {"vat_totals", "adjustments"},  # they are lines afterwards
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    site = tmp_path_factory.mktemp("site")
    (site / "exchange.yaml").write_text("site: whole\ntime zone: Europe/Helsinki\n", encoding="utf-8")
    return library_of(site)


def test_no_field_is_left_behind(library: Library) -> None:
    seen = 0
    for name, document, node in same(library):
        layout = library.layout(document)
        assert layout is not None
        ((_, shape),) = layout.shape().kinds.items()
        told = node.get("set")
        assert told is not None
        assert {*left(told, shape.fields)} == REPLACED.get(name, set()), name
        seen += 1
    assert seen >= 6


def same(library: Library) -> Iterator[tuple[str, str, Node]]:
    """Mappings from a document to itself: name, document, declaration."""
    for name in library.catalogue.names("mapping"):
        node, _ = library.catalogue.load("mapping", name)
        assert node is not None
        source, target = (getattr(node.get(key), "text", "") for key in ("from", "to"))
        if source == target:
            yield name, source, node


def left(told: Node, fields: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The fields that a `set` does not name, or leaves empty."""
    for name, shape in fields.items():
        value = told.get(name)
        if value is None or value.text == "":
            yield above + name
        for part in parts(value):
            yield from left(part, shape.fields, f"{above}{name}.")


def parts(value: Node | None) -> Iterator[Node]:
    """What is set of each part of a field that is not taken over as it is; of a list, for the first ones that it is made of."""
    first = next(iter(value.items()), value) if value is not None else None
    if first is not None and first.entries():
        yield first.get("set") or first
