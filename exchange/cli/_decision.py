"""The commands with which a person decides: an identifier, a reason, and one act of `exchange.operations.deciding`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from exchange.cli._face import because_option, json_option, print_json, site_option

GOES_ON = "The engine goes on with it at its next round."
ENDS = "Nothing more of it is sent; what was delivered stays delivered."


def decision(act: str, short_help: str, help: str) -> click.Command:
    """A command that does one act; `act` is the name of a function of `exchange.operations.deciding`."""

    @click.command(act, short_help=short_help, help=help)
    @click.argument("id")
    @site_option
    @json_option
    @because_option
    def command(id: str, site: Path, as_json: bool, because: str) -> None:
        from exchange.operations import deciding

        print_decided(getattr(deciding, act)(site, id, because), as_json)

    return command


def print_decided(row: Any, as_json: bool, then: str = GOES_ON) -> None:
    """What a decision led to: the arrival or delivery as it stands now, and what happens next."""
    from exchange.operations import asking

    if as_json:
        print_json(asking.as_dict(row))
        return
    click.echo(f"{row.id} ({row.name}) is now {row.stage}. {ENDS if row.stage == 'rejected' else then}")
