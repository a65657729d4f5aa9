"""exchange retry: do the step that failed again."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._decision import print_decided
from exchange.cli._face import because_option, json_option, passed_option, site_option


@click.command(short_help="Do the step that failed again.")
@click.argument("id")
@site_option
@json_option
@because_option
@passed_option
def command(id: str, site: Path, as_json: bool, because: str, passed: str) -> None:
    """Do the step that failed again: deliver held deliveries again, or read the held arrival ID again.

    Where a day of execution of what is delivered has passed, name that day with --passed.
    """
    from exchange.operations import deciding

    print_decided(deciding.retry(site, id, because, passed=passed), as_json)
