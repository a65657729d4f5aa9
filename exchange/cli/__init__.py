"""The command line: one module of this folder per command, found by walking the folder.

A command module has a `command` (a click command) and imports at its top only click and `exchange.cli._face`, so
that `exchange --help` stays quick; what it needs to do its work it imports when it runs.
"""

from __future__ import annotations

import importlib
import pkgutil

import click

from exchange import __version__

GROUPS = {
    "Start": ("demo", "new", "check"),
    "Look into a file": ("inspect", "read", "try", "explain"),
    "Run": ("run", "status", "show", "findings", "seen", "payments"),
    "Decide": (
        "retry",
        "replay",
        "resend",
        "release",
        "reject",
        "repair",
        "approve",
        "lift",
        "booked",
        "cancelled",
        "returned",
    ),
    "Reconcile": ("reconcile",),
    "Share": ("pack",),
    "Prove": ("verify",),
    "Reference": ("formats", "layouts", "banks", "functions", "checks", "codes", "schema"),
}
"""How `--help` arranges the commands; one that stands in no group comes under "More"."""


class Commands(click.Group):
    """All commands of the folder, loaded when they are wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        modules = (module.name for module in pkgutil.iter_modules(__path__))
        return sorted(name.rstrip("_").replace("_", "-") for name in modules if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        name = cmd_name.replace("-", "_")
        suffix = "_" if name in ("try",) else ""  # Python keeps some words for itself
        command: click.Command = importlib.import_module(f"{__name__}.{name}{suffix}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; a wrong name is told with the nearest right one."""
        import difflib

        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = (
                f" Did you mean `exchange {near[0]}`?" if near else " `exchange --help` lists all commands."
            )
            ctx.fail(f"There is no command `{args[0]}`.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in `--help`, in the order of use."""
        rest = set(self.list_commands(ctx))
        for title, names in GROUPS.items():
            self._section(ctx, formatter, title, [name for name in names if name in rest])
            rest -= set(names)
        self._section(ctx, formatter, "More", sorted(rest))

    def _section(
        self, ctx: click.Context, formatter: click.HelpFormatter, title: str, names: list[str]
    ) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in names]
        rows = [(name, command.get_short_help_str(100)) for name, command in commands if command]
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="exchange")
def exchange() -> None:
    """Exchange picks files up, checks them, maps them, delivers them, and can prove what became of each.

    Commands work on a site: the folder with exchange.yaml (--site DIR, EXCHANGE_SITE, or the current folder).
    """
