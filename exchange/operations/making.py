"""Making sites: a new one with commented files, and the demo with its samples."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.declare.catalogue import package_data
from exchange.declare.flow import Flow, Source, Target
from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError, UseError
from exchange.findings import Finding
from exchange.flow.site import open_site
from exchange.ledger import queries
from exchange.ledger.rows import Arrival, Delivery
from exchange.operations.asking import as_dict, finding_of
from exchange.operations.installation import Books, books, installation
from exchange.operations.repairing import PLACEHOLDER, is_correctable
from exchange.operations.running import run_opened

SAMPLES, STARTER = "samples/nordkaffe", "samples/starter"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo did."""

    folder: Path
    arrivals: Sequence[Arrival]
    deliveries: Sequence[Delivery]
    held: Sequence[tuple[Arrival, Sequence[Finding]]]
    next_steps: Sequence[str]


def new(folder: Path, sample: str | None = None) -> list[Path]:
    """A new site, copied from the commented starter, or from the site of the samples of that name, with the samples and
    with folders for its files; the files that were made.
    """
    sites = {
        path.parent.parent.name: path.parent for path in package_data().glob("samples/*/site/exchange.yaml")
    }
    if sample is not None and sample not in sites:
        raise UnknownNameError(f'There are no samples "{sample}".', advice=did_you_mean(sample, sites))
    _expect_free(folder)
    shutil.copytree(package_data() / STARTER if sample is None else sites[sample], folder, dirs_exist_ok=True)
    if sample is not None:
        for flow in sites[sample].parent.iterdir():
            if flow.is_dir() and flow.name != "site":
                shutil.copytree(flow, folder / "samples" / flow.name)
        _make_places(folder, open_site(folder).declared_flows.values())
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _make_places(folder: Path, flows: Iterable[Flow]) -> None:
    """The folders of the site that its flows take files from and bring files to."""
    for flow in flows:
        ends: list[Source | Target] = [flow.from_, *flow.to]
        for end in ends:
            if end.at.startswith("folder:"):
                (folder / end.at.removeprefix("folder:")).mkdir(parents=True, exist_ok=True)


def demo(folder: Path) -> Demo:
    """The sample site with its inputs waiting, then every flow run until nothing moves."""
    _expect_free(folder)
    samples = package_data() / SAMPLES
    shutil.copytree(samples / "site", folder, dirs_exist_ok=True)
    _fill_inboxes(samples, folder)
    with installation(folder) as opened:
        _make_places(folder, opened.site.declared_flows.values())
        run_opened(opened, once=True)
        with opened.ledger.read() as connection:
            arrivals = queries.arrivals(connection, limit=1_000)[::-1]
            deliveries = queries.deliveries(connection, limit=1_000)[::-1]
            held = [
                (each, [finding_of(row) for row in queries.story(connection, each.id).findings])
                for each in arrivals
                if each.stage == "held"
            ]
    return Demo(folder, arrivals, deliveries, held, _next_steps(folder, held))


def _expect_free(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise UseError(f"{folder} is not empty.", advice="Name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)


def _fill_inboxes(samples: Path, folder: Path) -> None:
    for flow in sorted(path for path in samples.iterdir() if path.is_dir() and path.name != "site"):
        inbox = folder / "inbox" / flow.name
        inbox.mkdir(parents=True, exist_ok=True)
        for file in sorted(flow.glob("*.in.*")):
            shutil.copyfile(file, inbox / file.name.replace(".in.", "."))


def _next_steps(folder: Path, held: Sequence[tuple[Arrival, Sequence[Finding]]]) -> list[str]:
    site = f"--site {folder}"
    steps = [
        f"exchange status {site}                 one screen, green or red",
        f"exchange seen {site}                   every file and what became of it",
        f"exchange verify {site}                 proof that nothing was changed behind its back",
    ]
    with books(folder) as opened:
        steps += [
            f"exchange repair {arrival.id[-8:]} {site} {_correction(opened, arrival, findings)}"
            for arrival, findings in held
        ]
    steps.append(f"ls {folder}/outbox/*                     what was delivered")
    return steps


def _correction(opened: Books, arrival: Arrival, findings: Sequence[Finding]) -> str:
    """What to give `repair`: texts that stand in the file and are wrong, else a corrected copy of it."""
    errors = [(each.line, str(each.value)) for each in findings if each.severity == "error" and each.line]
    wrong = " ".join(
        f"--line {line} --replace '{text}' --with '{PLACEHOLDER}'"
        for line, text in errors
        if is_correctable(opened, arrival, line, text)
    )
    if wrong:
        return f"{wrong} --because 'typing error'"
    return f"--with-file CORRECTED-{arrival.name} --because 'the sender corrected it'"


def demo_as_dict(made: Demo) -> dict[str, Any]:
    """The stable form of `--json`."""
    return {
        "site": str(made.folder),
        "arrivals": [as_dict(row) for row in made.arrivals],
        "deliveries": [as_dict(row) for row in made.deliveries],
        "held": [
            {"arrival": row.id, "findings": [finding.as_dict() for finding in found]}
            for row, found in made.held
        ],
        "next": list(made.next_steps),
    }
