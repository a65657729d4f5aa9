"""Which single-byte encoding Nordic text reads best in: a hint for people, never a decision.

CP437, CP850 and CP865 have the same bytes for å, ä and ö: Swedish and Finnish text cannot tell them apart.
"""

from __future__ import annotations

import re
from itertools import pairwise

CANDIDATES = ("windows-1252", "iso-8859-15", "cp850", "cp865", "cp437", "mac-roman", "windows-1257")
"""The likelier first: it wins when the bytes read alike."""
ENOUGH = 200
"""So many words are enough to judge by."""
NORDIC = frozenset("åäöæøÅÄÖÆØ")
WESTERN = frozenset("éèüßõžšçñáíóúàÉÜÕŽŠðþýÐÞÝ€§°")
_PERFECT = dict.fromkeys(map(ord, "åäöæø"))
_RUN = re.compile(rb"[A-Za-z\x80-\xff]{1,40}")  # bounded and without overlap: linear in any input


def first_run(raw: bytes) -> re.Match[bytes] | None:
    """The first run of letters and bytes above ASCII that has one of the latter."""
    return next((run for run in _RUN.finditer(raw) if not run.group().isascii()), None)


def words(raw: bytes) -> list[bytes]:
    """Words with a byte above ASCII inside: at its ends that may as well be a quote or a dash."""
    return [run for run in _RUN.findall(raw) if not run.isascii() and not run[1:-1].isascii()][:ENOUGH]


def ranked(raw: bytes) -> tuple[str, list[str]]:
    """The likeliest encoding, and the words read in it; the first when nothing speaks for another."""
    found = words(raw)
    best = max(CANDIDATES, key=lambda name: score(found, name))
    return best, [word.decode(best, "replace") for word in found]


def likeliest(raw: bytes, otherwise: str | None = None) -> tuple[str | None, str | None]:
    """The encoding that some bytes speak for and a word read in it; `otherwise` when they speak for none.

    Letters at the ends of words count only where none stands inside one.
    """
    if words(raw):
        best, texts = ranked(raw)
        return best, telling(texts)
    runs = [run for run in _RUN.findall(raw) if not run.isascii()][:ENOUGH]
    whole = [b" %b  " % run for run in runs if len(run) > 1]
    best = max(CANDIDATES, key=lambda name: score(whole, name))
    if score(whole, best) <= 0:
        return otherwise, (runs[0].decode(otherwise, "replace") if otherwise and runs else None)
    return best, telling([run.decode(best, "replace").strip() for run in whole])


def telling(texts: list[str]) -> str | None:
    """The word that shows best how text reads in an encoding."""
    return next((text for text in texts if NORDIC & set(text)), texts[0] if texts else None)


def reads_perfectly(found: list[bytes], encoding: str) -> bool:
    """Whether words read in an encoding have Nordic letters only beyond ASCII: none can read better."""
    inside = "".join(word[1:-1].decode(encoding, "replace") for word in found)
    return inside.translate(_PERFECT).isascii()


def score(found: list[bytes], encoding: str) -> int:
    """How much words look like those of a Nordic language when read in an encoding."""
    return sum(_word_score(word.decode(encoding, "replace")) for word in found)


def _word_score(word: str) -> int:
    total = 0
    for before, character in pairwise(word[:-1]):
        if character.isascii():
            continue
        shouted = character.isupper() and before.islower()
        if character in NORDIC:
            total += 3 - 4 * shouted
        elif character in WESTERN:
            total += 1 - 2 * shouted
        else:
            total -= 1 if character.isalpha() else 3 if character.isprintable() else 6
    return total
