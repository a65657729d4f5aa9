"""Texts. Empty in, empty out; a text of which nothing is left is empty too, because no field is ever "".

Positions count from 1. Results never grow without bound: `pad` and `repeat` stop at 1,000 characters.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, TypeVar

from exchange.mapping.functions import Argument, Constant, Known, literal
from exchange.mapping.functions._patterns import pattern_fault
from exchange.mapping.functions._sepa import KEPT, NORDIC, to_sepa, to_set
from exchange.mapping.operators import Fault

T = TypeVar("T")
LONGEST = 1_000
"""How many characters padding may make and a pattern may go through."""
MARK = 8
"""How many characters at the end of an abridged text tell it from others."""


def text(value: str | int | Decimal | date | datetime | bool | None) -> str | None:
    """Any plain value as text: numbers with their own decimals, days as 2024-09-01.

    `text(12.50) → "12.50"`
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def upper(value: str | None) -> str | None:
    """In upper case. `upper("åbo") → "ÅBO"`"""
    return None if value is None else value.upper()


def lower(value: str | None) -> str | None:
    """In lower case. `lower("ÅBO") → "åbo"`"""
    return None if value is None else value.lower()


def title(value: str | None) -> str | None:
    """The first letter of each word in upper case, the others in lower case.

    `title("ÅKE-erik o'hara") → "Åke-Erik O'hara"`
    """
    return (
        None if value is None else re.sub(r"[^\W\d_]+('[^\W\d_]+)?", lambda word: word[0].capitalize(), value)
    )


def trim(value: str | None) -> str | None:
    """Without white space at both ends. `trim("  a b ") → "a b"`"""
    return None if value is None else value.strip() or None


def squeeze(value: str | None) -> str | None:
    """Without white space at both ends, and one blank for any white space inside.

    `squeeze(" a   b ") → "a b"`
    """
    return None if value is None else " ".join(value.split()) or None


def left(value: str | None, length: int) -> str | None:
    """The first characters. `left("abcdef", 2) → "ab"`"""
    return None if value is None else value[: _size(length)] or None


def abridged(value: str | None, length: int) -> str | None:
    """A text that is no longer than that as it is; of a longer one the beginning and eight characters that are computed from
    all of it, so that different texts stay different: for numbers that must fit and by which rows belong together.

    `abridged("till-2026-11-24-EUR", 16) → "till-20-A35BCD63"`
    """
    if value is None or len(value) <= _size(length):
        return value
    return _marked(value, value, length)


def plain_id(value: str | None, length: int) -> str | None:
    """An id in the characters that every bank takes (EPC217-08): one that is in them, and no longer than that, as it is; of another the
    beginning as `sepa` spells it and eight characters that are computed from all of it, so that different ids stay different.

    `plain_id("LØNN 17", 35) → "LONN 17-DB6711F7"`
    """
    if value is None:
        return None
    plain = to_sepa(value).strip(" /")
    return value if plain == value and len(value) <= _size(length) else _marked(plain, value, length)


def _marked(text: str, whole: str, length: int) -> str:
    """The beginning of a text with a mark of the whole value that it stands for."""
    if length <= MARK:
        raise Fault(f"{length} characters are too few to tell texts apart", f"Allow more than {MARK}.")
    mark = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:MARK].upper()
    return f"{text[: length - MARK - 1]}-{mark}"


def right(value: str | None, length: int) -> str | None:
    """The last characters. `right("abcdef", 2) → "ef"`"""
    return None if value is None else value[max(0, len(value) - _size(length)) :] or None


def mid(value: str | None, start: int, length: int) -> str | None:
    """Characters from a position on; the first has position 1. `mid("abcdef", 2, 3) → "bcd"`"""
    if start < 1:
        raise Fault(f"{start} is no position: the first is 1")
    return None if value is None else value[start - 1 : start - 1 + _size(length)] or None


def length(value: str | None) -> int | None:
    """How many characters. `length("abc") → 3`"""
    return None if value is None else len(value)


def replace(value: str | None, old: str, new: str | None) -> str | None:
    """Every occurrence of a text replaced by another; empty takes it out.

    `replace("1 234", " ", empty) → "1234"`
    """
    return None if value is None else value.replace(old, new or "") or None


def split_part(value: str | None, separator: str, number: int) -> str | None:
    """The part with a number, from 1, or from the end with -1; empty when there is none.

    `split_part("a/b/c", "/", 2) → "b"`
    """
    if value is None:
        return None
    parts = value.split(separator)
    index = number - 1 if number > 0 else len(parts) + number
    return parts[index] or None if number and 0 <= index < len(parts) else None


def before(value: str | None, separator: str) -> str | None:
    """What stands before the first occurrence; all of it when there is none. `before("12-34", "-") → "12"`"""
    return None if value is None else value.partition(separator)[0] or None


def after(value: str | None, separator: str) -> str | None:
    """What stands after the first occurrence; empty when there is none. `after("12-34", "-") → "34"`"""
    return None if value is None else value.partition(separator)[2] or None


def pad_left(value: str | None, width: int, fill: str = " ") -> str | None:
    """Filled up on the left to a width. `pad_left("42", 5, "0") → "00042"`"""
    return None if value is None else value.rjust(_width(width), _one(fill))


def pad_right(value: str | None, width: int, fill: str = " ") -> str | None:
    """Filled up on the right to a width. `pad_right("ab", 4, ".") → "ab.."`"""
    return None if value is None else value.ljust(_width(width), _one(fill))


def concat(*values: str | None) -> str | None:
    """Texts one after the other; empty ones add nothing. `concat("FI", "12", empty) → "FI12"`"""
    return "".join([value for value in values if value is not None]) or None


def joined(separator: str, *values: str | None) -> str | None:
    """Texts in one, with a separator between; empty ones are left out.

    `joined(" ", "Ann", empty, "Lee") → "Ann Lee"`
    """
    return separator.join([value for value in values if value is not None]) or None


def starts(value: str | None, beginning: str) -> bool:
    """Whether a text begins so; empty does not. `starts("RF18", "RF") → true`"""
    return value is not None and value.startswith(beginning)


def ends(value: str | None, ending: str) -> bool:
    """Whether a text ends so; empty does not. `ends("a.csv", ".csv") → true`"""
    return value is not None and value.endswith(ending)


def contains(value: str | None, part: str) -> bool:
    """Whether a text has another in it; empty has none. `contains("abc", "bc") → true`"""
    return value is not None and part in value


def matches(value: str | None, pattern: Annotated[str, Known(pattern_fault)]) -> bool:
    """Whether the whole text is of a pattern (a regular expression); empty is not.

    `matches("A12", "[A-Z][0-9]+") → true`
    """
    return value is not None and _pattern(pattern).fullmatch(_short(value)) is not None


def extract(value: str | None, pattern: Annotated[str, Known(pattern_fault)]) -> str | None:
    """The first part of a text that is of a pattern, or its first group (…).

    `extract("inv 123 b", "[0-9]+") → "123"`
    """
    found = None if value is None else _pattern(pattern).search(_short(value))
    return None if found is None else found[1 if found.re.groups else 0] or None


def digits(value: str | None) -> str | None:
    """The digits 0 to 9 alone. `digits("+358 40-123") → "35840123"`"""
    return (
        None
        if value is None
        else "".join([character for character in value if character in "0123456789"]) or None
    )


def letters(value: str | None) -> str | None:
    """The letters alone. `letters("ab-12 c") → "abc"`"""
    return (
        None if value is None else "".join([character for character in value if character.isalpha()]) or None
    )


def strip_zeros(value: str | None) -> str | None:
    """Without zeros in front; zeros alone leave one. `strip_zeros("000120") → "120"`"""
    return None if value is None else value.lstrip("0") or value[:1] or None


def sepa(value: str | None, longest: int = 140) -> str | None:
    """In the characters that every bank takes (EPC217-08), umlauts kept as base letters, cut to a length.

    `sepa("Åke & Müller GmbH", 35) → "Ake + Muller GmbH"`
    """
    return None if value is None else to_sepa(value)[: _size(longest)].strip() or None


def nordic(value: str | None, longest: int = 140) -> str | None:
    """As `sepa`, but with the letters å ä ö æ ø, which Nordic banks take in domestic payments.

    `nordic("Åke & Müller GmbH", 35) → "Åke + Muller GmbH"`
    """
    return None if value is None else to_sepa(value, NORDIC)[: _size(longest)].strip() or None


def spelt(value: str | None, characters: str, longest: int = 140) -> str | None:
    """In the characters of a set (sepa, nordic, latin-1, utf-8), the nearest ones for others, cut to a length.

    `spelt("Åke & Søn", "nordic", 35) → "Åke + Søn"`
    """
    if value is None:
        return None
    if characters not in KEPT:
        raise Fault(f"{characters} is no character set", f"The sets are {', '.join(KEPT)}.")
    return to_set(value, characters)[: _size(longest)].strip() or None


def wrapped(value: str | None, width: int, number: int) -> str | None:
    """The line with a number, from 1, of a text broken between words to a width.

    `wrapped("one two three", 8, 2) → "three"`
    """
    if value is None:
        return None
    lines = _lines(value, max(1, _width(width)))
    return lines[number - 1] if 1 <= number <= len(lines) else None


def _lines(value: str, width: int) -> list[str]:
    lines = [""]
    for word in value.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
        while len(lines[-1]) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return [line for line in lines if line]


def _size(length: int) -> int:
    if length < 0:
        raise Fault(f"{length} is no length")
    return length


def _width(width: int) -> int:
    if not 0 <= width <= LONGEST:
        raise Fault(f"{width} is no width from 0 to {LONGEST}")
    return width


def _one(fill: str) -> str:
    if len(fill) != 1:
        raise Fault("fill is one character")
    return fill


def _short(value: str) -> str:
    if len(value) > LONGEST:
        raise Fault(
            f"the text has more than {LONGEST} characters, too many for a pattern",
            "Take a part of it with left(x, 100).",
        )
    return value


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _inline_upper(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return arguments[0].within("{}.upper()") if arguments[0].type.name == "text" else None


def _inline_trim(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return arguments[0].within("({}.strip() or None)") if arguments[0].type.name == "text" else None


def _inline_replace(arguments: Sequence[Argument], constant: Constant) -> str | None:
    value, old, new = arguments
    if not (value.is_text and old.constant and new.constant):
        return None
    return value.within(f"({{}}.replace({literal(str(old.value))}, {literal(str(new.value or ''))}) or None)")


def _inline_left(arguments: Sequence[Argument], constant: Constant) -> str | None:
    value, size = arguments
    fits = value.is_text and size.constant and isinstance(size.value, int) and size.value >= 0
    return value.within(f"({{}}[:{size.value}] or None)") if fits else None


def _inline_starts(arguments: Sequence[Argument], constant: Constant) -> str | None:
    value, beginning = arguments
    if not (value.code.isidentifier() and value.is_text and beginning.constant):
        return None
    test = f"{value.code}.startswith({str(beginning.value)!r})"
    return f"({value.code} is not None and {test})" if value.type.empty else test


def _inline_length(arguments: Sequence[Argument], constant: Constant) -> str | None:
    return arguments[0].within("len({})") if arguments[0].is_text else None


def _inline_strip_zeros(arguments: Sequence[Argument], constant: Constant) -> str | None:
    value = arguments[0]
    if not (value.is_text and value.code.isidentifier()):
        return None
    return value.within(f"({{}}.lstrip('0') or {value.code}[:1] or None)")


KEEPS_FILLED = frozenset({"text", "upper", "lower", "title", "length"})
REMEMBERED = frozenset({"sepa", "nordic", "spelt", "matches", "extract", "title", "wrapped"})
TOTAL = frozenset(
    {
        "text",
        "upper",
        "lower",
        "title",
        "trim",
        "squeeze",
        "length",
        "replace",
        "before",
        "after",
        "concat",
        "joined",
    }
    | {"starts", "ends", "contains", "digits", "letters", "strip_zeros"}
)


def _inline_concat(arguments: Sequence[Argument], constant: Constant) -> str | None:
    """Variables and literals in one f-string, when there is a literal, so that something is always left."""
    variables = [argument for argument in arguments if not argument.constant]
    plain = all(argument.code.isidentifier() and argument.type.name == "text" for argument in variables)
    if not plain or not variables or not any(argument.value for argument in arguments):
        return None
    texts = [str(argument.value or "").replace("{", "{{").replace("}", "}}") for argument in arguments]
    pieces = [
        text if argument.constant else f"{{{argument.code}}}"
        for argument, text in zip(arguments, texts, strict=True)
    ]
    known = " and ".join(f"{argument.code} is not None" for argument in variables)
    call = ", ".join(argument.code for argument in arguments)
    return f"(f{''.join(pieces)!r} if {known} else {constant(concat)}({call}))"


INLINE = {
    "upper": _inline_upper,
    "trim": _inline_trim,
    "concat": _inline_concat,
    "replace": _inline_replace,
    "left": _inline_left,
    "starts": _inline_starts,
    "length": _inline_length,
    "strip_zeros": _inline_strip_zeros,
}
