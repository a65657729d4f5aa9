"""What all commands share: options, printing for people and for programs, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from exchange.findings import Finding, Severity

LONG = 5_000_000
"""Bytes from which on a file is long enough for a progress bar."""
UNWRAPPED = 1_000_000
"""Columns of what is no terminal: more than any line has."""
HELD = 3
"""Exit code: something is held or was refused."""

Command = TypeVar("Command", bound=Callable[..., Any])

site_option = click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="EXCHANGE_SITE",
    default=Path(),
    show_default="the current folder",
    help="Folder of the site (the one with exchange.yaml).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
because_option = click.option("--because", required=True, help="Why; kept in the ledger for ever.")
passed_option = click.option(
    "--passed",
    default="",
    metavar="DAY",
    help="The day of execution that has passed, to send it all the same.",
)
SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def console(stderr: bool = False) -> Console:
    """Where people read; no colour when it is not a terminal or NO_COLOR is set. What is not read on a terminal but by a
    program or from a file is never wrapped: names and paths stay whole, tables are as wide as their content.
    """
    import sys

    from rich.console import Console

    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=None if is_terminal else UNWRAPPED)


def print_json(value: object) -> None:
    """One JSON value; amounts are texts with all their decimals, dates are ISO."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=plain))


def print_json_line(value: object) -> None:
    """One JSON value on one line."""
    click.echo(json.dumps(value, ensure_ascii=False, default=plain))


def plain(value: object) -> object:
    """How values that JSON does not know are written."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "nothing"
) -> None:
    """A table for people; a sentence when it has no rows. Texts are printed as they are, never as markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title or None, title_justify="left", title_style="bold", header_style="bold", box=None
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(_shown(cell)) for cell in row))
    if table.row_count:
        _print_columns(table)
    else:
        console().print(Text(f"{title}: {empty}." if title else f"{empty.capitalize()}."))


def _shown(cell: object) -> str:
    return "" if cell is None else str(plain(cell)) if not isinstance(cell, str) else cell


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values under each other, for people; empty ones are left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in facts.items():
        if value not in (None, "", [], {}):
            table.add_row(Text(name, style="bold"), Text(_shown(value)))
    _print_columns(table)


def _print_columns(table: Table) -> None:
    """A table; where a program reads it, without the blanks that fill its last column."""
    out = console()
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_findings(
    findings: Iterable[Finding],
    counts: Mapping[tuple[Severity, str], int] | Mapping[tuple[str, str], int] | None = None,
) -> None:
    """Findings for people: place, sentence and next step; below, how many there were when not all are shown."""
    from rich.text import Text

    out = console()
    kept = list(findings)
    for finding in kept:
        line = Text(f"{finding.severity} {finding.code}", style=SEVERITY_STYLE[finding.severity])
        line.append(f"  {place_of(finding)}", style="bold")
        out.print(line)
        out.print(Text(f"    {finding.message}"))
        if finding.advice:
            out.print(Text(f"    → {finding.advice}", style="dim"))
    total = sum((counts or {}).values())
    if total > len(kept):
        out.print(Text(f"{len(kept)} of {total} findings are shown."))


def print_moved(payment: Mapping[str, Any], as_json: bool) -> None:
    """A payment that a person has moved."""
    if as_json:
        print_json(payment)
        return
    click.echo("{id} ({amount} {currency} to {payee}) is now {stage}.".format_map(payment))


def place_of(finding: Finding) -> str:
    """Where a finding stands, in words."""
    parts = [
        f"line {finding.line}" if finding.line else "",
        f"column {finding.column}" if finding.column else "",
        finding.path or "",
        f"field {finding.field}" if finding.field else "",
    ]
    return ", ".join(part for part in parts if part)


@contextmanager
def progress(files: Sequence[Path]) -> Iterator[Callable[[int], None] | None]:
    """A progress bar for one long file read on a terminal; None (no bar) otherwise.

    What is yielded takes the number of bytes read so far.
    """
    import sys

    if len(files) != 1 or not sys.stderr.isatty() or files[0].stat().st_size < LONG:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(files[0].name, total=files[0].stat().st_size)
        yield lambda read: bar.update(task, completed=read)
