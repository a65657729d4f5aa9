"""The base of every model of a declared file, and how scalars become what a model wants.

A declared file holds texts only. The model decides: where it wants `int`, an unquoted `12` is a number;
where it wants `str`, it is the text "12" (and `0012` stays "0012"). Nothing is guessed: `yes` is no boolean
and `"12"` in quotes no number.
"""

from __future__ import annotations

import keyword
import re
import types
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema, model_validator

from exchange.declare.places import PlacedText

Fit = Callable[[Any], Any]
SCALARS: tuple[type, ...] = (bool, int, Decimal)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")


def identifier(name: str) -> str:
    """The name, if expressions can use it: snake_case and no Python keyword. Raises ValueError."""
    if keyword.iskeyword(name):
        raise ValueError(
            f'"{name}" is kept for expressions and cannot be a name: write {name}_ or another word'
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(
            f'"{name}" is not a usable name: lower-case letters, digits and _, starting with a letter'
        )
    return name


Name = Annotated[str, AfterValidator(identifier)]
PlacedName = Annotated[PlacedText, AfterValidator(identifier), WithJsonSchema({"type": "string"})]
"""A name that can be pointed at later."""


class Wrong(ValueError):
    """Raised in a validator to say what is wrong at a certain text, or `width` characters of it, and what to do."""

    def __init__(
        self,
        message: str,
        *,
        at: PlacedText | None = None,
        offset: int = 0,
        width: int | None = None,
        advice: str = "",
    ) -> None:
        self.at = at
        self.offset = offset
        self.width = width
        self.advice = advice
        super().__init__(message)


class Declared(BaseModel):
    """A piece of a declared file: unknown keys are errors, values strict, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _from_texts(cls, data: Any) -> Any:
        """Texts become numbers, true, false or nothing where the field wants these."""
        if not isinstance(data, dict):
            return data
        fits = _field_fits(cls)
        return {key: fits[key](value) if key in fits else value for key, value in data.items()}


@cache
def _field_fits(model: type[BaseModel]) -> dict[str, Fit]:
    """How the values of each key of a model are fitted to it, by name and by alias."""
    fits: dict[str, Fit] = {}
    for name, field in model.model_fields.items():
        fit = _fit(field.annotation)
        fits |= {key: fit for key in (name, field.alias) if key}
    return fits


def _fit(annotation: Any) -> Fit:
    """The function that fits a value to an annotation; what does not fit is left for validation to refuse."""
    kinds = choices(annotation)
    wanted = tuple(kind for kind in SCALARS if kind in kinds)
    nothing = type(None) in kinds
    items = next((_fit(get_args(kind)[0]) for kind in kinds if get_origin(kind) is list), None)
    values = next((_fit(get_args(kind)[1]) for kind in kinds if get_origin(kind) is dict), None)

    def fit(value: Any) -> Any:
        if isinstance(value, PlacedText):
            return _fit_text(value, wanted, nothing)
        if isinstance(value, list) and items is not None:
            return [items(item) for item in value]
        if isinstance(value, dict) and values is not None:
            return {key: values(item) for key, item in value.items()}
        return value

    return fit


def choices(annotation: Any) -> list[Any]:
    """The alternatives of an annotation; a Literal of numbers or booleans wants their types."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return choices(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [choice for member in get_args(annotation) for choice in choices(member)]
    if origin is Literal:
        return [type(value) for value in get_args(annotation)]
    return [annotation]


def _fit_text(text: PlacedText, wanted: tuple[type, ...], nothing: bool) -> Any:
    """A bare scalar as the first of bool, int, Decimal that is wanted and spelt; otherwise the text."""
    if not text.plain:
        return text
    if text == "" or (nothing and text.is_empty):
        return None
    if bool in wanted and text in ("true", "false"):
        return text == "true"
    if int in wanted and _INTEGER.fullmatch(text):
        return int(text)
    if Decimal in wanted and _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
