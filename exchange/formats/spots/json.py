"""Values of JSON files: the tokens inside the objects that records came from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from exchange.formats.encoding import blocks
from exchange.formats.json import lines
from exchange.formats.json.layout import JsonField, Layout
from exchange.formats.json.stream import Buffer, Element, Walker
from exchange.formats.json.tokens import Places, Steps, Token, pointer, walk
from exchange.formats.spots import Spot, ignored, leaf
from exchange.model import LINE, PATH, Record


def spots(layout: Layout, stream: BinaryIO, records: Sequence[Record]) -> list[dict[str, Spot]]:
    """The tokens of each record by field; those of the kind around the records have a path, but no line."""
    found: list[dict[str, Spot]] = [{} for _ in records]
    wanted = {(record[LINE], record[PATH]): cells for record, cells in zip(records, found, strict=True)}
    left = set(wanted)
    walker = None if layout.lines else _walker(layout, stream, layout.places)
    for element in _elements(layout, stream, walker):
        key = element.line, pointer(element.steps)
        if key in wanted:
            tokens = {
                token.steps: token
                for token in walk(element.text[element.begin : element.end])
                if not token.key
            }
            kind = layout.kinds()[layout.streamed]
            wanted[key] |= _structure(kind.fields, (), "", tokens, element.places())
            left.discard(key)
        if not left and (walker is None or walker.needed <= walker.seen):
            break
    if walker is not None and layout.envelope is not None:
        around = _around(layout, walker)
        for cells in found:
            cells |= around
    return found


def _walker(layout: Layout, stream: BinaryIO, places: tuple[tuple[str, ...], ...]) -> Walker:
    stream.seek(0)
    fields = layout.kinds()[layout.envelope].fields if layout.envelope else {}
    needed = frozenset(field.steps(name) for name, field in fields.items())
    return Walker(Buffer(blocks(stream, layout.encoding, ignored)), places, needed, ignored)


def _elements(layout: Layout, stream: BinaryIO, walker: Walker | None) -> Iterator[Element]:
    """The objects that are records, as the reader finds them."""
    if walker is None:
        yield from lines.elements(blocks(stream, layout.encoding, ignored), ignored)
        return
    yield from walker.elements()
    if not walker.places and () in layout.places:
        yield from _walker(layout, stream, ((),)).elements()


def _structure(
    fields: Mapping[str, JsonField], above: Steps, prefix: str, tokens: Mapping[Steps, Token], places: Places
) -> dict[str, Spot]:
    """The tokens of the fields of an object."""
    found: dict[str, Spot] = {}
    for name, field in fields.items():
        steps, path = (*above, *field.steps(name)), leaf(prefix, name)
        items = [(steps, path)]
        if field.many:
            items = [((*steps, n), f"{path}[{n + 1}]") for n in range(_length(tokens, steps))]
        for at, named in items:
            if at not in tokens:
                continue
            if field.fields is not None:
                found |= _structure(field.fields, at, named, tokens, places)
            elif field.open:
                inner = [steps for steps in tokens if steps[:-1] == at and len(steps) > len(at)]
                found |= {f"{named}.{key[-1]}": _spot(tokens[key], places) for key in inner}
            else:
                found[named] = _spot(tokens[at], places)
    return found


def _length(tokens: Mapping[Steps, Token], steps: Steps) -> int:
    number = 0
    while (*steps, number) in tokens:
        number += 1
    return number


def _spot(token: Token, places: Places) -> Spot:
    text = json.loads(token.written) if token.written.startswith('"') else token.written
    return Spot(text, name=str(token.steps[-1]), **places.at(token.offset, token.steps))


def _around(layout: Layout, walker: Walker) -> dict[str, Spot]:
    """The values of the kind around the records."""
    found: dict[str, Spot] = {}
    for name, field in layout.kinds()[layout.envelope or ""].fields.items():
        steps = field.steps(name)
        value: object = walker.around
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            found[f"{layout.envelope}.{name}"] = Spot(value, path=pointer(steps), name=steps[-1])
    return found
