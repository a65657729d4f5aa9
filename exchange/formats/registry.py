"""Formats by name (found by walking), layouts from their nodes, and which layouts a file may be of."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import BinaryIO, cast

import exchange.formats
from exchange.declare.layout import LayoutBase
from exchange.declare.problems import Problem, did_you_mean, nearest
from exchange.declare.suppose import Supposed, changed, suppose, word
from exchange.declare.yaml import Node
from exchange.errors import UnknownNameError
from exchange.findings import Found
from exchange.formats import encoding as encodings
from exchange.formats.contract import SAMPLE_SIZE, Format, Resemblance, Sniffed
from exchange.formats.glimpse import Glimpse

STARTS_WITHIN = 4_096
"""How many of the first characters `recognise: {starts: …}` sees."""

LIKE_ENOUGH = 50
"""So many percent of a layout must be seen in a file before it is said to be like its files."""
NEAREST = 3
"""So many layouts are named at most."""

XML = "xml"
"""What begins as XML is of no other format."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A layout that a file may be of, and why."""

    layout: LayoutBase
    reason: str


@cache
def names() -> tuple[str, ...]:
    """The names of all formats, in order."""
    modules = sorted(module.name for module in pkgutil.iter_modules(exchange.formats.__path__))
    return tuple(name for name in modules if not name.startswith("_") and _module(name) is not None)


def get(name: str) -> Format:
    """The format of that name; only its own module is imported. Raises UnknownNameError."""
    found = _module(name) if re.fullmatch("[a-z][a-z0-9_]*", name) else None
    if found is None:
        raise UnknownNameError(f'"{name}" is not a format.', advice=did_you_mean(name, names()))
    return found


def parse_layout(node: Node) -> tuple[LayoutBase | None, list[Problem]]:
    """The layout that a node declares, by the model of its format; None when there are problems."""
    supposed = suppose_layout(node)
    return supposed.sound, supposed.problems


def suppose_layout(node: Node, problems: Iterable[Problem] = ()) -> Supposed[LayoutBase]:
    """The layout that a node was most likely meant to declare, and all that is wrong with it. problems: what reading its
    file found already.
    """
    named = node.get("format")
    told = list(problems)
    if named is None or named.text is None:
        if not node.cut:
            message = "A layout names its `format`."
            told.append(node.start.problem(message, f"Known here: {', '.join(names())}."))
        return Supposed(None, told, False)
    try:
        format_ = get(named.text)
    except UnknownNameError as error:
        meant = nearest(named.text, names())
        told.append(named.text.problem(error.message, error.advice))
        if meant is None:
            return Supposed(None, told, False)
        format_, node = get(meant), changed(node, ("format",), word(meant, named.text))
    return suppose(format_.Layout, node, told)


def sample_of(stream: BinaryIO) -> bytes:
    """The first bytes of a file: as many as the formats need to know it."""
    first = stream.read(SAMPLE_SIZE)
    reaches = (getattr(_module(name), "reach", None) for name in names())
    wanted = max(reach(first) for reach in reaches if reach is not None)
    return first + stream.read(max(0, wanted - len(first)))


def recognise(sample: bytes, name: str, layouts: Iterable[LayoutBase]) -> list[Candidate]:
    """All layouts that a file with these first bytes and this name may be of: none, one, or an ambiguity to
    show.

    The content decides; a declared name pattern that fits decides between layouts that the content fits
    alike, and then the values of the first rows, where they can: a 23rd month there is none.
    """
    fitting = [found for layout in layouts if (found := _candidate(sample, layout)) is not None]
    named = [found for found in fitting if _named(found.layout, name)]
    known = [
        Candidate(found.layout, f"{found.reason} The name {name} fits, too.") for found in named
    ] or fitting
    return [found for found in known if _fits(sample, found.layout)] or known if len(known) > 1 else known


def may_fit(sample: bytes, said: Collection[str], head: Mapping[str, str]) -> bool:
    """Whether a layout is worth reading to find out what a file is: False only where it surely does not fit.

    said: the formats that know the sample by themselves; head: what the layout's file says in plain words.
    """
    name = head.get("format")
    if name is None or name not in names():
        return True
    if XML in said and name != XML:
        return False
    test = getattr(_module(name), "may_fit", None)
    return test is None or bool(test(sample, head))


def nearest_to(sample: bytes, layouts: Iterable[LayoutBase]) -> list[tuple[str, Resemblance]]:
    """The layouts whose files are most like one that is of none of them, the likeliest first."""
    found: list[tuple[str, Resemblance]] = []
    for layout in layouts:
        test = getattr(_module(layout.format), "resembles", None)
        like: Resemblance | None = test(_seen_by(layout.format, sample), layout) if test is not None else None
        if like is not None and like.score >= LIKE_ENOUGH:
            otherwise = "" if _starts(sample, layout) else ", but it begins otherwise"
            found.append((layout.layout, replace(like, how=like.how + otherwise)))
    return sorted(found, key=lambda each: (-each[1].score, each[0]))[:NEAREST]


def sniff(sample: bytes) -> list[Sniffed]:
    """What each format that knows these bytes says of them."""
    said = (get(name).sniff(_seen_by(name, sample)) for name in names())
    return [sniffed for sniffed in said if sniffed is not None]


def unread(stream: BinaryIO, layout: LayoutBase) -> dict[str, int]:
    """What stands in a file that no field of its layout reads, with its number, where its format can say."""
    look = getattr(_module(layout.format), "unread", None)
    return dict(look(stream, layout)) if look is not None else {}


def glimpse(stream: BinaryIO, sniffed: Sniffed, found: Found) -> Glimpse | None:
    """What is seen of the rows of a file without a layout, where its format can say; that it is broken goes to `found`."""
    look = getattr(_module(sniffed.format), "glimpse", None)
    seen: Glimpse | None = look(stream, sniffed, found) if look is not None else None
    return seen


@cache
def _module(name: str) -> Format | None:
    """The module of that name in this folder, if it is a format."""
    if not any(module.name == name for module in pkgutil.iter_modules(exchange.formats.__path__)):
        return None
    module = importlib.import_module(f"{exchange.formats.__name__}.{name}")
    is_format = hasattr(module, "Layout") and hasattr(module, "reader")
    return cast(Format, module) if is_format else None


def _seen_by(name: str, sample: bytes) -> bytes:
    """The part of a sample that a format asks for."""
    return sample if hasattr(_module(name), "reach") else sample[:SAMPLE_SIZE]


def _candidate(sample: bytes, layout: LayoutBase) -> Candidate | None:
    if layout.recognise is not None and layout.recognise.never:
        return None
    if not _starts(sample, layout):
        return None
    reason = get(layout.format).recognise(_seen_by(layout.format, sample), layout)
    return None if reason is None else Candidate(layout, reason)


def _fits(sample: bytes, layout: LayoutBase) -> bool:
    """Whether the values at the beginning of a file are what a layout says, as far as its format can tell."""
    test = getattr(_module(layout.format), "fits", None)
    return test is None or bool(test(_seen_by(layout.format, sample), layout))


def _starts(sample: bytes, layout: LayoutBase) -> bool:
    """Whether a file begins as the layout declares, if it does."""
    starts = layout.recognise.starts if layout.recognise else None
    return starts is None or re.match(starts, _beginning(sample, layout)) is not None


def _named(layout: LayoutBase, name: str) -> bool:
    pattern = layout.recognise.name if layout.recognise else None
    return pattern is not None and fnmatchcase(name, pattern)


def _beginning(sample: bytes, layout: LayoutBase) -> str:
    """The first characters, without a byte order mark; UTF-8 is seen whatever the layout declares, so that reading can
    say what is wrong."""
    encoding = encodings.seen(sample, getattr(layout, "encoding", None) or "utf-8")
    return sample.decode(encoding, "replace").removeprefix("\ufeff")[:STARTS_WITHIN]
