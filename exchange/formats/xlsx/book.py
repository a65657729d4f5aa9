"""A workbook as a zip of XML parts (ECMA-376): which sheet is where, shared texts, which styles show dates, and the cells of rows.

Parts are read as streams; only the shared texts are kept. Nothing outside the file is reached, and a DOCTYPE is refused.
"""

from __future__ import annotations

import errno
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any, BinaryIO, Literal, NamedTuple

from lxml import etree

from exchange.findings import Finding, code

PART_LIMIT = 2_000_000_000
"""No part of a workbook may have more bytes than this when unpacked."""
TEXTS_LIMIT = 200_000_000
"""The most characters of all shared texts."""
COLUMNS = 16_384
_REFERENCE = re.compile("([A-Z]{1,3})[0-9]{1,7}")
_PERCENTAGES = frozenset({"9", "10"})
_DATES = frozenset(map(str, (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))))
"""Formats that every workbook has, by number: those that show percentages, and those that show dates or times."""
_ASK = "Ask the sender for the file once more, saved as .xlsx without a password."
NO_BOOK = code("XLS001", "error", "The file is no Excel workbook (.xlsx): {why}.", advice=_ASK)
_OTHER = NO_BOOK.at(why="it is cut off, or a zip file of another kind")
NO_SHEET = code(
    "XLS002",
    "error",
    'The workbook has no sheet "{value}"; it has {known}.',
    advice="Name the right sheet in the layout, or ask the sender.",
)

CellType = Literal["text", "number", "date", "percent", "truth", "error", "unknown"]


class Cell(NamedTuple):
    """One cell. text: as stored (numbers in full, truths 1 or 0). unknown: a formula whose result is not stored."""

    type: CellType
    text: str


class Unusable(Exception):
    """The file cannot be read as a workbook."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class Book:
    """An open workbook."""

    parts: zipfile.ZipFile
    sheets: dict[str, str]
    """The part of each sheet by its name, in order."""
    texts: list[str]
    styles: list[CellType]
    from_1904: bool

    def rows(self, sheet: str) -> Iterator[tuple[int, dict[int, Cell]]]:
        """The rows of a sheet that are there, by number from 1, with their cells by column from 1. Raises Unusable."""
        number = 0
        for row in _elements(self.parts, self.sheets[sheet], "row"):
            number = _number(row.get("r"), number + 1)
            cells: dict[int, Cell] = {}
            column = 0
            for cell in row.iterchildren("{*}c"):
                column = _column(cell.get("r"), column + 1)
                value = self._cell(cell)
                if value is None:
                    continue
                if column in cells:
                    raise Unusable(NO_BOOK.at(why=f"it has the cell {letters(column)}{number} twice"))
                cells[column] = value
            yield number, cells

    def _cell(self, cell: Any) -> Cell | None:
        kind, value = cell.get("t") or "n", cell.findtext("{*}v")
        if kind == "inlineStr":
            return Cell("text", _plain(cell))
        if value is None:
            return Cell("unknown", "") if cell.find("{*}f") is not None else None
        if kind == "s":
            return Cell("text", self._shared(value))
        if kind == "n":
            style = _number(cell.get("s"), 0)
            return Cell(self.styles[style] if style < len(self.styles) else "number", value)
        return Cell({"b": "truth", "e": "error", "d": "date"}.get(kind, "text"), _unescaped(value))  # type: ignore[arg-type]

    def _shared(self, value: str) -> str:
        try:
            return self.texts[int(value)]
        except (ValueError, IndexError):
            raise Unusable(NO_BOOK.at(why=f"it refers to a text {value} that it does not have")) from None


def opened(stream: BinaryIO) -> Book:
    """The workbook in a seekable stream. Raises Unusable."""
    head = stream.read(8)
    stream.seek(0)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unusable(NO_BOOK.at(why="it is an older .xls file, or protected by a password"))
    try:
        parts = zipfile.ZipFile(stream)
        known = _relations(parts)
        book = next(_elements(parts, known[""], "workbook"))
        within = _relations(parts, known[""])
    except (zipfile.BadZipFile, KeyError, StopIteration, NotImplementedError, ValueError):
        raise Unusable(_OTHER) from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise Unusable(_OTHER) from None  # a part is said to stand before the beginning of the file
    sheets = {}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        part = within.get(next((value for name, value in sheet.attrib.items() if name.endswith("}id")), ""))
        if part is not None and part in parts.namelist():
            sheets[str(sheet.get("name"))] = part
    said = book.find("{*}workbookPr")
    from_1904 = said is not None and said.get("date1904") in ("1", "true")
    folder = posixpath.dirname(known[""])
    return Book(
        parts,
        sheets,
        _texts(parts, f"{folder}/sharedStrings.xml"),
        _styles(parts, f"{folder}/styles.xml"),
        from_1904,
    )


def _relations(parts: zipfile.ZipFile, of: str = "") -> dict[str, str]:
    """The parts that a part refers to, by id; of the package itself the workbook under ""."""
    folder, name = posixpath.split(of)
    found: dict[str, str] = {}
    for one in _elements(parts, posixpath.join(folder, "_rels", f"{name}.rels"), "Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, one.get("Target") or "")).lstrip("/")
        is_book = not of and (one.get("Type") or "").endswith("/officeDocument")
        found["" if is_book else one.get("Id") or ""] = target
    return found


def _texts(parts: zipfile.ZipFile, part: str) -> list[str]:
    """The shared texts; without formatting and without the reading aids of Japanese."""
    if part not in parts.namelist():
        return []
    found, length = [], 0
    for one in _elements(parts, part, "si"):
        found.append(_plain(one))
        length += len(found[-1])
        if length > TEXTS_LIMIT:
            raise Unusable(NO_BOOK.at(why=f"its texts have more than {TEXTS_LIMIT} characters"))
    return found


def _styles(parts: zipfile.ZipFile, part: str) -> list[CellType]:
    """What a number of each style shows: a number, a date or time, a percentage."""
    if part not in parts.namelist():
        return []
    sheet = next(_elements(parts, part, "styleSheet"), None)
    if sheet is None:
        raise Unusable(NO_BOOK.at(why=f"{part} holds no styles"))
    own = {one.get("numFmtId"): one.get("formatCode") or "" for one in sheet.iterfind("{*}numFmts/{*}numFmt")}
    return [_shows(one.get("numFmtId") or "0", own) for one in sheet.iterfind("{*}cellXfs/{*}xf")]


def _shows(number: str, own: dict[str | None, str]) -> CellType:
    if number in own:
        bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', "", own[number].lower())
        if "general" in bare:
            return "number"
        return "date" if re.search(r"[ymdhs]", bare) else "percent" if "%" in bare else "number"
    if number in _PERCENTAGES:
        return "percent"
    return "date" if number in _DATES else "number"


def _elements(parts: zipfile.ZipFile, part: str, name: str) -> Iterator[Any]:
    """The elements of a name in a part, one after another; each is forgotten when the next is asked for."""
    entry = parts.getinfo(part)
    if entry.file_size > PART_LIMIT:
        raise Unusable(NO_BOOK.at(why=f"{part} has more than {PART_LIMIT} bytes when unpacked"))
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unusable(NO_BOOK.at(why=f"{part} is packed in another way than workbooks are"))
    try:
        with parts.open(part) as stream:
            yield from _walked(stream, part, name)
    except (
        etree.XMLSyntaxError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        ValueError,
    ) as error:
        why = str(error) or type(error).__name__
        raise Unusable(NO_BOOK.at(why=f"{part} is damaged ({why})")) from None


def _walked(stream: IO[bytes], part: str, name: str) -> Iterator[Any]:
    walk = etree.iterparse(
        stream, events=("end",), tag=f"{{*}}{name}", resolve_entities=False, no_network=True
    )
    for _, element in walk:
        if element.getroottree().docinfo.doctype:
            raise Unusable(NO_BOOK.at(why=f"{part} has a DOCTYPE, which is not allowed"))
        yield element
        element.clear()
        around = element.getparent()
        while around is not None and element.getprevious() is not None:
            del around[0]


def _plain(element: Any) -> str:
    """The text of a shared or an inline text."""
    return _unescaped(
        "".join(
            one.text or "" for one in element.iter("{*}t") if etree.QName(one.getparent()).localname != "rPh"
        )
    )


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written _x0007_."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _number(text: str | None, missing: int) -> int:
    """The number of a row or a style. Raises Unusable."""
    if text is None:
        return missing
    if not (text.isascii() and text.isdigit()):
        raise Unusable(NO_BOOK.at(why=f'"{text}" stands where a number must'))
    return int(text)


def _column(reference: str | None, missing: int) -> int:
    """B7 → 2. Raises Unusable."""
    match = _REFERENCE.fullmatch(reference or "")
    number = 0
    for letter in match[1] if match is not None else "":
        number = number * 26 + ord(letter) - 64
    number = missing if reference is None else number
    if not 0 < number <= COLUMNS:
        raise Unusable(
            NO_BOOK.at(why=f'a cell stands at "{reference or letters(number)}", which no sheet has')
        )
    return number


@lru_cache(maxsize=COLUMNS)
def letters(column: int) -> str:
    """2 → B."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
