"""Small SIE files and the ways to read and write them, for the tests of SIE."""

from __future__ import annotations

import io
from typing import Any

from exchange.findings import Finding
from exchange.formats import sie
from exchange.model import Record
from exchange.outcome import Gathered

HEAD = """\
#FLAGGA 0
#PROGRAM "Lön & Co" 1.0
#FORMAT PC8
#GEN 20261123 AB
#SIETYP 4
#ORGNR 555555-5555
#FNAMN "Övningsbolaget AB"
#VALUTA SEK
"""
VOUCHER = """\
#VER A 1 20261120 "Kaffe \\"mörk\\"" 20261121 EL
{
#TRANS 1910 {} -125.00
#TRANS 4010 {1 "Syd" 6 "0019"} 100.00 20261119 "Kaffe" 2.5 EL
#TRANS 2641 {} 25.00 "" moms
}
"""
ROW = {"date": None, "text": None, "quantity": None, "sign": None, "dimensions": None, "added": None}


def layout(kind: str = "4I", **more: Any) -> sie.Layout:
    return sie.Layout.model_validate({"layout": f"x/{kind.lower()}", "format": "sie", "type": kind, **more})


def read(text: str | bytes, kind: str = "4I", **more: Any) -> tuple[list[Record], list[Finding]]:
    gathered = Gathered()
    raw = text.encode("cp437") if isinstance(text, str) else text
    batches = sie.reader(layout(kind, **more)).read(io.BytesIO(raw), gathered)
    return [record for batch in batches for record in batch], gathered.kept


def write(records: list[Record], kind: str = "4I", **more: Any) -> tuple[str, list[Finding]]:
    gathered, out = Gathered(), io.BytesIO()
    declared = layout(kind, **{"newline": "lf", **more})
    sie.writer(declared).write([records], out, io.BytesIO, gathered)
    return out.getvalue().decode("cp437"), gathered.kept


def told(found: list[Finding], *severities: str) -> list[tuple[str, int | None]]:
    wanted = severities or ("error", "warning")
    return [(f.code, f.line) for f in found if f.severity in wanted]


def plain(value: Any, seen: dict[int, Any] | None = None) -> Any:
    """A record without places. What records share, such as the head of their file, is looked at once."""
    seen = {} if seen is None else seen
    if not isinstance(value, dict | list):
        return value
    if id(value) not in seen:
        seen[id(value)] = (
            {name: plain(inner, seen) for name, inner in value.items() if not name.startswith("@")}
            if isinstance(value, dict)
            else [plain(inner, seen) for inner in value]
        )
    return seen[id(value)]
