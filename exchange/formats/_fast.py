"""The fast side of typed values: lines of Python for generated row functions.

What is plainly right is converted inline; the rest goes through a bounded memo of the slow side, which is
the truth. So nothing here knows how to explain, and every condition may be narrower than the rule it stands
for, never wider.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from exchange.formats._faults import Refused
from exchange.memo import Memo

if TYPE_CHECKING:
    from exchange.formats.values import Codec

SAFE = 18
"""Numbers with at most this many digits are converted inline."""
NUMBERS = ("decimal", "money", "percent")


def read_lines(codec: Codec, text: str, into: str, names: dict[str, object]) -> list[str]:
    """Lines that set `into` from the text; see `Codec.read_code`."""
    names.update(Refused=Refused, Decimal=Decimal)
    lines = []
    if codec.dialect.trim:
        lines.append(f"{into}_t = {text}.strip() if {text} else None")
        text = f"{into}_t"
    inner = filled_lines(codec, text, into, names)
    if inner == [f"{into} = {text}"] and not codec.field.required:
        return [*lines, f"{into} = {text} or None"]
    empty = "raise Refused" if codec.field.required else f"{into} = None"
    return [*lines, f"if {text}:", *indented(inner), "else:", f"    {empty}"]


def write_lines(codec: Codec, value: str, into: str, names: dict[str, object]) -> list[str]:
    """Lines that set `into` to the text of the value; see `Codec.write_code`."""
    names.update(Refused=Refused, Decimal=Decimal)
    names[f"{into}_put"] = codec.put
    other = f"{into} = {into}_put({value})"
    if codec.field.constant is not None:
        return [f"if {value} is None:", f"    {into} = {codec.field.constant!r}", "else:", f"    {other}"]
    empty = "raise Refused" if codec.field.required else f"{into} = {codec.empty_text!r}"
    lines = [f"if {value} is None:", f"    {empty}"]
    for condition, inner in _write_cases(codec, value, into, names):
        lines += [f"elif {condition}:", *indented(inner)]
    return [*lines, "else:", f"    {other}"]


def write_filled(codec: Codec, value: str, into: str, names: dict[str, object]) -> list[str]:
    """The same for a value of the field's type that is not empty; there is always some text then."""
    names.update(Refused=Refused, Decimal=Decimal)
    names[f"{into}_put"] = codec.put
    if codec.field.constant is not None:
        return [f"{into} = {into}_put({value})"]
    if codec.field.type == "text":
        conditions = " and ".join(_text_conditions(codec, value, into, names))
        return [*([f"if not ({conditions}): raise Refused"] if conditions else []), f"{into} = {value}"]
    lines: list[str] = []
    for condition, inner in _write_cases(codec, value, into, names):
        lines += [f"{'elif' if lines else 'if'} {condition}:", *indented(inner)]
    other = f"{into} = {into}_put({value})"
    return [*lines, "else:", f"    {other}"] if lines else [other]


def indented(lines: list[str], levels: int = 1) -> list[str]:
    """The lines, so many levels deeper."""
    return [f"{'    ' * levels}{line}" for line in lines]


def filled_lines(codec: Codec, text: str, into: str, names: dict[str, object]) -> list[str]:
    """Lines that set `into` from a text that is not empty and has no white space around it where that is taken off."""
    names.update(Refused=Refused, Decimal=Decimal)
    if codec.field.type == "text" and not codec.empty_words:
        conditions = list(_text_conditions(codec, text, into, names))
        refuse = [f"if not ({' and '.join(conditions)}): raise Refused"] if conditions else []
        return [*refuse, f"{into} = {text}"]
    names[f"{into}_memo"] = Memo(codec.take)
    remembered = f"{into} = {into}_memo[{text}]"
    if codec.empty_words or _has_text_rules(codec) or codec.implied:
        return [remembered]
    if codec.field.type == "integer":
        return _read_integer(codec, text, into, names, remembered)
    if codec.field.type in NUMBERS:
        return _read_decimal(codec, text, into, names, remembered)
    return [remembered]


def _text_conditions(codec: Codec, text: str, into: str, names: dict[str, object]) -> Iterator[str]:
    """The rules about a text, as conditions that must all hold."""
    field = codec.field
    if field.constant is not None:
        yield f"{text} == {field.constant!r}"
    if field.min_length is not None:
        yield f"len({text}) >= {field.min_length}"
    if field.max_length is not None:
        yield f"len({text}) <= {field.max_length}"
    if field.values is not None:
        names[f"{into}_values"] = frozenset(field.values)
        yield f"{text} in {into}_values"
    if codec.matcher is not None:
        names[f"{into}_matches"] = codec.matcher
        yield f"{into}_matches({text})"
    if codec.fault is not None:  # a check takes long, and accounts, banks and currencies come again and again
        names[f"{into}_fault"] = Memo(codec.fault)
        yield f"{into}_fault[{text}] is None"


def is_exact(codec: Codec) -> bool:
    """Whether `Decimal(text)` is the value of every text of some digits, with a point or without."""
    field = codec.field
    rules = (field.scale, field.digits, field.minimum, field.maximum, codec.implied or None)
    plain = codec.fault is None and not codec.empty_words and not _has_text_rules(codec)
    return (
        field.type in NUMBERS
        and plain
        and codec.dialect.decimal == "."
        and not any(rule is not None for rule in rules)
    )


def _has_text_rules(codec: Codec) -> bool:
    field = codec.field
    rules = (field.constant, field.min_length, field.max_length, field.values, field.matches, codec.fault)
    return any(rule is not None for rule in rules)


def _read_integer(codec: Codec, text: str, into: str, names: dict[str, object], remembered: str) -> list[str]:
    most = min(SAFE, codec.field.digits or SAFE)
    return [
        f"if {text}.isdigit() and {text}.isascii() and len({text}) <= {most}:",
        f"    {into} = int({text})",
        *indented(_range_lines(codec, into, names)),
        "else:",
        f"    {remembered}",
    ]


def _read_decimal(codec: Codec, text: str, into: str, names: dict[str, object], remembered: str) -> list[str]:
    """An unsigned number with decimals and no thousands signs, converted without a call to the slow side."""
    sign, scale = codec.dialect.decimal, codec.field.scale
    most = min(SAFE, codec.field.digits or SAFE)
    whole, decimals = f"{into}_w", f"{into}_d"
    conditions = [
        f"{whole}.isdigit()",
        f"{decimals}.isdigit()",
        f"{text}.isascii()",
        f"len({text}) <= {most + 1}",
    ]
    if scale is not None:
        conditions.append(f"len({decimals}) <= {scale}")
    exact = f"Decimal({text})" if sign == "." else f"Decimal({whole} + '.' + {decimals})"
    return [
        f"{whole}, _, {decimals} = {text}.partition({sign!r})",
        f"if {' and '.join(conditions)}:",
        f"    {into} = {exact}",
        *indented(_range_lines(codec, into, names)),
        "else:",
        f"    {remembered}",
    ]


def _range_lines(codec: Codec, into: str, names: dict[str, object]) -> list[str]:
    return [f"if not ({condition}): raise Refused" for condition in _range(codec, into, into, names)]


def _range(codec: Codec, value: str, into: str, names: dict[str, object]) -> Iterator[str]:
    """The least and the most allowed, as conditions that must hold."""
    for rule, compare in (("minimum", ">="), ("maximum", "<=")):
        limit = getattr(codec.field, rule)
        if limit is not None:
            names[f"{into}_{rule}"] = limit
            yield f"{value} {compare} {into}_{rule}"


def _write_cases(
    codec: Codec, value: str, into: str, names: dict[str, object]
) -> Iterator[tuple[str, list[str]]]:
    """The cases of values that are plainly right: a condition and the lines that make the text."""
    kind = codec.field.type
    if kind == "text":
        conditions = [f"{value}.__class__ is str", value, *_text_conditions(codec, value, into, names)]
        yield " and ".join(conditions), [f"{into} = {value}"]
    elif kind == "date":
        names.update({f"{into}_memo": Memo(codec.put), f"{into}_class": _date_class()})
        yield f"{value}.__class__ is {into}_class", [f"{into} = {into}_memo[{value}]"]
    elif not _has_text_rules(codec):
        yield from _write_untexted(codec, value, into, names)


def _write_untexted(
    codec: Codec, value: str, into: str, names: dict[str, object]
) -> Iterator[tuple[str, list[str]]]:
    kind, dialect = codec.field.type, codec.dialect
    if kind == "boolean":
        yield f"{value} is True", [f"{into} = {codec.put(True)!r}"]
        yield f"{value} is False", [f"{into} = {codec.put(False)!r}"]
    elif dialect.thousands or dialect.sign != "leading" or codec.implied:
        return
    elif kind == "integer":
        most = 10 ** min(SAFE, codec.field.digits or SAFE)
        conditions = [f"{value}.__class__ is int", f"-{most} < {value} < {most}"]
        yield " and ".join([*conditions, *_range(codec, value, into, names)]), [f"{into} = str({value})"]
    elif kind in NUMBERS:
        conditions = [f"{value}.__class__ is Decimal", *_decimal_conditions(codec, value, into)]
        text = f"{into}_x" if dialect.decimal == "." else f"{into}_x.replace('.', {dialect.decimal!r})"
        yield " and ".join([*conditions, *_range(codec, value, into, names)]), [f"{into} = {text}"]


def _decimal_conditions(codec: Codec, value: str, into: str) -> Iterator[str]:
    """That str(Decimal) is already the text: no exponent, no negative zero, exactly the declared decimals."""
    scale, text = codec.field.scale, f"{into}_x"
    most = min(SAFE, codec.field.digits or SAFE)
    yield f"len({text} := str({value})) <= {most + 1}"
    if scale:
        yield f"{text}[-{scale + 1}:-{scale}] == '.' and 'E' not in {text}"
    else:
        dots = 1 if scale is None else 0
        yield f"{text}.replace('.', '', {dots}).lstrip('-').isdigit()"
    yield f"({value} or {text}[0] != '-')"


def _date_class() -> type:
    from datetime import date

    return date
