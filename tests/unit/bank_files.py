"""What tests of bank files share: files read, mapped, written and damaged through the declared layouts."""

from __future__ import annotations

import io
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from exchange.declare.layout import LayoutBase
from exchange.findings import Finding
from exchange.flow.content import run_chain
from exchange.flow.library import Library
from exchange.formats import registry
from exchange.mapping.tally import Tally
from exchange.model import ArrivalFacts, Record
from exchange.operations.libraries import library_of
from exchange.operations.looking import Inspected, inspect
from exchange.outcome import Gathered

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "bank"
BANKS_WITH_LISTINGS = ("bankdata", "bec", "danskebank", "nordea", "sdc")
FACTS = ArrivalFacts(
    "01J0000000000000000000000A", "", "file.txt", "", datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)
)


@cache
def library() -> Library:
    return library_of(None)


def layout(name: str) -> LayoutBase:
    declared = library().layout(name)
    assert declared is not None, [problem.render() for problem in library().problems]
    return declared


def names() -> list[str]:
    return sorted(
        each.layout
        for each in library().layouts()
        if each.format in ("fixed", "mt940")
        or (each.format == "csv" and each.layout.startswith(BANKS_WITH_LISTINGS))
    )


@cache
def files() -> dict[str, list[Path]]:
    """Files by layout: inputs and results of samples, and those of other people where they are."""
    found = defaultdict(list)
    known = [layout(name) for name in names()]
    for path in _paths():
        for candidate in registry.recognise(path.read_bytes(), path.name, known)[:1]:
            found[candidate.layout.layout].append(path)
    return found


def _paths() -> Iterator[Path]:
    for path in sorted((ROOT / "samples").rglob("[0-9][0-9]-*")):
        if (".in." in path.name or ".out." in path.name) and path.suffix not in (".xml", ".json"):
            yield path
    for folder in sorted(CORPUS.glob("[!ie]*")) if CORPUS.is_dir() else ():
        yield from (
            path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in (".xml", ".xsd")
        )


def records(name: str, raw: bytes) -> tuple[list[Record], list[Finding]]:
    """What a layout reads."""
    reader, found = library().reader(name), Gathered()
    assert reader is not None
    return [record for batch in reader.read(io.BytesIO(raw), found) for record in batch], found.kept


def mapped(name: str, given: list[Record]) -> tuple[list[Record], list[Finding]]:
    """Records through one mapping."""
    step, found = library().mapping(name), Gathered()
    assert step is not None, [problem.render() for problem in library().problems]
    chain = run_chain(iter([given]), [[step]], FACTS, found, lambda _: Tally(spool=lambda _: None))
    return [record for batch in chain for record in batch], found.kept


def documents(name: str, raw: bytes) -> tuple[list[Record], list[Finding]]:
    """What a file means: through every mapping from its layout to a document, as `read --as common` does."""
    reader, found = library().reader(name), Gathered()
    steps = [library().mapping(one) for one in library().mappings_from(name, "common/")]
    assert reader is not None and steps and all(steps), [p.render() for p in library().problems]
    chain = run_chain(
        reader.read(io.BytesIO(raw), found),
        [[step for step in steps if step]],
        FACTS,
        found,
        lambda _: Tally(spool=lambda _: None),
    )
    return [record for batch in chain for record in batch], found.kept


def written(name: str, given: list[Record]) -> tuple[bytes, list[Finding]]:
    """Records as a file."""
    writer, found, out = registry.get(layout(name).format).writer(layout(name)), Gathered(), io.BytesIO()
    writer.write([given], out, io.BytesIO, found)
    return out.getvalue(), found.kept


def inspected(raw: bytes, folder: Path, name: str = "file.txt") -> Inspected:
    """A file as `exchange inspect` sees it."""
    path = folder / name
    path.write_bytes(raw)
    return inspect(path, None, None)


def plain(record: Any) -> Any:
    """A record without where it stood."""
    if isinstance(record, dict):
        return {name: plain(value) for name, value in record.items() if not name.startswith("@")}
    return [plain(one) for one in record] if isinstance(record, list) else record


def errors(found: list[Finding]) -> list[str]:
    return sorted(each.code for each in found if each.severity == "error")


def codes(found: list[Finding]) -> list[str]:
    return sorted({each.code for each in found if each.severity != "info"})


def taken(record: Record, *paths: str) -> tuple[Any, ...]:
    """Values by dotted path."""
    return tuple(_value(record, path) for path in paths)


def _value(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = None if record is None else record[int(name)] if name.isdigit() else record[name]
    return record


def damaged(raw: bytes, seed: int, count: int | None) -> Iterator[tuple[int, bytes]]:
    """The file with one byte changed, `count` times at random places, or at every place: where, and the file."""
    chance = random.Random(seed)
    places = (
        range(len(raw)) if count is None else sorted(chance.sample(range(len(raw)), min(count, len(raw))))
    )
    for at in places:
        old = raw[at : at + 1]
        new = chance.choice([one for one in (b"0", b"7", b" ", b"X", b"-", b"\xe4") if one != old])
        yield at, raw[:at] + new + raw[at + 1 :]


def total(made: list[Record]) -> Decimal:
    return sum((each["amount"] for each in made), Decimal(0))


def filled(*texts: str, width: int = 80) -> bytes:
    """Records with the blanks at their ends that banks write."""
    return "".join(f"{text.ljust(width)}\r\n" for text in texts).encode("iso-8859-1")


def assert_guarded(name: str, raw: bytes, *paths: str, seed: int = 1, count: int | None = 150) -> None:
    """Whatever byte of a good file is another one: nothing is raised, and other values never pass without a word.

    EXCHANGE_DEEP in the environment makes it all bytes.
    """
    first, found = documents(name, raw)
    assert errors(found) == []
    values, told = [taken(one, *paths) for one in first], codes(found)
    for at, changed in damaged(raw, seed, None if os.environ.get("EXCHANGE_DEEP") else count):
        made, now = documents(name, changed)
        if codes(now) == told:
            assert [taken(one, *paths) for one in made] == values, (at, changed[max(0, at - 20) : at + 20])
