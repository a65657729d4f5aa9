"""The reference, made from the code and the declared files themselves: it cannot differ from what the product does."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import exchange
from exchange import checks as known_checks
from exchange.declare import schema as editors
from exchange.declare.bank import Bank, Dated
from exchange.errors import UseError
from exchange.findings import all_codes
from exchange.formats import registry
from exchange.mapping.functions import functions as mapping_functions
from exchange.operations.libraries import library_of

Row = dict[str, str]


def formats(_: Path | None = None) -> list[Row]:
    """Every format: its name and what it is."""
    return [{"format": name, "meaning": _summary(registry.get(name))} for name in registry.names()]


def layouts(site: Path | None = None) -> list[Row]:
    """Every layout: name, format, what it is, what it is mapped to, and how sure its facts are."""
    library = library_of(site)
    rows = []
    for layout in library.layouts():
        targets = sorted({_target(library, name) for name in library.mappings_from(layout.layout, "")} - {""})
        rows.append(
            {
                "layout": layout.layout,
                "format": layout.format,
                "meaning": layout.meaning or "",
                "mapped_to": ", ".join(targets),
                "confidence": layout.confidence or "",
                "source": layout.source or "",
            }
        )
    return rows


def banks(site: Path | None = None) -> list[Row]:
    """Every bank's profile: whose it is, the messages it takes, how sure its facts are."""
    library = library_of(site)
    known = [bank for name in library.catalogue.names("bank") if (bank := library.bank(name)) is not None]
    return [
        {
            "bank": bank.bank,
            "meaning": bank.meaning,
            "countries": ", ".join(bank.countries),
            "messages": ", ".join(
                f"{name.removeprefix('iso20022/')}{_days(message)}" for name, message in bank.messages.items()
            ),
            "confidence": bank.confidence or "",
            "source": bank.source or "",
        }
        for bank in known
    ]


def _days(dated: Dated) -> str:
    """From when and until when something counts, in brackets."""
    parts = [
        f"from {dated.valid_from}" if dated.valid_from else "",
        f"to {dated.valid_to}" if dated.valid_to else "",
    ]
    told = " ".join(filter(None, parts))
    return f" ({told})" if told else ""


def bank_rules(bank: Bank) -> list[Row]:
    """The rules that a profile states itself: name, code, days, reason, how sure they are and where that is known from."""
    return [
        {
            "rule": name.replace("_", " "),
            "code": rule.code,
            "severity": rule.severity,
            "days": _days(rule).strip(" ()"),
            "reason": " ".join(rule.say.split()),
            "confidence": rule.confidence or bank.confidence or "",
        }
        for name, rule in bank.rules.items()
    ]


def _target(library: Any, mapping: str) -> str:
    node, _ = library.catalogue.load("mapping", mapping)
    to = node.get("to") if node is not None else None
    return str(to.text) if to is not None and to.text is not None else ""


def functions(_: Path | None = None) -> list[Row]:
    """Every function of expressions: its signature, what it does with an example, its family."""
    return [
        {"function": function.signature, "meaning": function.summary, "family": function.family}
        for function in mapping_functions().values()
    ]


def checks(_: Path | None = None) -> list[Row]:
    """Every check of a single value: what it tests, and what it can do besides."""
    found = [known_checks.get(name) for name in known_checks.names()]
    return [
        {
            "check": check.name,
            "meaning": check.summary,
            "can_also": ", ".join(
                word for word, able in (("complete", check.complete), ("pretty", check.pretty)) if able
            ),
        }
        for check in found
    ]


def checked(name: str, values: Sequence[str]) -> list[dict[str, str | None]]:
    """Values as a check sees them: their electronic form, how people write them, and what is wrong with each."""
    try:
        check = known_checks.get(name)
    except known_checks.UnknownCheckError as unknown:
        raise UseError(str(unknown)) from unknown
    rows = []
    for value in values:
        fault = check.fault(value)
        form = check.compact(value)
        shown = check.pretty(value) if check.pretty and fault is None else form
        rows.append({"value": value, "electronic": form, "written": shown, "fault": fault})
    return rows


def codes(_: Path | None = None) -> list[Row]:
    """Every finding code the product can report: severity, sentence, next step."""
    _import_everything()
    return [
        {"code": code.code, "severity": code.severity, "sentence": code.say, "next_step": code.advice}
        for code in all_codes()
    ]


def schema(kind: str, format_name: str | None = None) -> dict[str, Any]:
    """The JSON Schema of a kind of declared file; for layouts, of one format or of all."""
    if kind != "layout":
        return editors.schema(kind)  # type: ignore[arg-type]
    names = [format_name] if format_name else list(registry.names())
    return editors.schema_of([registry.get(name).Layout for name in names])


def _import_everything() -> None:
    """Codes are declared where they are reported, so every module that may report one is imported."""
    for module in pkgutil.walk_packages(exchange.__path__, "exchange."):
        if ".cli" not in module.name and ".migrations" not in module.name and "__main__" not in module.name:
            importlib.import_module(module.name)


def _summary(module: object) -> str:
    name = getattr(module, "__name__", "")
    return (sys.modules[name].__doc__ or "").strip().partition("\n")[0] if name in sys.modules else ""
