"""The reference is what the code says, and it leaves nothing out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

import click
import pytest

from exchange import checks
from exchange.cli import exchange as command_line
from exchange.declare.bank import Bank
from exchange.declare.calendar import Calendar
from exchange.declare.declared import Declared
from exchange.declare.flow import PER_DOCUMENT, PER_FILE, Flow
from exchange.declare.mapping import Mapping
from exchange.declare.pack import Pack
from exchange.declare.site import Site
from exchange.declare.table import Table
from exchange.formats import registry as formats
from exchange.ledger import stages
from exchange.mapping.functions import functions
from exchange.operations import reference as listed
from exchange.transports import registry as transports
from tests.docs.pages import ROOT

sys.path[:0] = [str(ROOT / "tools")]

import reference  # noqa: E402
import reference_keys  # noqa: E402

MODELS = {
    "site": Site,
    "flow": Flow,
    "mapping": Mapping,
    "table": Table,
    "bank": Bank,
    "calendar": Calendar,
    "pack": Pack,
}
MODELS |= {f"format-{name}": formats.get(name).Layout for name in formats.names()}
COMMANDS = command_line.list_commands(click.Context(command_line))


@cache
def page(name: str) -> str:
    return (ROOT / "docs/reference" / f"{name}.md").read_text(encoding="utf-8")


@cache
def made() -> reference.Pages:
    return reference.pages()


def test_there_are_no_other_generated_pages() -> None:
    assert reference.committed().keys() == made().keys()


@pytest.mark.parametrize("name", sorted(reference.committed()))
def test_a_committed_page_is_what_the_code_says(name: str) -> None:
    assert reference.committed()[name] == made()[name], "run: python tools/reference.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_told(name: str) -> None:
    command = command_line.get_command(click.Context(command_line), name)
    assert command is not None
    _, _, after = page("commands").partition(f"\n## exchange {name}\n")
    section = after.partition("\n## ")[0]
    assert section.strip()
    commands = [command, *getattr(command, "commands", {}).values()]
    parameters = [parameter for each in commands for parameter in each.params]
    for option in (option for parameter in parameters for option in parameter.opts):
        assert option in section or option.upper() in section, option


def keys(model: type[Declared], seen: set[type[Declared]]) -> Iterator[tuple[type[Declared], str, str]]:
    """Every key that a declared file may hold, with the model it stands in."""
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        if not field.exclude:
            yield model, name, field.alias or name
            for inner in reference_keys.models_in(field.annotation):
                yield from keys(inner, seen)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_key_is_told_with_its_meaning(name: str) -> None:
    found = list(keys(MODELS[name], set()))
    assert len(found) > 3
    for model, attribute, key in found:
        section = page(name).partition(f"\n## {model.__name__}\n")[2].partition("\n## ")[0]
        assert f"\n| `{key}` |" in section, f"{model.__name__}: {key}"
        assert reference_keys.meaning(model, attribute), (
            f"{model.__module__}.{model.__name__}.{key} has no description"
        )


def test_every_name_of_a_family_is_told() -> None:
    assert [name for name in functions() if f"| `{name}(" not in page("functions")] == []
    assert [name for name in checks.names() if f"| `{name}` |" not in page("checks")] == []
    assert [
        name for name in formats.names() if f"| [{name}](format-{name}.md) |" not in page("formats")
    ] == []
    assert [name for name in transports.names() if f"\n## {name}\n" not in page("transports")] == []
    assert [row["code"] for row in listed.codes(None) if f"| `{row['code']}` |" not in page("codes")] == []
    assert [
        row["layout"] for row in listed.layouts(None) if f"[{row['layout']}](" not in page("layouts")
    ] == []


def test_unsure_layouts_are_marked() -> None:
    for row in listed.layouts(None):
        marked = f"**{row['confidence']}**" in next(
            line for line in page("layouts").splitlines() if f"[{row['layout']}](" in line
        )
        assert marked == (row["confidence"] in ("memory", "single source")), row["layout"]


def test_stages_and_moves_are_those_of_the_ledger() -> None:
    text = page("stages")
    for word in (*stages.ARRIVAL_STAGES, *stages.DELIVERY_STAGES, *stages.PAYMENT_STAGES, *stages.HOLDS):
        assert f"| `{word}` |" in text
    for thing, old, new, who in stages.MOVES:
        assert f"| {thing} | {f'`{old}`' if old else '(new)'} | `{new}` | {who} |" in text


def test_placeholders_are_those_of_flows() -> None:
    assert set(reference.re.findall(r"\| `\{([^}]*)\}` \|", page("names"))) == {*PER_FILE, *PER_DOCUMENT}
