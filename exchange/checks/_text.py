"""What the checks share about text: taking separators out, and saying what does not belong."""

from __future__ import annotations

from collections.abc import Sequence

SPACES = " \u00a0\u2007\u2009\u200b\u202f\ufeff"
"""Blanks that come along when a number is copied from paper, PDF or a web page; not tabs and line ends."""
HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2212"
DIGITS = frozenset("0123456789")
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
ALPHANUMERIC = DIGITS | LETTERS

Table = dict[int, str | None]


def without(separators: str) -> Table:
    """A `str.translate` table that takes the separators out."""
    return {ord(character): None for character in separators}


def upper_without(separators: str) -> Table:
    """A `str.translate` table that takes the separators out and turns a-z into A-Z.

    Not `str.upper`, which makes ASCII letters out of others (ı, ſ, ﬁ) and so would make wrong numbers right.
    """
    return {**{ord(letter.lower()): letter for letter in LETTERS}, **without(separators)}


def stranger_fault(text: str, allowed: frozenset[str], kind: str) -> str | None:
    """Which character is not among those allowed; `kind` says them in words ("letters A-Z and digits")."""
    for place, character in enumerate(text, start=1):
        if character not in allowed:
            return f"character {place} is {_shown(character)}, only {kind} may be used"
    return None


def length_fault(text: str, lengths: Sequence[int], unit: str = "characters") -> str | None:
    """That the text is too short or too long; `lengths` is a range or a tuple of those allowed."""
    if len(text) in lengths:
        return None
    return f"it has {len(text)} {_singular(unit, len(text))}, {_choice(lengths)} are needed"


def digits_fault(text: str, lengths: Sequence[int]) -> str | None:
    """That the text is empty, has something else than digits, or has too few or too many of them."""
    if not text:
        return "it is empty"
    if not (text.isascii() and text.isdigit()):
        return stranger_fault(text, DIGITS, "digits")
    return None if len(text) in lengths else length_fault(text, lengths, "digits")


def alphanumeric_fault(text: str, lengths: Sequence[int]) -> str | None:
    """The same for upper-case letters A-Z and digits."""
    if not text:
        return "it is empty"
    if not (text.isascii() and text.isalnum() and text == text.upper()):
        return stranger_fault(text, ALPHANUMERIC, "letters A-Z and digits")
    return None if len(text) in lengths else length_fault(text, lengths)


def check_digit_fault(have: str, want: str | None) -> str | None:
    """That the check digit is another than it should be; `want` is None when no check digit fits the body."""
    if have == want:
        return None
    if want is None:
        return f"no check digit fits these digits, so {have} cannot be right"
    return f"the check {'digit' if len(want) == 1 else 'digits'} {have} should be {want}"


def refuse(wrong: str | None) -> None:
    """Raise ValueError when something is wrong: the way `complete` refuses a body."""
    if wrong is not None:
        raise ValueError(wrong)


def grouped(text: str, size: int) -> str:
    """The text in groups of that size from the left, with blanks between."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


def grouped_from_right(text: str, size: int) -> str:
    """The text in groups of that size from the right, with blanks between."""
    first = len(text) % size
    return f"{text[:first]} {grouped(text[first:], size)}".strip()


def _shown(character: str) -> str:
    return f'"{character}"' if character.isprintable() and character != " " else f"U+{ord(character):04X}"


def _singular(unit: str, count: int) -> str:
    return unit.removesuffix("s") if count == 1 else unit


def _choice(lengths: Sequence[int]) -> str:
    if isinstance(lengths, range) and len(lengths) > 2:
        return f"{lengths[0]} to {lengths[-1]}"
    *most, last = (str(length) for length in lengths)
    return f"{', '.join(most)} or {last}" if most else last
