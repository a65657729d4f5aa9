"""What pydantic models say about the keys of declared files, as Markdown; and the Markdown that all pages share."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo

from exchange.declare.declared import Declared
from exchange.declare.units import BYTES, SecretRef
from exchange.formats import registry as formats

SIZE = "size, such as 20MB"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; bars and line ends inside cells do no harm."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return " ".join(str("" if value is None else value).split()).replace("|", "\\|")


def code(text: object) -> str:
    """The text as code; empty stays empty."""
    return f"`{text}`" if str(text) else ""


def paragraphs(documented: object) -> str:
    """The docstring of a module, class or function; its indented parts are code in Markdown, too."""
    return inspect.cleandoc(getattr(documented, "__doc__", None) or "")


def sentence(text: str) -> str:
    """The first paragraph, on one line."""
    return " ".join(text.partition("\n\n")[0].split())


# --- keys --------------------------------------------------------------------------------------------------


def declared_page(kind: str) -> str:
    """All keys of site, flow, table or mapping files."""
    module = importlib.import_module(f"exchange.declare.{kind}")
    title = {"site": "The site file, exchange.yaml"}.get(kind, f"Keys of a {kind}")
    first, _, rest = paragraphs(module).partition("\n\n")
    example, _, after = rest.partition("\n\n")
    shown = f"```yaml\n{inspect.cleandoc(example)}\n```"
    parts = [f"# {title}", sentence(first), shown, after, *models([getattr(module, kind.capitalize())])]
    return "\n\n".join(part for part in parts if part)


def format_page(name: str) -> str:
    """What a layout of a format may say."""
    format_ = formats.get(name)
    model = format_.Layout
    parts = [f"# Layouts of the format {name}", paragraphs(format_)]
    if model.__module__ != getattr(format_, "__name__", ""):
        parts.append(paragraphs(sys.modules[model.__module__]))
    return "\n\n".join([*parts, *models([model])])


def models(wanted: list[type[Declared]], mark: str = "##") -> Iterator[str]:
    """A section for each model, in the order in which they are met."""
    done: set[type[Declared]] = set()
    while wanted:
        model = wanted.pop(0)
        if model in done:
            continue
        done.add(model)
        fields = {name: field for name, field in model.model_fields.items() if not field.exclude}
        rows = [_key(model, name, field) for name, field in fields.items()]
        yield f"{mark} {model.__name__}\n\n{paragraphs(model)}\n\n{table(('Key', 'Value', 'Default', 'Meaning'), rows)}"
        wanted += [inner for field in fields.values() for inner in models_in(field.annotation)]


def models_in(annotation: Any) -> Iterator[type[Declared]]:
    """The models that a value may be."""
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def _key(model: type[Declared], name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    shown = words(field.annotation, field.metadata)
    default = "required" if field.is_required() else _default(field.default, shown)
    return code(field.alias or name), shown, default, meaning(model, name)


def meaning(model: type[Declared], name: str) -> str:
    """What a key means: its own description, that of the model it overrides, or that of the model it holds."""
    bases = [base for base in model.__mro__ if issubclass(base, Declared)]
    said = [base.model_fields[name].description for base in bases if name in base.model_fields]
    inner = [sentence(paragraphs(each)) for each in models_in(model.model_fields[name].annotation)]
    return next((text for text in [*said, *inner] if text), "")


def _default(value: object, shown: str) -> str:
    if value is None or value == "" or isinstance(value, Declared):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, list | dict):
        return "none" if not value else code(value)
    if isinstance(value, int) and shown == SIZE and value >= 1000:
        unit = next(unit for unit in ("GB", "MB", "kB") if value % BYTES[unit] == 0)
        return code(f"{value // BYTES[unit]}{unit}")
    return code(value)


def words(annotation: Any, metadata: Sequence[object] = ()) -> str:
    """What a value may be, for people."""
    return " ".join(part for part in (_kind(annotation, metadata), _limits(metadata)) if part)


def _kind(annotation: Any, metadata: Sequence[object]) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    forms = [mark.json_schema or {} for mark in metadata if isinstance(mark, WithJsonSchema)]
    other_form = bool(forms)
    if origin is Annotated:
        return words(parts[0], parts[1:])
    if annotation is SecretRef:
        return "reference to a secret"
    if other_form and annotation is int:
        return "number of bank days, such as 2 bank days" if "pattern" in forms[0] else SIZE
    if other_form and origin is list:
        return "text, or list of texts"
    if origin in (Union, types.UnionType):
        known = [words(part) for part in parts if part is not type(None)]
        return "text" if other_form else " or ".join(dict.fromkeys(known))
    if origin is Literal:
        return ", ".join(code(str(value).lower() if isinstance(value, bool) else value) for value in parts)
    if origin is list:
        return f"list of {words(parts[0])}"
    if origin is dict:
        return f"names, each with {words(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _WORDS.get(annotation, "text")


_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "whole number",
    Decimal: "number",
    Any: "text, expression, structure or list",
}


def _limits(metadata: Sequence[object]) -> str:
    """Smallest and biggest numbers."""
    low = next((mark.ge for mark in metadata if isinstance(mark, annotated_types.Ge)), None)
    high = next((mark.le for mark in metadata if isinstance(mark, annotated_types.Le)), None)
    if low is None:
        return ""
    return f"from {low}" if high is None else f"from {low} to {high}"
