"""Writes `docs/reference/` from the code: what the pages say is what the product does.

    python tools/reference.py            # writes the pages
    python tools/reference.py --check    # says which committed pages differ, exit code 1

Pages without the mark of this tool are written by hand and left alone.
"""

from __future__ import annotations

import ast
import calendar as calendar_names
import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from reference_asked import asked_page
from reference_connections import connections_page
from reference_keys import code, declared_page, format_page, models, paragraphs, sentence, table

from exchange import __main__ as door
from exchange.cli import GROUPS
from exchange.cli import exchange as command_line
from exchange.declare.calendar import Feast
from exchange.declare.catalogue import Catalogue
from exchange.declare.declared import Declared
from exchange.declare.layout import FieldBase, GroupingLayout, LayoutBase
from exchange.flow.library import Library
from exchange.formats import registry as formats
from exchange.formats.csv import CsvDialect
from exchange.ledger import queries, stages
from exchange.ledger import rows as ledger_rows
from exchange.mapping.functions import functions
from exchange.model import FieldShape
from exchange.operations import reference
from exchange.reconcile.rules import rules
from exchange.transports import registry as transports

HERE = Path(__file__).resolve().parents[1] / "docs" / "reference"
MARK = "<!-- Made by tools/reference.py from the code. Do not edit: change the code and make it again. -->"
UNSURE = ("memory", "single source")
"""Confidences that the page of layouts marks."""
VALUES = 24
"""How many allowed texts of a field are listed."""
Pages = dict[str, str]


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which ones differ."""
    made, present = pages(), committed()
    differing = sorted(name for name in made.keys() | present.keys() if made.get(name) != present.get(name))
    if "--check" in arguments:
        print(
            "\n".join(f"docs/reference/{name} differs; run: python tools/reference.py" for name in differing)
        )
        return 1 if differing else 0
    for name in differing:
        path = HERE / name
        if name in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()
    print(f"{len(made)} pages, {len(differing)} changed.")
    return 0


def committed() -> Pages:
    """The generated pages as they lie in the tree, by their path below `docs/reference/`."""
    texts = {
        path.relative_to(HERE).as_posix(): path.read_text(encoding="utf-8") for path in HERE.rglob("*.md")
    }
    return {name: text for name, text in texts.items() if MARK in text}


def pages() -> Pages:
    """Every generated page, by its path below `docs/reference/`."""
    library = Library(Catalogue.of())
    made = {
        "commands.md": commands_page(),
        "functions.md": functions_page(),
        "formats.md": formats_page(),
        "transports.md": transports_page(),
        "layouts.md": layouts_page(),
        "connections.md": connections_page(library),
        "tables.md": tables_page(library),
        "asked-of-sites.md": asked_page(library),
        "banks.md": banks_page(library),
        "calendars.md": calendars_page(library),
        "reconciliation-rules.md": reconciliation_page(),
        "checks.md": checks_page(),
        "codes.md": codes_page(),
        "stages.md": stages_page(),
        "rows.md": rows_page(),
    }
    made |= {
        f"{kind}.md": declared_page(kind)
        for kind in ("site", "flow", "table", "mapping", "bank", "calendar", "rules", "pack")
    }
    made |= {f"format-{name}.md": format_page(name) for name in formats.names()}
    made |= {f"fields/{owner}.md": text for owner, text in fields_pages(library)}
    return {name: f"{MARK}\n\n{text.strip()}\n" for name, text in made.items()}


# --- commands ----------------------------------------------------------------------------------------------


def commands_page() -> str:
    """Every command with all its arguments and options, and the exit codes."""
    context = click.Context(command_line, info_name="exchange", help_option_names=["-h", "--help"])
    names = command_line.list_commands(context)
    ordered = [name for group in GROUPS.values() for name in group if name in names]
    ordered += [name for name in names if name not in ordered]
    parts = ["# Commands", sentence(command_line.help or ""), _exit_codes(), _shared_options(context)]
    parts += [_command(name, context) for name in ordered]
    return "\n\n".join(parts)


def _exit_codes() -> str:
    said = re.search(r"Exit codes: (.+)\.", door.__doc__ or "", re.DOTALL)
    assert said, "the door tells no exit codes"
    rows = [part.strip().partition(" ")[::2] for part in said[1].split(",")]
    return f"## Exit codes\n\n{table(('Code', 'Meaning'), rows)}"


def _shared_options(context: click.Context) -> str:
    rows = [_option(parameter, context) for parameter in command_line.get_params(context)]
    return f"## Options before a command\n\n{table(('Option', 'Default', 'Meaning'), rows)}"


def _command(name: str, context: click.Context) -> str:
    command = command_line.get_command(context, name)
    assert command is not None
    if not isinstance(command, click.Group):
        return _described(command, name, context)
    inner = click.Context(command, info_name=name, parent=context)
    parts = [f"## exchange {name}", inspect.cleandoc(command.help or "")]
    if own := [each for each in command.params if isinstance(each, click.Option)]:
        parts.append(table(("Option", "Default", "Meaning"), [_option(each, inner) for each in own]))
    parts += [
        _described(each, f"{name} {each.name}", context, name=str(each.name), parent=inner)
        for each in command.commands.values()
    ]
    return "\n\n".join(parts)


def _described(
    command: click.Command,
    title: str,
    context: click.Context,
    *,
    name: str = "",
    parent: click.Context | None = None,
) -> str:
    """One command, or one command of a group below its group."""
    inner = click.Context(command, info_name=name or title, parent=parent or context)
    usage = command.get_usage(inner).removeprefix("Usage: ")
    mark = "###" if parent else "##"
    parts = [f"{mark} exchange {title}", inspect.cleandoc(command.help or ""), f"```text\n{usage}\n```"]
    options = [each for each in command.params if isinstance(each, click.Option)]
    if options:
        parts.append(table(("Option", "Default", "Meaning"), [_option(each, inner) for each in options]))
    return "\n\n".join(parts)


def _option(parameter: click.Parameter, context: click.Context) -> tuple[str, str, str]:
    record = parameter.get_help_record(context) or ("", "")
    said = str(getattr(parameter, "help", "") or "")
    told = re.search(r"\[default: ([^\];]*)", record[1])
    required = "required" if parameter.required else told[1] if told else ""
    environment = f" Or {code(parameter.envvar)} in the environment." if parameter.envvar else ""
    return code(record[0].strip()), required, f"{said}{environment}"


# --- lists -------------------------------------------------------------------------------------------------


def functions_page() -> str:
    """Every function of expressions, by family."""
    intro = "What expressions can call. Square brackets mark what may be left out, … what may be repeated."
    parts = ["# Functions of expressions", intro]
    families: dict[str, list[tuple[str, str, str]]] = {}
    for function in functions().values():
        said, example = _example(function.summary)
        families.setdefault(function.family, []).append((code(function.signature), said, example))
    for family, rows in families.items():
        parts.append(f"## {family.replace('_', ' ')}\n\n{table(('Function', 'Meaning', 'Example'), rows)}")
    return "\n\n".join(parts)


def _example(summary: str) -> tuple[str, str]:
    """A function's docstring apart: what it says, and its last example."""
    text = " ".join(summary.split())
    examples = re.findall(r"`[^`]*→[^`]*`", text)
    said = text.removesuffix(examples[-1]).strip() if examples else text
    return said, examples[-1] if examples else ""


def formats_page() -> str:
    """Every format."""
    rows = [
        (f"[{name}](format-{name}.md)", sentence(paragraphs(formats.get(name)))) for name in formats.names()
    ]
    return f"# Formats\n\nWhat turns bytes into records and records into bytes.\n\n{table(('Format', 'Meaning'), rows)}"


def transports_page() -> str:
    """Every transport, with its address and options."""
    parts = ["# Transports", "How a place is reached: what stands before the colon of `at` in a flow."]
    parts += [f"## {name}\n\n{paragraphs(transports.get(name))}" for name in transports.names()]
    return "\n\n".join(parts)


def layouts_page() -> str:
    """Every layout of the package: where its facts come from and how sure they are."""
    shown = [
        (
            _to_fields(row["layout"]),
            row["format"],
            row["meaning"],
            row["mapped_to"],
            _sure(row),
            row["source"],
        )
        for row in reference.layouts(None)
    ]
    intro = (
        "# Layouts\n\nThe file types that are known without declaring anything. Confidence: `official` rests on the "
        "owner's own documents, `samples` on real files, **single source** on one document, **memory** on what is "
        "generally known: compare such a layout with a real file before you rely on it. Documents and generic files "
        "are ours and need no source."
    )
    return f"{intro}\n\n{table(('Layout', 'Format', 'Meaning', 'Mapped to', 'Confidence', 'Source'), shown)}"


def tables_page(library: Library) -> str:
    """Every table of the package with its rows."""
    intro = 'What mappings of the package look up, and yours can: `lookup("TABLE", key, …, column="NAME")`.'
    parts = ["# Tables", intro]
    for name in library.catalogue.names("table"):
        rows = library.table_rows(name)
        assert rows is not None, library.problems
        declared = rows.table
        told = f"{declared.meaning}. Source: {sentence(declared.source or 'this product')}"
        cells = [tuple(row[column] or "" for column in rows.columns) for row in rows.rows]
        parts.append(f"## {name}\n\n{told}\n\n{table(rows.columns, cells)}")
    return "\n\n".join(parts)


KEYS_OF_PAYMENTS = (
    "currencies", "urgency", "purposes", "charges", "references", "characters", "name", "text", "address", "needs", "never"
)  # fmt: skip


def reconciliation_page() -> str:
    """Every rule of reconciliation: when it has its turn, what it decides, what may be set."""
    intro = (
        "The rules by which bank transactions are matched ([how to](../how-to/reconcile-receipts.md), [keys](rules.md)), in the "
        "order in which they have their turn. A set of rules names those that are on, each with its settings."
    )
    parts = ["# Rules of reconciliation", intro]
    for name, rule in rules().items():
        turn = "while the file is read" if rule.EARLY else "when the file is read, over all that is left"
        books = f" It books to the accounts {', '.join(map(code, rule.ACCOUNTS))}." if rule.ACCOUNTS else ""
        parts += [
            f"## {name}",
            paragraphs(rule),
            f"Its turn: {turn}.{books}",
            *_settings(name, rule.Settings),
        ]
    return "\n\n".join(parts)


def _settings(name: str, model: type[Declared]) -> Iterator[str]:
    """The keys of a rule, and of what stands inside them."""
    first, *others = models([model], "###") if model.model_fields else [""]
    if first:
        yield first.replace("### Settings", f"### Settings of {name}", 1)
        yield from others


def calendars_page(library: Library) -> str:
    """Every calendar: its closing days, its short days, its cut-offs, and how sure they are."""
    intro = (
        "The calendars of the package ([keys](calendar.md)). Functions of expressions name them: "
        '`next_bank_day("target", due)`. `exchange try` predicts by them on which day a bank carries out payments. Saturdays '
        "and Sundays are closed. A calendar of your own lies below `schemas/calendars/` of the site and may be `like` one of "
        "these."
    )
    parts = ["# Calendars of bank days", intro]
    for name, calendar in library.calendars().items():
        currencies = (
            f" Payments in {', '.join(calendar.currencies)} follow it." if calendar.currencies else ""
        )
        told = f"{calendar.meaning}.{currencies} Confidence: {_confidence(calendar.confidence)}. Source: {calendar.source}."
        days = [(_words(each), _rule(feast), "closed") for each, feast in calendar.closed.items()]
        days += [(_words(each), _rule(feast), "short") for each, feast in calendar.short.items()]
        parts += [f"## {name}", told, table(("Day", "When", ""), days)]
        cut_offs = [
            (
                code(each),
                f"{rule.time:%H:%M} {calendar.zone}",
                rule.meaning or "",
                _confidence(rule.confidence),
            )
            for each, rule in calendar.cut_offs.items()
        ]
        if cut_offs:
            parts.append(table(("Cut-off", "Until", "Of", "Confidence"), cut_offs))
    return "\n\n".join(parts)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _confidence(confidence: str | None) -> str:
    return f"**{confidence}**" if confidence in UNSURE else confidence or ""


def _rule(feast: Feast) -> str:
    """When a feast is, in words."""
    if feast.easter is not None:
        when = "Easter Sunday" if not feast.easter else f"Easter Sunday {feast.easter:+} days"
    elif feast.weekday is not None:
        when = f"first {calendar_names.day_name[feast.weekday - 1]} from {feast.from_}"
    else:
        when = str(feast.on)
    years = [f"since {feast.since}" if feast.since else "", f"until {feast.until}" if feast.until else ""]
    return ", ".join([when, *filter(None, years)])


def banks_page(library: Library) -> str:
    """Every bank's profile: what it takes by scheme, its own rules, how sure all that is."""
    intro = (
        "What banks take, by their [profiles](bank.md): a target of a flow names one (`bank: nordea`), and what the bank "
        "would refuse is refused before it is sent. **Banks publish little**: what is not known of a bank is as with banks "
        "in general, and **memory** means that nobody's document says so. Compare a profile with your agreement, and make "
        "one of your own that is `like` it where they differ. An empty cell asks for nothing."
    )
    parts = ["# Profiles of banks", intro]
    for row in reference.banks(None):
        bank = library.bank(row["bank"])
        assert bank is not None, library.problems
        told = (
            f"{row['meaning']}. Confidence: {_sure(row)}. Source: {row['source']}. Files: {row['messages']}."
        )
        like = (
            f" All that is not said here is as in [{bank.like}](#{_anchor(bank.like)})." if bank.like else ""
        )
        shown = [
            key for key in KEYS_OF_PAYMENTS if any(getattr(each, key) for each in bank.payments.values())
        ]
        cells = [
            (name, *(_shown(getattr(each, key)) for key in shown)) for name, each in bank.payments.items()
        ]
        rules = [tuple(rule.values()) for rule in reference.bank_rules(bank)]
        parts += [f"## {row['bank']}", told + like, table(("Scheme", *shown), cells)]
        if rules:
            parts.append(table(("Rule", "Code", "Severity", "Days", "Reason", "Confidence"), rules))
    return "\n\n".join(parts)


def _shown(value: object) -> str:
    return (
        ", ".join(str(each) for each in value)
        if isinstance(value, list)
        else str("" if value is None else value)
    )


def _sure(row: Mapping[str, str]) -> str:
    confidence = row["confidence"]
    return f"**{confidence}**" if confidence in UNSURE else confidence


def _to_fields(layout: str) -> str:
    owner, _, _ = layout.partition("/")
    return f"[{layout}](fields/{owner}.md#{_anchor(layout)})"


def _anchor(heading: str) -> str:
    """The anchor that a heading gets: lower case, no punctuation, hyphens for blanks."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def checks_page() -> str:
    """Every check of a single value."""
    rows = [(code(row["check"]), row["meaning"], row["can_also"]) for row in reference.checks(None)]
    intro = (
        'Write `check: NAME` at a field of a layout, or `is_valid("NAME", value)` in an expression; '
        "`exchange checks NAME VALUE` looks at a value by hand."
    )
    return f"# Checks\n\n{intro}\n\n{table(('Check', 'Meaning', 'Can also'), rows)}"


def codes_page() -> str:
    """Every finding code."""
    rows = [
        (code(row["code"]), row["severity"], row["sentence"], row["next_step"])
        for row in reference.codes(None)
    ]
    intro = "What can be found wrong in a file. A file with an error is held; mappings have codes of their own besides."
    return f"# Finding codes\n\n{intro}\n\n{table(('Code', 'Severity', 'Sentence', 'Next step'), rows)}"


# --- stages ------------------------------------------------------------------------------------------------


LISTS = {
    "ARRIVAL_STAGES": "Stages of an arrival",
    "DELIVERY_STAGES": "Stages of a delivery",
    "PAYMENT_STAGES": "Stages of a payment",
    "HOLDS": "Why it is held",
}


def stages_page() -> str:
    """The stages of arrivals and deliveries, why something is held, and the moves that the ledger allows."""
    parts = ["# Stages", "The database itself refuses every move that is not in the table below."]
    remarks = _remarks()
    for name, title in LISTS.items():
        rows = [(code(word), remarks[name, word]) for word in getattr(stages, name)]
        parts.append(f"## {title}\n\n{table(('Word', 'Meaning'), rows)}")
    rows_of = [(thing, code(old) or "(new)", code(new), who) for thing, old, new, who in stages.MOVES]
    parts.append(f"## Legal moves\n\n{table(('Thing', 'From', 'To', 'By'), rows_of)}")
    return "\n\n".join(parts)


def _remarks() -> Mapping[tuple[str, str], str]:
    """The remark behind each word of the lists, by list and word."""
    text = inspect.getsource(stages)
    lines = text.splitlines()
    found: dict[tuple[str, str], str] = {}
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Tuple):
            continue
        for element in node.value.elts:
            remark = lines[element.lineno - 1].partition("#")[2].strip()
            if isinstance(element, ast.Constant) and remark:
                found[ast.unparse(node.targets[0]), str(element.value)] = remark
    return found


ROWS = (ledger_rows.Arrival, ledger_rows.Delivery, ledger_rows.Event, ledger_rows.StoredFinding, queries.Seen)
_MOMENT = re.compile(r"at|.*_at|first_seen|failing_since|next_try")
_SHOWN_AS = {"bytes": "text", "str": "text", "bool": "true or false", "None": "null"}


def rows_page() -> str:
    """The rows of the ledger as `--json` prints them."""
    intro = (
        "The keys of rows in `--json`. Moments are ISO 8601 with their offset, hashes hexadecimal; odd bytes of names "
        "are escaped; `totals`, `proof` and `data` are JSON values."
    )
    parts = ["# Rows", intro]
    for row in ROWS:
        keys = [(code(each.name), _plain(each.name, str(each.type))) for each in dataclasses.fields(row)]
        parts.append(f"## {row.__name__}\n\n{sentence(paragraphs(row))}\n\n{table(('Key', 'Value'), keys)}")
    return "\n\n".join(parts)


def _plain(name: str, annotation: str) -> str:
    """The JSON value of a column."""
    number = "moment" if _MOMENT.fullmatch(name) else "number"
    return " or ".join(_SHOWN_AS.get(word, number) for word in annotation.split(" | "))


# --- fields of layouts -------------------------------------------------------------------------------------

_DAY = datetime(2026, 11, 24, 16, 5, 9, tzinfo=UTC)
"""What shows how days and times are written."""


def fields_pages(library: Library) -> Iterator[tuple[str, str]]:
    """For each owner of layouts, all fields that mappings can use."""
    owners: dict[str, list[LayoutBase]] = {}
    for layout in library.layouts():
        owners.setdefault(layout.layout.partition("/")[0], []).append(layout)
    for owner, layouts in owners.items():
        parts = [f"# Fields of {owner}", "The names that mappings use, by layout and kind of record."]
        yield owner, "\n\n".join([*parts, *(_layout_fields(layout) for layout in layouts)])


def _layout_fields(layout: LayoutBase) -> str:
    parts = [f"## {layout.layout}", layout.meaning or "", _dialect(layout)]
    for kind in layout.shape().kinds.values():
        fields = _declared_fields(layout, kind.name)
        has_columns = any(hasattr(field, "column") for field in fields.values())
        rows = [
            (
                code(name),
                *([_column(name, fields.get(name))] if has_columns else []),
                _type(field),
                _need(field),
                _rules(fields[name]) if name in fields else "",
            )
            for name, field in _walk(kind.fields)
        ]
        heads = ("Field", *(["Column"] if has_columns else []), "Type", "", "Meaning")
        parts.append(f"**{kind.name}**{f' (inside {kind.inside})' if kind.inside else ''}")
        parts.append(table(heads, rows) if rows else "No fields.")
    return "\n\n".join(part for part in parts if part)


def _declared_fields(layout: LayoutBase, kind: str) -> dict[str, FieldBase]:
    """The declared fields of a kind by their dotted names; of lines that become one record, also in its list."""
    kinds = layout.kinds()
    if kind in kinds:
        return dict(_walk(kinds[kind].own_fields()))
    group = layout.group if isinstance(layout, GroupingLayout) else None
    if group is None or kind != group.into:
        return {}
    around = {each.inside for each in kinds.values()}
    lines = {
        name: field
        for line, each in kinds.items()
        if line not in around
        for name, field in _walk(each.own_fields())
    }
    return lines | {f"{group.children}.{name}": field for name, field in lines.items()}


def _dialect(layout: LayoutBase) -> str:
    """How the rows of a csv file are written."""
    dialect = getattr(layout, "dialect", None)
    if not isinstance(dialect, CsvDialect):
        return ""
    all_delimiters = (dialect.delimiter, *dialect.other_delimiters)
    delimiters = " or ".join("a tab" if each == "\t" else code(each) for each in all_delimiters)
    header = "The first row names the columns" if dialect.header else "Without a header"
    numbers = {",": "Numbers have a decimal comma", ".": "Numbers have a decimal point"}[dialect.decimal]
    return f"{header}; {delimiters} stands between them. {numbers}, days are written as `{_DAY:%Y-%m-%d}` unless a field says otherwise."


def _column(name: str, field: FieldBase | None) -> str:
    """How a column is called in the file: its names, the first preferred, or its number; "" for what has none."""
    if field is None or field.children() or not hasattr(field, "column"):
        return ""
    column = field.column
    names = column if isinstance(column, list) else [name if column is None else column]
    return " or ".join(str(each) if isinstance(each, int) else code(each) for each in names)


def _rules(field: FieldBase) -> str:
    """What is said of a field: its meaning, the texts or the check that limit it."""
    allowed = (
        f"one of {', '.join(map(code, field.values))}" if field.values and len(field.values) <= VALUES else ""
    )
    checked = f"check {code(field.check)}" if field.check else ""
    written = f"written as {code(_DAY.strftime(field.pattern))}" if field.pattern else ""
    return "; ".join(part for part in (field.meaning or "", allowed, checked, written) if part)


def _walk(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every field with its dotted name, structures before what is inside them."""
    for name, field in fields.items():
        yield prefix + name, field
        inner = field.fields if isinstance(field, FieldShape) else field.children()
        yield from _walk(inner, f"{prefix}{name}.")


def _type(field: FieldShape) -> str:
    kind = "open map" if field.open else field.type
    return f"list of {kind}" if field.repeated else kind


def _need(field: FieldShape) -> str:
    return "computed" if field.computed else "required" if field.required else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
