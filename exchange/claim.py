"""Taking files from a source: look, claim, archive the original, enter it into the ledger, clear the source.

After each step a crash leaves something that the next round recognises:

    claimed at the source, no row    `leftover_claims` shows it; taken up from there
    archived, no row                 the same; the archive keeps each content once anyway
    row, source not cleared          `source_done = 0`; cleared again
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from exchange import clock
from exchange.archive import Archive, Draft
from exchange.bound import BoundFlow, Verdict, Watched
from exchange.errors import TransportError
from exchange.hands import Hands
from exchange.ledger import Ledger, claims, sightings
from exchange.ledger.book import milliseconds
from exchange.ledger.rows import Arrival, Sighting
from exchange.ledger.sightings import Noted
from exchange.transports.contract import Claim, Entry, Fetched, NotStableError, Source, display
from exchange.wording import counted

BATCH = 200
"""How many files are taken together: they share syncs and commits."""
RESERVE = 256 << 20
"""Bytes that stay free on the archive's disk; below, files stay where they are."""
_CLAIMED_WHY = "It is claimed and will be taken."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to take: a name that is ready, or a claim that an earlier round left (entry is None)."""

    claim_id: str
    name: bytes
    entry: Entry | None
    marker: bytes | None
    left: Claim | None
    seen_at: int


@dataclass(frozen=True, slots=True)
class Caught:
    """A claimed file whose bytes are in a draft of the archive."""

    candidate: Candidate
    claim: Claim
    fetched: Fetched
    draft: Draft


def look(ledger: Ledger, flow: BoundFlow, source: Source) -> list[Candidate]:
    """What a scan of the source offers now; the ledger then knows every name and what becomes of it."""
    left = list(source.leftover_claims())
    entries = list(source.scan())
    with ledger.read() as connection:
        known = sightings.present(connection, flow.name)
        entered = claims.known(connection, [claim.id for claim in left])
    verdicts = flow.source.ready.judge(entries, _watched(known), clock.now())
    claimed = [claim for claim in left if claim.id not in entered]
    changes = sightings.compare(known, [*map(_noted, verdicts), *_still_there(known, claimed, entries)])
    if changes:
        with ledger.write() as writing:
            sightings.note(writing, flow.name, changes)
    now = milliseconds()
    first_seen = {name: row.first_seen for name, row in known.items()}
    return [
        *(
            Candidate(each.id, each.name, None, None, each, first_seen.get(each.name, now))
            for each in claimed
        ),
        *_fresh(ledger, verdicts, known, now),
    ]


def _fresh(
    ledger: Ledger, verdicts: Sequence[Verdict], known: dict[bytes, Sighting], now: int
) -> Iterable[Candidate]:
    for verdict in verdicts:
        old = known.get(verdict.entry.name)
        is_taken = old is not None and old.arrival and old.fingerprint == verdict.entry.fingerprint
        if verdict.disposition == "ready" and not is_taken:
            seen_at = old.first_seen if old is not None and not old.arrival else now
            yield Candidate(ledger.new_id(), verdict.entry.name, verdict.entry, verdict.marker, None, seen_at)


def take(
    ledger: Ledger, archive: Archive, flow: BoundFlow, hands: Hands[Source], candidates: Sequence[Candidate]
) -> list[Arrival]:
    """Take files together: claim, archive, enter, clear. What could not be claimed or read now waits for
    the next round.
    """
    _check_space(archive, candidates)
    move = flow.source.after != "keep"
    drafts: list[Draft] = []

    def catch(source: Source, candidate: Candidate) -> Caught | None:
        return _catch(source, archive, drafts, candidate, move)

    try:
        results = hands.each(candidates, catch)
        caught = [each for each in results if isinstance(each, Caught)]
        archive.keep([(each.draft, each.fetched.sha256) for each in caught])
    finally:
        for draft in drafts:
            draft.discard()
    _explain(ledger, flow, candidates, results)
    if not caught:
        return []
    with ledger.write() as writing:
        newcomers = [_newcomer(each, flow.source.where) for each in caught]
        entered = claims.enter(
            writing,
            flow.name,
            newcomers,
            on_duplicate=flow.on_duplicate,
            approvals=flow.approvals,
            apart=flow.apart,
        )
        bound = [(row.id, row.name_raw, _why(row), not row.moved) for row in entered]
        sightings.bind(writing, bound, flow.name)
    clear(ledger, flow, hands, entered)
    return entered


def clear(ledger: Ledger, flow: BoundFlow, hands: Hands[Source], rows: Sequence[Arrival]) -> None:
    """Do at the source what the flow says with taken files, now that ledger and archive have them.

    What fails is explained in the sightings and done again in the next round.
    """
    results = list(zip(rows, hands.each(rows, lambda source, row: _finish(source, flow, row)), strict=True))
    with ledger.write() as writing:
        claims.cleared(writing, [row.id for row, each in results if each is None])
        claims.came_late(writing, [row for row, each in results if isinstance(each, NotStableError)])
        for row, each in results:
            if isinstance(each, TransportError) and not isinstance(each, NotStableError):
                say = f"It was taken, and the source could not be cleared of it. {each}"
                sightings.explain_taken(writing, row.id, say)


def _explain(
    ledger: Ledger, flow: BoundFlow, candidates: Sequence[Candidate], results: Sequence[object]
) -> None:
    """Say of files that could not be claimed or read why they still wait."""
    failed = [
        (candidate.name, each)
        for candidate, each in zip(candidates, results, strict=True)
        if isinstance(each, TransportError) and not isinstance(each, NotStableError)
    ]
    if failed:
        with ledger.write() as writing:
            for name, error in failed:
                sightings.explain(
                    writing, flow.name, name, f"It could not be taken and is tried again. {error}"
                )


def _catch(
    source: Source, archive: Archive, drafts: list[Draft], candidate: Candidate, move: bool
) -> Caught | None:
    """Claim one file and copy its bytes into a draft (one more in drafts); None when somebody else was first."""
    claim = candidate.left
    if candidate.entry is not None:
        claim = source.claim(candidate.entry, candidate.claim_id, marker=candidate.marker, move=move)
    if claim is None:
        return None
    draft = archive.draft()
    drafts.append(draft)
    return Caught(candidate, claim, source.fetch(claim, draft.file), draft)


def _finish(source: Source, flow: BoundFlow, row: Arrival) -> None:
    claim = Claim(row.id, row.name_raw, bool(row.moved), row.fingerprint, row.marker)
    fetched = Fetched(row.size, row.sha256, row.mtime_ns, row.identity)
    source.finish(claim, fetched, flow.source.after)


def _newcomer(caught: Caught, where: str) -> claims.Newcomer:
    claim, fetched = caught.claim, caught.fetched
    return claims.Newcomer(
        id=claim.id,
        name_raw=claim.name,
        name=display(claim.name),
        moved=claim.moved,
        fingerprint=claim.fingerprint,
        identity=fetched.identity,
        marker=claim.marker,
        size=fetched.size,
        mtime_ns=fetched.mtime_ns,
        sha256=fetched.sha256,
        seen_at=caught.candidate.seen_at,
        source=where,
    )


def _why(row: Arrival) -> str:
    return row.reason or ("A new version of a name that came before." if row.supersedes else "It was taken.")


def _check_space(archive: Archive, candidates: Sequence[Candidate]) -> None:
    wanted = 3 * sum(each.entry.size or 0 for each in candidates if each.entry is not None) + RESERVE
    free = archive.free()
    if free < wanted:
        raise TransportError(
            f"The archive's disk has {free} bytes free, {wanted} are needed; {counted(len(candidates), 'file waits', 'files wait')}.",
            advice="Free space; it goes on by itself.",
        )


def _watched(known: dict[bytes, Sighting]) -> dict[bytes, Watched]:
    return {
        name: Watched(row.fingerprint, _moment(row.first_seen), _moment(row.unchanged_since))
        for name, row in known.items()
    }


def _noted(verdict: Verdict) -> Noted:
    entry = verdict.entry
    return Noted(
        name_raw=entry.name,
        name=display(entry.name),
        fingerprint=entry.fingerprint,
        size=entry.size,
        mtime_ns=entry.mtime_ns,
        disposition="waiting" if verdict.disposition == "ready" else verdict.disposition,
        why=verdict.why,
    )


def _still_there(
    known: dict[bytes, Sighting], claimed: Sequence[Claim], entries: Sequence[Entry]
) -> Iterable[Noted]:
    """Names that the listing no longer shows because they are claimed and not yet entered."""
    listed = {entry.name for entry in entries}
    for claim in claimed:
        old = known.get(claim.name)
        if claim.name not in listed:
            yield Noted(
                name_raw=claim.name,
                name=display(claim.name),
                fingerprint=old.fingerprint if old else claim.fingerprint,
                size=old.size if old else None,
                mtime_ns=old.mtime_ns if old else None,
                disposition="waiting",
                why=_CLAIMED_WHY,
            )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
