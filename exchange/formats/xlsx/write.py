"""Writing a workbook of one sheet: the same records always give the same bytes.

Numbers, dates and truths become such cells, texts stay texts (1930 as an account is no number, =A1 no formula). Times of the
zip are those of 1980, the first that it can hold; small workbooks are stored, not packed, because packed bytes differ between
versions of zlib.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any, BinaryIO

from exchange.findings import Found, code
from exchange.formats._csv_columns import codecs, columns, leaves
from exchange.formats._csv_complaints import NO_STRUCTURE
from exchange.formats.contract import Written
from exchange.formats.csv import Field
from exchange.formats.encoding import unwritable_finding
from exchange.formats.group import ungrouped
from exchange.formats.values import EMPTY
from exchange.formats.xlsx.book import letters
from exchange.formats.xlsx.cells import DIGITS, plain, serial
from exchange.formats.xlsx.layout import Layout
from exchange.model import LINE, Batch

ROWS = 1_048_576
SMALL = 2_000
"""Workbooks with no more rows are stored, not packed."""
TEXT = 32_767
"""The most characters of one cell."""
FIRST_DAY = date(1900, 3, 1)
TOO_EXACT = code(
    "XLS020",
    "error",
    "The number {value} for {field} has more than {want} digits; Excel would change it.",
    advice="Round it in the mapping, or make the field a text.",
)
TOO_MANY = code(
    "XLS021",
    "error",
    "The sheet has more than {want} rows, which is all that Excel takes.",
    advice="Write several files (`per: document`), or csv.",
)
TOO_LONG = code(
    "XLS022",
    "error",
    "The text for {field} has {got} characters; a cell takes {want}.",
    advice="Nothing is cut off silently. Shorten it in the mapping.",
)
TOO_EARLY = code(
    "XLS023",
    "error",
    "The date {value} for {field} is before 1 March 1900, which Excel counts wrong.",
    advice="Make the field a text.",
)

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BAD = re.compile("_x[0-9A-Fa-f]{4}_|[\x00-\x08\x0b-\x0d\x0e-\x1f\ufffe\uffff]")
_NUMBERS = ("integer", "decimal", "money", "percent")


class SheetWriter:
    """Writes workbooks of one layout."""

    source = "(a sheet is written without generated code)"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.codecs = codecs(layout)
        self.places = _places(layout)
        shown = {name: _format(field) for name, field in leaves(layout.fields)}
        self.formats = sorted({*shown.values()} - {"General"})
        self.styles = {
            name: f' s="{self.formats.index(one) + 1}"' if one in self.formats else ""
            for name, one in shown.items()
        }
        """What a cell of each field says of its format."""

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write the workbook; see `contract.Writer`. Nothing is spooled."""
        lines = ungrouped(batches, self.layout.group, found) if self.layout.group else batches
        rows = self._rows(lines, found)
        begun = list(islice(rows, SMALL + 1))
        packed = zipfile.ZIP_DEFLATED if len(begun) > SMALL else zipfile.ZIP_STORED
        number = 0
        with zipfile.ZipFile(out, "w", packed) as parts:
            for name, text in self._parts():
                parts.writestr(_entry(name, packed), _HEAD + text)
            with parts.open(_entry("xl/worksheets/sheet1.xml", packed), "w", force_zip64=True) as sheet:
                sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                if self.layout.dialect.header:
                    titles = {
                        column: _text(title) for column, (title, _) in enumerate(self.places, 1) if title
                    }
                    sheet.write(_row(1, titles).encode())
                for row in chain(begun, rows):
                    number += 1
                    sheet.write(row.encode())
                sheet.write(b"</sheetData></worksheet>")
        if number + self.layout.dialect.header > ROWS:
            found(TOO_MANY.at(want=ROWS))
        return Written({str(self.layout.record): number})

    def _rows(self, batches: Iterable[Batch], found: Found) -> Iterator[str]:
        number = int(self.layout.dialect.header)
        for batch in batches:
            for record in batch:
                number += 1
                texts = dict(self._cells(self.layout.fields, "", record, record.get(LINE), found))
                yield _row(
                    number,
                    {
                        place: texts[field]
                        for place, (_, field) in enumerate(self.places, 1)
                        if texts.get(field)
                    },
                )

    def _cells(
        self,
        fields: Mapping[Any, Field],
        prefix: str,
        holder: Mapping[str, Any],
        line: int | None,
        found: Found,
    ) -> Iterator[tuple[str, str]]:
        """The XML of each cell by the dotted name of its field, without its place."""
        for name, field in fields.items():
            full, value = f"{prefix}{name}", holder.get(name)
            if field.fields is not None:
                if isinstance(value, dict):
                    yield from self._cells(field.fields, f"{full}.", value, line, found)
                elif value is not None:
                    found(NO_STRUCTURE.at(line=line, field=full, got=type(value).__name__))
                elif field.required:
                    found(EMPTY.at(line=line, field=full))
                continue
            text, wrong = self.codecs[full].write(value, line=line)
            for finding in wrong:
                found(finding)
            yield full, "" if wrong or not text else self._cell(full, field, value, text, line, found)

    def _cell(self, full: str, field: Field, value: Any, text: str, line: int | None, found: Found) -> str:
        place: dict[str, Any] = {"field": full, "line": line}
        style = self.styles[full]
        if isinstance(value, bool):
            return f' t="b"><v>{int(value)}</v></c>'
        if field.type in _NUMBERS and isinstance(value, int | Decimal):
            number = Decimal(value)
            if len(number.normalize().as_tuple().digits) > DIGITS:
                found(TOO_EXACT.at(value=value, want=DIGITS, **place))
            return f"{style}><v>{plain(number)}</v></c>"
        if isinstance(value, date):
            if (value.date() if isinstance(value, datetime) else value) < FIRST_DAY:
                found(TOO_EARLY.at(value=value, **place))
            if not isinstance(value, datetime) or (value.tzinfo is None and not value.microsecond):
                return f"{style}><v>{serial(value)}</v></c>"
        if len(text) > TEXT:
            found(TOO_LONG.at(got=len(text), want=TEXT, **place))
        unwritable = None if text.isascii() else unwritable_finding(text, "utf-8", **place)
        if unwritable is not None:
            found(unwritable)
            return ""
        return _text(text)

    def _parts(self) -> Iterator[tuple[str, str]]:
        """Everything but the sheet."""
        name = html.escape(self.layout.sheet or "Sheet1")
        kinds = (
            ("/xl/workbook.xml", "sheet.main"),
            ("/xl/worksheets/sheet1.xml", "worksheet"),
            ("/xl/styles.xml", "styles"),
        )
        overrides = "".join(
            f'<Override PartName="{part}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
            for part, kind in kinds
        )
        yield (
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        )
        yield "_rels/.rels", _relations(("officeDocument", "xl/workbook.xml"))
        yield (
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        yield (
            "xl/_rels/workbook.xml.rels",
            _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        )
        own = "".join(
            f'<numFmt numFmtId="{164 + n}" formatCode="{html.escape(one)}"/>'
            for n, one in enumerate(self.formats)
        )
        used = "".join(
            f'<xf numFmtId="{164 + n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            for n, _ in enumerate(self.formats)
        )
        formats = f'<numFmts count="{len(self.formats)}">{own}</numFmts>' if own else ""
        yield (
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}">{formats}<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{len(self.formats) + 1}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>{used}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        )


def _places(layout: Layout) -> list[tuple[str, str]]:
    """Title and field of each column, in the order in which they are written; columns without a field are blank."""
    found = columns(layout)
    numbered = {column.number: field for field, column in found.items() if column.number is not None}
    named = iter([(column.names[0], field) for field, column in found.items() if column.names])
    width = max([*numbered, len(found)])
    return [("", numbered[n]) if n in numbered else next(named, ("", "")) for n in range(1, width + 1)]


def _format(field: Field) -> str:
    """How Excel shows values of a field."""
    if field.type == "date":
        return "yyyy\\-mm\\-dd"
    if field.type == "datetime":
        return "yyyy\\-mm\\-dd\\ hh:mm:ss"
    decimals = field.scale if field.scale is not None else 2 if field.type == "money" else None
    return "0" + f".{'0' * decimals}" if field.type in _NUMBERS and decimals else "General"


def _row(number: int, cells: Mapping[int, str]) -> str:
    inner = "".join(f'<c r="{letters(column)}{number}"{cell}' for column, cell in cells.items())
    return f'<row r="{number}">{inner}</row>'


def _text(text: str) -> str:
    """A text as it is, whatever it looks like."""
    safe = _BAD.sub(
        lambda found: f"_x005F_{found[0][1:]}" if len(found[0]) > 1 else f"_x{ord(found[0]):04X}_", text
    )
    return f' t="inlineStr"><is><t xml:space="preserve">{html.escape(safe, quote=False)}</t></is></c>'


def _relations(*targets: tuple[str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _entry(name: str, packed: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = packed
    return entry
