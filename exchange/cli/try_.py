"""exchange try: the whole way of files without side effects."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._face import (
    HELD,
    console,
    json_option,
    print_findings,
    print_json,
    print_table,
    progress,
    site_option,
)

if TYPE_CHECKING:
    from exchange.operations.trying import Coverage, Tried

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
    type=click.DateTime(["%Y-%m-%d"]),
    default="2000-01-01",
    show_default=True,
    help="Day of arrival to pretend.",
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
@click.pass_context
def command(
    ctx: click.Context, flow: str, files: tuple[Path, ...], site: Path, as_json: bool, write: bool,
    day: datetime, references: dict[str, Path], show_outputs: bool,
) -> None:  # fmt: skip
    """Take FILES the whole way of FLOW without touching ledger, archive or any place.

    Shows results, findings, and what the mappings leave untouched. Where expected files lie beside an input
    (01-daily.in.csv, 01-daily.out.1.xml, 01-daily.findings) the results are compared with them. Exit code 3 when a
    file would be held or differs.
    """
    from exchange.operations import trying

    with progress(files) as advance:
        tried, coverage = trying.try_flow(
            site, flow, files, day=day.date(), references=references, write=write, progress=advance
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
        _show_coverage(coverage)
    ctx.exit(HELD if any(each.is_bad for each in tried) else 0)


def _as_dict(tried: Tried) -> dict[str, object]:
    return {
        "file": str(tried.file),
        "held": tried.outcome.is_bad,
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
        "differences": tried.differences,
        "written": [str(path) for path in tried.written],
    }


def _coverage_dict(coverage: Coverage) -> dict[str, object]:
    return {"mapping": coverage.mapping, "unused": list(coverage.unused), "missing": list(coverage.missing)}


def _show(tried: Tried, show_outputs: bool) -> None:
    from rich.text import Text

    out = console()
    verdict = "would be held" if tried.outcome.is_bad else "goes through"
    out.print(
        Text(f"{tried.file.name}: {verdict}", style="bold red" if tried.outcome.is_bad else "bold green")
    )
    print_findings(tried.outcome.findings.kept, tried.outcome.finding_counts)
    words = {True: "as expected", False: "DIFFERS", None: ""}
    rows = [
        (
            r.target,
            r.name,
            f"{r.size} bytes",
            r.documents,
            ", ".join(f"{k} {v}" for k, v in r.totals.items()),
            words[r.is_expected],
        )
        for r in tried.results
    ]
    if rows:
        print_table("", ("Target", "File", "Size", "Documents", "Totals", ""), rows)
    for difference in tried.differences:
        out.print(Text(difference, style="red"))
    for path in tried.written:
        out.print(Text(f"wrote {path}"))
    if show_outputs:
        for result in tried.results:
            out.rule(result.name)
            click.echo(result.beginning)


def _show_coverage(coverage: list[Coverage]) -> None:
    rows = [(c.mapping, ", ".join(c.unused), ", ".join(c.missing)) for c in coverage if c.unused or c.missing]
    if rows:
        print_table(
            "Left untouched",
            ("Mapping", "Source fields that nothing reads", "Required fields that nothing sets"),
            rows,
        )
