"""exchange inspect: what is this file?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._face import (
    HELD,
    json_option,
    print_facts,
    print_findings,
    print_json,
    print_table,
    progress,
    site_option,
)

if TYPE_CHECKING:
    from exchange.operations.looking import Inspected
    from exchange.operations.picturing import Picture

ACCOUNT = {
    "Account": "id",
    "Statement": "statement",
    "Currency": "currency",
    "Opening": "opening",
    "Booked": "booked",
    "Closing": "closing",
    "Opening + booked = closing": "say",
}
"""What is shown of each statement: heading → key of `--json`."""
BOOKS = "of the books"
"""The currency of vouchers, which do not name it."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

COLUMN = {
    "Column": "column",
    "Kind": "kind",
    "Written": "form",
    "Example": "example",
    "Empty": "empty",
    "Or": "otherwise",
}
"""What is seen of a column: words for people → keys of `--json`."""


@click.command(short_help="What a file is: format, version, encoding, counts, totals, accounts, findings.")
@click.argument("file", type=FILE)
@site_option
@json_option
@click.option("--layout", help="Read it by this layout instead of recognising it.")
@click.pass_context
def command(ctx: click.Context, file: Path, site: Path, as_json: bool, layout: str | None) -> None:
    """What FILE is. Works without a site; a site's own layouts are known, too. Exit code 3 when it has errors."""
    from exchange.operations import looking

    with progress([file]) as advance:
        result = looking.inspect(file, site, layout, advance)
    if as_json:
        print_json(result.as_dict())
    else:
        _show(result)
    ctx.exit(HELD if result.findings.errors else 0)


def _show(result: Inspected) -> None:
    print_facts(
        {
            "File": result.file,
            "Size": f"{result.bytes} bytes",
            "SHA-256": result.sha256,
            "Format": result.format,
            "Layout": result.layout,
            "Version": result.version,
            "Encoding": result.encoding,
            "Evidence": result.evidence,
            **result.about,
            "Records": ", ".join(f"{number} {kind}" for kind, number in result.records.items()),
            "Documents": ", ".join(f"{number} {kind}" for kind, number in result.documents.items()),
        }
    )
    if result.totals:
        rows = [(t["currency"] or BOOKS, t["credit"], t["debit"], t["count"]) for t in result.totals]
        print_table("Totals", ("Currency", "Credit", "Debit", "Count"), rows)
    if result.accounts:
        rows = [tuple(account[key] for key in ACCOUNT.values()) for account in result.accounts]
        print_table("Accounts", tuple(ACCOUNT), rows)
    if result.unread:
        print_table("Not read by the layout", ("Element", "Times"), list(result.unread.items()))
    if result.picture is not None:
        _show_picture(result.picture)
    print_findings(result.findings.kept, result.findings.counts)
    if result.picture is not None and result.picture.draft:
        click.echo(
            f"\nA draft of a layout, to be put under schemas/ and corrected:\n\n{result.picture.draft}",
            nl=False,
        )


def _show_picture(picture: Picture) -> None:
    """What is seen of a file for which no layout is known."""
    print_facts(
        {
            "Rows": str(picture.rows),
            "Delimiter": picture.delimiter,
            "Header": {True: "yes", False: "no", None: None}[picture.header],
            "Uneven": picture.uneven
            and f"line {picture.uneven} has another number of columns than the first row",
        }
    )
    if picture.columns:
        rows = [tuple(column[key] for key in COLUMN.values()) for column in picture.columns]
        print_table("Columns", tuple(COLUMN), rows)
