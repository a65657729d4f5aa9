"""VAT numbers that are a country prefix and a number with a check of its own: FI and the Y-tunnus, DK and the CVR
number, SE, the organisation number and 01.
"""

from __future__ import annotations

from collections.abc import Callable

from exchange.checks._text import HYPHENS, SPACES, digits_fault, refuse, upper_without

_CANONICAL = upper_without(SPACES + HYPHENS + ".")
Test = Callable[[str], str | None]
Completion = Callable[[str], str]


def compact(value: str) -> str:
    """Without blanks, hyphens and dots, in upper case."""
    return value.translate(_CANONICAL)


def checks(
    prefix: str, length: int, test: Test, completion: Completion, tail: str = ""
) -> tuple[Test, Completion]:
    """`fault` and `complete` of a VAT number: prefix, `length` digits that pass the inner check, tail."""

    def fault(value: str) -> str | None:
        """None when this is the prefix, a right number and the tail."""
        text = compact(value)
        if wrong := _prefix_fault(text, prefix) or digits_fault(text[2:], (length + len(tail),)):
            return wrong
        if not text.endswith(tail):
            return f"it ends with {text[-len(tail) :]}, not with {tail}"
        return test(text[2 : 2 + length])

    def complete(body: str) -> str:
        """The prefix and a number without its check digit, to the whole; ValueError where none fits."""
        text = compact(body)
        refuse(_prefix_fault(text, prefix))
        return f"{prefix}{completion(text[2:])}{tail}"

    return fault, complete


def _prefix_fault(text: str, prefix: str) -> str | None:
    if not text:
        return "it is empty"
    return None if text.startswith(prefix) else f"it does not begin with {prefix}"
