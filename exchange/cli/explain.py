"""exchange explain: where one value of a delivered file comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._face import console, json_option, plain, print_json, site_option
from exchange.wording import counted

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from exchange.mapping.lineage import Lineage
    from exchange.operations.explaining import Explanation


LONGEST = 120
"""How many characters of an expression are shown to people."""


@click.command(short_help="Where one value of a delivered file comes from.")
@click.argument("delivery", metavar="DELIVERY|FLOW")
@click.argument("path", required=False)
@site_option
@json_option
@click.option("--why", is_flag=True, help="Follow also what conditions rest on, not only the value.")
@click.option("--code", "show_code", is_flag=True, help="Print the Python code that is generated for FLOW.")
@click.option(
    "--on",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="With --code: also the functions that rows of this file make, when many are alike.",
)
def command(
    delivery: str,
    path: str | None,
    site: Path,
    as_json: bool,
    why: bool,
    show_code: bool,
    on: Path | None,
) -> None:
    """Where the value at PATH in a delivered file comes from: rules, look-ups, and the place in the original.

    DELIVERY is the identifier of a delivery, or the end of it (see `exchange show`). PATH is 3.lines[2].net (record
    and field of the target's layout), 3.Net (record and column), 4:Net (line and column), or the XPath or JSON
    pointer in the file. It is computed once more from the archived original, by what is declared today.
    """
    from exchange.errors import UseError
    from exchange.operations import explaining, generating

    if show_code:
        _print_code(generating.generated(site, delivery, on), as_json)
        return
    if path is None:
        raise UseError(
            "Which value? PATH is missing.", advice="Write record and field, such as 3.lines[2].net."
        )
    explanation = explaining.explain(site, delivery, path)
    if as_json:
        print_json(_as_dict(explanation))
    else:
        _show(explanation, why)


def _print_code(parts: list[tuple[str, str]], as_json: bool) -> None:
    if as_json:
        print_json([{"title": title, "code": text} for title, text in parts])
        return
    for title, text in parts:
        click.echo(f"# {'-' * 100}\n# {title}\n# {'-' * 100}\n{text.rstrip()}\n")


def _as_dict(explanation: Explanation) -> dict[str, object]:
    written = explanation.written
    return {
        "delivery": explanation.delivery.id,
        "file": explanation.delivery.name,
        "arrival": explanation.arrival.id,
        "original": explanation.arrival.name,
        "field": explanation.field,
        "written": {
            "text": written.text,
            "line": written.line,
            "column": written.column,
            "path": written.path,
        },
        "changed": explanation.changed,
        "differs": explanation.differs,
        "lineage": _lineage_dict(explanation.lineage),
    }


def _lineage_dict(lineage: Lineage) -> dict[str, object]:
    facts: dict[str, object] = {
        "kind": lineage.kind,
        "what": lineage.what,
        "value": lineage.value if not isinstance(lineage.value, dict | list) else None,
        "layout": lineage.layout,
        "rule": lineage.rule,
        "place": lineage.place,
        "note": lineage.note,
        "text": lineage.text,
        "line": lineage.line,
        "column": lineage.column,
        "path": lineage.path,
    }
    told = {name: fact for name, fact in facts.items() if name == "value" or fact not in (None, "")}
    return told | {"from": [_lineage_dict(operand) for operand in lineage.operands]}


def _show(explanation: Explanation, why: bool) -> None:
    from rich.text import Text
    from rich.tree import Tree

    out, sent, written = console(), explanation.delivery, explanation.written
    out.print(Text(f"{sent.name} → {sent.target} (delivery {sent.id[-8:]}), from {explanation.arrival.name}"))
    for warning in _warnings(explanation):
        out.print(Text(warning, style="yellow"))
    whole = isinstance(explanation.lineage.value, dict | list)
    text = " " if whole else " is not written " if written.text is None else f' is written "{written.text}" '
    place = ", ".join(
        [f"line {written.line}"] * bool(written.line) + [written.path or ""] * bool(written.path)
    )
    top = Text(f"{explanation.field}{text}", style="bold").append(f" {place}", style="not bold dim")
    tree = Tree(top, guide_style="dim")
    _add(tree, explanation.lineage, why)
    out.print(tree)


def _warnings(explanation: Explanation) -> list[str]:
    """What must be known before the tree is believed."""
    said = []
    if explanation.changed is None:
        said.append("This file was made by an earlier run; what was declared then is not known any more.")
    elif explanation.changed:
        said.append(
            f"Changed since this file was made: {', '.join(explanation.changed)}. What follows is by today's."
        )
    if explanation.differs:
        said.append("Today's declarations give another value than the one in the file.")
    return said


def _add(tree: Tree, lineage: Lineage, why: bool) -> None:
    branch = tree.add(_words(lineage))
    for operand in lineage.operands:
        if lineage.kind == "condition":
            for inner in operand.operands if why else ():
                _add(branch, inner, why)
        else:
            _add(branch, operand, why)


def _words(lineage: Lineage) -> Text:
    """One line: what, its value, and why."""
    from rich.text import Text

    because = "because " if lineage.kind == "condition" else ""
    words = Text(f"{because}{_short(lineage.what)}", style="bold" if lineage.layout else "")
    if lineage.kind == "more":
        return words
    words.append(f" = {_value(lineage.value)}", style="not bold green")
    if lineage.kind == "source":
        return words.append(f"  {_source(lineage)}", style="not bold cyan")
    if lineage.kind == "again":
        return words.append("  as above", style="not bold dim")
    own = lineage.kind in ("value", "constant", "let", "unset", "layout")
    parts = [lineage.layout, _short(lineage.rule) if own else "", _short(lineage.note)]
    words.append("".join(f"  {part}" for part in parts if part), style="not bold")
    return words.append(f"  ({lineage.place})" if lineage.place and own else "", style="not bold dim")


def _source(lineage: Lineage) -> str:
    """Where a value stands in the file that came, and as what."""
    column = f"column {lineage.column}" if lineage.column else ""
    parts = [f"line {lineage.line}" if lineage.line else "", column, lineage.path or ""]
    name = f" {lineage.rule}" if lineage.rule and not lineage.path else ""
    text = (
        f'"{lineage.text}" at '
        if lineage.text is not None
        else "not there: "
        if lineage.value is None
        else ""
    )
    return f"{text}{', '.join(part for part in parts if part)}{name} of {lineage.note}"


def _short(text: str) -> str:
    """An expression on one line."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _value(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, list):
        return counted(len(value), "element")
    if isinstance(value, dict):
        return "a structure"
    return str(plain(value)).lower() if isinstance(value, bool) else str(plain(value))
