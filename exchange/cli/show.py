"""exchange show: one file's whole story."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from exchange.cli._face import json_option, print_facts, print_findings, print_json, print_table, site_option
from exchange.wording import totals


@click.command(short_help="One file's whole story.")
@click.argument("id")
@site_option
@json_option
@click.option(
    "--original",
    is_flag=True,
    help="Print the file itself instead, byte for byte as it came: exchange show ID --original > copy",
)
def command(id: str, site: Path, as_json: bool, original: bool) -> None:
    """The whole story of the arrival ID (or the last characters of its identifier): every event, finding, delivery,
    and what was corrected in it.
    """
    from exchange.operations import asking

    if original:
        _print_bytes(asking.original(site, id))
        return
    story, repairs, zone = asking.show(site, id)
    row = story.arrival
    if as_json:
        print_json(
            {
                "arrival": asking.as_dict(row),
                "events": [asking.as_dict(event) for event in story.events],
                "findings": [asking.as_dict(finding) for finding in story.findings],
                "deliveries": [asking.as_dict(delivery) for delivery in story.deliveries],
                "documents": story.documents,
                "documents_by_kind": story.kinds,
                "references": story.references,
                "repairs": [each._asdict() | {"at": asking.moment(each.at)} for each in repairs],
            }
        )
        return
    print_facts(
        {
            "Arrival": row.id,
            "Flow": row.flow,
            "File": row.name,
            "Size": f"{row.size} bytes",
            "SHA-256": row.sha256,
            "Seen": asking.moment(row.seen_at, zone),
            "Stage": row.stage,
            "Why": row.reason,
            "Same bytes as": row.duplicate_of,
            "Documents": ", ".join(f"{number} {kind}" for kind, number in story.kinds.items()) or None,
            "Used": ", ".join(sorted(story.references)),
        }
    )
    print_findings([asking.finding_of(row) for row in story.findings], story.finding_counts)
    if repairs:
        rows = [
            (asking.moment(each.at, zone), each.actor, each.line or "all", each.old, each.new, each.because)
            for each in repairs
        ]
        print_table("Repairs", ("When", "Who", "Line", "Was", "Is", "Because"), rows)
    deliveries = [
        (d.id[-8:], d.target, d.name, d.documents, totals(d.totals), d.stage) for d in story.deliveries
    ]
    if deliveries:
        print_table("Deliveries", ("Delivery", "Place", "File", "Documents", "Totals", "Stage"), deliveries)
    events = [(asking.moment(e.at, zone), e.actor, e.what, e.because or "") for e in story.events]
    print_table("Events", ("When", "Who", "What", "Because"), events)


def _print_bytes(file: Path) -> None:
    with file.open("rb") as stream:
        shutil.copyfileobj(stream, sys.stdout.buffer)
