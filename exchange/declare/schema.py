"""JSON Schemas of our own declared files, for editors: completion, and red lines while writing.

schema("flow")                      # for flows/*.yaml
schema_of([CsvLayout, XmlLayout])   # for schemas/**/*.yaml; the formats know their layouts
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import is_dataclass
from importlib import import_module
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from exchange.declare.declared import Declared
from exchange.declare.likeness import LIKE

Kind = Literal["site", "flow", "table", "mapping", "bank", "calendar", "rules", "pack"]


class _Editor(GenerateJsonSchema):
    """Texts may be written without quotes, so that editors see numbers and booleans where we see text."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A text, however it is written."""
        return {**super().str_schema(schema), "type": ["string", "number", "boolean"]}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """A number."""
        return {"type": "number"}

    def encode_default(self, dft: Any) -> Any:
        """A default as people write it."""
        return str(dft) if is_dataclass(dft) else super().encode_default(dft)


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of site, flow, table, mapping or pack files."""
    model: type[Declared] = getattr(import_module(f"exchange.declare.{kind}"), kind.capitalize())
    return schema_of([model])


def schema_of(models: Sequence[type[Declared]]) -> dict[str, Any]:
    """The JSON Schema of a file that satisfies one of these models."""
    union: Any = models[0]
    for model in models[1:]:
        union = union | model
    made = TypeAdapter(union).json_schema(by_alias=True, schema_generator=_Editor, mode="validation")
    for definition in (made, *made.get("$defs", {}).values()):
        _likening(definition)
    return {"$schema": GenerateJsonSchema.schema_dialect, **made}


def _likening(definition: dict[str, Any]) -> None:
    """A file that is like another one need not say what the other says."""
    if LIKE in definition.get("properties", {}):
        required = definition.pop("required")
        definition |= {"required": required[:1], "anyOf": [{"required": [LIKE]}, {"required": required}]}
