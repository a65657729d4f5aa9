"""The functions of expressions: a closed list of pure, documented functions, found by walking this folder.

Every public function of a module here is a function of expressions; a `_` at the end of its name, which
keeps it apart from a Python built-in, is dropped. Its annotations are its types: `str | None` accepts
empty, `str` does not; a TypeVar stands for "any value, the same kind as the result". `Annotated[str,
Known(test)]` must be given as a literal, which `test` judges when the mapping is compiled. The docstring
ends with an example, `upper("ab") → "AB"`, that a test runs.

A module may also have `INLINE` (name → a function that gives Python code which does the same as a call, for
the generated function; None where it cannot) and `PER_CHILD` (name → "value" or "condition": with a list of
structures as first argument, the second argument is computed for each child), `KEEPS_FILLED` (names of
functions whose result is empty only where an argument is), and `TOTAL` (names of functions that have a result
for all arguments of the declared types; they need not be called where nobody asks for it), and `REMEMBERED`
(names of functions that take long and are asked the same again and again: accounts, names, towns).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from exchange.mapping.bankdays import BankDays
from exchange.mapping.operators import Fault
from exchange.mapping.tables import Table
from exchange.mapping.types import WORDS, Type, of_value

_NAMES: dict[Any, str] = {
    str: "text",
    int: "integer",
    Decimal: "decimal",
    date: "date",
    datetime: "datetime",
    time: "time",
    bool: "boolean",
    dict: "structure",
    Table: "table",
    BankDays: "calendar",
}


@dataclass(frozen=True, slots=True)
class Known:
    """Marks a text parameter that must be a literal. test: what is wrong with a literal, None when it is
    right.
    """

    test: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument as `INLINE` sees it. code: a Python expression; name: a variable that may hold its
    value.
    """

    code: str
    type: Type
    name: str
    constant: bool = False
    value: Any = None
    total: bool = False
    """Whether it cannot fail, so that it may be left uncomputed where its value does not matter."""

    @property
    def is_text(self) -> bool:
        """Known to be a text, or empty."""
        return self.type.name == "text" and not self.type.many

    def within(self, template: str) -> str:
        """The template with the argument for `{}`, which may stand there several times; empty where the
        argument is.
        """
        if self.code.isidentifier():
            inner = template.format(self.code)
            return f"({inner} if {self.code} is not None else None)" if self.type.empty else inner
        if not self.type.empty and template.count("{}") == 1:
            return template.format(self.code)
        return f"({template.format(self.name)} if ({self.name} := {self.code}) is not None else None)"


Constant = Callable[[Any], str]
"""Gives the code for a constant, made once and not for each record."""
Inline = Callable[[Sequence[Argument], Constant], str | None]


@dataclass(frozen=True, slots=True)
class Accepts:
    """The values a parameter takes or a function gives. names: of types, None for any; same: as the other
    `same` ones.
    """

    names: frozenset[str] | None
    empty: bool
    many: bool = False
    same: bool = False

    def misfit(self, value: Any) -> str | None:
        """Why a value is not accepted, None when it is."""
        kind = of_value(value)
        if kind == "empty":
            return None if self.empty else "is empty"
        if self.many != (kind == "list"):
            return f"is {WORDS.get(kind, 'a list')}"
        if self.many or self.names is None or kind in self.names:
            return None
        return f"is {WORDS[kind]}, not {self.words}"

    @property
    def words(self) -> str:
        """For messages: what is accepted."""
        if self.names is None:
            return "a value"
        return " or ".join(
            WORDS[name] for name in sorted(self.names) if name != "integer" or len(self.names) == 1
        )


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    accepts: Accepts
    optional: bool = False
    variadic: bool = False
    known: Known | None = None
    default: Any = None


@dataclass(frozen=True, slots=True)
class Function:
    """One function of expressions."""

    name: str
    call: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    result: Accepts
    family: str
    inline: Inline | None = None
    per_child: str | None = None
    of_single: str | None = None
    """The function that is meant when the first argument is no list."""
    keeps_filled: bool = False
    """Whether the result is empty only where an argument is."""
    total: bool = False
    """Whether it has a result for all arguments of the declared types."""
    remembered: bool = False
    """Whether generated code remembers what it gave."""

    @property
    def summary(self) -> str:
        """What it does, with its example."""
        return inspect.getdoc(self.call) or ""

    @property
    def signature(self) -> str:
        """As people write it: `round(value, digits)`."""
        return f"{self.name}({', '.join(_shown(parameter) for parameter in self.parameters)})"

    def parameter(self, position: int) -> Parameter | None:
        """The parameter that takes the argument at a position, None when there are too many arguments."""
        if position < len(self.parameters):
            return self.parameters[position]
        return self.parameters[-1] if self.parameters and self.parameters[-1].variadic else None


@cache
def functions() -> Mapping[str, Function]:
    """All functions by name, in order of family and name."""
    found: dict[str, Function] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        for function in _of_module(module, info.name):
            if function.name in found:
                raise ValueError(f"two functions are called {function.name}")
            found[function.name] = function
    return types.MappingProxyType(found)


def given(value: Any) -> Any:
    """The value, which must not be empty."""
    if value is None:
        raise Fault("an argument is empty")
    return value


def literal(text: str) -> str:
    """The text as a Python literal within a template: braces doubled."""
    return repr(text).replace("{", "{{").replace("}", "}}")


def fitting(value: Any, accepts: Accepts) -> Any:
    """The value, which must be of an accepted kind."""
    if wrong := accepts.misfit(value):
        raise Fault(f"an argument {wrong}")
    return value


def _of_module(module: types.ModuleType, family: str) -> Sequence[Function]:
    made = []
    for written, call in sorted(vars(module).items()):
        if written.startswith("_") or not inspect.isfunction(call) or call.__module__ != module.__name__:
            continue
        made.append(_function(module, written.rstrip("_"), call, family))
    return made


def _function(module: types.ModuleType, name: str, call: Callable[..., Any], family: str) -> Function:
    hints = typing.get_type_hints(call, include_extras=True)
    parameters = tuple(
        _parameter(parameter, hints[parameter.name])
        for parameter in inspect.signature(call).parameters.values()
    )
    inline, per_child = getattr(module, "INLINE", {}).get(name), getattr(module, "PER_CHILD", {}).get(name)
    single, filled = getattr(module, "OF_SINGLE", {}).get(name), name in getattr(module, "KEEPS_FILLED", ())
    return Function(
        name,
        call,
        parameters,
        _accepts(hints["return"]),
        family,
        inline,
        per_child,
        single,
        filled,
        total=name in getattr(module, "TOTAL", ()),
        remembered=name in getattr(module, "REMEMBERED", ()),
    )


def _parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    optional = parameter.default is not inspect.Parameter.empty
    variadic = parameter.kind is inspect.Parameter.VAR_POSITIONAL
    marks = [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Known)]
    default = parameter.default if optional else None
    return Parameter(parameter.name, _accepts(hint), optional, variadic, marks[0] if marks else None, default)


def _accepts(hint: Any) -> Accepts:
    """What an annotation means."""
    if typing.get_origin(hint) is typing.Annotated:
        hint = hint.__origin__
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    empty = type(None) in options
    options = tuple(option for option in options if option is not type(None))
    if isinstance(options[0], typing.TypeVar):
        kinds = frozenset(_NAMES[kind] for kind in options[0].__constraints__)
        return Accepts(kinds or None, empty, same=True)
    if options == (Any,):
        return Accepts(None, True)
    if typing.get_origin(options[0]) is list:
        inner = _accepts(typing.get_args(options[0])[0])
        return Accepts(inner.names, empty, True, inner.same)
    return Accepts(frozenset(_NAMES[option] for option in options), empty)


def _shown(parameter: Parameter) -> str:
    if parameter.variadic:
        return f"{parameter.name}, …"
    return f"[{parameter.name}]" if parameter.optional else parameter.name
