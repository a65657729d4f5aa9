"""Names of parties, brought to one form: what banks and ledgers spell differently is the same, and nothing else is.

>>> plain("Öljy-Tukku Oy Ab"), plain("OLJY TUKKU OY")
('oljy tukku', 'oljy tukku')
>>> alike("Virtanen Maija Kaarina", "Maija Kaarina Virtanen"), alike("Virtanen Maija", "Virtanen Matti")
(True, False)
"""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

_WRITTEN = """
    oy oyj ab publ as asa aps ivs ks da ans sa gmbh ug kg ohg ag ltd limited plc llc inc bv nv sarl srl spa sro ou sia uab
    ky ay osk ry rf hb kb ek enk tmi toiminimi firma
"""
_FORMS = frozenset(_WRITTEN.split())
"""Legal forms: a bank or a ledger leaves them out as it likes."""
_CUT = (35, 70, 140)
"""Lengths at which payment formats cut names."""


@lru_cache(50_000)
def plain(name: str) -> str:
    """Lower case without accents, signs and legal forms."""
    text = anyascii(name.replace("&", " ")).lower()
    words = re.findall(r"[a-z0-9]+", re.sub(r"[.'`´]", "", re.sub(r"\ba/s\b", " ", text)))
    return " ".join(word for word in words if word not in _FORMS) or " ".join(words)


def words_of(name: str) -> str:
    """The words of a name in an order of their own: whose name comes first is left to habit."""
    return " ".join(sorted(plain(name).split()))


def alike(name: str, other: str) -> bool:
    """Whether two names are one: the same words in any order, or one is the other cut off by a file format."""
    one, two = plain(name), plain(other)
    if not one or not two:
        return False
    if words_of(name) == words_of(other):
        return True
    cut, whole = (name, two) if len(name) < len(other) else (other, one)
    return len(cut.strip()) in _CUT and whole.startswith(plain(cut))
