"""Calls of functions in expressions: how many arguments, of which kinds, and what is computed for each
child.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

from exchange.declare.problems import did_you_mean, nearest
from exchange.mapping.bound import Apply, Bound, Const, Filter, Lookup, Project
from exchange.mapping.conversions import CONVERT, literal, widened
from exchange.mapping.functions import Accepts, Function, Parameter, functions
from exchange.mapping.scope import Scope
from exchange.mapping.syntax import Call, Literal
from exchange.mapping.tables import Search, Table
from exchange.mapping.types import CALENDAR, NOTHING, NUMBERS, TEXT, UNKNOWN, Type, join

if TYPE_CHECKING:
    from exchange.mapping.analysis import Analyst


def resolve(analyst: Analyst, node: Call, scope: Scope) -> Bound:
    """A call with its arguments resolved and checked."""
    function = functions().get(node.function)
    if function is None:
        advice = did_you_mean(node.function, functions())
        return _wrong(analyst, node, f'"{node.function}" is not a function.', advice)
    if function.name == "lookup":
        return _lookup(analyst, node, scope)
    named = {name: analyst.resolve(value, scope) for name, value in node.named}
    given = _children(analyst, function, node, scope)
    if function.of_single and given and given[0].type.is_known and not given[0].type.many:
        function = functions()[function.of_single]
    arguments = _placed(analyst, function, node, given, named)
    if arguments is None:
        return Const(node, UNKNOWN, None)
    arguments = [
        _calendar(analyst, function, position, argument) for position, argument in enumerate(arguments)
    ]
    guarded = tuple(
        _check(analyst, function, position, argument) for position, argument in enumerate(arguments)
    )
    return _applied(function, node, arguments, guarded)


def _children(analyst: Analyst, function: Function, node: Call, scope: Scope) -> list[Bound]:
    """The positional arguments; with a list of structures first, the second is computed for each child."""
    if not node.arguments:
        return []
    first = analyst.resolve(node.arguments[0], scope)
    rest = node.arguments[1:]
    if function.per_child is None or not rest or not first.type.many or first.type.name != "structure":
        return [first, *(analyst.resolve(argument, scope) for argument in rest)]
    frame = analyst.names.frame(first.type.one().filled(), first.node.text)
    item = analyst.resolve(rest[0], scope.inside(frame))
    others = [analyst.resolve(argument, scope) for argument in rest[1:]]
    if function.per_child == "condition":
        return [Filter(first.node, first.type, first, frame, analyst.truth(item)), *others]
    type_ = replace(item.type, many=True, empty=False)
    return [Project(rest[0], type_, first, frame, item, item.type.many), *others]


def _placed(
    analyst: Analyst, function: Function, node: Call, arguments: list[Bound], named: dict[str, Bound]
) -> list[Bound] | None:
    """All arguments by position, defaults filled in; None after a problem."""
    known = [parameter.name for parameter in function.parameters]
    for name, value in named.items():
        if name not in known:
            analyst.problem(value, f'{function.name} has no argument "{name}".', did_you_mean(name, known))
            return None
    if arguments and function.parameter(len(arguments) - 1) is None:
        _wrong(
            analyst,
            node,
            f"{function.name} has {len(arguments)} arguments, too many.",
            f"Write {function.signature}.",
        )
        return None
    given = list(arguments)
    for parameter in function.parameters[len(arguments) :]:
        if parameter.name in named:
            given.append(named.pop(parameter.name))
        elif parameter.optional:
            given.append(_default(node, parameter))
        elif not parameter.variadic:
            _wrong(
                analyst, node, f'{function.name} needs "{parameter.name}".', f"Write {function.signature}."
            )
            return None
    return given


def _default(node: Call, parameter: Parameter) -> Const:
    return literal(Literal(node.origin, node.start, node.end, parameter.default))


def _check(analyst: Analyst, function: Function, position: int, argument: Bound) -> bool:
    """Whether an argument must be looked at when it is known; a problem when it is known to be wrong."""
    parameter = function.parameter(position)
    assert parameter is not None
    accepts, type_ = parameter.accepts, argument.type
    if parameter.known is not None:
        _literal(analyst, function, parameter, argument)
        return False
    if type_ == NOTHING:
        if not accepts.empty:
            analyst.problem(argument, f'"{parameter.name}" of {function.name} must not be empty.')
        return False
    if type_.is_known and (type_.many != accepts.many or not _named(accepts, type_)):
        wanted = f"a list ({accepts.words} each)" if accepts.many else accepts.words
        advice = _advice(function, type_, accepts)
        analyst.problem(
            argument, f'"{parameter.name}" of {function.name} is {wanted}; this is {type_.words}.', advice
        )
    vague = not type_.is_known and (accepts.names is not None or accepts.many)
    return vague or (type_.empty and not accepts.empty)


def _named(accepts: Accepts, type_: Type) -> bool:
    return accepts.names is None or type_.name in accepts.names


def _advice(function: Function, type_: Type, accepts: Accepts) -> str:
    if type_.many and type_.name == "structure" and function.per_child == "value":
        return f"Say which field: {function.name}(lines.net), or {function.name}(lines, price * quantity)."
    wanted = (
        "number" if accepts.names and accepts.names <= NUMBERS else next(iter(accepts.names or {"value"}))
    )
    have = "number" if type_.is_number else type_.name
    return CONVERT.get((have, wanted), f"Write {function.signature}.")


def _literal(analyst: Analyst, function: Function, parameter: Parameter, argument: Bound) -> None:
    """A parameter that must be known before any file is read."""
    if not isinstance(argument, Const) or not (
        isinstance(argument.value, str) or argument.value == parameter.default
    ):
        message = f'"{parameter.name}" of {function.name} must be written out, in quotes.'
        analyst.problem(argument, message)
    elif (
        isinstance(argument.value, str)
        and parameter.known
        and (wrong := parameter.known.test(argument.value))
    ):
        analyst.problem(argument, wrong)


def _applied(function: Function, node: Call, arguments: Sequence[Bound], guarded: tuple[bool, ...]) -> Bound:
    """The call with the type of its result."""
    parts, result = list(arguments), function.result
    if function.keeps_filled and not any(part.type.empty for part in arguments):
        result = replace(result, empty=False)
    if function.name == "choose":
        parts, chosen = _of_cases(parts)
        return Apply(node, chosen, function, tuple(parts), guarded)
    if not result.same:
        name = (
            "unknown"
            if result.names is None
            else "decimal"
            if result.names == NUMBERS
            else next(iter(result.names))
        )
        return Apply(node, Type(name, result.many, result.empty), function, tuple(parts), guarded)
    same = [
        i for i, part in enumerate(parts) if _parameter(function, i).accepts.same and part.type != NOTHING
    ]
    common = reduce(join, (parts[i].type.one() for i in same)) if same else NOTHING
    for i in same:
        parts[i] = widened(parts[i], common) if not parts[i].type.many else parts[i]
    if function.name == "sum" and common.name == "decimal":
        parts[1] = Const(
            node, Type("decimal", empty=False), Decimal(parts[1].value if isinstance(parts[1], Const) else 0)
        )
    type_ = replace(common, many=result.many, empty=result.empty)
    return Apply(node, type_, function, tuple(parts), guarded)


def _of_cases(parts: Sequence[Bound]) -> tuple[list[Bound], Type]:
    """The arguments of `choose` with their results as values of one type, and that type."""
    last = len(parts) - 1
    results = [i for i in range(2, len(parts)) if i % 2 == 0 or i == last]
    common = reduce(join, (parts[i].type for i in results)) if results else UNKNOWN
    widest = [widened(part, common) if i in results else part for i, part in enumerate(parts)]
    return widest, UNKNOWN if common == NOTHING else common


def _parameter(function: Function, position: int) -> Parameter:
    parameter = function.parameter(position)
    assert parameter is not None
    return parameter


def _calendar(analyst: Analyst, function: Function, position: int, argument: Bound) -> Bound:
    """The calendar that an argument names, where the function wants one; any other argument as it is."""
    parameter = function.parameter(position)
    if parameter is None or CALENDAR.name not in (parameter.accepts.names or ()):
        return argument
    name = argument.value if isinstance(argument, Const) else None
    found = analyst.tables.calendar(name) if isinstance(name, str) else None
    if found is None:
        written = argument.node.text.strip("\"'")
        advice = did_you_mean(written, sorted(analyst.tables.calendars))
        analyst.problem(argument, f"{argument.node.text} is not the name of a calendar.", advice)
        return Const(argument.node, UNKNOWN, None)
    return Const(argument.node, CALENDAR, found)


def _lookup(analyst: Analyst, node: Call, scope: Scope) -> Bound:
    """`lookup(table, key…, on=day, column=name)`: table and column are known now, the keys for each
    record.
    """
    named = dict(node.named)
    for name, value in node.named:
        if name not in ("on", "column"):
            analyst.names.problems.append(
                value.problem(f'lookup has no argument "{name}".', "Write on=… or column=…")
            )
    if len(node.arguments) < 2:
        return _wrong(
            analyst,
            node,
            "lookup needs a table and a key.",
            'Write lookup("table", key, on=day, column="name").',
        )
    name_node, *key_nodes = node.arguments
    keys = tuple(analyst.resolve(key, scope) for key in key_nodes)
    on = analyst.resolve(named["on"], scope) if "on" in named else None
    table = analyst.tables.get(name_node.value) if isinstance(name_node, Literal) else None
    if table is None:
        advice = _declare_it(name_node.text.strip("\"'"), analyst.tables.names())
        analyst.names.problems.append(name_node.problem(f"{name_node.text} is not a table.", advice))
        return Const(node, UNKNOWN, None)
    if len(keys) != len(table.key):
        return _wrong(
            analyst, node, f'The key of "{table.name}" has {len(table.key)} part(s): {", ".join(table.key)}.'
        )
    _check_keys(analyst, keys, on)
    if table.dated and on is None:
        return _wrong(
            analyst, node, f'The table "{table.name}" is dated.', "Say for which day: on=order_date."
        )
    column = _column(analyst, node, table, named.get("column"))
    return Lookup(node, TEXT, Search(table, column), keys, on)


def _check_keys(analyst: Analyst, keys: Sequence[Bound], on: Bound | None) -> None:
    for key in keys:
        if key.type.many or key.type.name == "structure":
            analyst.problem(key, f"A key cannot be {key.type.words}.", "Look up one value.")
    if on is not None and on.type.is_known and (on.type.many or on.type.name != "date"):
        analyst.problem(on, f"on= needs a date; this is {on.type.words}.")


def _column(analyst: Analyst, node: Call, table: Table, written: object) -> str:
    """The column that is looked up: the named one, or the only one beside the key. A part of the key gives itself back: it must be known."""
    columns = table.values
    if isinstance(written, Literal) and written.value in (*columns, *table.key):
        return str(written.value)
    if isinstance(written, Literal):
        advice = did_you_mean(str(written.value), columns)
        analyst.names.problems.append(
            written.problem(f"{written.text} is not a column of this table.", advice)
        )
    elif len(columns) == 1 and written is None:
        return columns[0]
    else:
        _wrong(analyst, node, "Which column is wanted?", f'Write column="…", one of: {", ".join(columns)}.')
    return ""


def _wrong(analyst: Analyst, node: Call, message: str, advice: str = "") -> Bound:
    analyst.names.problems.append(node.problem(message, advice))
    return Const(node, UNKNOWN, None)


def _declare_it(name: str, tables: Iterable[str]) -> str:
    """The next step after a table that is not there."""
    close = nearest(name, tables)
    meant = f'Did you mean "{close}"? If not, declare' if close else "Declare"
    return f"{meant} it in tables/{name}.yaml of the site, with its rows beside it."
