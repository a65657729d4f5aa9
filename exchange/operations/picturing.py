"""What is seen of a file for which no layout is known, and the draft of a layout for such files."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.findings import Found
from exchange.formats import registry
from exchange.formats.contract import Sniffed
from exchange.formats.glimpse import LOOKED_AT, ColumnSeen, Glimpse

DRAFTED = ("csv", "xlsx")
"""The formats of which layouts are drafted: what their rows show is all that a layout must say."""
_TYPES = ("integer", "decimal", "money", "percent", "date", "datetime", "time")


@dataclass(frozen=True, slots=True)
class Picture:
    """The rows and columns of a file; draft: a layout that reads it as it seems to be, "" where none can be drafted."""

    rows: int
    header: bool | None
    delimiter: str | None
    uneven: int | None
    columns: Sequence[dict[str, Any]]
    draft: str

    def as_dict(self) -> dict[str, Any]:
        """The stable form of `--json`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def picture_of(path: Path, sniffed: Sniffed, found: Found) -> Picture | None:
    """What is seen of a file, None where its format cannot say; that it is broken goes to `found`."""
    with path.open("rb") as stream:
        seen = registry.glimpse(stream, sniffed, found)
    if seen is None:
        return None
    is_drafted = sniffed.format in DRAFTED
    header = seen.header if is_drafted else None
    draft = _draft(path, sniffed, seen) if is_drafted else ""
    looked_at = min(seen.rows, LOOKED_AT)
    columns = [_column(column, looked_at) for column in seen.columns]
    return Picture(seen.rows, header, seen.delimiter, seen.uneven, columns, draft)


def _column(column: ColumnSeen, rows: int) -> dict[str, Any]:
    return {
        "column": str(column.place),
        "kind": column.kind,
        "form": _form(column),
        "example": column.example,
        "empty": rows - column.filled,
        "otherwise": column.otherwise,
    }


def _form(column: ColumnSeen) -> str | None:
    """How its values are written, in words of a layout."""
    if column.decimal is not None:
        thousands = f', thousands "{column.thousands}"' if column.thousands else ""
        return f'decimal "{column.decimal}"{thousands}'
    return column.pattern


def _draft(path: Path, sniffed: Sniffed, seen: Glimpse) -> str:
    """A layout that reads the file; what no value decides is a remark in it."""
    signs = Counter(
        (each.decimal, each.thousands) for each in seen.columns if each.decimal and not each.otherwise
    )
    usual = signs.most_common(1)[0][0] if signs else (".", None)
    names = _names(str(column.place) for column in seen.columns)
    lines = [
        f"layout: yours/{re.sub('[^a-z0-9]+', '-', path.stem.lower()).strip('-') or 'rows'}",
        f"format: {sniffed.format}",
        *(_of_sheet(seen, usual) if seen.sheet is not None else _of_text(sniffed, seen, usual)),
        "record: row",
        "fields:",
        *(_field(name, column, usual) for name, column in zip(names, seen.columns, strict=True)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _of_text(sniffed: Sniffed, seen: Glimpse, usual: tuple[str | None, str | None]) -> list[str]:
    """What a layout says of a text file as a whole."""
    dialect = [f"delimiter: {_sign(seen.delimiter)}", f"decimal: {_sign(usual[0])}"]
    dialect += [f"thousands: {_sign(usual[1])}"] if usual[1] else []
    dialect += [f"header: {str(seen.header).lower()}"]
    dialect += [] if seen.header else [f"width: {len(seen.columns)}"]
    encoding = "utf-8" if sniffed.encoding == "ascii" else sniffed.encoding
    return [f"encoding: {encoding}", f"dialect: {{{', '.join(dialect)}}}"]


def _of_sheet(seen: Glimpse, usual: tuple[str | None, str | None]) -> list[str]:
    """What a layout says of a workbook as a whole."""
    dialect = [f"decimal: {_sign(usual[0])}"] if usual[0] != "." else []
    dialect += [f"thousands: {_sign(usual[1])}"] if usual[1] else []
    dialect += [] if seen.header else ["header: false"]
    return [f"sheet: {_sign(seen.sheet)}", *([f"dialect: {{{', '.join(dialect)}}}"] if dialect else [])]


def _field(name: str, column: ColumnSeen, usual: tuple[str | None, str | None]) -> str:
    """One field; where no value decides what it is, it is left a text, with a remark: a guess would be read as if it were known."""
    said = [f"column: {column.place if isinstance(column.place, int) else _sign(column.place)}"]
    if column.otherwise is not None:
        doubt = f"{column.kind} {_form(column) or ''}".strip()
        return f"  {name}: {{{said[0]}}}  # {doubt}, or {column.otherwise}: no value tells, ask the sender"
    said += [f"type: {column.kind}"] if column.kind in _TYPES else []
    said += ["scale: 2"] if column.kind == "money" else []
    said += [f"pattern: {_sign(column.pattern)}"] if column.pattern else []
    if column.decimal is not None and column.decimal != usual[0]:
        said.append(f"decimal: {_sign(column.decimal)}")
    if column.thousands and column.thousands != usual[1]:
        said.append(f"thousands: {_sign(column.thousands)}")
    return f"  {name}: {{{', '.join(said)}}}"


def _sign(text: str | None) -> str:
    """A text as YAML is sure to take it."""
    return json.dumps(text, ensure_ascii=False)


def _names(titles: Iterable[str]) -> list[str]:
    """A field's name for each column, no two alike."""
    names: list[str] = []
    for title in titles:
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
        name = name if name[:1].isalpha() else f"column_{name or len(names) + 1}"
        name = f"{name}_" if keyword.iskeyword(name) else name
        number = 2
        free = name
        while free in names:
            free, number = f"{name}_{number}", number + 1
        names.append(free)
    return names
