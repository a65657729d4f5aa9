"""The command line's door: runs a command and turns what stopped it into a message and an exit code.

Exit codes: 0 all well, 1 internal error, 2 wrong use or wrong declarations, 3 something is held or was refused.
"""

from __future__ import annotations

import sys

import click

from exchange.cli import exchange
from exchange.errors import ExchangeError, UseError


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    try:
        return exchange.main(arguments, prog_name="exchange", standalone_mode=False) or 0
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except click.Abort:
        return 130
    except UseError as wrong:
        click.echo(str(wrong), err=True)
        return 2
    except ExchangeError as stopped:
        click.echo(str(stopped), err=True)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has seen enough; Python would complain at exit
        return 0


if __name__ == "__main__":
    main()
