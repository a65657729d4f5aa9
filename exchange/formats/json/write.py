"""Records → JSON or NDJSON: one record per line, keys in declared order; same records, same bytes.

What stands around the records is written before them; with control totals the records are spooled first.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, BinaryIO

from exchange.findings import Finding, Found
from exchange.formats.contract import Written
from exchange.formats.json.complaints import SECOND_ENVELOPE
from exchange.formats.json.explain import codecs_of
from exchange.formats.json.layout import Layout, Tree
from exchange.formats.json.render import Coder, Renderer, quoted
from exchange.formats.json.totals import Totals
from exchange.formats.values import Refused
from exchange.model import LINE, PATH, Batch, Record

Spool = Callable[[], BinaryIO]
COPIED = 1024 * 1024
"""How many spooled bytes are copied at once."""
UNMARKED = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}
"""JSON is written without a byte order mark (RFC 8259, section 8.1)."""


class JsonWriter:
    """Writes files of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        codec = codecs.lookup(layout.encoding).name
        self.encoding = UNMARKED.get(codec, codec)
        self.fields = layout.kinds()[layout.streamed].fields
        self.codecs = codecs_of(self.fields, layout.dialect)
        self.around = layout.kinds()[layout.envelope].fields if layout.envelope else {}
        self.around_codecs = codecs_of(self.around, layout.dialect)
        coder = Coder(self.codecs)
        coder.kind(self.fields)
        self._source = coder.source
        self.text = coder.compiled()

    @property
    def source(self) -> str:
        """The generated Python source."""
        return self._source

    def write(self, batches: Iterable[Batch], out: BinaryIO, spool: Spool, found: Found) -> Written:
        """See `contract.Writer`."""
        writing = _Writing(self, found)
        if self.layout.lines:
            writing.body(batches, out, "\n")
            out.write("\n".encode(self.encoding) if writing.count else b"")
        elif any(field.control for field in self.around.values()):
            with spool() as held:
                writing.body(batches, held, ",\n")
                held.seek(0)
                writing.around(out, lambda: out.writelines(iter(lambda: held.read(COPIED), b"")))
        else:
            rest = iter(batches)
            first = next(rest, [])
            writing.look(first[:1])
            writing.around(out, lambda: writing.body(chain([first], rest), out, ",\n"))
        kinds = {self.layout.streamed: writing.count}
        return Written({**kinds, self.layout.envelope: 1} if self.layout.envelope else kinds)


class _Writing:
    """The writing of one file."""

    def __init__(self, writer: JsonWriter, found: Found) -> None:
        self._writer = writer
        self._found = found
        self._envelope: Record | None = None
        self._totals = Totals(writer.around)
        self.count = 0

    def body(self, batches: Iterable[Batch], out: BinaryIO, between: str) -> None:
        """The records, separated; those that break the layout are findings and are left out."""
        encoding = self._writer.encoding
        for batch in batches:
            self.look(batch)
            texts = [text for record in batch if (text := self._text(record))]
            if texts:
                before = between if self.count else ""
                self.count += len(texts)
                out.write((before + between.join(texts)).encode(encoding))

    def look(self, batch: Iterable[Record]) -> None:
        """Note the kind around the records, of which a file has one, and add up its totals."""
        name = self._writer.layout.envelope
        if name is None:
            return
        for record in batch:
            envelope = record.get(name)
            if self._envelope is None:
                self._envelope = envelope
            elif envelope is not self._envelope:
                self._found(SECOND_ENVELOPE.at(kind=name, line=record.get(LINE)))
                self._envelope = envelope

    def _text(self, record: Record) -> str | None:
        """The record as JSON; None, and findings, when it breaks the layout."""
        if self._totals:
            self._totals.add(record)
        try:
            text = self._writer.text(record)
            text.encode(self._writer.encoding)
            return text
        except (Refused, UnicodeEncodeError):
            place = {"line": record.get(LINE), "path": record.get(PATH)}
            slow = Renderer(self._writer.codecs, place, self._writer.encoding)
            text = slow.structure(self._writer.fields, record)
            return None if self._told(slow.findings) else text

    def _told(self, findings: list[Finding]) -> bool:
        for finding in findings:
            self._found(finding)
        return any(finding.severity == "error" for finding in findings)

    def around(self, out: BinaryIO, body: Callable[[], Any]) -> None:
        """The whole file: what stands around the records, these as the list at their place, and the end."""
        head, tail = self._frame()
        encoding = self._writer.encoding
        out.write(f"{head}[\n".encode(encoding))
        body()
        out.write((("\n]" if self.count else "]") + f"{tail}\n").encode(encoding))

    def _frame(self) -> tuple[str, str]:
        """The text before and after the list of the records."""
        values = {**(self._envelope or {}), **dict(self._totals.values())}
        slow = Renderer(self._writer.around_codecs, {}, self._writer.encoding)
        tree, head, place = Tree.of(self._writer.around), "", self._writer.layout.places[0]
        for key in place:
            below = tree.pop(key, None)
            members = slow.members(tree, self._writer.around, values, "")
            head += "{" + "".join(f"{member}," for member in members) + f"{quoted(key)}:"
            tree = below if isinstance(below, Tree) else Tree()
        self._told(slow.findings)
        return head, "}" * len(place)
