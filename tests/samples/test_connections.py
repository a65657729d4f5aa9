"""The table of connections: what a sample of each source becomes at every target that it can reach.

The documents of a sample, made as its own flow makes them, go one by one through the mappings to each target, in a site that
declares what any of the sample sites declares. `connections.txt` beside this file keeps what came of it, and the page shows it;
what is written there must go on being written. After more samples or mappings, say what comes of them now:

    EXCHANGE_WRITE_CONNECTIONS=1 python -m pytest tests/samples/test_connections.py && python tools/reference.py
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain as joined
from itertools import islice
from pathlib import Path

import pytest

from exchange.flow.content import run_chain
from exchange.flow.declared import read_site
from exchange.flow.library import Library, Step
from exchange.mapping.tally import Tally
from exchange.model import NO_ARRIVAL, ArrivalFacts, Record
from exchange.operations.libraries import library_of
from exchange.outcome import Gathered
from tests.docs.pages import ROOT

sys.path[:0] = [str(ROOT / "tools")]

import reference_connections as page  # noqa: E402

MOST = 3
"""How many documents of a sample are taken."""
FACTS = ArrivalFacts(NO_ARRIVAL, "flow", "sample", "", datetime(2026, 11, 24, tzinfo=UTC))
LINES = ("common/invoice", "common/adjustments-as-lines")
"""The document of which targets may know the lines only, and the mapping that they then advise."""
CHARTS = ("accounts", "journals", "quickbooks-accounts", "saft-accounts")
"""Tables with the names of a company's own accounts and journals: this site knows all of them, by their numbers."""
Way = tuple[str, ...]
"""The names of the mappings, one after the other."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a sample of one file type becomes."""

    layout: str
    document: str
    made: tuple[Record, ...]

    @property
    def currency(self) -> str:
        """That of its first document, in which its books are kept here."""
        return str(self.made[0].get("currency") or "EUR")


def test_what_the_page_says_comes_true(tmp_path: Path) -> None:
    sites = Sites(tmp_path)
    came = {
        (source.document, source.layout, target): best(sites.of(source.currency), source, target, way)
        for source in sources()
        for target, way in ways_from(sites.of(source.currency), source.document)
    }
    if os.environ.get("EXCHANGE_WRITE_CONNECTIONS"):
        lines = ["\t".join((*cell, found)) for cell, found in sorted(came.items())]
        page.OUTCOMES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    kept = page.outcomes()
    broken = {cell: came[cell] for cell in came if kept.get(cell) == page.WRITTEN != came[cell]}
    assert not broken, "the page says that these are written"
    assert len(came) > 300 and set(came.values()) == {page.WRITTEN, page.REFUSED, page.NONE}


@pytest.mark.parametrize(
    "document", ["common/order", "common/voucher", "common/payment", "common/settlement"]
)
def test_every_source_of_a_document_is_written_somewhere(document: str) -> None:
    found: dict[str, set[str]] = {}
    for (through, source, _), came in page.outcomes().items():
        if through == document:
            found.setdefault(source, set()).add(came)
    assert found and all(page.WRITTEN in each for each in found.values())


class Sites:
    """A site for each currency of the books, with the tables and values of all sample sites; of two of one name the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._libraries: dict[str, Library] = {}

    def of(self, currency: str) -> Library:
        if currency not in self._libraries:
            self._libraries[currency] = library_of(self._made(currency))
        return self._libraries[currency]

    def _made(self, currency: str) -> Path:
        folder = self._folder / currency
        (folder / "tables").mkdir(parents=True)
        values: dict[str, str] = {}
        for path in sorted((ROOT / "samples").rglob("exchange.yaml")):
            values = {**library_of(path.parent).values, **values}
            for table in (path.parent / "tables").glob("*"):
                if not (folder / "tables" / table.name).exists():
                    shutil.copy(table, folder / "tables")
        for name in CHARTS:
            declared = folder / "tables" / f"{name}.yaml"
            text = declared.read_text(encoding="utf-8")
            assert "miss: fail" in text
            declared.write_text(text.replace("miss: fail", "miss: pass"), encoding="utf-8")
        values["book_currency"] = currency
        text = "".join(f"  {name}: {json.dumps(value)}\n" for name, value in values.items())
        head = "site: all\ntime zone: Europe/Helsinki\nvalues:\n"
        (folder / "exchange.yaml").write_text(head + text, encoding="utf-8")
        return folder


@cache
def sources() -> tuple[Source, ...]:
    """The sources that have a sample, each with documents of all its samples."""
    made: dict[tuple[str, str], tuple[Record, ...]] = {}
    looked: set[tuple[str, Path]] = set()
    for each in page.connections():
        if (each.document, each.samples) not in looked:
            looked.add((each.document, each.samples))
            key = (each.source, each.document)
            made[key] = (*made.get(key, ()), *documents(each))
    return tuple(Source(*key, records) for key, records in made.items() if records)


def documents(connection: page.Connection) -> tuple[Record, ...]:
    """What the flow of a connection makes of its first sample, as far as the document."""
    folder = connection.samples.parent
    site = read_site(folder / "site" if (folder / "site").is_dir() else folder.parent)
    flow = site.declared_flows[connection.samples.name]
    reader = site.library.reader(flow.layout)
    steps = list(chain(site.library, flow.map))
    assert reader is not None
    end = next((at for at, step in enumerate(steps, 1) if step[0].target == connection.document), None)
    if end is None:  # the document is made on the way to the target alone
        return ()
    with min(connection.samples.glob("*.in.*")).open("rb") as stream:
        found = Gathered()
        batches = run_chain(reader.read(stream, found, None), steps[:end], FACTS, found, count)
        return tuple(islice(joined.from_iterable(batches), MOST))


def chain(library: Library, names: Sequence[object]) -> Iterator[list[Step]]:
    """The mappings of a flow's `map`; those in one list work beside each other."""
    for item in names:
        together = [library.mapping(str(name)) for name in (item if isinstance(item, list) else [item])]
        yield [step for step in together if step is not None]


def ways_from(library: Library, document: str) -> Iterator[tuple[str, Way]]:
    """Each target of a document, with the shortest way to it; what matching makes needs open items and is left out."""
    edges = [
        (name, page.end_of(library, name, "from"), page.end_of(library, name, "to"))
        for name in library.catalogue.names("mapping")
    ]
    seen, waiting = {document}, [(document, Way())]
    while waiting:
        layout, way = waiting.pop(0)
        for name, start, end in edges:
            if start != layout or end in seen:
                continue
            seen.add(end)
            if end.startswith(page.DOCUMENTS):
                waiting.append((end, (*way, name)))
            else:
                yield end, (*way, name)


def best(library: Library, source: Source, target: str, way: Way) -> str:
    """What becomes of the documents, and where they are refused, of their lines alone."""
    came = outcome(library, source, target, way)
    document, lines = LINES
    if came == page.REFUSED and source.document == document:
        return outcome(library, source, target, (lines, *way))
    return came


def outcome(library: Library, source: Source, target: str, way: Way) -> str:
    """What becomes of the documents, each alone: written when one of them is, refused when all that are taken are."""
    steps, writer = list(chain(library, way)), library.writer(target)
    assert writer is not None and all(steps), [problem.message for problem in library.problems]
    told = False
    for record in source.made:
        found, results = Gathered(), Gathered()
        made = list(run_chain(iter([[record]]), steps, FACTS, found, count))
        if made and not found.errors:
            writer.write(made, io.BytesIO(), io.BytesIO, results)
            if not results.errors:
                return page.WRITTEN
        told = told or bool(found.errors or results.errors)
    return page.REFUSED if told else page.NONE


def count(_step: Step) -> Tally:
    return Tally(spool=lambda keys: None)
