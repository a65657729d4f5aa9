"""exchange try: the whole way of files without side effects."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._face import (
    HELD,
    console,
    json_option,
    plain,
    print_findings,
    print_json,
    progress,
    site_option,
)
from exchange.wording import counted

if TYPE_CHECKING:
    from exchange.operations.trying import Coverage, Result, Tried

LISTED = 4
"""Of a structure with more unread fields than these the number alone is told; --all lists them."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _references(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, Path]:
    """FLOW=FILE, as often as wanted."""
    found = {}
    for value in values:
        name, sign, path = value.partition("=")
        if not sign or not Path(path).is_file():
            raise click.BadParameter(f"{value!r} is not FLOW=FILE with a file that exists")
        found[name] = Path(path)
    return found


@click.command("try", short_help="The whole way of files, without side effects.")
@click.argument("flow")
@click.argument("files", nargs=-1, required=True, type=FILE)
@site_option
@json_option
@click.option("--write", is_flag=True, help="Make (or make anew) the expected files beside the inputs.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    default="2000-01-01",
    show_default=True,
    help="Day (or moment) of arrival to pretend.",
)
@click.option(
    "--with",
    "references",
    multiple=True,
    callback=_references,
    metavar="FLOW=FILE",
    help="The newest file of another flow.",
)
@click.option("--show", "show_outputs", is_flag=True, help="Print the beginning of each result.")
@click.option(
    "--all", "show_all", is_flag=True, help="Show what each single mapping does not read, field by field."
)
@click.pass_context
def command(
    ctx: click.Context, flow: str, files: tuple[Path, ...], site: Path, as_json: bool, write: bool,
    day: datetime, references: dict[str, Path], show_outputs: bool, show_all: bool,
) -> None:  # fmt: skip
    """Take FILES the whole way of FLOW without touching ledger, archive or any place.

    Shows results, findings, and which fields of the files no mapping reads. Where expected files lie beside an input
    (01-daily.in.csv, 01-daily.out.1.xml, 01-daily.findings) the results are compared with them. Exit code 3 when a
    file differs, or would be held and its findings do not stand beside it.
    """
    from exchange.operations import trying

    with progress(files) as advance:
        tried, coverage = trying.try_flow(
            site, flow, files, day=day, references=references, write=write, progress=advance
        )
    if as_json:
        print_json(
            {
                "files": [_as_dict(each) for each in tried],
                "mappings": [_coverage_dict(each) for each in coverage],
            }
        )
    else:
        for each in tried:
            _show(each, show_outputs)
        _show_coverage(coverage, show_all)
    ctx.exit(HELD if any(each.is_bad for each in tried) else 0)


def _as_dict(tried: Tried) -> dict[str, object]:
    return {
        "file": str(tried.file),
        "held": tried.outcome.is_bad,
        "held_as_expected": tried.is_held_as_expected,
        "documents": tried.documents,
        "results": [
            {
                "target": r.target,
                "name": r.name,
                "bytes": r.size,
                "documents": r.documents,
                "totals": dict(r.totals),
                "as_expected": r.is_expected,
            }
            for r in tried.results
        ],
        "findings": [finding.as_dict() for finding in tried.outcome.findings.kept],
        "executions": [dataclasses.asdict(each) for each in tried.executions],
        "differences": tried.differences,
        "written": [str(path) for path in tried.written],
    }


def _coverage_dict(coverage: Coverage) -> dict[str, object]:
    return {
        "mapping": coverage.mapping,
        "reads_file": coverage.reads_file,
        "unused": list(coverage.unused),
        "missing": list(coverage.missing),
    }


def _show(tried: Tried, show_outputs: bool) -> None:
    from rich.text import Text

    out = console()
    is_expected = tried.is_held_as_expected
    verdict = "would be held" if tried.outcome.is_bad else "goes through"
    told = f"{tried.file.name}: {verdict}{', as expected' if is_expected else ''}"
    out.print(Text(told, style="bold red" if tried.outcome.is_bad and not is_expected else "bold green"))
    print_findings(tried.outcome.findings.kept, tried.outcome.finding_counts)
    for result in tried.results:
        _show_result(result)
    _show_executions(tried)
    for difference in tried.differences:
        out.print(Text(difference, style="red"))
    for path in tried.written:
        out.print(Text(f"wrote {path}"))
    if show_outputs:
        for result in tried.results:
            out.print(Text(f"── {result.name}", style="bold"), soft_wrap=True)
            click.echo(result.beginning)


def _show_executions(tried: Tried) -> None:
    """Payments that the bank is expected to carry out on another day than requested."""
    from rich.text import Text

    from exchange.operations.predicting import differing

    for each in differing(tried.executions):
        count = counted(each.payments, "payment")
        when = f"expected on {each.expected}" if each.expected else "no day expected"
        words = f"  {count}, {plain(each.amount)} {each.currency}, for {each.requested}: {when}. {each.why}"
        console().print(Text(words, style="yellow"), soft_wrap=True)


def _show_result(result: Result) -> None:
    """The name on a line of its own, never broken: people copy it."""
    from rich.text import Text

    words = {True: "as expected", False: "DIFFERS FROM WHAT IS EXPECTED", None: ""}
    totals = ", ".join(f"{name} {plain(total)}" for name, total in result.totals.items())
    count = counted(result.documents, "document")
    facts = [count, f"{result.size} bytes", totals, words[result.is_expected]]
    console().print(Text(f"  {result.name}", style="bold"), soft_wrap=True)
    console().print(Text(f"    {result.target}: {', '.join(fact for fact in facts if fact)}"), soft_wrap=True)


def _show_coverage(coverage: list[Coverage], show_all: bool) -> None:
    """Fields of the file that nothing reads; with `show_all`, what each mapping leaves, one after the other."""
    from exchange.operations.trying import untouched

    unread = untouched(coverage)
    _show_fields("Fields of the file that no mapping reads", unread if show_all else _gathered(unread))
    for each in coverage:
        _show_fields(f"Required fields that {each.mapping} does not set", each.missing)
        if show_all:
            _show_fields(f"Fields that {each.mapping} does not read", each.unused)


def _gathered(fields: Sequence[str]) -> list[str]:
    """Many fields of one structure as its name and their number."""
    structures: dict[str, list[str]] = {}
    for field in fields:
        structures.setdefault(field.partition(".")[0], []).append(field)
    return [
        shown
        for name, inside in structures.items()
        for shown in (inside if len(inside) <= LISTED else [f"{name} ({counted(len(inside), 'field')})"])
    ]


def _show_fields(title: str, fields: Sequence[str]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if fields:
        console().print(Text(f"{title}:", style="bold"), soft_wrap=True)
        console().print(Padding(Text(", ".join(fields)), (0, 0, 0, 2), expand=False))
