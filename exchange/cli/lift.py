"""exchange lift: the engine may work again after it has stopped itself."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.cli._face import because_option, site_option


@click.command(short_help="Let the engine work again after it has stopped itself.")
@click.argument("stop")
@site_option
@because_option
def command(stop: str, site: Path, because: str) -> None:
    """Take away what keeps the engine from working: STOP is its name in `exchange status`.

    `witness`: the ledger was put back to an earlier state. `chain`: an event was changed. First look at every target
    that what is missing was not delivered already; what is held stays held until you decide about it.
    """
    from exchange.operations import deciding

    deciding.lift(site, stop, because)
    click.echo(f"{stop} is lifted. The engine works again; what is held stays held: see `exchange status`.")
