"""PDF that carries an XML file: Factur-X, ZUGFeRD and others, whose picture is for people and whose attachment is the invoice.

    layout: uncefact/factur-x
    like: uncefact/invoice
    format: pdf
    attachments: [factur-x.xml, zugferd-invoice.xml]

Everything but `attachments` and `otherwise` is as in a layout of the format xml: it tells of the attached file. Only read; needs the
extra `pdf`. Places in findings are those in the attached file.
"""

from __future__ import annotations

import errno
import importlib
import io
import logging
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Literal

from pydantic import Field

from exchange.errors import UseError
from exchange.findings import Found, code
from exchange.formats import xml
from exchange.formats.contract import Progress, Sniffed
from exchange.model import Batch

logging.getLogger("pypdf").addHandler(logging.NullHandler())
"""What is wrong with a file is a finding; the library's words would stand on the screen as well."""

_HEAD = re.compile(rb"%PDF-(\d\.\d)")
_HEAD_WITHIN = 1024
"""Other bytes may stand before the head (ISO 32000-1, annex H)."""

DAMAGED = code(
    "PDF001",
    "error",
    "The PDF cannot be read: {why}.",
    advice="Ask the sender for the file once more, without a password.",
)
NO_ATTACHMENT = code(
    "PDF002",
    "error",
    "The PDF carries no file that is called {wanted}; it carries {held}.",
    advice="It is for people only. Ask the sender for an electronic invoice, or enter it by hand.",
)
SEVERAL = code(
    "PDF003",
    "error",
    "The PDF carries {count} files that are called {wanted}.",
    advice="Ask the sender which one is meant.",
)

_FAULTS = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, NotImplementedError,
           AssertionError, EOFError, struct.error, zlib.error)  # fmt: skip
"""What reading a damaged PDF may raise, besides the errors that pypdf has for it."""


REACH = 32 * 1024 * 1024
"""What a PDF carries is named at its end: one with fewer bytes is known by it, of a bigger one the layout must be named."""

Held = list[tuple[str, list[bytes]]]


class Unusable(Exception):
    """The PDF cannot be read, and why."""


class Layout(xml.Layout):
    """The layout of an XML file that a PDF carries."""

    format: Literal["pdf"]  # type: ignore[assignment]
    attachments: list[str] = Field(
        min_length=1, description="the names that the file may have in the PDF, whatever their case"
    )
    otherwise: bool = Field(
        default=False,
        description="whether a PDF in which no layout finds its file is taken for one of this layout, so that reading tells what is wrong",
    )


class PdfReader:
    """Reads the attached file as the XML that it is."""

    def __init__(self, layout: Layout) -> None:
        self._wanted = layout.attachments
        self._xml = xml.reader(layout)
        self._pypdf = _pypdf()

    @property
    def source(self) -> str:
        """The generated Python source of the XML reader."""
        return self._xml.source

    def read(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> Iterator[Batch]:
        """The records of the attached file."""
        held = self._attached(stream, found)
        if held is None:
            return
        files = _wanted(held, self._wanted)
        wanted = " or ".join(self._wanted)
        if len(files) == 1:
            yield from self._xml.read(io.BytesIO(files[0]), found, progress)
        elif files:
            found(SEVERAL.at(count=len(files), wanted=wanted))
        else:
            names = ", ".join(name for name, _ in held)
            found(NO_ATTACHMENT.at(wanted=wanted, held=names or "none at all"))

    def _attached(self, stream: BinaryIO, found: Found) -> Held | None:
        """The files that the PDF carries, by name; None when it cannot be read."""
        try:
            return _held(self._pypdf, stream)
        except Unusable as error:
            found(DAMAGED.at(why=str(error)))
            return None


def reader(layout: Layout) -> PdfReader:
    """A reader of this layout. Raises UseError when the extra is not installed."""
    return PdfReader(layout)


def writer(layout: Layout) -> Any:
    """None: such files are only read. Raises UseError."""
    raise UseError(
        f"Files of the layout {layout.layout} are only read.",
        advice="A PDF/A-3 with its picture is made by the program that prints invoices; write the XML with the layout that this one is like.",
    )


def may_fit(sample: bytes, head: Mapping[str, str]) -> bool:
    """Whether a file may be of a layout of this format."""
    return _HEAD.search(sample[:_HEAD_WITHIN]) is not None


def reach(first: bytes) -> int:
    """All of a PDF must be seen to know what it carries."""
    return REACH if _HEAD.search(first[:_HEAD_WITHIN]) else 0


def recognise(sample: bytes, layout: Layout) -> str | None:
    """By the file that it carries. A PDF whose file is of no layout is of the one that says so."""
    if not _HEAD.search(sample[:_HEAD_WITHIN]):
        return None
    holds = _holds(sample, layout)
    if holds is not None:
        return f"It is a PDF that carries a file of that name. {holds}"
    return f"It is a PDF, which may carry {' or '.join(layout.attachments)}." if layout.otherwise else None


def fits(sample: bytes, layout: Layout) -> bool:
    """Whether a PDF carries what the layout reads, not only what it is taken for."""
    return _holds(sample, layout) is not None


def sniff(sample: bytes) -> Sniffed | None:
    """What the first bytes say."""
    match = _HEAD.search(sample[:_HEAD_WITHIN])
    return Sniffed("pdf", "binary", "it begins as a PDF", version=match[1].decode()) if match else None


def _holds(sample: bytes, layout: Layout) -> str | None:
    """Why the attached file is of this layout; None when it is not, or is not seen."""
    files = _wanted(_seen(sample), layout.attachments)
    return xml.recognise(files[0], layout) if len(files) == 1 else None


def _wanted(held: Held, names: Iterable[str]) -> list[bytes]:
    """The attached files of one of these names."""
    known = {name.casefold() for name in names}
    return [content for name, contents in held if name.casefold() in known for content in contents]


def _seen(sample: bytes) -> Held:
    """What a PDF carries that is seen whole; nothing where it cannot be read."""
    if len(sample) >= REACH:
        return []
    try:
        return _held(_pypdf(), io.BytesIO(sample))
    except Unusable:
        return []


def _held(pypdf: Any, stream: BinaryIO) -> Held:
    """The files that a PDF carries, by name. Raises Unusable when it cannot be read."""
    try:
        document = pypdf.PdfReader(stream)
        return [(str(name), list(contents)) for name, contents in document.attachments.items()]
    except (pypdf.errors.PyPdfError, pypdf.errors.DependencyError, *_FAULTS) as error:
        raise Unusable(str(error).strip(". \n") or type(error).__name__) from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise Unusable("it refers to a place before its beginning") from None


def _pypdf() -> Any:
    try:
        importlib.import_module("pypdf.errors")
        return importlib.import_module("pypdf")
    except ImportError:
        raise UseError(
            "PDF files are read with the extra `pdf`, which is not installed.",
            advice="Install it: pip install 'exchange-engine[pdf]'.",
        ) from None
