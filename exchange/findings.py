"""Findings: what is wrong in a file, where, by which rule, and what to do next.

A finding code is declared once, at module level of the module that reports it:

    SHORT_ROW = code("CSV003", "error", "The row has {got} columns, the layout has {want}.",
                     advice="Ask the sender for a corrected file.")
    found(SHORT_ROW.at(line=7, value=row, got=3, want=5))

`exchange codes` and the documentation list `all_codes()` after importing the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
VALUE_LIMIT = 200
"""How many characters of an offending value a finding keeps."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: code, severity, place, field, value, rule and next step.

    line and column count from 1 (physical lines of the file); path is an XPath or a JSON pointer.
    """

    code: str
    severity: Severity
    message: str
    advice: str = ""
    line: int | None = None
    column: int | None = None
    path: str | None = None
    field: str | None = None
    value: str | None = None

    def with_severity(self, severity: Severity) -> Finding:
        """The same finding, taken more or less seriously."""
        return replace(self, severity=severity)

    def as_dict(self) -> dict[str, object]:
        """The stable form of `--json`."""
        return {name: getattr(self, name) for name in _JSON_ORDER}


_JSON_ORDER = ("code", "severity", "line", "column", "path", "field", "value", "message", "advice")

Found = Callable[[Finding], None]
"""Where findings go: readers, mappings and writers call it and carry on."""


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: its stable code, how serious it is, its sentence and the next step."""

    code: str
    severity: Severity
    say: str
    advice: str

    def at(
        self,
        *,
        line: int | None = None,
        column: int | None = None,
        path: str | None = None,
        field: str | None = None,
        value: object = None,
        **facts: object,
    ) -> Finding:
        """A finding of this kind at a place; the facts fill the braces of the sentence and of the advice."""
        text = None if value is None else shorten(str(value))
        known = {"line": line, "column": column, "path": path, "field": field, "value": text, **facts}
        return Finding(
            self.code,
            self.severity,
            self.say.format(**known),
            self.advice.format(**known),
            line,
            column,
            path,
            field,
            text,
        )


_codes: dict[str, Code] = {}


def code(name: str, severity: Severity, say: str, *, advice: str) -> Code:
    """Declare a finding code (once, at module level). A second declaration of the same code is a bug."""
    if name in _codes:
        raise ValueError(f"finding code {name} is declared twice")
    _codes[name] = Code(name, severity, say, advice)
    return _codes[name]


def all_codes() -> tuple[Code, ...]:
    """Every code declared by the modules imported so far, in order."""
    return tuple(_codes[name] for name in sorted(_codes))


def shorten(text: str, limit: int = VALUE_LIMIT) -> str:
    """A value fit for a message: cut in the middle of nowhere, but said so."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among the findings, None when there are none."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in found), None)
