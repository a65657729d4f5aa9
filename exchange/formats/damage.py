"""Evidence in text that it was damaged before it was sent: read in a wrong encoding somewhere, and stored so.

The bytes of such a file are right; the words are not. What is found is told, never mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

from exchange.findings import Finding, Found, code
from exchange.formats._ranking import NORDIC, WESTERN

MISREAD_BEFORE = code(
    "ENC004",
    "warning",
    'Line {line}, column {column}: "{value}" looks like "{meant}", wrongly converted before it was sent.',
    advice="Tell the sender: {was} was read as Windows-1252 somewhere on their side.",
)
LOST_BEFORE = code(
    "ENC007",
    "warning",
    'Line {line}, column {column}: in "{value}" the sign U+FFFD stands where characters were lost before it '
    "was sent.",
    advice="Ask the sender for the right text: a conversion on their side did not know the characters, and "
    "the file no longer tells which they were.",
)

_TRIES = 20
"""So many suspicious places are looked at in one block of text."""
_WINDOW = 200
"""So many characters before and behind a suspicious place may belong to its words."""
_MOST_WORDS = 5
"""So many damaged words that follow each other are quoted."""
_TIMES = 3
"""So often the same text may have been damaged in the same way."""
_WORD = re.compile(r"(?:[A-Za-z0-9'-]|[^\x00-\x7f\u2028\u2029])+")
_CONTROLS = {character: bytes((character,)) for character in range(0x80, 0xA0)}


def _byte(character: str) -> bytes:
    """The byte that a character was before it was read as Windows-1252 (or as ISO 8859-1); empty when there is none."""
    return character.encode("windows-1252", "ignore") or _CONTROLS.get(ord(character), b"")


_FOLLOWING = "".join(
    sorted(
        {bytes((byte,)).decode("windows-1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)}
        | set(map(chr, _CONTROLS))
    )
)
_SEQUENCE = re.compile(
    f"[\u00c2-\u00df][{_FOLLOWING}]|[\u00e0-\u00ef][{_FOLLOWING}]{{2}}|[\u00f0-\u00f4][{_FOLLOWING}]{{3}}"
)
"""A character in UTF-8, read as Windows-1252."""
_UTF8_SIGNS = "ÃÂâ"
_UTF8 = re.compile(f"[ÃÂ][{_FOLLOWING}]|â[€\x80][{_FOLLOWING}]|â[‚\x82]¬|â[„\x84]¢")
_DOS_SIGNS = "„†”™›\x84\x86\x94\x99\x9b"
_DOS = re.compile(f"(?<=[^\\W\\d_])[{_DOS_SIGNS}](?=[^\\W\\d_])")
"""A quotation mark or the like between two letters."""
_QUOTED = re.compile(r"(?<![^\W\d_])[“”](?=[^\W\d_])")
"""Where a quotation begins: what follows on the line may be its end."""
_LOST_SIGNS = "\ufffd¿"
_LOST = re.compile("\ufffd|ï¿½")


@dataclass(slots=True)
class Place:
    """How far reading has come: bytes, finished lines, characters of the unfinished line."""

    offset: int = 0
    lines: int = 0
    column: int = 0

    def pass_by(self, text: str, size: int) -> None:
        """Go on behind a text that stood in so many bytes."""
        self.lines, self.column = self.after(text)
        self.offset += size

    def after(self, text: str) -> tuple[int, int]:
        """Finished lines and characters of the unfinished line after more text."""
        newline = text.rfind("\n")
        if newline < 0:
            return self.lines, self.column + len(text)
        return self.lines + text.count("\n"), len(text) - newline - 1


@dataclass(slots=True)
class Damage:
    """Looks for damage in the text of one file; each kind is told once.

    dos: whether a DOS code page read as Windows-1252 counts, too.
    """

    found: Found
    dos: bool = True
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.dos:
            self._told.add("dos")

    def look(self, text: str, place: Place) -> None:
        """Look at a block of text that begins at a place."""
        for kind, signs, tell in _KINDS:
            if kind in self._told or not any(sign in text for sign in signs):
                continue
            finding = tell(text, place)
            if finding is not None:
                self._told.add(kind)
                self.found(finding)

    def be_silent(self) -> None:
        """Tell nothing from now on: the file itself is declared in a wrong encoding, which makes all text odd."""
        self._told.update(kind for kind, _, _ in _KINDS)


def _utf8(text: str, place: Place) -> Finding | None:
    """UTF-8 that somebody read as Windows-1252 and wrote again: ä has become Ã¤."""
    return _misread(text, place, _UTF8, _from_utf8, "UTF-8")


def _dos(text: str, place: Place) -> Finding | None:
    """Text of a DOS code page that somebody read as Windows-1252 and wrote again: ä has become „."""
    return _misread(text, place, _DOS, _from_dos, "text in a DOS code page (cp437, cp850 or cp865)")


def _misread(
    text: str, place: Place, pattern: re.Pattern[str], mend: Callable[[str], str], was: str
) -> Finding | None:
    for match in islice(pattern.finditer(text), _TRIES):
        pairs = list(_mended(text, match.start(), mend))
        if pairs:
            value, meant = (" ".join(words) for words in zip(*pairs, strict=True))
            line, column = place.after(text[: match.start()])
            return MISREAD_BEFORE.at(line=line + 1, column=column + 1, value=value, meant=meant, was=was)
    return None


def _lost(text: str, place: Place) -> Finding | None:
    """The sign that a conversion sets for what it cannot read."""
    match = _LOST.search(text)
    if match is None:
        return None
    line, column = place.after(text[: match.start()])
    around, start = _around(text, match.start())
    words = [word.group() for word in _WORD.finditer(around) if word.start() <= start < word.end()]
    value = words[0].replace("ï¿½", "\ufffd")
    return LOST_BEFORE.at(line=line + 1, column=column + 1, value=value)


def _mended(text: str, at: int, mend: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The damaged words from a place on, as they stand and as they were meant."""
    around, start = _around(text, at)
    if mend is _from_dos and _QUOTED.search(around):
        return
    last = None
    for word in islice((word for word in _WORD.finditer(around) if word.end() > start), _MOST_WORDS):
        meant = mend(word.group())
        if meant == word.group() or (last is not None and around[last : word.start()] != " "):
            return
        yield word.group(), meant
        last = word.end()


def _around(text: str, at: int) -> tuple[str, int]:
    """The line around a place, or as much of it as matters, and where in it the place is."""
    begin = max(text.rfind("\n", 0, at) + 1, at - _WINDOW)
    end = text.find("\n", at, at + _WINDOW)
    return text[begin : end if end >= 0 else at + _WINDOW], at - begin


def _from_utf8(word: str) -> str:
    """A word as it was before its UTF-8 was read as Windows-1252, once or more; the word itself when it was not."""
    for _ in range(_TIMES):
        if not _UTF8.search(word):
            break
        word = _SEQUENCE.sub(_decoded, word)
    return word


def _decoded(match: re.Match[str]) -> str:
    try:
        return b"".join(map(_byte, match.group())).decode()
    except UnicodeDecodeError:
        return match.group()


def _from_dos(word: str) -> str:
    """A word as it was before its DOS code page was read as Windows-1252; the word itself when that gives no word."""
    raw = [character.encode("ascii", "ignore") or _byte(character) for character in word]
    meant = b"".join(raw).decode("cp850")
    letters = {character for character in meant if not character.isascii()}
    shouted = any(
        before.islower() and after.isupper() and after in letters for before, after in pairwise(meant)
    )
    return word if b"" in raw or shouted or not letters <= NORDIC | WESTERN else meant


# What makes a block worth a look is one character each: searching for these costs next to nothing.
_KINDS = (("utf-8", _UTF8_SIGNS, _utf8), ("dos", _DOS_SIGNS, _dos), ("lost", _LOST_SIGNS, _lost))
