"""The bytes of an XML file as UTF-8 chunks, whatever its encoding; what is wrong with the bytes is a finding."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from exchange.findings import Finding, Found
from exchange.formats.contract import Progress
from exchange.formats.damage import Damage, Place
from exchange.formats.encoding import MARKS, guess
from exchange.formats.xml.complaints import BAD_BYTES, CONTRADICTION, NOT_XML, TOO_BIG, UNKNOWN_ENCODING

CHUNK = 1 << 16
"""How many bytes are read, and about how many are parsed, at once: a parsed piece should fit a processor's cache."""
DECLARATION = 1024
"""The declaration of the encoding stands within so many bytes."""
LONGEST_TAG = 1 << 16
"""A start tag with its attributes may have this many bytes."""

_STARTS = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_WIDE = ("utf-16", "utf-32")
_MAGIC = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF"),
    (b"{", "JSON"),
)
_DECLARED = re.compile(rb"""\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([^"'<>]*)["']""")
_BEHIND_ENVELOPE = re.compile(rb"</(?:[\w.-]+:)?Envelope>\s*(?=<\?xml\b)")
"""Where a document follows that stands in a frame: its declaration counts when the frame, plain ASCII mostly, has none."""
_KNOWN = {
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii",
    *(f"iso8859-{part}" for part in range(1, 17)), *(f"cp{page}" for page in range(1250, 1259)),
    "cp437", "cp850", "cp852", "cp858", "cp865", "koi8-r", "koi8-u", "mac-roman",
    "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr",
}  # fmt: skip
_LONG_TAG = re.compile(rb"<[^<>!?/][^<>]{%d}" % LONGEST_TAG)
_C1 = re.compile(rb"[\x80-\x9f]")
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")


def encoding_of(head: bytes) -> tuple[str, int, str | None]:
    """What the first bytes say: the codec, the length of the byte order mark, and the declared name if any."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name, len(mark), _declared(head[len(mark) : len(mark) + DECLARATION], name)
    for start, name in _STARTS:
        if head.startswith(start):
            return name, 0, _declared(head[:DECLARATION], name)
    declared = _declared(head[:DECLARATION], "ascii")
    framed = _BEHIND_ENVELOPE.search(head) if declared is None else None
    if framed is not None:
        declared = _declared(head[framed.end() : framed.end() + DECLARATION], "ascii")
    name = _codec(declared or "utf-8") or ""
    return "utf-8" if name.startswith(_WIDE) else name, 0, declared


def _declared(head: bytes, name: str) -> str | None:
    text = head.decode(name, "ignore").encode("ascii", "ignore") if name.startswith("utf-") else head
    match = _DECLARED.match(text)
    return match[1].decode("ascii", "replace") if match else None


def _codec(name: str) -> str | None:
    """Python's name of an encoding that XML files may have."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if found in _KNOWN else None


class Source:
    """Reads a stream once, from its start. `broken` is set after a finding that ends the reading."""

    def __init__(self, stream: BinaryIO, found: Found, progress: Progress | None = None) -> None:
        self._stream = stream
        self._found = found
        self._progress = progress
        self.broken = False
        self._place = Place()  # of the next byte to decode
        self._damage = Damage(found)
        self._suspected = False
        self._tail = b""  # the end of the last chunk, for tags that lie across
        self._first: bytes | None = stream.read(max(CHUNK, DECLARATION))
        self._encoding = self._begin(self._first)
        self._decoder = codecs.getincrementaldecoder(self._encoding or "utf-8")("strict")

    def other_encoding(self, text: bytes) -> str | None:
        """The encoding that a document declares at its beginning, if it is not the one that the file is read in."""
        match = _DECLARED.match(text)
        declared = match[1].decode() if match else None
        if declared is None or self._encoding.startswith(_codec(declared) or "?"):
            return None
        return declared

    def read(self) -> bytes:
        """The next chunk in UTF-8, without a byte order mark; b"" at the end."""
        while not self.broken:
            raw = self._stream.read(CHUNK) if self._first is None else self._first
            self._first = None
            text = self._decoded(raw)
            if self._progress is not None:
                self._progress(self._place.offset)
            if text:
                self._refuse_floods(text)
            if text or not raw:
                return text
        return b""

    def _begin(self, head: bytes) -> str:
        """The codec to decode with; "" after a finding."""
        name, mark, declared = encoding_of(head)
        self._first, self._place.offset = head[mark:], mark
        known = next((what for magic, what in _MAGIC if head.startswith(magic)), None)
        if known is not None:
            return self._refuse(NOT_XML.at(line=1, column=1, why=f"it looks like {known}"))
        says = _codec(declared) if declared is not None else name
        if says is None or not name:
            return self._refuse(UNKNOWN_ENCODING.at(line=1, value=declared))
        if (mark or name.startswith(_WIDE) or says.startswith(_WIDE)) and not name.startswith(says):
            shown = head[:4].hex(" ").upper()
            return self._refuse(CONTRADICTION.at(line=1, declared=declared, got=shown, actual=name.upper()))
        return name

    def _refuse(self, finding: Finding) -> str:
        self._found(finding)
        self.broken = True
        return ""

    def _decoded(self, raw: bytes) -> bytes:
        """A chunk in UTF-8; at bad bytes the good part before them, and a finding."""
        try:
            text = self._decoder.decode(raw, not raw)
        except UnicodeDecodeError as error:
            return self._bad_bytes(error, raw)
        if self._encoding.startswith(("iso8859", "cp")) and not self._suspected and not raw.isascii():
            self._suspect(raw)
        if not text.isascii():
            self._damage.look(text, self._place)
        self._place.pass_by(text, len(raw))
        return text.encode()

    def _bad_bytes(self, error: UnicodeDecodeError, raw: bytes) -> bytes:
        good = error.object[: error.start].decode(self._encoding)
        offset = self._place.offset - (len(error.object) - len(raw)) + error.start
        bad = error.object[error.start : error.start + 4]
        self._complain(
            self._place.lines + 1 + good.count("\n"), offset, bad, _hint(error.object, error.start)
        )
        self.broken = True
        return good.encode()

    def _complain(self, line: int, offset: int, got: bytes, hint: str) -> None:
        shown, name = got.hex(" ").upper(), self._encoding.upper()
        self._found(BAD_BYTES.at(line=line, value=shown, got=shown, offset=offset, encoding=name, hint=hint))

    def _suspect(self, raw: bytes) -> None:
        """One-byte encodings take every byte; some bytes show all the same that the declaration is wrong."""
        controls = _C1.search(raw) if self._encoding == "iso8859-1" else None
        multibyte = _MULTIBYTE.search(raw)
        match, hint = (multibyte, "; they look like UTF-8") if multibyte and _is_utf8(raw) else (controls, "")
        if match is None:
            return
        character = match[0].decode("cp1252", "ignore")
        hint = hint or (f'; in windows-1252 this is "{character}"' if character else "")
        self._suspected = True
        self._damage.be_silent()
        self._complain(
            self._place.lines + 1 + raw.count(b"\n", 0, match.start()),
            self._place.offset + match.start(),
            match[0],
            hint,
        )

    def _refuse_floods(self, text: bytes) -> None:
        """A start tag with thousands of attributes costs quadratic time later on."""
        look, half = self._tail + text, LONGEST_TAG // 2
        suspect = any(
            look.find(b">", place, place + half) < 0 for place in range(0, len(look) - half + 1, half)
        )
        if suspect and _LONG_TAG.search(look):
            self._refuse(
                TOO_BIG.at(line=self._place.lines + 1, why=f"a start tag has more than {LONGEST_TAG} bytes")
            )
        self._tail = look[look.rfind(b">") + 1 :][-2 * LONGEST_TAG :]


def _is_utf8(raw: bytes) -> bool:
    """Whether all of a chunk is UTF-8, but for a character cut in two at its end."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(raw)
    except UnicodeDecodeError:
        return False
    return True


def _hint(data: bytes, start: int) -> str:
    """What the bytes around a bad one look like."""
    around = data[max(0, start - 200) : start + 200]
    likely = guess(around)
    return f"; they look like {likely.encoding}" if likely.encoding not in ("ascii", "utf-8") else ""
