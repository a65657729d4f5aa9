"""The schema check of a flow's files: XSD or JSON Schema, bound to a layout that names one."""

from __future__ import annotations

from exchange.declare.layout import LayoutBase
from exchange.flow.content import Validate
from exchange.flow.library import Library


def validator(library: Library, layout: LayoutBase, *, reading: bool) -> Validate | None:
    """What checks a file of this layout against its schema; None when the layout names none."""
    return None
