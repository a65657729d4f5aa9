r"""How a line of SIE is written: `#TAG field "field with \"blanks\"" {dimension object} …`."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from exchange.findings import Finding, Found, code
from exchange.formats.contract import Progress
from exchange.formats.encoding import Unreadable, blocks, canonical, meant_by

EVIDENCE = 2_000
"""So many lines with letters beyond ASCII are looked at to know the encoding."""
LINE_LIMIT = 100_000
"""The most characters of one line."""

_ASK = "Ask the sender for a corrected file."
TOO_LONG = code(
    "SIE001",
    "error",
    "Line {line} has more than {limit} characters. The rest was not read.",
    advice="The file is damaged, or is no SIE file. " + _ASK,
)
LONE_RETURN = code(
    "SIE002",
    "error",
    "Line {line}: a carriage return without a line feed stands inside the line. The rest was not read.",
    advice="Lines must end in LF or CR LF. " + _ASK,
)
BROKEN = code("SIE003", "error", "Line {line}, column {column}: {why}.", advice=_ASK)
CONTROL = code(
    "SIE004",
    "warning",
    "Line {line}: the field {value} holds a forbidden control character; it was read as a blank.",
    advice="Tell the sender.",
)
ODD_OBJECTS = code(
    "SIE005",
    "error",
    "Line {line}: the object list {{{value}}} does not hold pairs of a dimension and an object.",
    advice=_ASK,
)
DOUBLE_OBJECT = code(
    "SIE006",
    "error",
    "Line {line}: the object list {{{value}}} names dimension {dimension} twice.",
    advice=_ASK,
)
LOOSE_QUOTE = code(
    "SIE007",
    "warning",
    'Line {line}: a text holds a quote that is not written \\", or its last quote is missing; it was read as {value}.',
    advice="The text may be damaged; accounts and amounts stand before it and were read. Tell the sender.",
)
OTHER_ENCODING = code(
    "SIE008",
    "warning",
    "The file is written in {actual}, although the standard allows only code page 437; it was read in {actual}.",
    advice="Look at the names and texts. Tell the sender: other programs read them wrong.",
)

_PART = re.compile(r'[ \t]*(?:"((?:[^"\\]|\\"|\\(?!"))*)"(?=[ \t}]|$)|([^ \t"{}][^ \t{}]*)|(\{)|(\}))')
_LOOSE = re.compile(r'[ \t]*"((?:[^"]|"(?![ \t]|$))*)(?:"(?=[ \t]|$)|$)')
"""A text in which a quote stands that ends nothing, or that nothing ends: up to a quote before a blank, or the line's end."""
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
QUOTED = r'"[^\x00-\x1f\x7f"\\]*"'
BARE = r'[^\x00-\x20\x7f"{}\\]+'
AMOUNT = r'"?(-?[0-9]{1,15}(?:\.[0-9]{1,2})?)"?'
BARE_WRITTEN = r"[0-9A-Za-z.,:;/+_@%&()=*-]+"
"""A field that is written without quotes."""
INNER = r'[^\x00-\x08\x0a-\x1f\x7f"{}\\]'
"""One character in braces, outside of quotes."""
VALUE = f"({QUOTED}|{BARE})"
"""A field without escapes, with its quotes: for the fast path."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The fields of a line; objects holds the fields of its object list, None when it has none, and
    objects_at the place it stands at among the fields.
    """

    fields: list[str]
    objects: list[str] | None
    objects_at: int


WILD = ("utf-8", "windows-1252", "iso-8859-1")
"""What programs write instead of the standard's PC8. Letters that would make words in anything else are only odd."""


def encoding_of(stream: BinaryIO, declared: str, found: Found) -> str:
    """The encoding that a file is read in: the declared one, or that in which its letters make words."""
    stream.seek(0)
    sample = b"".join(islice((line for line in stream if not line.isascii()), EVIDENCE))
    actual = meant_by(sample, declared) if sample else None
    if actual not in WILD or actual == canonical(declared) or not _can_be(sample, actual):
        return declared
    found(OTHER_ENCODING.at(value=actual, actual=actual))
    return actual


def _can_be(sample: bytes, encoding: str) -> bool:
    """Whether every byte is one of that encoding: the letters of one line may mislead, the bytes of others do not."""
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def lines(
    stream: BinaryIO, encoding: str, found: Found, progress: Progress | None = None
) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, without their ends. Raises Unreadable."""
    rest, number = "", 0
    for text in blocks(stream, encoding, found, progress):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            yield number, _checked(line, number)
        if len(rest) > LINE_LIMIT:
            raise Unreadable(TOO_LONG.at(line=number + 1, limit=LINE_LIMIT))
    if rest := rest.rstrip("\x1a"):  # the end mark of DOS
        yield number + 1, _checked(rest, number + 1)


def _checked(line: str, number: int) -> str:
    if "\r" not in line:
        return line
    line = line.rstrip("\r")
    if "\r" in line:
        raise Unreadable(LONE_RETURN.at(line=number))
    return line


def cells(text: str, line: int, found: Found, *, loose: bool = False) -> Cells | None:
    """The fields of what follows a tag; None, and a finding, when it is not written by the rules.

    loose: a text with a quote too many or too few is read all the same, with a warning.
    """
    fields: list[str] = []
    objects: list[str] | None = None
    at, opened, place = 0, False, 0
    while at < len(text.rstrip(" \t")):
        match = _PART.match(text, at)
        if loose and match is None and not opened and (torn := _LOOSE.match(text, at)):
            fields.append(torn[1].replace('\\"', '"'))
            found(LOOSE_QUOTE.at(line=line, value=fields[-1]))
            at = torn.end()
            continue
        if match is None or (match[3] and objects is not None) or (match[4] and not opened):
            found(_broken(text, at, line, opened))
            return None
        if match[3]:
            objects, opened, place = [], True, len(fields)
        elif match[4]:
            opened = False
        else:
            (fields if objects is None or not opened else objects).append(_field(match, line, found))
        at = match.end()
    if opened:
        found(_broken(text, len(text), line, opened))
        return None
    return Cells(fields, objects, place)


def _field(match: re.Match[str], line: int, found: Found) -> str:
    text = (match[2] if match[1] is None else match[1]).replace('\\"', '"')
    if _CONTROLS.search(text):
        text = _CONTROLS.sub(" ", text)
        found(CONTROL.at(line=line, value=text))
    return text


def _broken(text: str, at: int, line: int, opened: bool) -> Finding:
    rest = text[at:].lstrip(" \t")
    column = len(text) - len(rest) + 1
    why = (
        "a quote is not closed, or something follows it without a blank"
        if rest.startswith('"')
        else ('the list that "{" opens is never closed' if opened else f'"{rest[:20]}" does not belong here')
    )
    return BROKEN.at(line=line, column=column, value=text, why=why)


def pairs(objects: list[str], line: int, found: Found) -> dict[str, str] | None:
    """Dimension to object; None, and a finding, when the list is not one of pairs."""
    shown = " ".join(objects)
    if len(objects) % 2:
        found(ODD_OBJECTS.at(line=line, value=shown))
        return None
    named: dict[str, str] = {}
    for dimension, object_ in zip(objects[::2], objects[1::2], strict=True):
        if dimension in named:
            found(DOUBLE_OBJECT.at(line=line, value=shown, dimension=dimension))
            return None
        named[dimension] = object_
    return named


def quoted(text: str) -> str:
    """A field as it is written: in quotes when it is empty or holds more than plain characters."""
    if re.fullmatch(BARE_WRITTEN, text):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def split(line: str) -> tuple[str, str]:
    """The tag of a line in capitals, without its #, and what follows it; the tag is "" when there is none."""
    line = line.lstrip(" \t")
    if line[:1] != "#":
        return "", line
    tag = line.partition(" ")[0].partition("\t")[0]
    return tag[1:].upper(), line[len(tag) :]


class Checksum:
    """The control sum of a file: CRC-32 over tags and fields, without blanks, quotes and braces."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._crc = 0

    def add(self, line: str) -> None:
        """One more line."""
        tag, rest = split(line)
        read = cells(rest, 0, lambda _: None) if tag else None
        if read is not None:
            parts = [*read.fields]
            parts[read.objects_at : read.objects_at] = read.objects or []
            self._crc = zlib.crc32(f"#{tag}{''.join(parts)}".encode(self._encoding, "replace"), self._crc)

    @property
    def value(self) -> int:
        """The sum so far."""
        return self._crc
