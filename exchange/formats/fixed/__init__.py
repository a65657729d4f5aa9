"""Records with fields in fixed columns: bank files of the old kind, extracts of old systems.

    layout: bankgirot/bgmax
    format: fixed
    encoding: iso-8859-1
    length: 80
    code at: 1-2
    records:
      file:    {code: "01", fields: {…}, trailer: {code: "70", fields: {payments: {at: 3-10, type: integer,
                control: {count: [payment]}}}}}
      payment: {inside: file, code: "20", fields: {amount: {at: 38-55, type: money, decimals: 2}}}
      text:    {of: payment, as: texts, code: "25", fields: {text: {at: 3-52}}}

Kinds stand in each other (`inside`); a record with `of` belongs to the one before it, a record with `before` to those
behind it that have the same value of `by`. One layout drives reading and writing; control totals are checked in the
one and computed in the other.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator

from exchange.findings import Finding
from exchange.formats import encoding as encodings
from exchange.formats.contract import SAMPLE_SIZE, Reader, Sniffed, Writer
from exchange.formats.fixed.form import Columns
from exchange.formats.fixed.layout import Layout
from exchange.formats.fixed.lines import encoding_of, joined, untitled
from exchange.formats.fixed.plan import Dispatch
from exchange.formats.fixed.read import RecordReader
from exchange.formats.fixed.seal import unsealed
from exchange.formats.fixed.write import RecordWriter

__all__ = ["Layout", "reader", "recognise", "sniff", "writer"]

SHORTEST = 40
"""Lines of equal length that are shorter than this may be anything."""


def reader(layout: Layout) -> Reader:
    """A reader of this layout."""
    return RecordReader(layout, Columns(layout))


def writer(layout: Layout) -> Writer:
    """A writer of this layout."""
    return RecordWriter(layout, Columns(layout))


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the first record, which must be a right one of the outermost kind, and by the codes of all others."""
    text = _text(sample, layout)
    lines = _lines(text, layout, len(sample) >= SAMPLE_SIZE) if text is not None and "\0" not in text else []
    dispatch = Dispatch(layout)
    plans = [dispatch.plan(line) for line in lines]
    first = plans[0] if plans else None
    if first is None or first.record.inside or first.role in ("child", "trailer") or None in plans:
        return None
    wrong: list[object] = []
    first.explain(lines[0].ljust(first.width), 1, wrong.append)
    if wrong or len(lines[0].rstrip()) > first.width:
        return None
    return f"It begins with a right record {first.name}, and the codes of {len(lines)} records are known."


def sniff(sample: bytes) -> Sniffed | None:
    """Lines that all have the same length."""
    guessed = encodings.guess(sample)
    text = encodings.beginning(sample, guessed.encoding)
    lines = io.StringIO(text or "").read().splitlines()
    lines = lines[:-1] if len(sample) >= SAMPLE_SIZE else lines
    lengths = {len(line) for line in lines if line}
    if len(lines) < 3 or len(lengths) != 1 or min(lengths) < SHORTEST:
        return None
    return Sniffed("fixed", guessed.encoding, guessed.reason, facts={"length": str(min(lengths))})


def _lines(text: str, layout: Layout, cut: bool) -> list[str]:
    """The whole records at the beginning."""
    if layout.newline == "none":
        length = layout.length or 1
        return [text[at : at + length] for at in range(0, len(text) - length + 1, length)]
    lines = text.split("\n")
    whole = [
        line.rstrip("\r")
        for line in (lines[:-1] if cut else lines)
        if line.strip(" \t\r\x1a") or layout.lines
    ]
    if layout.lines:
        return [
            line for _, line in _first(joined(iter(enumerate(whole, 1)), layout.length or 1, layout.lines))
        ]
    numbered: Iterable[tuple[int, str]] = enumerate(whole, 1)
    if layout.titles is not None:
        numbered = untitled(iter(numbered), layout.titles, _nobody)
    if layout.seal is not None:
        numbered = unsealed(numbered, _nobody)
    return [line for _, line in numbered]


def _first(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The whole records of a sample, which may be cut off in the midst of one."""
    with contextlib.suppress(encodings.Unreadable):
        yield from lines


def _text(sample: bytes, layout: Layout) -> str | None:
    """The whole lines of the sample in the encoding that they would be read in."""
    whole = sample[: sample.rfind(b"\n") + 1] if len(sample) >= SAMPLE_SIZE else sample
    chosen = encoding_of(io.BytesIO(whole or sample), layout, _nobody)
    return encodings.beginning(sample, chosen)


def _nobody(_: Finding) -> None:
    """The reader tells of titles."""
