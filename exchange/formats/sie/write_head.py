"""The head of a written SIE file, in the order of the standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from exchange.findings import code
from exchange.formats.sie.layout import Layout
from exchange.formats.sie.lexical import quoted
from exchange.formats.sie.pen import Pen, trimmed
from exchange.formats.sie.records import FORMAT, HEAD, Line, codecs

LACKS = code(
    "SIE051",
    "error",
    "A file of type {want} needs #{tag} ({field}), but the records have nothing for it.",
    advice="Set {field} of the file in the mapping, under `above: {{file: …}}`.",
)
NOT_IN_TYPE = code(
    "SIE052",
    "error",
    "#{tag} ({field}) must not stand in a file of type {want}.",
    advice="Do not set it in the mapping, or write to a layout of another type.",
)


FREE = 20
"""The first number of a dimension that has no meaning of its own."""


class HeadWriter:
    """Writes the lines before the balances and vouchers."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._codecs = dict(codecs(layout.known_kinds["file"].fields))

    def lines(self, file: Mapping[str, Any], pen: Pen) -> list[str]:
        """All lines about the file."""
        return [
            text for line in HEAD for text in self._of_kind(line, head_values(line, file, self._layout), pen)
        ]

    def _of_kind(self, line: Line, values: list[dict[str, Any]], pen: Pen) -> list[str]:
        """The lines of one kind; what the type must have or must not have is checked."""
        field, type_ = line.into or line.columns[0], self._layout.type
        if values and type_ in line.never:
            pen.found(NOT_IN_TYPE.at(line=pen.line, field=field, tag=line.tag, want=type_))
        if not values and type_ in line.must:
            pen.found(LACKS.at(line=pen.line, field=field, tag=line.tag, want=type_))
        return [self._line(line, value, pen) for value in values]

    def _line(self, line: Line, values: Mapping[str, Any], pen: Pen) -> str:
        texts = []
        for column in line.columns:
            name = f"{line.into}.{column}" if line.into else column
            text = FORMAT
            if column != "character_set":
                text, findings = self._codecs[name].write(values.get(column), line=pen.line)
                for finding in findings:
                    pen.found(finding)
            texts.append(quoted(pen.fitted(text, name)))
        return (
            " ".join([f"#{line.tag}", *texts])
            if line.tag == "ADRESS"
            else trimmed(" ".join([f"#{line.tag}", *texts]))
        )


def head_values(line: Line, file: Mapping[str, Any], layout: Layout) -> list[dict[str, Any]]:
    """What the lines of one kind in the head say: one dict of columns for each line.

    The names that the layout gives to dimensions are written, too, but not those of numbers that the
    standard itself has given a meaning.
    """
    if line.tag == "DIM":
        own = [item for item in file.get("dimensions") or () if item.get("parent") is None]
        known = {item.get("number") for item in file.get("dimensions") or ()}
        free = [] if layout.type in line.never else sorted(int(n) for n in layout.names if int(n) >= FREE)
        return [
            *own,
            *({"number": str(n), "name": layout.names[str(n)]} for n in free if str(n) not in known),
        ]
    if line.tag == "UNDERDIM":
        return [item for item in file.get("dimensions") or () if item.get("parent") is not None]
    if line.into == "accounts":
        return _items(line, sorted(file.get("accounts") or (), key=lambda item: item.get("name") is None))
    if line.into:
        return _items(line, file.get(line.into) or ())
    if line.tag == "PROSA":
        return [{"prose": text} for text in file.get("prose") or ()]
    defaults = {
        "flag": "0",
        "program": layout.program,
        "character_set": FORMAT,
        "type": layout.type[0],
    }
    if line.tag == "PROGRAM" and file.get("program") is None:
        defaults["program_version"] = layout.program_version
    values = {column: _at(file, column) for column in line.columns}
    values = {column: defaults.get(column) if value is None else value for column, value in values.items()}
    return [values] if any(value is not None for value in values.values()) else []


def _items(line: Line, items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One line for each thing that has what the line says beyond naming it."""
    said = [column for column in line.columns if column not in line.by]
    lines = []
    for item in items:
        several = item.get("sru") or () if "sru" in said else (None,)
        for one in several:
            values = {column: item.get(column) for column in line.columns} | ({"sru": one} if one else {})
            named = line.tag in ("RAR", "KONTO", "OBJEKT") and not (line.tag == "KONTO" and _only_other(item))
            lines += [values] if named or any(values[column] is not None for column in said) else []
    return lines


def _only_other(item: Mapping[str, Any]) -> bool:
    """Whether an account is known by its type, unit or code alone, without a #KONTO of its own."""
    return item.get("name") is None and any(item.get(name) for name in ("type", "unit", "sru"))


def _at(file: Mapping[str, Any], column: str) -> Any:
    outer, _, inner = column.rpartition(".")
    holder = (file.get(outer) or {}) if outer else file
    return holder.get(inner)
