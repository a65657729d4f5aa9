"""Delimited rows of several kinds, told apart by a code: exports of old business systems.

    layout: acme/invoices
    format: delimited
    encoding: windows-1252
    dialect: {delimiter: ";", decimal: ","}
    records:
      invoice: {code: H, fields: {number: {column: 2, required: true}, due: {column: 3, type: date}}}
      row:     {of: invoice, as: lines, code: L, fields: {amount: {column: 2, type: money, scale: 2}}}

Records stand in each other (`inside`), belong to the one before them (`of`) and have trailers and control totals as in
the format `fixed`; only where a field stands is said otherwise: by the number of its column, or by its title in the
`header` of the record.
"""

from __future__ import annotations

from exchange.findings import Finding
from exchange.formats import encoding as encodings
from exchange.formats.contract import SAMPLE_SIZE, Reader, Sniffed, Writer
from exchange.formats.delimited.form import Rows
from exchange.formats.delimited.layout import Layout
from exchange.formats.delimited.plan import Row, RowPlan
from exchange.formats.encoding import Unreadable
from exchange.formats.fixed.read import RecordReader
from exchange.formats.fixed.write import RecordWriter

__all__ = ["Layout", "reader", "recognise", "sniff", "writer"]


def reader(layout: Layout) -> Reader:
    """A reader of this layout."""
    return RecordReader(layout, Rows(layout))


def writer(layout: Layout) -> Writer:
    """A writer of this layout."""
    return RecordWriter(layout, Rows(layout))


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the first record, which must be a right one of the outermost kind, and by the codes and widths of all."""
    text = encodings.beginning(sample, encodings.seen(sample, layout.encoding))
    if text is None or "\0" in text or layout.dialect.delimiter not in text:
        return None
    if len(sample) >= SAMPLE_SIZE:
        text = text[: text.rfind("\n") + 1]
    form, told = Rows(layout), list[Finding]()
    try:
        rows = [row for _, row in form.cut(iter([text]), told.append)]
    except Unreadable:
        return None
    plans = [form.plan(row) for row in rows]
    first = plans[0] if plans else None
    if first is None or first.record.inside or first.role in ("child", "trailer"):
        return None
    if any(plan is None or not _fits(plan, row) for plan, row in zip(plans, rows, strict=True)):
        return None
    if any(finding.severity == "error" for finding in told) and len(sample) < SAMPLE_SIZE:
        return None
    wrong: list[Finding] = []
    first.explain(form.fitter(_nothing).fitted(first, rows[0], 1), 1, wrong.append)
    return (
        None
        if wrong
        else f"It begins with a right record {first.name}, and the codes of {len(rows)} records are known."
    )


def sniff(sample: bytes) -> Sniffed | None:
    """Nothing: without a layout they are like csv files."""
    return None


def _fits(plan: RowPlan, row: Row) -> bool:
    """Whether a row has the columns of its record; empty ones behind them are none."""
    return plan.fewest <= len(row) and not any(cell.strip() for cell in row[plan.width :])


def _nothing(*_: object, **__: object) -> None:
    """The reader tells what differs."""
