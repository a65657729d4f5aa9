"""What checks a flow's files as a whole: the schema that a layout names, and the stylesheets of Schematron that the flow names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from exchange.declare.layout import LayoutBase
from exchange.declare.places import PlacedText
from exchange.errors import UseError
from exchange.findings import Found, Severity
from exchange.flow.content import Validate
from exchange.flow.library import Library
from exchange.formats.validate import JsonSchemaCheck, XsdCheck

MESSAGE = "{message}"
Check = Callable[[BinaryIO, Found], None]


def validator(
    library: Library, layout: LayoutBase, *, reading: bool, rules: Sequence[PlacedText] = ()
) -> Validate | None:
    """What checks a file of this layout; None when nothing does. What is wrong with `rules` goes to the library's problems.

    What comes in is taken as seriously as the layout says (real banks break their own schemas); what goes out must be
    valid. rules: stylesheets, which say themselves how serious each of their rules is.
    """
    schema = _schema(library, layout, reading=reading)
    checks = [
        *([schema] if schema else []),
        *(made for name in rules if (made := _rules(library, layout, name))),
    ]
    if len(checks) < 2:
        return checks[0] if checks else None

    def validate(stream: BinaryIO, found: Found) -> None:
        for check in checks:
            stream.seek(0)
            check(stream, found)

    return validate


def _schema(library: Library, layout: LayoutBase, *, reading: bool) -> Check | None:
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


def _rules(library: Library, layout: LayoutBase, name: PlacedText) -> Check | None:
    from exchange.formats.schematron import SchematronCheck

    path = library.schema_path(str(name), layout.layout)
    if path is None:
        message = f'There is no stylesheet "{name}".'
        library.problems.append(name.problem(message, "Put it below schemas/ of the site, under this name."))
        return None
    if layout.format != "xml":
        message = f"Files of {layout.layout} are no XML; stylesheets do not check them."
        library.problems.append(name.problem(message, "Take the stylesheet away."))
        return None
    try:
        return SchematronCheck(str(name), path.read_bytes)
    except UseError as error:
        library.problems.append(name.problem(error.message, error.advice))
        return None
