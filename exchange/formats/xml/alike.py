"""One record as it is written, taken apart: its markup, and the places where other records have other texts.

Records of one file are mostly written alike. A record whose markup is that of one that libxml2 has parsed, and whose
texts hold nothing but characters that XML allows, is well-formed for the same reason; so it can be recognised, and
its texts taken, by one regular expression (`pattern`).

>>> made = specimen('<e id="1"><a>x</a> <b/></e>', 0)
>>> [element.name for element in made.elements], made.texts
(['e', 'a', 'b'], 2)
>>> re.fullmatch(pattern(made, {1: "", 2: ""}), '<e id="7"><a>åäö</a>  <b/></e>').groups()
('7', 'åäö')
>>> re.fullmatch(pattern(made, {1: "", 2: ""}), '<e id="7"><a>åäö</a><b/></e>') is None
True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_ELEMENTS = 300
"""A record with more elements is not taken apart: it will hardly come again."""
ALLOWED = r"[^<&\r]"
"""One character of a text that XML takes as it is; control characters are looked for in the whole file at once."""

_TOKEN = re.compile(
    r"""</(?P<closed>[^\s>]+)\s*>|<(?P<opened>[^\s/>!?][^\s/>]*)(?P<attributes>(?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*)"""
    r"""\s*(?P<empty>/?)>"""
)
_ATTRIBUTE = re.compile(r"""(\s+([^\s=<>/]+)\s*=\s*)("([^"]*)"|'([^']*)')""")
_TEXT = re.compile("[^<]*")
_GAP: Final = r"[ \t\r\n]+"


class Space:
    """In place of a text: white space stands here, and in every record that is written alike."""


Place = int | Space | None
"""The number of a text that differs from record to record; white space; nothing."""
SPACE = Space()


@dataclass(slots=True)
class Written:
    """An element of a record: its name and attributes as they are written, what stands before its first child."""

    name: str
    attributes: dict[str, Place] = field(default_factory=dict)
    text: Place = None
    children: list[Written] = field(default_factory=list)


@dataclass(slots=True)
class Specimen:
    """A record taken apart. parts: markup, numbers of texts, and SPACE, in their order; end: behind the record."""

    elements: list[Written] = field(default_factory=list)
    parts: list[str | int | Space] = field(default_factory=list)
    quotes: dict[int, str] = field(default_factory=dict)
    texts: int = 0
    end: int = 0

    def add_text(self, quote: str = "") -> int:
        """The number of one more text, from 1; quote: in which it stands, when it is an attribute's."""
        self.texts += 1
        self.quotes[self.texts] = quote
        self.parts.append(self.texts)
        return self.texts


def specimen(text: str, start: int) -> Specimen | None:
    """The record that begins at a place; None when it holds anything but elements, attributes and plain texts.

    The text must have been found well-formed, but for its end.
    """
    made, place = Specimen(), start
    stack: list[Written] = []
    while len(made.elements) <= MOST_ELEMENTS:
        token = _TOKEN.match(text, place)
        if token is None:
            return None
        if token["closed"]:
            made.parts.append(token[0])
            stack.pop()
        else:
            element = _opened(made, token)
            if element is None:
                return None
            if stack:
                stack[-1].children.append(element)
            made.elements.append(element)
            if not token["empty"]:
                stack.append(element)
        place = token.end()
        if not stack:
            made.end = place
            return made
        between = _TEXT.match(text, place)
        assert between is not None
        place = between.end()
        if not _between(made, stack[-1], between[0], bool(token["opened"] and not token["empty"])):
            return None
    return None


def _opened(made: Specimen, token: re.Match[str]) -> Written | None:
    """The element of a start tag; None when it declares a namespace or has attributes of one."""
    element = Written(token["opened"])
    made.parts.append(f"<{element.name}")
    if not made.elements and "\n" in token[0]:
        return None  # which line such an element stands on is for the parser to say
    for before, name, quoted, *_ in _ATTRIBUTE.findall(token["attributes"]):
        if ":" in name or name == "xmlns":
            return None
        made.parts.append(before + quoted[0])
        held = quoted[1:-1]
        element.attributes[name] = made.add_text(quoted[0]) if held.strip() else SPACE if held else None
        if held and not held.strip():
            made.parts.append(held)
        made.parts.append(quoted[0])
    tail = token[0][len(token["opened"]) + 1 + len(token["attributes"]) :]
    made.parts.append(tail)
    return element


def _between(made: Specimen, inside: Written, between: str, first: bool) -> bool:
    """What stands between two tags; False when it is no plain text of an element without children."""
    if not between:
        return True
    if not between.strip():
        made.parts.append(SPACE)
        if first:
            inside.text = SPACE
        return True
    if not first or "&" in between:
        return False
    inside.text = made.add_text()
    return True


def pattern(made: Specimen, wanted: Mapping[int, str]) -> str:
    """The regular expression of records that are written alike.

    wanted: by their numbers, the texts that are its groups and what they look like ("" for any text with no white space
    around it); the others may be anything.
    """
    found = []
    for part in made.parts:
        if isinstance(part, str):
            found.append(re.escape(part))
        elif isinstance(part, Space):
            found.append(_GAP)
        else:
            one = f"[^<&{made.quotes[part]}\t\r\n]" if made.quotes[part] else ALLOWED
            look = wanted.get(part)
            trimmed = rf"(?!\s){one}+(?<!\s)"
            found.append(f"{one}*" if look is None else f"({look or trimmed})")
    return "".join(found)
