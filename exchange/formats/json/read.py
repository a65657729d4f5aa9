"""JSON and NDJSON → records: parsed in C, converted by generated code, explained when that refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from exchange.findings import Finding, Found
from exchange.formats import encoding
from exchange.formats.contract import SAMPLE_SIZE, Progress
from exchange.formats.json import lines
from exchange.formats.json.complaints import NO_SUCH_RECORD, WRONG_KIND, WRONG_TOTAL, Broken, kind_of
from exchange.formats.json.explain import Explainer, codecs_of
from exchange.formats.json.generate import Coder
from exchange.formats.json.layout import JsonField, Layout
from exchange.formats.json.stream import SAID, Buffer, Element, Walker
from exchange.formats.json.tokens import Places, pointer
from exchange.formats.json.totals import Totals
from exchange.formats.values import Refused
from exchange.model import Batch, Record, batches


class _Kind:
    """One kind of record with its generated code."""

    def __init__(self, layout: Layout, name: str) -> None:
        self.name = name
        self.fields = layout.kinds()[name].fields
        self.inside = layout.kinds()[name].inside
        self.codecs = codecs_of(self.fields, layout.dialect)
        coder = Coder(self.codecs)
        coder.row(name, self.fields, self.inside)
        self.source = coder.source
        self.row = coder.compiled()
        required = dict.fromkeys(
            field.steps(name)[0]
            for name, field in self.fields.items()
            if field.required and field.steps(name)
        )
        self.wanted = tuple(required) if len(required) > 1 else ()
        """The keys of which one at least must be there, or it is nothing of the kind."""

    def explained(self, value: dict[str, Any], places: Places) -> tuple[dict[str, Any], list[Finding]]:
        """The fields by the slow rules, and everything wrong with them."""
        explainer = Explainer(self.codecs, places)
        fields = explainer.structure(self.fields, value, (), "")
        return fields, explainer.findings


class JsonReader:
    """Reads files of one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._kind = _Kind(layout, layout.streamed)
        self._envelope = _Kind(layout, layout.envelope) if layout.envelope else None
        kinds = [kind for kind in (self._envelope, self._kind) if kind is not None]
        self._source = "\n\n".join(f"# {kind.name}\n{kind.source}" for kind in kinds)

    @property
    def source(self) -> str:
        """The generated Python source."""
        return self._source

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """See `contract.Reader`."""
        return batches(_Reading(self._layout, self._kind, self._envelope, found).records(stream, progress))


class _Reading:
    """The reading of one file."""

    def __init__(self, layout: Layout, kind: _Kind, envelope: _Kind | None, found: Found) -> None:
        self._layout = layout
        self._kind = kind
        self._envelope = envelope
        self._tell = found
        self._errors = 0

    def records(self, stream: BinaryIO, progress: Progress | None) -> Iterator[Record]:
        """The good records; what ends the reading early is a finding like all others."""
        try:
            if self._layout.lines or self._is_in_lines(stream):
                blocks = encoding.blocks(stream, self._layout.encoding, self._found, progress)
                yield from self._from_elements(lines.elements(blocks, self._found), None)
            else:
                yield from self._from_file(stream, progress)
        except (Broken, encoding.Unreadable) as stop:
            self._found(stop.finding)

    def _is_in_lines(self, stream: BinaryIO) -> bool:
        if not self._layout.may_be_lines:
            return False
        begin = stream.tell()
        head = stream.read(SAMPLE_SIZE).decode(self._layout.encoding, "replace").removeprefix("\ufeff")
        stream.seek(begin)
        return lines.opens(head)

    def _found(self, finding: Finding) -> None:
        self._errors += finding.severity == "error"
        self._tell(finding)

    def _from_file(self, stream: BinaryIO, progress: Progress | None) -> Iterator[Record]:
        begin = stream.tell()
        around = self._around(stream) if self._envelope else None
        stream.seek(begin)
        aside: list[Finding] = []
        may_be_whole = () in self._layout.places
        walker = self._walker(stream, progress, self._found, aside.append if may_be_whole else self._found)
        totals = Totals(self._envelope.fields if self._envelope else {})
        for record in self._from_elements(walker.elements(), around):
            if totals:
                totals.add(record)
            yield record
        if not walker.places and may_be_whole and walker.keys:
            stream.seek(begin)
            yield from self._whole_file(stream)
            return
        for finding in aside:
            self._found(finding)
        if around is not None and not self._errors:
            self._check_totals(totals, around)

    def _walker(self, stream: BinaryIO, progress: Progress | None, doubts: Found, aside: Found) -> Walker:
        buffer = Buffer(encoding.blocks(stream, self._layout.encoding, doubts, progress))
        needed = self._envelope.fields if self._envelope else {}
        paths = frozenset(field.steps(name) for name, field in needed.items())
        return Walker(buffer, self._layout.places, paths, aside)

    def _whole_file(self, stream: BinaryIO) -> Iterator[Record]:
        """The file itself is the only record: none of the other places was there."""
        buffer = Buffer(encoding.blocks(stream, self._layout.encoding, _ignore))
        yield from self._from_elements(Walker(buffer, ((),), frozenset(), _ignore).elements(), None)

    def _around(self, stream: BinaryIO) -> Record | None:
        """The kind around the records. Reads past these only when a part of it has not come before them."""
        assert self._envelope is not None
        walker = self._walker(stream, None, _ignore, _ignore)
        for _ in walker.elements():
            if walker.needed <= walker.seen:
                break
        if not walker.places:
            return None
        return self._record(self._envelope, Element(walker.around, "", 0, 0, 1), None)

    def _from_elements(self, elements: Iterator[Element], around: Record | None) -> Iterator[Record]:
        row, kind, orphaned = self._kind.row, self._kind, self._envelope is not None and around is None
        for element in elements:
            value = element.value
            if value.__class__ is dict and not element.flaws and not orphaned:
                try:
                    yield row(value, element.line, pointer(element.steps), around)
                    continue
                except Refused:
                    pass
            record = self._record(kind, element, around)
            if record is not None and not orphaned:
                yield record

    def _record(self, kind: _Kind, element: Element, around: Record | None) -> Record | None:
        """The record by the slow rules; None, and findings, when anything is wrong with it."""
        path = pointer(element.steps)
        if not isinstance(element.value, dict):
            facts = {"field": path or kind.name, "want": "an object", "got": kind_of(element.value)}
            self._found(WRONG_KIND.at(line=element.line, column=element.column, path=path, **facts))
            return None
        if element.value and kind.wanted and not element.value.keys() & {*kind.wanted}:
            facts = {"kind": kind.name, "want": ", ".join(kind.wanted)}
            said = element.text[element.begin : element.end][:SAID]
            self._found(
                NO_SUCH_RECORD.at(line=element.line, column=element.column, path=path, value=said, **facts)
            )
            return None
        fields, findings = kind.explained(element.value, element.places())
        for finding in (*element.flaws, *findings):
            self._found(finding)
        if element.flaws or any(finding.severity == "error" for finding in findings):
            return None
        record: Record = {**fields, "@kind": kind.name, "@line": element.line, "@path": path}
        return {**record, kind.inside: around} if kind.inside else record

    def _check_totals(self, totals: Totals, around: Record) -> None:
        for name, got in totals.values():
            declared = around[name]
            if declared is not None and declared != got:
                self._found(
                    WRONG_TOTAL.at(
                        field=name, value=declared, got=got, path=f"/{'/'.join(self._steps(name))}"
                    )
                )

    def _steps(self, name: str) -> tuple[str, ...]:
        fields: dict[str, JsonField] = dict(self._envelope.fields) if self._envelope else {}
        return fields[name].steps(name)


def _ignore(_finding: Finding) -> None:
    """For a second look at text whose findings were told, or will be."""
