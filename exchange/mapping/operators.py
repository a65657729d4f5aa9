"""What the operators of expressions do, once for the generated code and once for the explaining
interpreter.

Empty (None) can be compared with `==` and `!=`; arithmetic and order with empty are faults, because empty
is not zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from exchange.mapping.types import WORDS, of_value

ARITHMETIC = Context(prec=28, traps=[DivisionByZero, InvalidOperation, Overflow])
"""Every mapping computes with 28 digits, half-even where a division does not end, whatever the caller's
context.
"""


class Fault(Exception):
    """A value cannot be computed; the message is a sentence fragment, advice the next step."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message, self.advice = message, advice


FAILURES = (Fault, TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What generated code may run into because of a record's values; the interpreter then says what is wrong."""

EMPTY_ADVICE = "Say what stands for empty, for example default(x, 0), or leave such records out with `where`."


def number(value: Any, operator: str) -> Any:
    """The value, when it is a number."""
    kind = of_value(value)
    if kind == "empty":
        raise Fault(f"an empty value cannot be used with {operator}", EMPTY_ADVICE)
    if kind not in ("integer", "decimal"):
        raise Fault(f"{WORDS.get(kind, 'this')} cannot be used with {operator}", "Arithmetic needs numbers.")
    return value


def add(left: Any, right: Any) -> Any:
    """Sum of two numbers."""
    return number(left, "+") + number(right, "+")


def subtract(left: Any, right: Any) -> Any:
    """Difference of two numbers."""
    return number(left, "-") - number(right, "-")


def multiply(left: Any, right: Any) -> Any:
    """Product of two numbers."""
    return number(left, "*") * number(right, "*")


def divide(left: Any, right: Any) -> Decimal:
    """Quotient with 28 digits; never a float."""
    if not number(right, "/"):
        raise Fault("a division by zero has no result", "Test the divisor first: a / b if b != 0 else empty.")
    quotient: Decimal = Decimal(number(left, "/")) / right
    return quotient


def negate(value: Any) -> Any:
    """The number with the other sign."""
    return -number(value, "-")


def positive(value: Any) -> Any:
    """The number itself."""
    return number(value, "+")


_PLAIN = frozenset((str, int, Decimal, bool, date, datetime, type(None)))


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same; empty equals only empty. Values of different kinds cannot be
    compared.
    """
    if left.__class__ is right.__class__ and left.__class__ in _PLAIN:
        return bool(left == right)  # the usual case, told apart without looking at kinds
    _comparable(left, right, "==")
    return bool(left == right)


def differs(left: Any, right: Any) -> bool:
    """Whether two values are not the same."""
    if left.__class__ is right.__class__ and left.__class__ in _PLAIN:
        return bool(left != right)
    _comparable(left, right, "!=")
    return bool(left != right)


def less(left: Any, right: Any) -> bool:
    """Whether left comes before right."""
    _ordered(left, right, "<")
    return bool(left < right)


def at_most(left: Any, right: Any) -> bool:
    """Whether left does not come after right."""
    _ordered(left, right, "<=")
    return bool(left <= right)


def more(left: Any, right: Any) -> bool:
    """Whether left comes after right."""
    _ordered(left, right, ">")
    return bool(left > right)


def at_least(left: Any, right: Any) -> bool:
    """Whether left does not come before right."""
    _ordered(left, right, ">=")
    return bool(left >= right)


def among(item: Any, options: Iterable[Any]) -> bool:
    """Whether the item equals one of the options."""
    return any(equal(item, option) for option in options)


def truth(value: Any) -> bool | None:
    """A condition: true, false or empty, which counts as not true."""
    if value is None or isinstance(value, bool):
        return value
    raise Fault(
        f"{WORDS.get(of_value(value), 'a list')} is no condition", "Compare it, for example x != empty."
    )


def part(container: Any, name: str) -> Any:
    """A field of a structure; empty of an empty one."""
    return None if container is None else container.get(name)


def conform(value: Any, kind: str) -> Any:
    """The value as one of that kind: a whole number becomes a decimal where one is wanted, any other kind
    is a fault.
    """
    have = of_value(value)
    if have in (kind, "empty"):
        return value
    if have == "integer" and kind == "decimal":
        return Decimal(value)
    raise Fault(
        f"the value is {WORDS.get(have, 'a list')}, wanted is {WORDS[kind]}",
        "Convert it: number(x), text(x), date(x, pattern).",
    )


def filled(values: Iterable[Any]) -> list[Any]:
    """The values that are not empty."""
    return [value for value in values if value is not None]


def filled_map(entries: dict[str, Any]) -> dict[str, Any] | None:
    """The names that have a value; empty when none has."""
    return {name: value for name, value in entries.items() if value is not None} or None


def chain(lists: Iterable[Iterable[Any] | None]) -> list[Any]:
    """Lists strung together."""
    return [item for inner in lists for item in inner or ()]


def key_text(value: Any) -> str | None:
    """A business key as text: whole numbers and days in their plain form."""
    if value is None or isinstance(value, str):
        return value
    if of_value(value) not in ("integer", "date"):
        raise Fault(
            f"{WORDS.get(of_value(value), 'a list')} is no key", "Write a text, a whole number or a date."
        )
    return str(value)


ARITHMETICS: dict[str, Callable[[Any, Any], Any]] = {"+": add, "-": subtract, "*": multiply, "/": divide}
SIGNS: dict[str, Callable[[Any], Any]] = {"-": negate, "+": positive}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": equal,
    "!=": differs,
    "<": less,
    "<=": at_most,
    ">": more,
    ">=": at_least,
}


def _family(value: Any, operator: str) -> str:
    kind = of_value(value)
    if kind in ("structure", "list", "unknown"):
        raise Fault(f"a list or structure cannot be compared with {operator}", "Compare one of its fields.")
    return "number" if kind in ("integer", "decimal") else kind


def _comparable(left: Any, right: Any, operator: str) -> None:
    kinds = {_family(left, operator), _family(right, operator)} - {"empty"}
    if len(kinds) > 1:
        names = " and ".join(sorted(kinds))
        raise Fault(
            f"{names} cannot be compared with {operator}",
            "Convert one of them: number(x), text(x), date(x, pattern).",
        )


def _ordered(left: Any, right: Any, operator: str) -> None:
    if left is None or right is None:
        raise Fault(f"an empty value cannot be compared with {operator}", EMPTY_ADVICE)
    _comparable(left, right, operator)


MANY = 20
"""Of fewer children each is looked at."""


class Children:
    """Of lists of children those whose field has a text. A long list that is asked again, such as that of the customers of a
    file, is put in order once; the last one is remembered.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._last: tuple[list[Any], dict[Any, list[Any]]] = ([], {})

    def __call__(self, children: list[Any], wanted: Any) -> list[Any]:
        """Those with the text, in their order."""
        name = self._name
        if len(children) < MANY:
            return [child for child in children if child[name] == wanted]
        known, found = self._last
        if known is not children:
            found = {}
            for child in children:
                found.setdefault(child[name], []).append(child)
            self._last = (children, found)
        return list(found.get(wanted, ()))
