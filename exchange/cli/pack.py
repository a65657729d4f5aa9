"""exchange pack: partner packs, made, proven, compared, installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exchange.cli._face import HELD, json_option, print_json, print_table, site_option
from exchange.wording import counted

if TYPE_CHECKING:
    from exchange.operations.packing import Built, Listed, Planned, Proof

file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
around_option = click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="EXCHANGE_SITE",
    default=None,
    help="The site that declares the pack, or that has the packs it needs; without it, the product alone.",
)


@click.group(short_help="Make, verify, install and list packs: what one partner needs, as one signed file.")
def command() -> None:
    """A pack holds the layouts, mappings, tables and samples of one partner as one signed file.

    It is proven by its samples when it is made and again before it is installed. A pack brings no flows: it never makes
    a site move files by itself.
    """


@command.command("key")
@click.argument("file", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Make a signing key (Ed25519) in FILE and print its public half, which sites put under `trusted keys`."""
    from exchange.operations import packing

    click.echo(packing.make_key(file))


@command.command("build")
@click.argument("name")
@around_option
@click.option(
    "--key", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The signing key."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to make: NAME-VERSION.pack."
)
@json_option
def build(name: str, site: Path | None, key: Path, out: Path | None, as_json: bool) -> None:
    """Make the pack NAME, declared in packs/NAME.yaml, when its declarations are sound and its samples as expected."""
    from exchange.operations import packing

    _show_built(packing.build(name, site=site, key=key, out=out), as_json)


@command.command("verify")
@file_argument
@around_option
@json_option
@click.pass_context
def verify(ctx: click.Context, file: Path, site: Path | None, as_json: bool) -> None:
    """Prove FILE: signature, every file's hash, every declaration, every sample pair.

    Exit code 2 when it is damaged or changed, 3 when its declarations or samples are not sound.
    """
    from exchange.operations import packing

    built = packing.verify(file, site=site)
    _show_built(built, as_json)
    ctx.exit(0 if built.proof.is_good else HELD)


@command.command("install")
@file_argument
@site_option
@click.option("--yes", is_flag=True, help="Do it; without, only what it would change is shown.")
@click.option("--brief", is_flag=True, help="Name the files without showing their differences.")
@json_option
@click.pass_context
def install(ctx: click.Context, file: Path, site: Path, yes: bool, brief: bool, as_json: bool) -> None:
    """Show what FILE would change in the site, line by line; with --yes, change it.

    Refused (exit code 3) when the signing key is not among the site's `trusted keys`, when it would replace a file
    that did not come with an earlier version of the pack or that was changed here, when a declaration of the site
    would become unsound, or when a sample does not give what is expected.
    """
    from exchange.operations import packing

    planned = packing.plan_install(file, site)
    refused = bool(planned.against) or not planned.proof.is_good
    if yes and not refused:
        packing.install(planned, site)
    if as_json:
        print_json({**_planned_as_dict(planned), "installed": yes and not refused})
    else:
        _show_planned(planned, brief)
        _show_end(planned, refused, yes)
    ctx.exit(HELD if refused else 0)


@command.command("list")
@around_option
@json_option
def list_(site: Path | None, as_json: bool) -> None:
    """All packs: those of the product, of the site, and installed ones with what was changed since."""
    from dataclasses import asdict

    from exchange.operations import packing

    rows = packing.listed(site)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    columns = ("Pack", "Version", "From", "Holds", "Meaning", "Changed here")
    shown = [(r.pack, r.version, r.origin, _holds(r), r.meaning, ", ".join(r.changed)) for r in rows]
    print_table("Packs", columns, shown)


def _holds(row: Listed) -> str:
    counts = {"layouts": row.layouts, "mappings": row.mappings, "tables": row.tables, "samples": row.pairs}
    return ", ".join(f"{number} {what}" for what, number in counts.items() if number)


def _show_built(built: Built, as_json: bool) -> None:
    bundle, proof = built.bundle, built.proof
    if as_json:
        told = {"file": str(built.path), "pack": bundle.pack, "version": bundle.version, "key": bundle.key}
        print_json({**told, "sha256": bundle.sha256, "files": bundle.hashes, **_proof_as_dict(proof)})
        return
    click.echo(
        f"{built.path}: {bundle.pack} {bundle.version}, {counted(len(bundle.files), 'file')}, signed by {bundle.key}"
    )
    click.echo(f"content {bundle.sha256}")
    _show_proof(proof)


def _show_proof(proof: Proof) -> None:
    from exchange.declare.problems import render

    if proof.problems:
        click.echo(render(proof.problems), err=True)
    for difference in proof.differences:
        click.echo(f"not as expected: {difference}", err=True)
    if proof.is_good:
        click.echo(
            f"Its declarations are sound; {counted(len(proof.tried), 'sample gives', 'samples give')} what is expected."
        )


def _show_planned(planned: Planned, brief: bool) -> None:
    bundle, before = planned.change.bundle, planned.change.before
    now = f"now {before.version}" if before else "not installed yet"
    click.echo(f"{bundle.pack} {bundle.version} ({now}), signed by {bundle.key}\n")
    for step in planned.change.steps:
        if step.kind == "same":
            continue
        click.echo(f"{step.kind:<8} {step.path}")
        if step.kind == "changed" and not brief:
            click.echo("".join(f"    {line}\n" for line in step.difference()), nl=False)
    same = sum(step.kind == "same" for step in planned.change.steps)
    if same:
        click.echo(f"{counted(same, 'file stays as it is', 'files stay as they are')}.")


def _show_end(planned: Planned, refused: bool, yes: bool) -> None:
    if planned.flows:
        click.echo(f"Flows of this site that use what changes: {', '.join(planned.flows)}.")
    for sentence in planned.against:
        click.echo(f"refused: {sentence}", err=True)
    if not planned.against:
        _show_proof(planned.proof)
    if refused:
        click.echo("Nothing was changed.", err=True)
    elif planned.change.is_empty:
        click.echo("It is installed already.")
    elif yes:
        click.echo("Installed.")
    else:
        click.echo("Nothing was changed yet. Read the above, then run it again with --yes.")


def _proof_as_dict(proof: Proof) -> dict[str, object]:
    return {
        "problems": [problem.as_dict() for problem in proof.problems],
        "samples": len(proof.tried),
        "differences": proof.differences,
    }


def _planned_as_dict(planned: Planned) -> dict[str, object]:
    change = planned.change
    return {
        "pack": change.bundle.pack,
        "version": change.bundle.version,
        "before": change.before.version if change.before else None,
        "key": change.bundle.key,
        "files": [{"path": step.path, "change": step.kind} for step in change.steps],
        "flows": list(planned.flows),
        "against": list(planned.against),
        **_proof_as_dict(planned.proof),
    }
