"""Where things are: the state of a site, one file's whole story, findings, every file ever seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

from exchange.archive import Archive
from exchange.declare.problems import DeclarationError, Problem
from exchange.errors import UseError
from exchange.findings import Finding, Severity
from exchange.flow.site import open_site
from exchange.ledger import approving, match_acts, queries
from exchange.ledger.approving import Rules, awaiting
from exchange.ledger.approving import Standing as Standing
from exchange.ledger.rows import Arrival, Delivery, Event, StoredFinding
from exchange.operations.differing import SHOWN, differences
from exchange.operations.installation import Books, books, encoding_of, expect_flow
from exchange.operations.watching import Late, lateness

NEEDS_A_PERSON = ("held", "duplicate")


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a site. stages: flow → stage → number of arrivals; stops: what keeps the engine from working; broken:
    flow → the first mistake in its file, which keeps all flows from being started; stuck: files at the sources that only a
    person brings on; cases: flow → movements of bank accounts that nobody has decided about; blocked: arrival → why nobody can approve it.
    """

    site: str
    stages: Mapping[str, Mapping[str, int]]
    waiting: Mapping[str, int]
    held: Sequence[Arrival]
    open_deliveries: Sequence[Delivery]
    stops: Mapping[str, str]
    troubles: Mapping[str, str]
    broken: Mapping[str, str]
    stuck: Sequence[queries.Seen]
    awaited: Sequence[Standing] = ()
    late: Sequence[Late] = ()
    cases: Mapping[str, int] = field(default_factory=dict)
    blocked: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_red(self) -> bool:
        """Whether something went wrong that a person must look at."""
        held = self.held or any(d.stage == "held" for d in self.open_deliveries)
        return bool(held or self.stops or self.troubles or self.broken or self.stuck)

    @property
    def stalled(self) -> Sequence[Delivery]:
        """Deliveries that were tried in vain, and are tried again for a day before they are held."""
        return [each for each in self.open_deliveries if each.stage != "held" and each.reason]

    @property
    def is_green(self) -> bool:
        """Whether nothing needs a person: nothing went wrong, nothing waits for approval, every place can be reached, the bank owes
        no word.
        """
        return not (self.is_red or self.awaited or self.late or self.stalled)


def status(folder: Path) -> Status:
    """Where everything is."""
    with books(folder) as opened, opened.ledger.read() as connection:
        flows = (*opened.site.declared_flows, *opened.site.wrong)
        none: dict[str, dict[str, int]] = {name: {} for name in flows}
        awaited = awaiting(connection)
        return Status(
            opened.site.declared.site,
            none | queries.counts(connection),
            queries.waiting(connection),
            queries.arrivals(connection, stages=("held",)),
            queries.deliveries(connection, stages=("ready", "sending", "staged", "held")),
            queries.stops(connection),
            {name: reason for name, (reason, _) in queries.troubles(connection).items()},
            {name: _mistake(problems) for name, problems in opened.site.wrong.items()},
            queries.stuck(connection),
            awaited,
            lateness(opened.site, connection)[1],
            match_acts.count_open(connection),
            {each.arrival.id: why for each in awaited if (why := blocked(opened, each))},
        )


def blocked(opened: Books, standing: Standing) -> str | None:
    """Why nobody can approve what waits, as the flow and the approvers are declared now."""
    name = standing.arrival.flow
    try:
        flow = open_site(opened.site.folder, only=name).flows.get(name)
    except DeclarationError as wrong:
        return f"The flow cannot run: {_mistake(wrong.problems)} Correct it first."
    if flow is None:
        return f"The flow {name} is not declared any more."
    rules = Rules(approvers=opened.site.declared.approvers, zone=opened.site.zone, version=flow.version_hash)
    return approving.blocked(standing, rules)


def _mistake(problems: Sequence[Problem]) -> str:
    first = problems[0]
    more = f" ({len(problems)} mistakes in all)" if len(problems) > 1 else ""
    return f"{first.place()}: {first.message}{more}"


class Repair(NamedTuple):
    """One change that a person made of a file. line: None where `new` is a sentence about the whole file."""

    at: int
    actor: str
    because: str
    line: int | None
    old: str
    new: str


def show(folder: Path, text: str) -> tuple[queries.Story, list[Repair], tzinfo]:
    """One arrival's whole story, by its identifier or the end of it; what was corrected in it; and the site's time zone."""
    with books(folder) as opened:
        with opened.ledger.read() as connection:
            story = queries.story(connection, text)
        encoding = encoding_of(opened.site, story.arrival.flow)
        return story, list(_repairs(story, opened.store.archive, encoding)), opened.site.zone


def original(folder: Path, text: str) -> Path:
    """Where the bytes of an arrival lie as they came, in the archive; UseError when they are not there any more."""
    with books(folder) as opened, opened.ledger.read() as connection:
        row = queries.arrival(connection, text)
        if not opened.store.archive.is_whole(row.sha256):
            raise UseError(
                f"The archived bytes of {row.name} (arrival {row.id}) are gone, or not what the ledger says.",
                advice="Restore var/archive from the backup; `exchange verify` names everything that is wrong.",
            )
        return opened.store.archive.path(row.sha256)


def _repairs(story: queries.Story, archive: Archive, encoding: str) -> Iterator[Repair]:
    """What people corrected in a file; of a whole corrected copy the lines that differ."""
    before = story.arrival.sha256
    for event in story.events:
        facts = event.facts()
        if facts.get("act") != "repair":
            continue
        who = event.at, event.actor, event.because or ""
        for change in facts["patch"]:
            if "file" in change:
                yield Repair(*who, None, "", f"the copy {change['file']}")
                lines = _differing(archive, before, facts["repaired"], encoding)
                yield from (Repair(*who, *each) for each in lines)
            else:
                yield Repair(*who, change["line"], change["old"], change["new"])
        before = facts["repaired"]


def _differing(
    archive: Archive, before: str, after: str, encoding: str
) -> Iterator[tuple[int | None, str, str]]:
    """The lines that differ, the first of them."""
    try:
        found = differences(archive.path(before), archive.path(after), encoding)
    except FileNotFoundError:
        yield None, "", "The archived bytes are gone, so that they cannot be compared."
        return
    if found is None:
        yield None, "", "No text of lines that could be compared."
        return
    yield from islice(found, SHOWN)
    if rest := sum(1 for _ in found):
        yield None, "", f"and {rest} lines more"


def findings(folder: Path, *, arrival: str | None, flow: str | None, limit: int) -> list[StoredFinding]:
    """What was found wrong: in one arrival, one flow, or everywhere, the newest arrivals first."""
    with books(folder) as opened, opened.ledger.read() as connection:
        expect_flow(opened, connection, flow)
        wanted = queries.arrival(connection, arrival).id if arrival else None
        return queries.findings(connection, arrival=wanted, flow=flow, limit=limit)


def seen(folder: Path, *, flow: str | None, disposition: str | None, limit: int) -> list[queries.Seen]:
    """Every file that ever appeared, with its one disposition and why."""
    with books(folder) as opened, opened.ledger.read() as connection:
        expect_flow(opened, connection, flow)
        return queries.seen(connection, flow=flow, disposition=disposition, limit=limit)


def arrivals(folder: Path, *, limit: int) -> tuple[list[Arrival], list[Delivery]]:
    """The newest arrivals and deliveries."""
    with books(folder) as opened, opened.ledger.read() as connection:
        return queries.arrivals(connection, limit=limit), queries.deliveries(connection, limit=limit)


def moment(milliseconds: int | None, zone: tzinfo = UTC) -> str | None:
    """A stored moment for people and programs: ISO 8601 with its offset."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, zone).isoformat(timespec="seconds")


def finding_of(row: StoredFinding) -> Finding:
    """A stored finding as it was found."""
    severity = cast(Severity, row.severity)
    return Finding(
        row.code, severity, row.message, row.advice, row.line, row.column, row.path, row.field, row.value
    )


def as_dict(row: Arrival | Delivery | Event | StoredFinding | queries.Seen) -> dict[str, Any]:
    """A row of the ledger for `--json`: moments as ISO 8601, stored JSON as values, bytes as text."""
    return {name: _value(name, value) for name, value in asdict(row).items()}


def awaited_as_dict(each: Standing) -> dict[str, Any]:
    """What waits for approval, for `--json`."""
    return {
        "arrival": as_dict(each.arrival),
        "deliveries": [as_dict(row) for row in each.deliveries],
        "needed": each.arrival.approvals_needed,
        "given": list(each.given),
        "barred": dict(each.suppliers),
        "statement": each.said,
    }


def _value(name: str, value: Any) -> Any:
    if name == "at" or name.endswith("_at") or name in ("first_seen", "failing_since", "next_try"):
        return moment(value)
    if name in ("totals", "proof", "data") and value:
        return json.loads(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value
