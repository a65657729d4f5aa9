"""What is wrong with the rows of a csv file, and what to do then."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from exchange.findings import Finding, code
from exchange.formats.encoding import unwritable_finding

_ASK = "Ask the sender for a corrected file."
EMPTY_FILE = code(
    "CSV001", "error", "The file has no header row.", advice="Ask the sender whether it is complete."
)
NO_COLUMN = code(
    "CSV002",
    "error",
    'The header has no column "{value}", which the layout needs for {field}.{near}',
    advice="Ask the sender for a file with this column, or change the column's name in the layout.",
)
UNKNOWN_COLUMN = code(
    "CSV003",
    "warning",
    'The column "{value}" (number {column}) is not declared; it is not read.',
    advice="Add it to the layout if it is of use.",
)
DOUBLE_COLUMN = code(
    "CSV004",
    "error",
    'The header has the column "{value}" twice, as numbers {first} and {column}.',
    advice="Ask the sender which of them is meant.",
)
SHORT_ROW = code("CSV005", "error", "Line {line}: the row has {got} columns, {want} are needed.", advice=_ASK)
LONG_ROW = code(
    "CSV006",
    "error",
    "Line {line}: the row has {got} columns, {want} are expected.",
    advice="Probably a value holds the delimiter without quotes. " + _ASK,
)
UNCLOSED = code(
    "CSV007",
    "error",
    "A quote opened in the row that begins on line {line} is never closed; it took all up to line {last}.",
    advice="Close the quote or double it inside the value. " + _ASK,
)
BAD_QUOTE = code(
    "CSV008",
    "error",
    "Line {line}: something follows a closing quote in the row that begins on line {first}: {why}.",
    advice="A quote inside a value is written twice. " + _ASK,
)
TOO_LONG = code(
    "CSV009",
    "error",
    "The row that begins on line {line} has a value or is itself too long ({why}); reached line {last}.",
    advice="Probably a quote is opened and never closed. " + _ASK,
)
ZERO_BYTE = code(
    "CSV010",
    "error",
    "Line {line}, column {column}: the file holds a zero byte, which no text does. The rest was not read.",
    advice="The file is damaged, or is UTF-16: see `exchange inspect`. " + _ASK,
)
LONE_RETURN = code(
    "CSV011",
    "error",
    "Line {line}: a carriage return without a line feed stands inside the row.",
    advice="Lines must end in LF or CR LF. " + _ASK,
)
NEEDS_QUOTES = code(
    "CSV020",
    "error",
    'The text "{value}" for {field} holds the delimiter or a line end, but the layout has no quotes.',
    advice="Replace the character in the mapping, or declare a quote in the layout's dialect.",
)
NO_STRUCTURE = code(
    "CSV021",
    "error",
    "The value for {field} is of type {got}; a structure of columns is needed.",
    advice="Set the fields of the structure one by one in the mapping.",
)


def broken(error: csv.Error, first: int, last: int) -> Finding:
    """What Python's csv module complains about. first, last: the lines of the row as far as it was read."""
    why = str(error)
    if "end of data" in why:
        return UNCLOSED.at(line=first, last=last)
    if "field limit" in why:
        return TOO_LONG.at(line=first, last=last, why=why)
    if "new-line" in why:
        return LONE_RETURN.at(line=last)
    return BAD_QUOTE.at(line=last, first=first, why=why)


def unwritable(text: str, encoding: str, quote: str, delimiter: str, **place: object) -> Iterator[Finding]:
    """Why a text cannot be written: the encoding has not all of its characters, or it needs quotes and there are none."""
    lacking = unwritable_finding(text, encoding, **place)
    if lacking is not None:
        yield lacking
    if quote == "none" and any(character in text for character in f"{delimiter}\r\n"):
        yield NEEDS_QUOTES.at(value=text, **place)  # type: ignore[arg-type]
