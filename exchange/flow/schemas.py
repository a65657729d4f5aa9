"""The schema check of a flow's files: XSD or JSON Schema, bound to a layout that names one."""

from __future__ import annotations

from typing import BinaryIO

from exchange.declare.layout import LayoutBase
from exchange.findings import Found, Severity
from exchange.flow.content import Validate
from exchange.flow.library import Library
from exchange.formats.validate import JsonSchemaCheck, XsdCheck

MESSAGE = "{message}"


def validator(library: Library, layout: LayoutBase, *, reading: bool) -> Validate | None:
    """What checks a file of this layout against its schema; None when the layout names none.

    What comes in is taken as seriously as the layout says (real banks break their own schemas); what goes out must be
    valid.
    """
    name = layout.schema_
    if name is None:
        return None
    severity: Severity = layout.schema_errors if reading else "error"

    def load(namespace: str) -> bytes | None:
        message = namespace.rpartition(":")[2].rpartition("$")[2]
        if MESSAGE in name and not message:
            return None
        return library.schema_bytes(name.replace(MESSAGE, message), layout.layout)

    check = JsonSchemaCheck(load) if name.endswith(".json") else XsdCheck(load, layout)

    def validate(stream: BinaryIO, found: Found) -> None:
        check(stream, found, severity)

    return validate
