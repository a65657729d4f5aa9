"""Layouts and helpers for the tests of XML."""

from __future__ import annotations

import io
import tempfile
from typing import Any
from unittest import mock

from exchange.findings import Finding
from exchange.formats import xml
from exchange.formats.xml import scan, source
from exchange.model import Record

ORDERS: dict[str, Any] = {
    "layout": "acme/orders",
    "format": "xml",
    "namespace": "urn:acme:orders:*",
    "prefixes": {"x": "urn:acme:extra"},
    "records": {
        "export": {
            "at": "orders",
            "fields": {"made": {"path": "head/made", "type": "date"}, "by": {"path": "@by"}},
        },
        "group": {
            "inside": "export",
            "at": "groups/group",
            "fields": {"code": {"path": "@code"}, "note": {"path": "note", "late": True}},
        },
        "order": {
            "inside": "group",
            "at": "order",
            "fields": {
                "number": {"path": "@no", "required": True},
                "total": {"path": "total", "type": "money", "scale": 2},
                "currency": {"path": "total/@cur"},
                "name": {"path": ["buyer/party/name", "buyer/name"]},
                "home": {"path": "phone[@kind='home']"},
                "second": {"path": "line[2]/sku"},
                "texts": {"path": "text", "many": True},
                "stock": {"path": "x:stock", "type": "integer"},
                "address": {
                    "path": "buyer/address",
                    "fields": {"town": {"path": "town"}, "zip": {"path": "zip"}},
                },
                "lines": {
                    "many": True,
                    "path": "line",
                    "fields": {
                        "sku": {"path": "sku", "required": True},
                        "count": {"path": "count", "type": "integer"},
                        "tags": {
                            "many": True,
                            "path": "tag",
                            "fields": {"text": {"path": "."}, "kind": {"path": "@kind"}},
                        },
                    },
                },
            },
        },
    },
}


def layout(declared: dict[str, Any] | None = None, **changes: Any) -> xml.Layout:
    """A layout from a declaration, with changes at its top."""
    return xml.Layout.model_validate({**(declared or ORDERS), **changes})


def read(of: xml.Layout, data: bytes, chunk: int | None = None) -> tuple[list[Record], list[Finding]]:
    """All records and findings of a file, read in chunks of this size."""
    findings: list[Finding] = []
    size = source.CHUNK if chunk is None else chunk
    with mock.patch.object(source, "CHUNK", size), mock.patch.object(scan, "CHUNK", size):
        batches = list(xml.reader(of).read(io.BytesIO(data), findings.append))
    return [record for batch in batches for record in batch], findings


def write(of: xml.Layout, *records: Record) -> tuple[bytes, list[Finding]]:
    """The file of some records, and the findings."""
    findings: list[Finding] = []
    out = io.BytesIO()
    xml.writer(of).write([list(records)], out, tempfile.TemporaryFile, findings.append)
    return out.getvalue(), findings


def document(body: str, namespace: str = "urn:acme:orders:1", head: str = "") -> bytes:
    """An orders file around some groups."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}'
        f'<orders xmlns="{namespace}" xmlns:e="urn:acme:extra" by="Åsa"><head><made>2026-01-31</made></head>'
        f"<groups>{body}</groups></orders>"
    ).encode()


def one(body: str) -> bytes:
    """An orders file with one order that holds this."""
    return document(f'<group code="g"><order no="1">{body}</order></group>')


def codes(findings: list[Finding]) -> list[str]:
    """The codes of findings, in order."""
    return [finding.code for finding in findings]
