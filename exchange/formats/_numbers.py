"""Numbers as people and banks write them ↔ exact Decimal: only what is declared is read, nothing is guessed.

Number(decimal=",", thousands=" ").parse("1 234,50") == Decimal("1234.50")
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from exchange.findings import code
from exchange.formats._faults import Fault

MOST_DIGITS = 28
"""More digits than this cannot be added up exactly; no amount needs them."""
LONGEST = 100
"""No number is written with more characters than this."""

Sign = Literal["leading", "trailing", "parentheses"]

NOT_A_NUMBER = code(
    "VAL010",
    "error",
    'The field {field} must hold {what}, but "{value}" {why}.',
    advice="Ask the sender for a corrected value, or declare in the layout how the sender writes numbers.",
)
TOO_MANY_DIGITS = code(
    "VAL011",
    "error",
    'The number "{value}" in {field} has {got} digits; more than {most} cannot be computed exactly.',
    advice="Ask the sender for a corrected value. Identifiers that only look like numbers are of type text.",
)
WOULD_ROUND = code(
    "VAL012",
    "error",
    'The value "{value}" for {field} has more than {scale} decimals and would have to be rounded.',
    advice="Round it in the mapping, =round(…, {scale}), so that the rounding is a decision and is recorded.",
)
NOT_FINITE = code(
    "VAL013",
    "error",
    'The value "{value}" for {field} is not a number that can be written out.',
    advice="Look at the expression in the mapping that makes this value.",
)

_SPACES = " \u00a0\u202f\u2009"
_APOSTROPHES = "'\u2019"
_MINUS = "-\u2212"
_THOUSANDS = {" ": f"[{_SPACES}]", "'": f"[{_APOSTROPHES}]", ".": r"\.", ",": ","}


@dataclass(frozen=True)
class Number:
    """How numbers stand in a file.

    implied: so many last digits are decimals and no decimal sign is written. percent: a percent sign may
    end it. lenient_zeros: zeros after the last allowed decimal are no decimals (XML Schema counts so).
    """

    decimal: str = "."
    thousands: str | None = None
    sign: Sign = "leading"
    implied: int = 0
    percent: bool = False
    integer: bool = False
    lenient_zeros: bool = False

    @property
    def what(self) -> str:
        """The expected form in words."""
        if self.integer:
            return "a whole number"
        if self.implied:
            return f"a number whose last {self.implied} digits are decimals"
        return f'a number with the decimal sign "{self.decimal}"'

    def parse(self, text: str) -> Decimal | int:
        """The exact value; a Fault when the text is not written as declared."""
        if len(text) > LONGEST:
            raise self._fault(f"has {len(text)} characters")
        negative, body = self._without_sign(text)
        whole, decimals = self._split(body)
        digits = len((whole + decimals).lstrip("0"))
        if digits > MOST_DIGITS:
            raise Fault(TOO_MANY_DIGITS, got=digits, most=MOST_DIGITS)
        minus = "-" if negative and digits else ""
        return int(minus + whole) if self.integer else Decimal(f"{minus}{whole or '0'}.{decimals}")

    def count(self, value: Decimal) -> tuple[int, int]:
        """How many digits and how many decimals a value has."""
        whole, _, decimals = format(value.copy_abs(), "f").partition(".")
        decimals = decimals.rstrip("0") if self.lenient_zeros else decimals
        return len((whole + decimals).lstrip("0")), len(decimals)

    def render(self, value: Any, scale: int | None) -> str:
        """The text of a value; with a scale it has exactly so many decimals; a Fault rather than rounding."""
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > LONGEST:
            raise Fault(NOT_FINITE)
        whole, _, decimals = format(number.copy_abs(), "f").partition(".")
        exact = 0 if self.integer else self.implied or scale
        if exact is not None:
            if decimals[exact:].strip("0"):
                raise Fault(WOULD_ROUND, scale=exact)
            decimals = decimals[:exact].ljust(exact, "0")
        if len((whole + decimals).lstrip("0")) > MOST_DIGITS:
            raise Fault(TOO_MANY_DIGITS, got=len(whole + decimals), most=MOST_DIGITS)
        return self._signed(self._joined(whole, decimals), number < 0)

    def takes(self, value: object) -> bool:
        """Whether a value can be written as a number: exact ones only."""
        return type(value) in (int, Decimal)

    def _joined(self, whole: str, decimals: str) -> str:
        if self.implied:
            return (whole + decimals).lstrip("0").rjust(1, "0")
        if self.thousands:
            whole = f"{int(whole):,}".replace(",", self.thousands)
        return f"{whole}{self.decimal}{decimals}" if decimals else whole

    def _signed(self, text: str, negative: bool) -> str:
        if not negative:
            return text
        return {"leading": f"-{text}", "trailing": f"{text}-", "parentheses": f"({text})"}[self.sign]

    def _without_sign(self, text: str) -> tuple[bool, str]:
        """Whether the number is negative, and the text without its sign (and without a percent sign)."""
        if self.percent and text.endswith("%"):
            text = text[:-1].rstrip(_SPACES)
        if self.sign == "parentheses" and text.startswith("(") and text.endswith(")"):
            return True, text[1:-1]
        if self.sign == "leading" and text[:1] in (*_MINUS, "+"):
            return text[0] in _MINUS, text[1:]
        if self.sign == "trailing" and text[-1:] in (*_MINUS, "+"):
            return text[-1] in _MINUS, text[:-1]
        return False, text

    def _split(self, body: str) -> tuple[str, str]:
        """The digits before and after the decimal sign."""
        match = self._form.fullmatch(body)
        if not match or not any(digit in "0123456789" for digit in body):
            raise self._fault(self._why(body))
        whole = re.sub("[^0-9]", "", match["whole"])
        if self.implied:
            padded = whole.rjust(self.implied + 1, "0")
            return padded[: -self.implied], padded[-self.implied :]
        return whole, "" if self.integer else match["decimals"] or ""

    @cached_property
    def _form(self) -> re.Pattern[str]:
        grouped = ""
        if self.thousands:
            grouped = f"|[0-9]{{1,3}}(?P<sep>{_THOUSANDS[self.thousands]})[0-9]{{3}}(?:(?P=sep)[0-9]{{3}})*"
        if self.integer or self.implied:
            return re.compile(f"(?P<whole>[0-9]+{grouped})")
        return re.compile(f"(?P<whole>[0-9]*{grouped})(?:{re.escape(self.decimal)}(?P<decimals>[0-9]*))?")

    def _why(self, body: str) -> str:
        """What is wrong with the form, in words for a person."""
        if body != body.strip():
            return "has spaces around it (`trim: true` takes them off)"
        strange = next((c for c in body if c not in f"0123456789.,{_SPACES}{_APOSTROPHES}"), None)
        if strange is not None:
            return self._why_strange(strange)
        separators = [c for c in body if c not in "0123456789"]
        decimal = None if self.integer or self.implied else self.decimal
        undeclared = [c for c in separators if c != decimal and not self._separates(c)]
        if undeclared:
            return f"holds {_named(undeclared[0])}, which is not declared as a thousands sign or decimal sign"
        if decimal is not None and separators.count(decimal) > 1:
            return f'holds the decimal sign "{decimal}" more than once'
        return "is not grouped in threes" if len(separators) < len(body) else "holds no digits"

    def _why_strange(self, strange: str) -> str:
        if strange in "-+()\u2212":
            return f'holds "{strange}" where the declared sign ({self.sign}) does not stand'
        return f"holds {_named(strange)}, which is no digit"

    def _separates(self, character: str) -> bool:
        return self.thousands is not None and re.fullmatch(_THOUSANDS[self.thousands], character) is not None

    def _fault(self, why: str) -> Fault:
        return Fault(NOT_A_NUMBER, what=self.what, why=why)


def _named(character: str) -> str:
    """A character in quotes, or by name where it cannot be seen."""
    return {" ": "a space", "\u00a0": "a no-break space", "\t": "a tab"}.get(character, f'"{character}"')
