"""exchange cancelled: the bank does not carry a payment out, and no file says so."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import because_option, json_option, print_moved, site_option


@click.command(short_help="Say that a payment will not be carried out, which no file tells.")
@click.argument("id")
@site_option
@json_option
@because_option
def command(id: str, site: Path, as_json: bool, because: str) -> None:
    """The bank will not carry out the payment ID and no answer of it will come here: it was called off or refused by telephone, or
    the account was closed before. It is `cancelled` from now on: the bank owes nothing of it, and it may be paid again.

    ID is the payment's number (P17), its id at the source, or an id of the payment file. Say with --because who told it.
    """
    from exchange.operations import deciding, paying

    print_moved(paying.as_dict(deciding.cancelled(site, id, because), None), as_json)
