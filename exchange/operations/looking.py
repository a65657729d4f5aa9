"""Looking into a file without a site's ledger: what it is, what it holds, its records and documents."""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from exchange.declare.layout import LayoutBase
from exchange.declare.problems import DeclarationError
from exchange.errors import UseError
from exchange.findings import Finding, code
from exchange.flow.content import run_chain
from exchange.flow.library import Library, Step
from exchange.flow.schemas import validator
from exchange.formats import registry, strangers
from exchange.formats.contract import Sniffed
from exchange.mapping.repeated import Seen
from exchange.mapping.tally import Keys, Tally
from exchange.model import KIND, NO_ARRIVAL, ArrivalFacts, Batch, Record
from exchange.operations.about import About
from exchange.operations.balances import Statements
from exchange.operations.libraries import declared_of, library_in
from exchange.operations.picturing import Picture, picture_of
from exchange.outcome import Gathered

if TYPE_CHECKING:
    from exchange.declare.site import Site

COMMON = "common/"
TEXT = "csv"
"""What a file may be whose rows are too uneven to say."""
HOLLOWS = {b"[]": "an empty list", b"{}": "an empty object"}
"""Files that hold nothing and are whole, as systems answer when there is nothing new."""
SURVEYED = 32 * 1024 * 1024
"""The size up to which a file is gone through once more for what its layout does not read."""
BLANK = codecs.BOM_UTF8 + codecs.BOM_UTF16 + b" \t\r\n"
"""What a file without content may be made of: byte order marks and blanks."""
VERSION = "Version"
"""What a file says under this name counts more than the version for which its layout was made."""
NAMES = 8
"""How many names of columns or keys are shown of a file whose layout is not known."""
DRAFT = ": `exchange inspect` shows a draft of it."
OR_DRAFT = f", or a layout of its own{DRAFT}"
Progress = Callable[[int], None]

UNKNOWN = code(
    "INS001",
    "error",
    "No layout is known for this file: {reason}{near}",
    advice="{remedy}",
)
AMBIGUOUS = code(
    "INS002",
    "warning",
    "Several layouts fit this file: {value}.",
    advice="Name the right one with --layout, or give the layouts `recognise` rules that tell them apart.",
)
EMPTY = code("INS003", "error", "The file is empty.", advice="Ask the sender for the file again.")
REFUSED = code(
    "INS004",
    "error",
    "The file has a {value} declaration, which is refused: it can change values unseen and read other files.",
    advice="Take that declaration out, or ask the sender to; nothing else needs to change, and it is never fetched.",
)
STRANGER = code(
    "INS005",
    "error",
    "This is no data file but {value}.",
    advice="Ask for the file again, or export it again, and look at it before it is sent.",
)
PACKED = code(
    "INS008",
    "error",
    "This is no data file but {value}, which is never opened.",
    advice="Unpack it and look at the files in it. A flow takes them unpacked, too: ask the sender for them as they are.",
)
HOLLOW = code(
    "INS007",
    "warning",
    "The file is {value}, in which nothing stands, so that nothing tells of which layout it is.",
    advice="A flow whose layout it is takes it as a file without records. To see that here, name the layout with --layout.",
)
UNSOUND = code(
    "INS006",
    "warning",
    "The declared file {value} has mistakes, so that nothing that it declares was looked at.",
    advice="See them with `exchange check`.",
)


@dataclass(slots=True)
class Inspected:
    """What a file is and holds; the fields are those of `inspect --json`."""

    file: str
    sha256: str
    bytes: int
    format: str | None = None
    layout: str | None = None
    version: str | None = None
    encoding: str | None = None
    evidence: str | None = None
    about: dict[str, str] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    totals: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    findings: Gathered = field(default_factory=Gathered)
    unread: dict[str, int] = field(default_factory=dict)
    candidates: list[str] = field(default_factory=list)
    picture: Picture | None = None

    def as_dict(self) -> dict[str, Any]:
        """The stable form of `--json`."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "bytes": self.bytes,
            "format": self.format,
            "layout": self.layout,
            "version": self.version,
            "encoding": self.encoding,
            "about": self.about,
            "records": dict(self.records),
            "documents": dict(self.documents),
            "totals": self.totals,
            "accounts": self.accounts,
            "unread": self.unread,
            "picture": None if self.picture is None else self.picture.as_dict(),
            "findings": [finding.as_dict() for finding in self.findings.kept],
        }


@dataclass(slots=True)
class _Sums:
    credit: Decimal = Decimal(0)
    debit: Decimal = Decimal(0)
    count: int = 0

    def add(self, amount: Decimal) -> None:
        """Receipts and claims are credit, payments are debit."""
        self.count += 1
        if amount >= 0:
            self.credit += amount
        else:
            self.debit -= amount

    def add_rows(self, amounts: Iterable[Decimal]) -> None:
        """The rows of one voucher: debit is positive there."""
        self.count += 1
        for amount in amounts:
            if amount >= 0:
                self.debit += amount
            else:
                self.credit -= amount


def _facts(path: Path, declared: Site | None) -> ArrivalFacts:
    """A file that never arrived, in the time zone of the site."""
    zone = ZoneInfo(declared.time_zone) if declared else UTC
    return ArrivalFacts(NO_ARRIVAL, "", path.name, "", datetime.fromtimestamp(0, zone))


def inspect(path: Path, site: Path | None, layout: str | None, progress: Progress | None = None) -> Inspected:
    """What a file is: format, version, encoding, counts, totals, accounts, findings."""
    folder, declared = declared_of(site)
    library = library_in(folder, declared)
    result = Inspected(str(path), _sha256(path), path.stat().st_size)
    if not _sample(path).strip(BLANK):
        result.findings(EMPTY.at())
        return result
    sniffed = _sniff(path, result)
    chosen = _choose(path, library, layout, result, sniffed)
    if chosen is None:
        return result
    result.layout, result.format = chosen.layout, chosen.format
    result.version = result.version or chosen.version
    _count(path, library, chosen, result, _facts(path, declared), progress)
    if result.bytes <= SURVEYED:
        with path.open("rb") as stream:
            result.unread = registry.unread(stream, chosen)
    return result


def read(
    path: Path,
    site: Path | None,
    layout: str | None,
    *,
    as_common: bool,
    found: Gathered,
    progress: Progress | None = None,
) -> Iterator[Record]:
    """The records of a file, or its documents; findings go to `found`. UseError when no layout fits."""
    folder, declared = declared_of(site)
    library = library_in(folder, declared)
    result = Inspected(str(path), "", path.stat().st_size, findings=found)
    chosen = _choose(path, library, layout, result, _sniff(path, result)) if result.bytes else None
    if chosen is None:
        return
    steps = _to_common(library, chosen) if as_common else []
    if as_common and not steps:
        raise UseError(
            f"No mapping leads from {chosen.layout} to a document of {COMMON}.",
            advice="Leave out --as common to see its records.",
        )
    records = _records(path, library, chosen, found, progress)
    for batch in _mapped(records, _facts(path, declared), steps, found):
        yield from batch


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sample(path: Path) -> bytes:
    with path.open("rb") as stream:
        return registry.sample_of(stream)


def _sniff(path: Path, result: Inspected) -> Sniffed | None:
    said = registry.sniff(_sample(path))
    if not said:
        return None
    best = said[0]
    result.format, result.encoding, result.evidence, result.version = (
        best.format,
        best.encoding,
        best.evidence,
        best.version,
    )
    return best


def _choose(
    path: Path, library: Library, name: str | None, result: Inspected, sniffed: Sniffed | None
) -> LayoutBase | None:
    """The layout that was named, or the only one that fits."""
    if name is not None:
        layout = library.layout(name)
        if layout is None:
            raise DeclarationError(library.problems)
        return layout
    sample = _sample(path)
    candidates = registry.recognise(sample, path.name, _readable(library, sample))
    result.candidates = [candidate.layout.layout for candidate in candidates]
    if not candidates:
        stranger = strangers.named(sample)
        if stranger is not None:
            result.format = None
            result.findings((PACKED if stranger.endswith("archive") else STRANGER).at(value=stranger))
            return None
        refused = sniffed.facts.get("refused") if sniffed else None
        if sniffed is not None and not refused:
            result.picture = picture_of(path, sniffed, result.findings)
        drafted = result.picture is not None and bool(result.picture.draft)
        hollow = HOLLOWS.get(b"".join(sample.strip(BLANK).split()))
        if refused:
            unknown = REFUSED.at(value=refused)
        elif hollow is not None:
            unknown = HOLLOW.at(value=hollow)
        else:
            unknown = _unknown(sample, library, sniffed, drafted)
        result.findings(unknown)
        for name in _own_unsound(library):
            result.findings(UNSOUND.at(value=name))
        return None
    if len(candidates) > 1:
        result.findings(AMBIGUOUS.at(value=", ".join(result.candidates)))
        return None
    return candidates[0].layout


def _own_unsound(library: Library) -> list[str]:
    """The files with mistakes. Those that come with the product have none: where one lacks what only a site can declare, such as a
    table of its accounts, that says nothing of the file that is looked at.
    """
    shipped = {entry.shown for entry in library.catalogue.entries() if entry.packaged}
    return sorted({problem.file for problem in library.problems} - shipped)


def _unknown(sample: bytes, library: Library, sniffed: Sniffed | None, drafted: bool) -> Finding:
    """What can be said of a file without a layout: what is seen in it, which layouts are nearest, what to do next."""
    format_ = sniffed.format if sniffed is not None else TEXT
    names = library.catalogue.names("layout")
    layouts = (layout for name in names if (layout := _of_format(library, name, format_)) is not None)
    nearest = registry.nearest_to(sample, layouts)
    near = "".join(f" It is like {name}: {like.how}." for name, like in nearest)
    if not nearest:
        remedy = (
            "Look for its kind in `exchange layouts` and name it with --layout, or declare a layout under schemas/ "
            f"(see the tutorial){DRAFT if drafted else '.'}"
        )
        return UNKNOWN.at(reason=_seen(sniffed), near=near, remedy=remedy)
    name, like = nearest[0]
    remedy = (
        f"Ask the sender whether the file is as it should be. To see what differs, name the layout: --layout {name}. If such "
        f"files will come, declare a layout under schemas/ that says `like: {name}` and {like.declare}{OR_DRAFT if drafted else '.'}"
    )
    return UNKNOWN.at(reason=_seen(sniffed), near=near, remedy=remedy)


def _of_format(library: Library, name: str, format_: str) -> LayoutBase | None:
    """A layout of a format, if its file can be used."""
    return library.layout(name) if library.catalogue.head("layout", name).get("format") == format_ else None


def _seen(sniffed: Sniffed | None) -> str:
    """What is seen in a file without a layout: its format, its root and namespace, the names of what is in it."""
    if sniffed is None:
        return "its bytes are of no known format."
    names = f" with {', '.join(sniffed.columns[:NAMES])}" if sniffed.columns else ""
    sign = sniffed.facts.get("delimiter")
    delimiter = "" if sign is None else " between tabs" if sign == "tab" else f' between "{sign}"'
    root = ""
    if "root" in sniffed.facts:
        where = f"the namespace {sniffed.namespace}" if sniffed.namespace else "no namespace"
        root = f" that begins with {sniffed.facts['root']} in {where}"
    return f"it is {sniffed.format}{names}{delimiter}{root}."


def _readable(library: Library, sample: bytes) -> Iterator[LayoutBase]:
    """The layouts that a file may be of (documents have no bytes of their own); the others are not even read."""
    said = {sniffed.format for sniffed in registry.sniff(sample)}
    for name in library.catalogue.names("layout"):
        if name.startswith(COMMON) or not registry.may_fit(
            sample, said, library.catalogue.head("layout", name)
        ):
            continue
        layout = library.layout(name)
        if layout is not None:
            yield layout


def _to_common(library: Library, layout: LayoutBase) -> list[Step]:
    """All mappings from a layout to documents, but for those in whose place the site has its own. DeclarationError when one of
    them is not sound.
    """
    names, catalogue = library.mappings_from(layout.layout, COMMON), library.catalogue
    families = [list(catalogue.family("mapping", name)) for name in names]
    replaced = {
        other.name for own, *others in families if not own.packaged for other in others if other.packaged
    }
    steps = [library.mapping(name) for name in names if name not in replaced]
    sound = [step for step in steps if step is not None]
    if len(sound) < len(steps):
        raise DeclarationError(library.problems)
    return sound


def _records(
    path: Path, library: Library, layout: LayoutBase, found: Gathered, progress: Progress | None
) -> Iterator[Batch]:
    """The records of a file, checked against its schema before."""
    reader = library.reader(layout.layout)
    if reader is None:
        raise DeclarationError(library.problems)
    validate = validator(library, layout, reading=True)
    with path.open("rb") as stream:
        if validate is not None:
            validate(stream, found)
            stream.seek(0)
        yield from reader.read(stream, found, progress)


def _mapped(
    batches: Iterator[Batch], facts: ArrivalFacts, steps: list[Step], found: Gathered
) -> Iterator[Batch]:
    """What several mappings make of the same records."""
    chain, seen = [steps] if steps else [], Seen()

    def counted(step: Step) -> Tally:
        return Tally(spool=lambda keys: _twice(seen, step, keys, found))

    return run_chain(batches, chain, facts, found, counted)


def _twice(seen: Seen, step: Step, keys: Keys, found: Gathered) -> None:
    """Tells documents that stand in the file again; whether both are meant is for a flow's run to ask."""
    for finding in seen.again(step.target, keys):
        found(finding.with_severity("warning"))


def _count(
    path: Path,
    library: Library,
    layout: LayoutBase,
    result: Inspected,
    facts: ArrivalFacts,
    progress: Progress | None,
) -> None:
    """What a file says of itself, its records, documents, totals and accounts, in one pass."""
    sums: dict[str, _Sums] = defaultdict(_Sums)
    statements, about = Statements(), About(layout)
    steps = _to_common(library, layout)
    read = _records(path, library, layout, result.findings, progress)
    records = _counted(read, result.records, about)
    said = Gathered()
    for batch in _mapped(records, facts, steps, said):
        for document in batch if steps else ():
            result.documents[COMMON + str(document.get(KIND)).replace("_", "-")] += 1
            _add(document, sums)
            statements.add(document)
    result.findings.take(said)
    # A file whose own version could not be read is not of the version that its layout describes.
    result.version = about.said.pop(VERSION, "" if VERSION in layout.about else result.version)
    result.about = about.said
    result.totals = [
        {"currency": currency or None, "credit": s.credit, "debit": s.debit, "count": s.count}
        for currency, s in sorted(sums.items())
    ]
    result.accounts = statements.as_dicts()


def _counted(batches: Iterator[Batch], counts: Counter[str], about: About) -> Iterator[Batch]:
    for batch in batches:
        about.add(batch)
        counts.update(record.get(KIND, "record") for record in batch)
        yield batch


def _add(document: Record, sums: dict[str, _Sums]) -> None:
    """A document's amount to the totals of its currency; a voucher's rows to those of the books, which it does not name."""
    if document.get(KIND) == "voucher":
        sums[""].add_rows(
            row["amount"] for row in document.get("rows") or () if row.get("amount") is not None
        )
        return
    amount = document.get("amount", document.get("total"))
    currency = document.get("currency")
    if amount is not None and currency is not None:
        outgoing = document.get(KIND) == "payment" and document.get("kind") == "transfer"
        sums[currency].add(-amount if outgoing else amount)
