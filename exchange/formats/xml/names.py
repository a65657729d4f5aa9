"""Names of elements as lxml gives them, {namespace}local, ↔ names as they stand in a layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from exchange.formats.xml.layout import Layout

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
KNOWN_LIMIT = 50_000
"""So many different names are remembered; a file with more of them is hostile, and its names are not kept."""


class Names(dict[str, str]):
    """`{namespace}local` → the name in the layout, looked up by index; "?{…}" for names the layout cannot mean."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self._patterns = list(_patterns(layout))

    def __missing__(self, tag: str) -> str:
        namespace, local = split(tag)
        name = next((p + local for p, pattern in self._patterns if matches(namespace, pattern)), f"?{tag}")
        if len(self) < KNOWN_LIMIT:
            self[tag] = name
        return name


class PlainNames(Names):
    """The same for pieces whose names without prefix were parsed without their namespace: these are themselves."""

    def __missing__(self, tag: str) -> str:
        return super().__missing__(tag) if tag.startswith("{") else tag


def can_be_plain(layout: Layout, default: str, prefixed: Iterable[str]) -> bool:
    """Whether names without prefix may be parsed without their namespace: no other name could mean the same."""
    mine = [any(matches(uri, pattern) for pattern in layout.namespaces) for uri in (default, *prefixed)]
    return mine[0] and not any(mine[1:])


def split(tag: str) -> tuple[str, str]:
    """The namespace ("" for none) and the local name of a tag."""
    namespace, closing, local = tag[1:].partition("}")
    return (namespace, local) if closing and tag[0] == "{" else ("", tag)


def matches(namespace: str, pattern: str) -> bool:
    """Whether a namespace is the declared one; a closing * stands for any version."""
    return namespace.startswith(pattern[:-1]) if pattern.endswith("*") else namespace == pattern


def unknown_version(layout: Layout, namespace: str) -> tuple[str, str] | None:
    """The version of a namespace and the nearest one that the layout knows, when it knows versions, but not this one."""
    pattern = next((each for each in layout.namespaces if matches(namespace, each)), "")
    if not layout.versions or not pattern.endswith("*"):
        return None
    version = "".join(takewhile(str.isalnum, namespace[len(pattern) - 1 :]))
    if version in layout.versions:
        return None
    number = int(version) if version.isdecimal() else 0
    return version, min(layout.versions, key=lambda known: (abs(int(known) - number), known))


def _patterns(layout: Layout) -> Iterator[tuple[str, str]]:
    """Prefix with its colon ("" for none) and namespace pattern, in the order of preference."""
    for pattern in layout.namespaces:
        yield "", pattern
    for prefix, pattern in layout.prefixes.items():
        yield f"{prefix}:", pattern


def attribute_tag(layout: Layout, name: str) -> str:
    """How lxml names an attribute of the layout; attributes without prefix are in no namespace."""
    prefix, _, local = name.rpartition(":")
    if not prefix:
        return local
    return f"{{{XML_NAMESPACE if prefix == 'xml' else layout.prefixes[prefix]}}}{local}"
