"""Bytes → text, strictly in the declared encoding, with evidence when the bytes look like another one.

Nothing is detected and then used: the layout declares the encoding. A guess is a hint for people only.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from pydantic import AfterValidator

from exchange.declare.problems import did_you_mean
from exchange.findings import Code, Finding, Found, code
from exchange.formats._ranking import (
    CANDIDATES,
    ENOUGH,
    NORDIC,
    first_run,
    likeliest,
    ranked,
    reads_perfectly,
    score,
    telling,
    words,
)
from exchange.formats.contract import Progress
from exchange.formats.damage import Damage, Place

BLOCK = 256 * 1024
"""How many bytes are decoded at once."""

UNDECODABLE = code(
    "ENC001",
    "error",
    "Line {line}, column {column}: the byte {value} (offset {offset}) is not {declared}.{hint}",
    advice="{remedy} What follows was not read.",
)
OTHER_MARK = code(
    "ENC002",
    "error",
    "The file begins with the byte order mark of {actual} ({value}), but the layout declares {declared}.",
    advice="Declare `encoding: {actual}` in the layout, or ask the sender why the encoding changed.",
)
NO_MARK = code(
    "ENC006",
    "error",
    "The file has no byte order mark (it begins with {value}), so that {declared} can be read in two ways.",
    advice="Declare {declared}-le or {declared}-be in the layout, or ask for a file with the mark.",
)
LOOKS_OTHERWISE = code(
    "ENC003",
    "error",
    'Line {line}: the bytes of "{value}" ({hex}) are {actual}, but the layout declares {declared}, '
    'in which they would read "{misread}".',
    advice="Declare `encoding: {actual}` in the layout, or ask the sender why the encoding changed.",
)
PERHAPS_OTHERWISE = code(
    "ENC005",
    "warning",
    'Line {line}: "{value}" ({hex}) would read "{meant}" in {actual}; the layout declares {declared}.',
    advice="Compare with the original document. If it is right so, declare that encoding in the layout.",
)
UNWRITABLE = code(
    "ENC010",
    "error",
    'The character "{character}" ({point}) in {field} cannot be written in {declared}.',
    advice="Replace it in the mapping, or declare an encoding for this target that has it.",
)

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LONGEST_MARK = 4
AROUND = 2_000
"""So many bytes before and behind a wrong one are looked at for a hint."""
_LATIN = re.compile(r"iso8859-(1|9|10|13|15)")
_C1 = bytes(range(0x80, 0xA0))


def known(name: str) -> str:
    """The name, if it is a text encoding. Raises ValueError with the nearest right name."""
    try:
        found = codecs.lookup(name)
    except LookupError:
        found = None
    if found is None or not found._is_text_encoding:
        raise ValueError(
            f'"{name}" is no known encoding. {did_you_mean(name, ("utf-8", "utf-16", *CANDIDATES))}'
        )
    return name


def canonical(name: str) -> str:
    """The one name that Python gives to an encoding with many names."""
    return codecs.lookup(name).name


def marks_itself(name: str) -> bool:
    """Whether what is written in an encoding begins with its mark in any case."""
    return canonical(name) in ("utf-16", "utf-32", "utf-8-sig")


EncodingName = Annotated[str, AfterValidator(known)]


class Unreadable(Exception):
    """The rest of a file cannot be read; the finding says why. Readers catch it, report it and end."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Guess:
    """What bytes look like, and why."""

    encoding: str
    reason: str


def guess(sample: bytes) -> Guess:
    """What a file that begins so is most likely encoded in: a hint for people, never a decision."""
    marked = mark_of(sample)
    if marked is not None:
        return Guess(marked, "It begins with a byte order mark.")
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    if len(sample) > 3 and max(zeros) * 4 > len(sample) and min(zeros) * 8 < max(zeros):
        return Guess("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", "Every other byte is zero.")
    if sample.isascii():
        return Guess("ascii", "It holds only ASCII.")
    characters = _utf8_characters(sample)
    if characters:
        return Guess("utf-8", f"{characters} characters beyond ASCII, all of them well-formed UTF-8.")
    best, texts = ranked(sample)
    shown = telling(texts)
    return Guess(best, f'It is not UTF-8, and reads best so: "{shown}".' if shown else "It is not UTF-8.")


def beginning(sample: bytes, encoding: str) -> str | None:
    """The text of a file's first bytes, the last character may be cut; None when not of the encoding."""
    try:
        _check_mark(sample, encoding)
        return codecs.getincrementaldecoder(encoding)("strict").decode(sample).removeprefix("\ufeff")
    except (UnicodeError, Unreadable):
        return None


def seen(sample: bytes, declared: str) -> str:
    """The encoding to look at a file in, to see what it is: UTF-8 when characters beyond ASCII are well-formed so, else
    the declared one. Reading keeps to the declared one and tells the difference."""
    return "utf-8" if b"\0" not in sample and _utf8_characters(sample) else declared


def meant_by(sample: bytes, declared: str) -> str | None:
    """The encoding that bytes beyond ASCII are in, where it is plainly not the declared one."""
    if b"\0" not in sample and _utf8_characters(sample):
        return "utf-8"
    better = _better(sample, words(sample), declared)
    return better[0] if better else None


def _better(block: bytes, found: list[bytes], declared: str) -> tuple[str, bytes] | None:
    """An encoding in which the words of a block read much better, and a word that shows it."""
    if reads_perfectly(found, declared):
        return None
    best, texts = ranked(block)
    meant = [word for word, text in zip(found, texts, strict=True) if NORDIC & set(text[1:-1])]
    if meant and score(found, best) - score(found, declared) > 2 * len(found):
        return best, meant[0]
    return None


def mark_of(sample: bytes) -> str | None:
    """The encoding whose byte order mark the bytes begin with."""
    return next((name[:6].rstrip("-") for mark, name in MARKS if sample.startswith(mark)), None)


def blocks(
    stream: BinaryIO, encoding: str, found: Found, progress: Progress | None = None, size: int = BLOCK
) -> Iterator[str]:
    """The text of a stream in blocks of about `size` bytes, without a byte order mark.

    Raises Unreadable at a byte that is not of the encoding, or at the mark of another one; doubts go to
    `found`.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    damage = Damage(found, dos=canonical(encoding).startswith("utf"))  # others are judged by their bytes
    place, doubts = Place(), _Doubts(encoding, found, damage)
    block = stream.read(max(size, LONGEST_MARK))
    _check_mark(block, encoding)
    while True:
        pending = decoder.getstate()[0]
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise Unreadable(_undecodable(error, place, encoding, pending)) from None
        if not place.offset:
            text = text.removeprefix("\ufeff")
        if not block.isascii():
            doubts.look(block, text, place)
        place.pass_by(text, len(block))
        if progress is not None:
            progress(place.offset)
        if text:
            yield text
        if not block:
            return
        block = stream.read(size)


def holds(stream: BinaryIO, encoding: str) -> bool:
    """Whether all bytes of a stream can be text in an encoding; it is left at its beginning."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    latin = _LATIN.fullmatch(canonical(encoding)) is not None
    stream.seek(0)
    try:
        while block := stream.read(BLOCK):
            if latin and len(block.translate(None, _C1)) != len(block):
                return False
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        stream.seek(0)
    return True


def of_several(stream: BinaryIO, declared: Sequence[str]) -> str:
    """The one of the declared encodings that a file is in: that of its byte order mark, else the first in which all its bytes are text.
    UTF-8 is asked before those of one byte, in most of which any bytes are text. The stream is left at its beginning.
    """
    if len(declared) == 1:
        return declared[0]
    stream.seek(0)
    marked = mark_of(stream.read(LONGEST_MARK))
    stream.seek(0)
    named = [name for name in declared if marked is not None and canonical(name) == canonical(marked)]
    strict_first = sorted(declared, key=lambda name: not canonical(name).startswith("utf"))
    return next((name for name in (*named, *strict_first) if holds(stream, name)), declared[0])


def unwritable(text: str, encoding: str) -> str | None:
    """The first character of a text that an encoding does not have."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        return text[error.start]
    return None


def unwritable_finding(text: str, encoding: str, **place: object) -> Finding | None:
    """The finding for a text that cannot be written; place as in `Code.at`."""
    character = unwritable(text, encoding)
    if character is None:
        return None
    facts = {"character": character, "point": f"U+{ord(character):04X}", "declared": encoding}
    return UNWRITABLE.at(value=text, **facts, **place)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Doubts:
    """Signs that the declared encoding decodes the bytes but is not theirs; each kind is told once."""

    encoding: str
    found: Found
    damage: Damage
    judged: bool = False
    words: int = 0

    def look(self, block: bytes, text: str, place: Place) -> None:
        name = canonical(self.encoding)
        if _LATIN.fullmatch(name):
            self._controls(block, place)
        if not name.startswith("utf") and not self.judged:
            self._judge(block, place)
        self.damage.look(text, place)

    def _controls(self, block: bytes, place: Place) -> None:
        """ISO 8859 has only control characters at 80–9F, which no text holds."""
        if len(block.translate(None, _C1)) == len(block):
            return
        at = next(index for index, byte in enumerate(block) if byte in _C1)
        line, column = place.after(block[:at].decode(self.encoding))
        raise Unreadable(
            UNDECODABLE.at(
                line=line + 1,
                column=column + 1,
                value=_hex(block[at : at + 1]),
                offset=place.offset + at,
                declared=f"{self.encoding} text",
                **_hint(block[max(0, at - AROUND) : at + AROUND], "windows-1252"),
            )
        )

    def _judge(self, block: bytes, place: Place) -> None:
        """Whether these bytes are UTF-8 after all, or read better in another single-byte encoding."""
        if _utf8_characters(block):
            self.found(self._otherwise(LOOKS_OTHERWISE, "utf-8", first_run(block), block, place))
            self.judged = True
            self.damage.be_silent()
            return
        found = words(block)
        self.words += len(found)
        self.judged = self.words >= ENOUGH
        better = _better(block, found, self.encoding)
        if better is not None:
            match = re.search(re.escape(better[1]), block)
            self.found(self._otherwise(PERHAPS_OTHERWISE, better[0], match, block, place))
            self.judged = True

    def _otherwise(
        self, kind: Code, actual: str, match: re.Match[bytes] | None, block: bytes, place: Place
    ) -> Finding:
        raw = match.group() if match else b""
        line, _ = place.after(block[: match.start() if match else 0].decode(self.encoding, "replace"))
        meant, misread = raw.decode(actual, "replace"), raw.decode(self.encoding, "replace")
        return kind.at(
            line=line + 1,
            value=meant if kind is LOOKS_OTHERWISE else misread,
            misread=misread,
            meant=meant,
            hex=_hex(raw),
            actual=actual,
            declared=self.encoding,
        )


def _check_mark(block: bytes, encoding: str) -> None:
    """The mark, if any, must be one of the encoding; UTF-16 and UTF-32 without a byte order need one."""
    declared = canonical(encoding).removesuffix("-sig")
    mark, actual = next(((mark, name) for mark, name in MARKS if block.startswith(mark)), (b"", None))
    if actual is None and block and declared in ("utf-16", "utf-32"):
        raise Unreadable(NO_MARK.at(line=1, column=1, value=_hex(block[:4]), declared=encoding))
    if actual is not None and declared not in (actual, actual[:6]):
        named = actual[:6].rstrip("-")
        raise Unreadable(OTHER_MARK.at(line=1, column=1, value=_hex(mark), actual=named, declared=encoding))


def _undecodable(error: UnicodeDecodeError, place: Place, encoding: str, pending: bytes) -> Finding:
    """The finding for a byte that the encoding does not have."""
    raw: bytes = error.object
    line, column = place.after(raw[: error.start].decode(encoding, "replace"))
    return UNDECODABLE.at(
        line=line + 1,
        column=column + 1,
        value=_hex(raw[error.start : max(error.end, error.start + 1)]),
        offset=place.offset - len(pending) + error.start,
        declared=encoding,
        **_hint(raw[max(0, error.start - AROUND) : error.start + AROUND]),
    )


def _hint(raw: bytes, otherwise: str | None = None) -> dict[str, str]:
    """What the bytes around look like, as a sentence that can stand at the end, and what to do then.

    otherwise: what it most likely is when the words do not tell.
    """
    shown = None
    if raw.count(0) * 4 > len(raw):
        likely: str | None = "utf-16"
    elif _utf8_characters(raw):
        likely = "utf-8"
    else:
        likely, shown = likeliest(raw, otherwise)
    if likely is None:
        return {"hint": "", "remedy": "Ask the sender which encoding the file is in, or for a new file."}
    reads = f', in which the text reads "{shown}"' if shown else ""
    return {
        "hint": f" The bytes look like {likely}{reads}.",
        "remedy": f"If they are, declare `encoding: {likely}` in the layout; otherwise ask the sender for a new "
        "file.",
    }


def _utf8_characters(block: bytes) -> int:
    """How many characters beyond ASCII a block holds as UTF-8; 0 when it is none. A cut end is forgiven."""
    try:
        text = codecs.getincrementaldecoder("utf-8")("strict").decode(_from_boundary(block), final=False)
    except UnicodeDecodeError:
        return 0
    return sum(not character.isascii() for character in text) if not text.isascii() else 0


def _from_boundary(block: bytes) -> bytes:
    """A block without the rest of a character that began before it."""
    continued = len(block) - len(block.lstrip(bytes(range(0x80, 0xC0))))
    return block[continued:] if continued <= 3 else block


def _hex(raw: bytes) -> str:
    return raw.hex(" ").upper()
