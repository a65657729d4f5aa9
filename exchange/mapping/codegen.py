"""Resolved expressions → Python expressions, for the one function that is generated for a mapping.

`Access` says how a field of an element is read; elements are dicts by default. A reader and mappings fused
into one function replace it, so that a field is read from a local variable and no dict is made in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from types import FunctionType
from typing import Any, Protocol

from exchange.mapping import functions as library
from exchange.mapping import operators
from exchange.mapping.bound import (
    Apply,
    Both,
    Bound,
    Conform,
    Const,
    Either,
    Element,
    Fact,
    Field,
    Filter,
    Frame,
    Local,
    Lookup,
    Member,
    Operation,
    Part,
    Pick,
    Position,
    Project,
    Step,
    walk,
)
from exchange.mapping.totality import is_total
from exchange.memo import Memo

NAMESPACE: dict[str, Any] = {
    "Decimal": Decimal,
    "ZERO": Decimal(0),
    "Fault": operators.Fault,
    "FAILURES": operators.FAILURES,
    **{
        call.__name__: call
        for call in (
            operators.add,
            operators.subtract,
            operators.multiply,
            operators.divide,
            operators.negate,
            operators.positive,
            operators.equal,
            operators.differs,
            operators.less,
            operators.at_most,
            operators.more,
            operators.at_least,
            operators.among,
            operators.truth,
            operators.conform,
            operators.filled,
            operators.filled_map,
            operators.chain,
            operators.key_text,
            library.given,
            library.fitting,
        )
    },
}
"""What generated code may use besides its own constants, functions and look-ups."""
HELPERS = {**operators.ARITHMETICS, **operators.COMPARISONS}


class Access(Protocol):
    """How generated code reads elements."""

    def field(self, frame: Frame, container: str, step: Step) -> str:
        """Python code for one name read from a container that is not empty; container: code for frame or
        for a part of it.
        """


class DictAccess:
    """Elements are dicts."""

    def field(self, frame: Frame, container: str, step: Step) -> str:
        """A key of a dict; in an open map a name may miss."""
        return f"{container}.get({step.name!r})" if step.open else f"{container}[{step.name!r}]"


@dataclass(slots=True)
class Emitter:
    """Writes expressions. namespace: what the code refers to; held: fields that are in local variables
    already; known: other parts that are, by their identity.
    """

    access: Access = field(default_factory=DictAccess)
    namespace: dict[str, Any] = field(default_factory=lambda: dict(NAMESPACE))
    held: dict[tuple[str, ...], str] = field(default_factory=dict)
    known: dict[int, str] = field(default_factory=dict)
    facts: set[str] = field(default_factory=set)
    count: int = 0

    def fresh(self, prefix: str) -> str:
        """A new name."""
        self.count += 1
        return f"{prefix}{self.count}"

    def code(self, bound: Bound) -> str:
        """The Python expression of a part."""
        if id(bound) in self.known:
            return self.known[id(bound)]
        match bound:
            case Const():
                return self.constant(bound.value)
            case Field():
                read = self.read(bound.frame, bound.path)
                return f"({read} or [])" if bound.type.many else read
            case Element():
                return bound.frame.variable
            case Fact():
                self.facts.add(bound.name)
                return f"arrival_{bound.name}"
            case Position():
                return f"n_{bound.frame.variable}"
            case Local():
                return bound.let.variable
            case Part():
                return self._part(bound)
            case Conform():
                return self._conform(bound)
            case Project() | Filter():
                return self._children(bound)
            case Apply():
                return self._apply(bound)
            case Lookup():
                return self._lookup(bound)
        return self._operator(bound)

    def constant(self, value: Any) -> str:
        """A constant: written out, or by a name when Python has no literal for it."""
        if value is None or isinstance(value, (bool, int, str)):
            return repr(str(value) if isinstance(value, str) else value)
        if isinstance(value, FunctionType):
            name = f"fn_{value.__name__}"
        else:
            shown = "" if isinstance(value, dict) else str(value)
            shown = "".join(character if character.isalnum() else "_" for character in shown)
            name = f"{type(value).__name__.lower()}_{shown}"
        while not _is_same(self.namespace.setdefault(name, value), value):
            name += "_"
        return name

    def read(self, frame: Frame, path: Sequence[Step]) -> str:
        """A field by its path, from a local variable where one holds it."""
        key = (frame.variable, *(step.name for step in path))
        if key in self.held:
            return self.held[key]
        step = path[-1]
        container = frame.variable if len(path) == 1 else self.read(frame, path[:-1])
        if step.sure:
            return self.access.field(frame, container, step)
        if container.isidentifier():
            return f"({self.access.field(frame, container, step)} if {container} is not None else None)"
        name = self.fresh("t")
        return f"({self.access.field(frame, name, step)} if ({name} := {container}) is not None else None)"

    def _part(self, bound: Part) -> str:
        base, name = self.code(bound.base), self.fresh("t")
        held, name = (base, base) if base.isidentifier() else (f"({name} := {base})", name)
        inner = f"({name}.get({bound.step.name!r}) if {held} is not None else None)"
        return f"({inner} or [])" if bound.type.many else inner

    def _conform(self, bound: Conform) -> str:
        if bound.operand.type.name == "integer" and not bound.operand.type.empty:
            return f"Decimal({self.code(bound.operand)})"
        return f"conform({self.code(bound.operand)}, {bound.type.name!r})"

    def _children(self, bound: Project | Filter) -> str:
        """A comprehension. Python allows no `:=` in what it goes through, so that is handed in from outside
        then.
        """
        looked_up = self._looked_up(bound) if isinstance(bound, Filter) else None
        if looked_up is not None:
            return looked_up
        outer, variable = self.code(bound.list), bound.frame.variable
        over = "children" if ":=" in outer else outer
        if isinstance(bound, Filter):
            made = f"[{variable} for {variable} in {over} if {self.condition(bound.condition)}]"
        else:
            made = f"[{self.code(bound.item)} for {variable} in {over}]"
            made = f"chain({made})" if bound.flat else made
        return f"(lambda children: {made})({outer})" if ":=" in outer else made

    def _looked_up(self, bound: Filter) -> str | None:
        """The children whose text is a given one, by an index where there are many; None for other conditions."""
        wanted = _wanted(bound)
        if wanted is None or not isinstance(self.access, DictAccess):
            return None
        step, value = wanted
        name = f"among_{self.fresh('')}"
        self.namespace[name] = operators.Children(step.name)
        return f"{name}({self.code(bound.list)}, {self.code(value)})"

    def _apply(self, bound: Apply) -> str:
        codes = [self._argument(bound, position) for position in range(len(bound.arguments))]
        if bound.function.inline is not None:
            arguments = [
                library.Argument(
                    code,
                    part.type,
                    self.fresh("t"),
                    isinstance(part, Const) and not guarded,
                    getattr(part, "value", None),
                    is_total(part) and not guarded,
                )
                for code, part, guarded in zip(codes, bound.arguments, bound.guarded, strict=True)
            ]
            inlined = bound.function.inline(arguments, self.constant)
            if inlined is not None:
                return inlined
        return self._remembered(bound, codes) or f"{self.constant(bound.function.call)}({', '.join(codes)})"

    def _remembered(self, bound: Apply, codes: Sequence[str]) -> str | None:
        """A look-up among what the function gave for the same texts before; None where it is no such function."""
        parts = zip(bound.arguments, bound.guarded, strict=True)
        varying = [i for i, (part, guarded) in enumerate(parts) if guarded or not isinstance(part, Const)]
        if not (bound.function.remembered and varying) or any(part.type.many for part in bound.arguments):
            return None
        if any(bound.arguments[i].type.name != "text" for i in varying):
            return None
        fixed = tuple(getattr(part, "value", None) for part in bound.arguments)
        memo = self.constant(_memo(bound.function.call, fixed, tuple(varying)))
        return f"{memo}[{codes[varying[0]] if len(varying) == 1 else ', '.join(codes[i] for i in varying)}]"

    def _argument(self, bound: Apply, position: int) -> str:
        """An argument, looked at first where its kind is known only at run time."""
        argument = bound.arguments[position]
        code = self.code(argument)
        if not bound.guarded[position]:
            return code
        parameter = bound.function.parameter(position)
        assert parameter is not None
        if argument.type.is_known:
            return f"given({code})"
        name = f"accepts_{bound.function.name}_{parameter.name}"
        self.namespace[name] = parameter.accepts
        return f"fitting({code}, {name})"

    def _lookup(self, bound: Lookup) -> str:
        name = (
            f"lookup_{self.fresh('')}_{''.join(c if c.isalnum() else '_' for c in bound.search.table.name)}"
        )
        self.namespace[name] = bound.search
        codes = [self.code(key) for key in bound.keys]
        if bound.on is not None:
            codes.append(f"on={self.code(bound.on)}")
        return f"{name}({', '.join(codes)})"

    def condition(self, bound: Bound) -> str:
        """A part that is asked whether it is true."""
        return self.code(bound) if bound.type.is_known else f"truth({self.code(bound)})"

    def _operator(self, bound: Bound) -> str:
        match bound:
            case Operation(operands=(_,)):
                return self._unary(bound)
            case Operation():
                return self._binary(bound)
            case Both():
                return f"({' and '.join(self.condition(operand) for operand in bound.operands)})"
            case Either():
                return self._either(bound.operands)
            case Pick():
                return f"({self.code(bound.yes)} if {self.condition(bound.test)} else {self.code(bound.no)})"
            case Member():
                return self._member(bound)
        raise TypeError(f"no such part: {bound!r}")

    def _unary(self, bound: Operation) -> str:
        operand = bound.operands[0]
        if bound.operator == "not":
            return f"(not {self.condition(operand)})"
        if bound.operator == "-x" and bound.safe:
            return f"(-{self.code(operand)})"
        return f"{'negate' if bound.operator == '-x' else 'positive'}({self.code(operand)})"

    def _binary(self, bound: Operation) -> str:
        left, right = (self.code(operand) for operand in bound.operands)
        if bound.operator in ("==", "!=") and "None" in (left, right):
            other = right if left == "None" else left
            if all(isinstance(operand, Const) for operand in bound.operands):
                return str((other == "None") == (bound.operator == "=="))
            if other[0].isdigit() or other[0] in "'\"(":  # Python warns of `0 is None`, whatever 0 came from
                return f"({other} {bound.operator} None)"
            return f"({other} {'is' if bound.operator == '==' else 'is not'} None)"
        divisor = bound.operands[1]
        if (
            bound.operator == "/"
            and isinstance(divisor, Const)
            and divisor.value
            and bound.operands[0].type.is_number
        ):
            return f"({left} / {self.constant(Decimal(divisor.value))})"  # a Decimal, so never a float
        if bound.safe:
            return f"({left} {bound.operator} {right})"
        return f"{HELPERS[bound.operator].__name__}({left}, {right})"

    def _either(self, operands: Sequence[Bound]) -> str:
        if all(operand.type.name == "boolean" for operand in operands):
            return f"({' or '.join(self.code(operand) for operand in operands)})"
        first, rest = operands[0], operands[1:]
        if not rest:
            return self.code(first)
        code = self.code(first)
        name = code if code.isidentifier() else self.fresh("t")
        held = name if code.isidentifier() else f"({name} := {code})"
        maybe_false = first.type.name in ("unknown", "boolean")
        test = f"{held} is not None" + (f" and {name} is not False" if maybe_false else "")
        return f"({name} if {test} else {self._either(rest)})"

    def _member(self, bound: Member) -> str:
        item = self.code(bound.item)
        options = self.code(bound.list) if bound.list is not None else self._tuple(bound.options)
        if bound.safe:
            return f"({item} {'not in' if bound.negated else 'in'} {options})"
        return f"{'not ' if bound.negated else ''}among({item}, {options})".join("()")

    def _tuple(self, options: Sequence[Bound]) -> str:
        return f"({''.join(f'{self.code(option)}, ' for option in options)})"


def _wanted(bound: Filter) -> tuple[Step, Bound] | None:
    """The text field of the children and what it must be, where that is all the condition and the same for all children."""
    condition = bound.condition
    if not (isinstance(condition, Operation) and condition.operator == "==" and condition.safe):
        return None
    for name, value in (condition.operands, condition.operands[::-1]):
        if (
            isinstance(name, Field)
            and name.frame is bound.frame
            and len(name.path) == 1
            and name.type.name == value.type.name == "text"
            and not any(getattr(part, "frame", None) is bound.frame for part in walk(value))
        ):
            return name.path[0], value
    return None


@cache
def _memo(call: Callable[..., Any], fixed: tuple[Any, ...], varying: tuple[int, ...]) -> Memo:
    """What a function gave, by its arguments that are not fixed: by the value itself where it is one."""

    def of_several(values: tuple[Any, ...]) -> Any:
        given = dict(zip(varying, values, strict=True))
        return call(*(given.get(position, value) for position, value in enumerate(fixed)))

    if len(varying) > 1:
        return Memo(of_several)
    before, after = fixed[: varying[0]], fixed[varying[0] + 1 :]
    return Memo(lambda value: call(*before, value, *after))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two constants may share a name; a memo is what it is made of, not what it remembers."""
    return one is other or (not isinstance(other, Memo) and repr(one) == repr(other))
