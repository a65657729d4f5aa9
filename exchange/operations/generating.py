"""The Python code that a flow is turned into, for people who want to read it."""

from __future__ import annotations

import linecache
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from exchange.errors import UseError
from exchange.flow.content import Content, Intake
from exchange.flow.site import open_site
from exchange.flow.straight import OFTEN
from exchange.model import NO_ARRIVAL, ArrivalFacts
from exchange.operations.installation import flow_of


def generated(folder: Path, flow: str, on: Path | None = None) -> list[tuple[str, str]]:
    """The Python code that was generated for a flow: title → text, in the order of the way of a file.

    on: a file; also the functions that its rows make, when many of them are alike.
    """
    site = open_site(folder, only=flow)
    content = flow_of(site, flow).content
    intakes = [(site.declared_flows[flow].layout, content.intake)]
    lists = content.matching.lists if content.matching else ()
    intakes += [(site.declared_flows[each.flow].layout, cast(Intake, each.intake)) for each in lists]
    found = {}
    for layout, intake in intakes:
        found[f"reader of {layout}"] = intake.reader.source
        found |= {f"mapping {step.name}": step.compiled.source for steps in intake.chain for step in steps}
    for way in content.ways:
        found |= {f"mapping {step.name}": step.compiled.source for steps in way.chain for step in steps}
        found[f"writer of {way.title}"] = way.writer.source
    if on is not None:
        found |= _made_for(content, flow, on)
    return list(found.items())


def _made_for(content: Content, flow: str, file: Path) -> dict[str, str]:
    """The functions that a flow makes while it takes a file: title → text."""
    if content.road is None:
        raise UseError(
            "This flow makes no functions for rows: only CSV rows that go through one mapping at a time to one "
            "XML file are made so.",
            advice="Leave --on out.",
        )
    facts = ArrivalFacts(NO_ARRIVAL, flow, file.name, "", datetime.fromtimestamp(0, UTC))
    with tempfile.TemporaryDirectory() as work:
        content.process(file, facts, Path(work))
    made = content.road.made()
    if not made:
        raise UseError(
            f"{file} makes no functions: no {OFTEN} of its rows are alike.", advice="Give a bigger file."
        )
    return {title: "".join(linecache.getlines(f"<{title}>")) for title in made}
