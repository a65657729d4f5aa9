"""One line brought to exactly the columns of its record, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from exchange.findings import Code, Finding, code
from exchange.formats.fixed.plan import LinePlan

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_ASK = "Ask the sender for a corrected file."

SHORT = code(
    "FIX004",
    "info",
    "Line {line}: the record {record} has {got} characters instead of {want}; it was read as if blanks followed.",
    advice="Programs that take blanks off the ends of lines do so. Nothing needs to be done.",
)
LONG = code(
    "FIX005",
    "error",
    'Line {line}: the record {record} has {got} characters instead of {want}; behind its end stands "{value}".',
    advice="Probably a field is longer than it may be and what follows is out of place. " + _ASK,
)
LONG_BLANK = code(
    "FIX006",
    "info",
    "Line {line}: the record {record} has {got} characters instead of {want}; the blanks behind its end were ignored.",
    advice="Nothing needs to be done.",
)
CONTROL = code(
    "FIX017",
    "error",
    "Line {line}, column {column}: a control character ({value}) stands in the record, so columns cannot be trusted.",
    advice=_ASK,
)
TABS = code(
    "FIX024",
    "warning",
    "Line {line}: tabs stand in the record {record}; it was read with blanks up to the next tab stop.",
    advice="Compare the record with the original, and ask the sender to write blanks.",
)


def control_character(text: str, number: int) -> Finding | None:
    """What is told of a line with a control character."""
    control = None if text.isprintable() else _CONTROL.search(text)  # nearly every line is, and that is quick
    if control is None:
        return None
    return CONTROL.at(line=number, column=control.start() + 1, value=repr(control[0])[1:-1])


class Fitter:
    """Brings lines to their columns. tabs: how many columns a tab may go on; tell: where it says what differed."""

    def __init__(self, tabs: int | None, tell: Callable[..., None]) -> None:
        self._tabs = tabs
        self._tell = tell
        self._told: set[tuple[str, str]] = set()

    def fitted(self, plan: LinePlan, text: str, number: int) -> str:
        """The line with exactly the columns of its record."""
        if "\t" in text:
            text = self._without_tabs(plan, text, number)
        if len(text) in plan.lengths:
            return text.ljust(plan.width)
        facts: dict[str, Any] = {"record": plan.title, "got": len(text), "want": plan.width}
        if len(text) < plan.width:
            self._once(SHORT, plan, line=number, **facts)
            return text.ljust(plan.width)
        rest = text[plan.width :]
        if rest.strip():
            self._tell(LONG, line=number, value=rest.strip(), **facts)
        elif rest:
            self._once(LONG_BLANK, plan, line=number, **facts)
        return text[: plan.width]

    def _without_tabs(self, plan: LinePlan, text: str, number: int) -> str:
        """Tabs at the end are blanks. Others may be by the layout, when every field of the line then reads right."""
        bare = text.rstrip("\t ")
        if "\t" not in bare:
            return bare
        if self._tabs is None:
            return text
        wide = bare.expandtabs(self._tabs)
        wrong: list[Finding] = []
        if len(wide) <= plan.width:
            plan.explain(wide.ljust(plan.width), number, wrong.append)
        if wrong or len(wide) > plan.width:
            return text
        self._tell(TABS, line=number, record=plan.title)
        return wide

    def _once(self, what: Code, plan: LinePlan, /, **facts: Any) -> None:
        if (plan.title, what.code) not in self._told:
            self._told.add((plan.title, what.code))
            self._tell(what, **facts)
