"""How messages say numbers of things."""

from __future__ import annotations


def counted(number: int, thing: str, things: str = "") -> str:
    """A number and what it counts; things: the word for several, where it is not made by an s.

    >>> counted(1, "file"), counted(0, "file"), counted(2, "entry", "entries")
    ('1 file', '0 files', '2 entries')
    """
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"
