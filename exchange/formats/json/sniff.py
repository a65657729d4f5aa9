"""What the first bytes of a file say: whether it is JSON, and whether it is of a layout."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exchange.formats import encoding
from exchange.formats.contract import Resemblance, Sniffed
from exchange.formats.json.layout import Layout, Path
from exchange.formats.json.lines import closes, opens
from exchange.formats.json.tokens import Steps, Token, walk

_LOOKS_LIKE = re.compile(r'\s*(\{\s*("|\})|\[\s*[\[{"\]])')
IN_LINES = "one object per line"
SHOWN = 20
"""How many keys are shown when no layout is known."""


def recognise(sample: bytes, layout: Layout) -> str | None:
    """Why a file that begins so is of this layout: its first record has the keys that tell it; else None."""
    text = _text(sample, layout.encoding)
    if text is None:
        return None
    in_lines = layout.lines or (layout.may_be_lines and opens(text))
    if not _fits(text, in_lines):
        return None
    tokens = list(walk(text.lstrip().partition("\n")[0] if in_lines else text))
    wanted = _telling_keys(layout)
    for place in ((),) if in_lines else _possible(layout, tokens):
        keys = _keys_of_first(tokens, place)
        if keys and wanted <= keys:
            where = f"under {'.'.join(place)} " if place else ""
            return f"It is JSON, and the first record {where}has the keys {', '.join(sorted(wanted))}."
    return _empty(layout.places[0], text, tokens)


def resembles(sample: bytes, layout: Layout) -> Resemblance | None:
    """How a file that is not of the layout is like its files: its first record has some of the keys that tell them."""
    guessed = encoding.guess(sample).encoding
    text = _text(sample, guessed)
    if text is None:
        return None
    wanted = _telling_keys(layout)
    tokens = list(walk(text.lstrip().partition("\n")[0] if layout.lines else text))
    met = max((wanted & _keys_of_first(tokens, place) for place in layout.places), key=len)
    if not met:
        return None
    missing = ", ".join(sorted(wanted - met))
    lacks = f"; {missing} {'is' if len(wanted - met) == 1 else 'are'} not there" if missing else ""
    how = f"it has {', '.join(sorted(met))} in common{lacks}"
    if guessed.startswith("utf-16"):
        return Resemblance(100 * len(met) // len(wanted), f"{how}, in {guessed}", f"`encoding: {guessed}`")
    return Resemblance(100 * len(met) // len(wanted), how)


def sniff(sample: bytes) -> Sniffed | None:
    """What JSON says of itself: its form and the keys at its top or of its first record."""
    guessed = encoding.guess(sample)
    text = _text(sample, guessed.encoding)
    if text is None:
        return None
    first, _, rest = text.lstrip().partition("\n")
    in_lines = closes(first) and bool(rest.strip())
    tokens = list(walk(first if in_lines else text))
    listed = tokens[0].written == "["
    above: Steps = (0,) if listed else ()
    keys = [str(token.steps[-1]) for token in tokens if token.key and token.steps[:-1] == above]
    form = IN_LINES if in_lines else "a list" if listed else "one object"
    return Sniffed(
        "json", guessed.encoding, guessed.reason, columns=tuple(keys[:SHOWN]), facts={"form": form}
    )


def _text(sample: bytes, encoding_name: str) -> str | None:
    """The text of a sample that looks like JSON; a cut last character does not matter."""
    text = sample.decode(encoding_name, "replace").removeprefix("\ufeff")
    return text if _LOOKS_LIKE.match(text) and next(walk(text), None) is not None else None


def _fits(text: str, lines: bool) -> bool:
    """Whether it may be NDJSON (a whole object on its first line), or may be one JSON text."""
    first, _, rest = text.lstrip().partition("\n")
    closed = closes(first)
    return closed and first.startswith("{") if lines else not (closed and rest.strip())


def _telling_keys(layout: Layout) -> set[str]:
    """The keys that a record of the layout must have: the declared ones, else those of required fields."""
    if layout.recognise is not None and layout.recognise.keys is not None:
        return set(layout.recognise.keys)
    fields = layout.kinds()[layout.streamed].fields
    return {field.steps(name)[0] for name, field in fields.items() if field.required} or {
        field.steps(name)[0] for name, field in fields.items()
    }


def _possible(layout: Layout, tokens: list[Token]) -> Iterator[Path]:
    """The places where records may be; with `alone`, those beside which there is nothing."""
    alone = layout.recognise is not None and layout.recognise.alone
    top = set(_keys(tokens, ()))
    return (place for place in layout.places if not (place and alone and top != {place[0]}))


def _empty(place: Path, text: str, tokens: list[Token]) -> str | None:
    """Why a file without any record is of the layout: its one list is empty, and has the layout's own name."""
    if not place or not re.search(r"\[\s*\]\s*\}+\s*$", text):
        return None
    if tokens[-1].steps != place or tokens[-1].written != "[" or len(tokens) != 2 * len(place) + 1:
        return None
    return f"It is JSON, and its list {'.'.join(place)} is empty."


def _keys_of_first(tokens: list[Token], place: Path) -> set[str]:
    """The keys of the first record at a place: in a list, or the object that stands there."""
    candidates: tuple[Steps, ...] = ((*place, 0), place)
    return next((keys for steps in candidates if (keys := set(_keys(tokens, steps)))), set())


def _keys(tokens: list[Token], steps: Steps) -> Iterator[str]:
    for token in tokens:
        if token.key and token.steps[:-1] == steps:
            yield str(token.steps[-1])
