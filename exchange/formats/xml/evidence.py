"""What the first bytes of an XML file say: its root, its namespaces, and whether it is of a layout."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from lxml import etree

from exchange.formats.contract import Resemblance, Sniffed
from exchange.formats.xml.layout import Layout
from exchange.formats.xml.names import Names, matches, split
from exchange.formats.xml.source import encoding_of

_PROLOGUE = re.compile(r"\s*(?:(?:<\?.*?\?>|<!--.*?-->)\s*)*", re.DOTALL)
_DOCTYPE = re.compile(_PROLOGUE.pattern + r"<!DOCTYPE\s", re.DOTALL)
_DOCUMENT = re.compile(r"(?<=>)\s*(?=<\?xml\s)")
"""Where another document begins in a file that holds several."""
_VERSION = re.compile(r"(?!head)([a-z]{4}\.\d{3}\.\d{3}\.\d{2}(?:\.[a-z]{2}\.\d{2})?)(?![0-9])")
"""The message in a namespace, also in those of Switzerland (….03.ch.02.xsd) and Austria (ISO:…:APC:…); a header is
beside the message."""
_NAME = re.compile(r"""[^\s"',\[\]*#-][^\s"',\[\]*#]*""")
_HIDDEN = re.compile(rb"""xmlns[^=<>]*=\s*["'][^"'<>]*&""")
_ALIKE = 80
"""From so many percent of likeness on a namespace may be meant for another one."""
Start = tuple[int, str]


def may_fit(sample: bytes, head: Mapping[str, str]) -> bool:
    """Whether a file may be of a layout whose file says this in plain words: one of its namespaces stands in it."""
    text = sample.replace(b"\0", b"")  # of UTF-16 and UTF-32
    namespaces = head.get("namespace")
    if namespaces is None or _HIDDEN.search(text):
        return True
    is_none_allowed = '""' in namespaces or "''" in namespaces
    return is_none_allowed or any(name.encode() in text for name in _NAME.findall(namespaces))


def recognise(sample: bytes, layout: Layout) -> str | None:
    """Why a file that begins with the sample is of this layout: a sentence; None when it is not."""
    names = Names(layout)
    documents = _DOCUMENT.split(_text(sample)) if layout.concatenated else [_text(sample)]
    starts = [(depth, tag, names[tag]) for text in documents for depth, tag in _starts(text)]
    for kind in layout.kinds().values():
        for path in kind.places if kind.inside is None else ():
            wanted = [step.name for step in path.steps]
            tag = _met(starts, wanted, path.anywhere)
            if tag is not None:
                return f"It holds {path} in {split(tag)[0] or 'no namespace'}."
    return None


def resembles(sample: bytes, layout: Layout) -> Resemblance | None:
    """How a file that is not of the layout is like its files: the same elements in another namespace, or a namespace that
    is written much alike."""
    starts = list(_starts(_text(sample)))
    local = [(depth, tag, split(tag)[1]) for depth, tag in starts]
    declared = layout.namespaces[0] if layout.namespaces else ""
    for kind in layout.kinds().values():
        for path in kind.places if kind.inside is None else ():
            wanted = [step.name.rpartition(":")[2] for step in path.steps]
            tag = _met(local, wanted, path.anywhere)
            if tag is not None:
                here = split(tag)[0]
                versions = " and `versions: []`" if layout.versions else ""
                how = f"its {path} is in {_space(declared)}, here in {_space(here)}"
                return Resemblance(100, how, f'`namespace: "{here}"`{versions}')
    spaces = {split(tag)[0] for _, tag in starts} - {""}
    return _without(spaces, layout) or _nearly(spaces, layout.namespaces)


def _without(spaces: set[str], layout: Layout) -> Resemblance | None:
    """A file in a namespace of the layout in which nothing is that the layout's files hold, as in versions of before."""
    if not any(matches(space, known) for space in spaces for known in layout.namespaces if known):
        return None
    first = [str(path) for kind in layout.kinds().values() if kind.inside is None for path in kind.places]
    return Resemblance(100, f"the namespace is one of its own, but {' and '.join(first)} is not in this file")


def _nearly(seen: set[str], declared: Sequence[str]) -> Resemblance | None:
    """The namespace that is most like one that was seen."""
    matcher, best = SequenceMatcher(autojunk=False), (_ALIKE, "")
    for known in filter(None, declared):
        matcher.set_seq2(known.removesuffix("*"))
        for space in seen:
            matcher.set_seq1(space[: len(known)])
            if matcher.real_quick_ratio() * 100 > best[0]:
                best = max(best, (int(matcher.ratio() * 100), known))
    return Resemblance(best[0] - 10, f"its files are in {_space(best[1])}") if best[1] else None


def _space(namespace: str) -> str:
    return f"the namespace {namespace}" if namespace else "no namespace"


def sniff(sample: bytes) -> Sniffed | None:
    """What the bytes say of themselves; None when they are not XML."""
    text = _text(sample)
    starts = list(_starts(text))
    name, mark, declared = encoding_of(sample)
    if not starts:
        return _refused(name) if _DOCTYPE.match(text) else None
    evidence = (
        "byte order mark" if mark else f"declared as {declared}" if declared else "XML without a declaration"
    )
    namespace, root = split(starts[0][1])
    inner = next((split(tag)[1] for depth, tag in starts if depth == 1), None)
    spaces = [space for space, _ in (split(tag) for _, tag in starts)]
    version = next((match[1] for space in spaces if (match := _VERSION.search(space))), None)
    facts = {"root": root if inner is None else f"{root}/{inner}"}
    return Sniffed("xml", name, evidence, version, namespace or None, facts=facts)


def _refused(encoding: str | None) -> Sniffed:
    """What is said of a file whose DOCTYPE keeps it from being read, so that its elements are not looked at."""
    return Sniffed("xml", encoding or "utf-8", "XML with a DOCTYPE declaration", facts={"refused": "DOCTYPE"})


def _met(starts: list[tuple[int, str, str]], wanted: list[str], anywhere: bool) -> str | None:
    """The tag at the end of a way down through opened elements, when the sample holds it."""
    stack: list[str] = []
    for depth, tag, name in starts:
        del stack[depth:]
        stack.append(name)
        if stack == wanted or (anywhere and stack[-len(wanted) :] == wanted):
            return tag
    return None


def _starts(text: str) -> Iterator[Start]:
    """The elements that begin in a text, with their depth; nothing when it is not XML or has a DOCTYPE."""
    prologue = _PROLOGUE.match(text)
    rest = text[prologue.end() :] if prologue else text
    if not re.match(r"<[^\s!?/<>&]", rest):
        return
    parser = etree.XMLPullParser(("start", "end"), encoding="utf-8", no_network=True, load_dtd=False)
    try:
        parser.feed(rest.encode("utf-8", "replace"))
        parser.close()
    except etree.XMLSyntaxError:  # the reader tells; what came before still counts
        pass
    depth = 0
    for event, element in parser.read_events():
        if event == "start":
            yield depth, str(element.tag)
        depth += 1 if event == "start" else -1


def _text(sample: bytes) -> str:
    """The sample as text; a character that is cut off at its end is left out."""
    name, mark, _ = encoding_of(sample)
    try:
        return codecs.getincrementaldecoder(name or "latin-1")("replace").decode(sample[mark:])
    except UnicodeDecodeError:
        return ""
