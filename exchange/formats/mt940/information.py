"""What field 86 says, by the dialects that a layout declares: data decides, this only carries it out.

"166?00GUTSCHRIFT?20EREF+A-1?21SVWZ+Invoice 7?32KARL"  →  {code: 166, booking_text: GUTSCHRIFT,
                                                           end_to_end: A-1, text: Invoice 7, name: KARL}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from exchange.formats.mt940.layout import Dialect, Layout, Numbered, Words
from exchange.formats.mt940.records import INFORMATION

FREE_WIDTH = 65
TAG = len(":86:")
"""At many banks the first line is shorter by the tag before it."""
SOFT = "\u2028"
"""Stands where a line or part ended that was not full: a blank in a text, nothing in an identifier."""
IDENTIFIERS = frozenset(
    ("code", "account", "bic", "reference", "instruction", "bank_ref", "mandate", "creditor_id", "debtor_id")
) | {"text_key", "journal"}
"""What holds no blanks of its own where a line or part ended."""
NAMES = tuple(INFORMATION)
_IBAN = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}")
_BLANKS = re.compile(r"\s+")
Told = dict[str, str]


class Dialects:
    """The dialects of a layout, ready to read entries."""

    def __init__(self, layout: Layout) -> None:
        self.known = [(str(name), _Plan(dialect)) for name, dialect in layout.dialects.items()]

    def read(self, details: str | None, numbered: str | None) -> tuple[str | None, dict[str, Any] | None]:
        """The name of the dialect (None: free text) and what it tells (None when there is nothing at all)."""
        for name, plan in self.known:
            text = details if plan.dialect.of == "86" else numbered
            if text and plan.when.search(text):
                told = plan.read(text)
                if told:
                    return name, {key: told.get(key) for key in NAMES}
        text = details or numbered
        if not text or not text.strip():
            return None, None
        return None, dict.fromkeys(NAMES) | {"text": _plain("text", _whole(text, FREE_WIDTH))}


class _Plan:
    """One dialect with its expressions compiled."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.when = re.compile(dialect.when)
        self.pattern = re.compile(dialect.pattern, re.DOTALL) if dialect.pattern else None
        self.places = _places(dialect.numbered) if dialect.numbered else {}
        self.word = _word_pattern(dialect.words) if dialect.words else None

    def read(self, text: str) -> Told:
        """What the text tells; empty when the dialect does not fit after all."""
        told: Told = {}
        if self.pattern is not None:
            match = self.pattern.search(text)
            for name, value in (match.groupdict() if match else {}).items():
                _add(told, name, _joined(value, self.dialect.width) if value else "")
        joined = _whole(text, self.dialect.width)
        if self.dialect.numbered is not None:
            self._numbered(self.dialect.numbered, text if not self.dialect.numbered.marks else joined, told)
        if self.dialect.words is not None:
            self._words(self.dialect.words, joined, told)
        return {name: plain for name, value in told.items() if (plain := _plain(name, value))}

    def _numbered(self, numbered: Numbered, text: str, told: Told) -> None:
        mark, parts = _split(numbered, text)
        if len(parts) < 3:
            return
        if parts[0].strip():
            _add(told, "code", parts[0])
        before, last = "", ""
        for number, value in zip(parts[1::2], parts[2::2], strict=True):
            name = self.places.get(number)
            if name is None:
                # Nothing has such a number: inside a text, what looks like one belongs to it.
                if before == "text":
                    told[before] += mark + number + value
                continue
            if name == before and name not in IDENTIFIERS and len(last) >= numbered.width:
                told[name] += value
            else:
                _add(told, name, value)
            before, last = name if name in told else "", value

    def _words(self, words: Words, joined: str, told: Told) -> None:
        assert self.word is not None
        text = joined if words.in_ is None else told.pop(words.in_, "")
        first, *found = self.word.split(text)
        if words.rest is not None:
            _add(told, words.rest, first.strip(words.strip))
        for word, value in zip(found[::2], found[1::2], strict=True):
            word, value = word.replace(SOFT, ""), value.strip(words.strip + SOFT)
            if word in words.parts:
                names = words.parts[word]
                for name, part in zip(names, value.split("/", len(names) - 1), strict=False):
                    _add(told, name, part)
            elif word in words.words:
                _add(told, words.words[word], value)


def _split(numbered: Numbered, text: str) -> tuple[str, list[str]]:
    """The mark before numbers, and what stands before the first number, then number and value by turns."""
    if not numbered.marks:
        return "\n", re.split(r"(?:\A|\n)(\d\d)", text)
    marks = re.escape(numbered.marks)
    first = re.search(rf"\A\s*\d*\s*([{marks}])\d\d", text)
    return (first[1], re.split(rf"{re.escape(first[1])}(\d\d)", text)) if first else ("", [text])


def _places(numbered: Numbered) -> dict[str, str]:
    """The name of each number."""
    places: dict[str, str] = {}
    for place, name in numbered.fields.items():
        low, _, high = place.partition("-")
        places |= {f"{number:02}": name for number in range(int(low), int(high or low) + 1)}
    return places


def _word_pattern(words: Words) -> re.Pattern[str]:
    """Words as they are written; a line may end anywhere in them: banks break lines where they are full."""
    known: Iterable[str] = {*words.words, *words.parts, *words.ignored}
    either = "|".join(_broken(word) for word in sorted(known, key=len, reverse=True))
    before, _, after = words.written.partition("{word}")
    apart = r"(?<![^\W_])" if words.apart else ""
    head, tail = (
        (f"{_broken(before)}{SOFT}?" if before else ""),
        (f"{SOFT}?{_broken(after)}" if after else ""),
    )
    return re.compile(f"{apart}{head}({either}){tail}")


def _broken(text: str) -> str:
    """An expression for a text in which lines may end."""
    return f"{SOFT}?".join(map(re.escape, text))


def _whole(text: str, width: int) -> str:
    """The lines of a field as one text; its first line may be full together with the tag before it."""
    first, ended, rest = text.partition("\n")
    return first + _joined(rest, width) if ended and len(first) == width - TAG else _joined(text, width)


def _joined(text: str, width: int) -> str:
    """The lines as one text: a full line goes on in the next one, a short line ends with a word."""
    *lines, last = text.split("\n")
    return "".join(line if len(line) >= width else line + SOFT for line in lines) + last


def _add(told: Told, name: str, value: str) -> None:
    """A value; several of one name stand in one text. Of several identifiers the first counts, or an IBAN."""
    if not value.strip(SOFT + " "):
        return
    if name not in told:
        told[name] = value
    elif name not in IDENTIFIERS:
        told[name] += SOFT + value
    elif _IBAN.fullmatch(value) and not _IBAN.fullmatch(told[name]):
        told[name] = value


def _plain(name: str, value: str) -> str:
    """The value without what only says how it was broken."""
    return _BLANKS.sub(" ", value.replace(SOFT, "" if name in IDENTIFIERS else " ")).strip()


def told_of(counted: Mapping[str | None, int]) -> str:
    """How many entries were understood in which way, for people."""
    return ", ".join(f"{number} {name or 'free text'}" for name, number in counted.items())
