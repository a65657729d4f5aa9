"""Writing csv: a generated row function, `csv.writer` for the quoting, one batch in memory."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from exchange.findings import Finding, Found, code
from exchange.formats import _csv_columns
from exchange.formats._csv_columns import Column, leaves
from exchange.formats._csv_complaints import NO_STRUCTURE, unwritable
from exchange.formats._csv_head import HeadLine, text_line
from exchange.formats._fast import indented
from exchange.formats._generated import compile_function
from exchange.formats.contract import Written
from exchange.formats.encoding import marks_itself
from exchange.formats.group import ungrouped
from exchange.formats.values import EMPTY
from exchange.model import LINE, Batch, Record

if TYPE_CHECKING:
    from exchange.formats.csv import Field, Layout

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is a formula to a spreadsheet program."""

OTHER_HEAD = code(
    "CSV022",
    "error",
    "The rows do not stand in one {value}, but the file has one head.",
    advice="Write one file per document (`per: document`), or let the mapping set the same `above` for all rows.",
)


class CsvWriter:
    """Writes files of one layout; the same records always give the same bytes."""

    def __init__(self, layout: Layout, columns: Mapping[str, Column]) -> None:
        self._layout = layout
        self._codecs = _csv_columns.codecs(layout)
        self._places = _places(layout, columns)
        self._quoted = {name for name, field in leaves(layout.fields) if field.is_quoted}
        self._head = HeadLine(layout) if layout.head is not None else None
        self._names: dict[str, object] = {"guarded": guarded}
        self.source = self._source()
        self._function: Callable[..., None] = compile_function(
            "write_rows", self.source, self._names, f"{layout.layout} written rows"
        )

    def write(
        self, batches: Iterable[Batch], out: BinaryIO, spool: Callable[[], BinaryIO], found: Found
    ) -> Written:
        """Write the rows; see `contract.Writer`. Nothing is spooled: a csv file has no head that counts."""
        dialect = self._layout.dialect
        lines = ungrouped(batches, self._layout.group, found) if self._layout.group else batches
        encoder = codecs.getincrementalencoder(self._layout.encoding)()
        if dialect.bom and not marks_itself(self._layout.encoding):
            out.write(encoder.encode("\ufeff"))
        written = 0
        around: Any = None
        for number, batch in enumerate(_at_least_one(lines)):
            if self._head is not None:
                around = self._headed(batch, around, out, encoder, found)
            if dialect.header and not number:
                out.write(encoder.encode(self._text([[title for title, _ in self._places]], titles=True)))
                out.write(encoder.encode("".join(line + self._newline for line in dialect.other_header)))
            rows: list[list[str]] = []
            self._function(batch, rows, lambda record: self._explain(record, found))
            written += len(rows)
            try:
                out.write(encoder.encode(self._text(rows)))
            except (UnicodeEncodeError, csv.Error):
                for record in batch:
                    self._explain_text(record, found)
        return Written({str(self._layout.record): written})

    def _headed(self, batch: Batch, around: Any, out: BinaryIO, encoder: Any, found: Found) -> Any:
        """Write the head that the first row stands in; all others must stand in the same."""
        assert self._head is not None and self._layout.head is not None
        for record in batch:
            own = record.get(self._layout.head.kind)
            if around is None and isinstance(own, dict):
                around = own
                cells = self._head.texts(own, record.get(LINE), found)
                out.write(encoder.encode(self._head.line(cells, self._newline)))
            elif own is None or (own is not around and own != around):
                found(OTHER_HEAD.at(line=record.get(LINE), value=self._layout.head.kind))
        return around

    @property
    def _newline(self) -> str:
        return "\r\n" if self._layout.dialect.newline == "crlf" else "\n"

    def _text(self, rows: list[list[str]], titles: bool = False) -> str:
        """The rows as they stand in the file."""
        newline = self._newline
        if self._layout.dialect.quoting == "texts" and not titles:
            quoted = [field in self._quoted for _, field in self._places]
            return "".join(text_line(row, quoted, self._layout.dialect, newline) for row in rows)
        text = self._joined(rows, newline)
        if newline == "\n" and "\r" in text:  # csv quotes only the characters of its own line end
            text = "".join(self._joined([row], "\r\n").removesuffix("\r\n") + "\n" for row in rows)
        return text

    def _joined(self, rows: list[list[str]], newline: str) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator=newline, **self._layout.dialect.options).writerows(rows)
        return text.getvalue()

    def _source(self) -> str:
        """def write_rows(records, rows, explain): one list of texts for each record."""
        lines: list[str] = []
        self._gather(self._layout.fields, "", "record", lines)
        cells = ", ".join(
            repr("") if field is None else f"t{self._number(field)}" for _, field in self._places
        )
        body = [
            "for record in records:",
            "    try:",
            *indented(lines, 2),
            "    except (ValueError, AttributeError):",
            "        row = explain(record)",
            "        if row is not None:",
            "            add(row)",
            "        continue",
            f"    add([{cells}])",
        ]
        return (
            "\n".join(["def write_rows(records, rows, explain):", "    add = rows.append", *indented(body)])
            + "\n"
        )

    def _gather(self, fields: Mapping[str, Field], prefix: str, holder: str, lines: list[str]) -> None:
        """Lines that set t0, t1 … to the texts of the fields."""
        for name, field in fields.items():
            full = prefix + name
            if field.fields is not None:
                self._gather_structure(field, full, f"{holder}.get({str(name)!r})", lines)
                continue
            number = self._number(full)
            lines.append(f"v{number} = {holder}.get({str(name)!r})")
            lines += self._codecs[full].write_code(f"v{number}", f"t{number}", self._names)
            if field.type == "text" and self._layout.dialect.guards:
                lines.append(f"if t{number}[:1] in {FORMULA}: t{number} = guarded(t{number})")

    def _gather_structure(self, field: Field, name: str, value: str, lines: list[str]) -> None:
        """Lines for a structure; its columns are empty when there is none."""
        holder, inner = f"s_{name.replace('.', '__')}", list[str]()
        self._gather(field.fields or {}, f"{name}.", holder, inner)
        leaves = [leaf for leaf in self._codecs if leaf.startswith(f"{name}.")]
        empty = [f"t{self._number(leaf)} = {self._codecs[leaf].empty_text!r}" for leaf in leaves]
        absent = ["raise ValueError"] if field.required else empty
        lines += [
            f"{holder} = {value}",
            f"if {holder} is None:",
            *indented(absent),
            "else:",
            *indented(inner),
        ]

    def _number(self, field: str) -> int:
        return list(self._codecs).index(field)

    def _explain(self, record: Record, found: Found) -> list[str] | None:
        """The slow side of one record: its row, or all its findings."""
        texts: dict[str, str] = {}
        findings: list[Finding] = []
        self._texts(self._layout.fields, "", record, texts, findings)
        for finding in findings:
            found(finding)
        return None if findings else ["" if field is None else texts[field] for _, field in self._places]

    def _texts(
        self,
        fields: Mapping[str, Field],
        prefix: str,
        holder: Mapping[str, Any],
        texts: dict[str, str],
        findings: list[Finding],
    ) -> None:
        """The texts of the fields of a structure, by dotted name."""
        line = holder.get(LINE)
        for name, field in fields.items():
            full, value = prefix + name, holder.get(name)
            if field.fields is None:
                text, wrong = self._codecs[full].write(value, line=line)
                guards = field.type == "text" and self._layout.dialect.guards
                texts[full] = guarded(text) if guards else text
                findings += wrong
            elif value is None:
                texts |= {
                    leaf: codec.empty_text
                    for leaf, codec in self._codecs.items()
                    if leaf.startswith(f"{full}.")
                }
                findings += [EMPTY.at(line=line, field=full)] if field.required else []
            elif isinstance(value, dict):
                self._texts(field.fields, f"{full}.", value | {LINE: line}, texts, findings)
            else:
                findings.append(NO_STRUCTURE.at(line=line, field=full, got=type(value).__name__))

    def _explain_text(self, record: Record, found: Found) -> None:
        """Which texts of a record cannot be encoded or need quotes that the layout does not have."""
        texts: dict[str, str] = {}
        self._texts(self._layout.fields, "", record, texts, [])
        dialect, encoding, line = self._layout.dialect, self._layout.encoding, record.get(LINE)
        for field, text in texts.items():
            for finding in unwritable(
                text, encoding, dialect.quote, dialect.delimiter, field=field, line=line
            ):
                found(finding)


def _at_least_one(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches; an empty one when there is none, so that the header is written."""
    empty = True
    for batch in batches:
        empty = False
        yield batch
    if empty:
        yield []


def guarded(text: str) -> str:
    """A text that no spreadsheet program takes for a formula; numbers never come here."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _places(layout: Layout, found: Mapping[str, Column]) -> list[tuple[str, str | None]]:
    """Title and field of each column, in the order in which they are written."""
    columns = {field: column.shown for field, column in found.items()}
    numbered = {column: field for field, column in columns.items() if isinstance(column, int)}
    if not numbered:
        return [(str(column), str(field)) for field, column in columns.items()]
    named = iter([(str(column), field) for field, column in columns.items() if isinstance(column, str)])
    width = max([*numbered, len(columns), layout.dialect.width or 0])
    if len(numbered) == len(columns):
        width = layout.dialect.width or max(numbered)
    return [
        (str(numbered[n]), numbered[n]) if n in numbered else next(named, ("", None))
        for n in range(1, width + 1)
    ]
