"""XML: ISO 20022, Finvoice, UBL and the exports of many systems, by declared paths.

Reading: `source` bytes → UTF-8, `scan` UTF-8 → parsed pieces, `plan` and `walkcode` layout → generated code,
`walk` and `reading` pieces → records, `alike`, `alikecode` and `skim` records written like earlier ones → records without
parsing, `places` and `complaints` what is wrong and where. Writing: `writecode`
layout → templates, `writing` records → bytes, `texts` escaping. Both: `paths`, `layout`, `names`, `totals`.
`evidence`: what the first bytes of a file say. `unread`: what of a file no field reads.
"""

from __future__ import annotations

from exchange.formats.xml.evidence import may_fit, recognise, resembles, sniff
from exchange.formats.xml.layout import Layout
from exchange.formats.xml.reading import XmlReader
from exchange.formats.xml.unread import unread
from exchange.formats.xml.writing import XmlWriter

__all__ = ["Layout", "may_fit", "reader", "recognise", "resembles", "sniff", "unread", "writer"]


def reader(layout: Layout) -> XmlReader:
    """A reader of this layout."""
    return XmlReader(layout)


def writer(layout: Layout) -> XmlWriter:
    """A writer of this layout. Raises UseError when the layout can only be read."""
    return XmlWriter(layout)
