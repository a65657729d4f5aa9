"""exchange replay: read and map the archived original again."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._decision import print_decided
from exchange.cli._face import because_option, json_option, site_option


@click.command(short_help="Read and map the archived original again.")
@click.argument("id")
@site_option
@json_option
@because_option
@click.option("--force", is_flag=True, help="Send outputs even when the same bytes were delivered before.")
def command(id: str, site: Path, as_json: bool, because: str, force: bool) -> None:
    """Read and map the archived original of the arrival ID again, with the declarations of today.

    Outputs whose bytes were delivered before are not sent a second time, unless --force says so.
    """
    from exchange.operations import deciding

    print_decided(deciding.replay(site, id, because, force=force), as_json)
