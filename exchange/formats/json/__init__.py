"""JSON and NDJSON (RFC 8259): one layout drives reading and writing; numbers are exact, never floats.

What JSON leaves open is refused with its place: duplicate keys, NaN, half characters, values after the end.
"""

from __future__ import annotations

from exchange.formats.json.glimpse import glimpse as glimpse
from exchange.formats.json.layout import Layout as Layout
from exchange.formats.json.read import JsonReader
from exchange.formats.json.sniff import recognise as recognise
from exchange.formats.json.sniff import resembles as resembles
from exchange.formats.json.sniff import sniff as sniff
from exchange.formats.json.write import JsonWriter


def reader(layout: Layout) -> JsonReader:
    """A reader of this layout."""
    return JsonReader(layout)


def writer(layout: Layout) -> JsonWriter:
    """A writer of this layout."""
    return JsonWriter(layout)
