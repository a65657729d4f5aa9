"""JSON and NDJSON (RFC 8259): one layout drives reading and writing; numbers are exact, never floats.

What JSON leaves open is refused with its place: duplicate keys, NaN, half characters, values after the end.
"""

from __future__ import annotations

import io

from exchange.formats.contract import SAMPLE_SIZE
from exchange.formats.json.glimpse import glimpse as glimpse
from exchange.formats.json.layout import Layout as Layout
from exchange.formats.json.read import JsonReader
from exchange.formats.json.sniff import recognise as recognise
from exchange.formats.json.sniff import resembles as resembles
from exchange.formats.json.sniff import sniff as sniff
from exchange.formats.json.write import JsonWriter
from exchange.outcome import Gathered


def reader(layout: Layout) -> JsonReader:
    """A reader of this layout."""
    return JsonReader(layout)


def writer(layout: Layout) -> JsonWriter:
    """A writer of this layout."""
    return JsonWriter(layout)


def fits(sample: bytes, layout: Layout) -> bool:
    """Whether the values of a small file are what the layout says; asked where several layouts fit it alike."""
    gathered = Gathered()
    if len(sample) < SAMPLE_SIZE:
        for _ in JsonReader(layout).read(io.BytesIO(sample), gathered):
            pass
    return not gathered.errors
