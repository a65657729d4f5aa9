"""What a file is that no layout can be for: a web page, a document, an archive, a picture, a program."""

from __future__ import annotations

import re

_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an Office document of the old kind (such as .xls or .doc)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"{\\rtf", "a text document (RTF)"),
)
_WORKBOOK = b"xl/"
_DOCUMENT = b"word/"
_PROGRAM = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s*//[^\n]*\n)*\s*"
    rb"(?:#!/|<\?php\b|(?:codeunit|table|tableextension|page|pageextension|report|query|xmlport|enum) \d+ [\"\w])"
)
"""A script, PHP, or AL of Business Central, behind remarks."""
_PAGE = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_TITLE = re.compile(rb"<title>\s*([^<]{1,80})", re.IGNORECASE)


def web_page(beginning: bytes) -> str | None:
    """The title of a web page in its quotes, "" when it has none; None when the bytes are no web page."""
    if not _PAGE.search(beginning[:4_096]):
        return None
    title = _TITLE.search(beginning)
    return f' titled "{title[1].decode("utf-8", "replace").strip()}"' if title else ""


def named(beginning: bytes) -> str | None:
    """What the bytes are, with an article; None when they may be data."""
    title = web_page(beginning)
    if title is not None:
        return f"a web page (HTML){title}, probably saved instead of the file"
    if beginning.startswith(b"PK\x03\x04"):
        if _WORKBOOK in beginning:
            return None
        return "a Word document (.docx)" if _DOCUMENT in beginning else "a ZIP archive"
    if _PROGRAM.match(beginning):
        return "the text of a program"
    return next((what for mark, what in _MARKS if beginning.startswith(mark)), None)
