"""NDJSON: each line is a record, so that a bad line does not stop the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError

from exchange.findings import Found
from exchange.formats.json.complaints import BAD_LINE, TOO_BIG, TOO_DEEP, Broken, words
from exchange.formats.json.stream import LENIENT, LONGEST, STRICT, Element, Flawed, checked


def elements(blocks: Iterator[str], found: Found) -> Iterator[Element]:
    """The value of each line; a line that is none is a finding."""
    for number, text in lines(blocks):
        begin = len(text) - len(text.lstrip(" \t\r\n"))
        try:
            element = _element(text, begin, number)
        except JSONDecodeError as error:
            found(BAD_LINE.at(line=number, column=error.pos + 1, why=words(error.msg)))
        except RecursionError:
            found(TOO_DEEP.at(line=number, column=begin + 1))
        else:
            yield element


def _element(text: str, begin: int, number: int) -> Element:
    lenient = False
    try:
        value, end = STRICT(text, begin)
    except Flawed:
        lenient = True
        value, end = LENIENT(text, begin)
    if text[end:].strip(" \t\r"):
        raise JSONDecodeError("something follows after the end of the object", text, end)
    return checked(Element(value, text, begin, end, number), lenient)


def lines(blocks: Iterator[str]) -> Iterator[tuple[int, str]]:
    """The lines of a text that hold anything, with their numbers from 1. Raises Broken for an endless one."""
    rest: list[str] = []
    number, length = 1, 0
    for block in blocks:
        *whole, last = block.split("\n")
        for line in whole:
            text = "".join((*rest, line))
            rest, length = [], 0
            if text.strip():
                yield number, text
            number += 1
        rest.append(last)
        length += len(last)
        if length > LONGEST:
            raise Broken(TOO_BIG.at(line=number, column=1, most=LONGEST))
    text = "".join(rest)
    if text.strip():
        yield number, text


def opens(text: str) -> bool:
    """Whether a text that begins so is NDJSON: its first line is a whole object, and another one follows."""
    first, _, rest = text.lstrip().partition("\n")
    return first.startswith("{") and rest.lstrip().startswith("{") and closes(first)


def closes(line: str) -> bool:
    """Whether the first bracket of a line is closed at its end."""
    depth = 0
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", line.rstrip())
    for position, character in enumerate(outside):
        depth += (character in "{[") - (character in "}]")
        if depth == 0:
            return position == len(outside) - 1
    return False
