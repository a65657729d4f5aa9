"""Reads the element tree of one ISO 20022 message out of its published XML schema.

    python tools/iso20022_tree.py pain.001.001.09.xsd > trees/pain.001.001.09.tsv

Only the structure is taken: names, order, cardinality, types, facets. A construction that a tree cannot say
(a group inside a group, a recursive type, another attribute) is refused by name, never left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from iso20022_xsd import BASES, COLUMNS, CURRENCY_PATTERN, FACETS, WILDCARDS, TreeError, currency_type

XS = "{http://www.w3.org/2001/XMLSchema}"


def tree(xsd: str) -> str:
    """The tree, as tab-separated text with a heading, of the schema `xsd`; raises TreeError."""
    try:
        top = ElementTree.fromstring(xsd)
    except ElementTree.ParseError as error:
        raise TreeError(f"not well-formed XML: {error}.") from error
    roots = top.findall(f"{XS}element")
    if top.tag != f"{XS}schema" or [set(root.attrib) for root in roots] != [{"name", "type"}]:
        raise TreeError("not an XML schema with exactly one global element with a name and a type.")
    if top.get("elementFormDefault") != "qualified":
        raise TreeError("its elements are not in the message's namespace (elementFormDefault).")
    rows = _Reader(top).rows(roots[0].attrib["name"], roots[0].attrib["type"], ())
    return "\n".join("\t".join(row) for row in [COLUMNS, *rows]) + "\n"


class _Reader:
    """Walks the named types of one schema."""

    def __init__(self, top: Element) -> None:
        self.types = {
            part.attrib["name"]: part for part in top if part.tag in (f"{XS}complexType", f"{XS}simpleType")
        }

    def rows(self, path: str, name: str, around: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """One row per element below `path`, whose type is `name` and lies inside the types `around`."""
        if name in around:
            raise TreeError(f"{path}: type {name} contains itself; a tree would never end.")
        group = self._group(name)
        if group is None:
            return
        choice = "choice" if group.tag == f"{XS}choice" else ""
        for element in group:
            inner, child, card = _element(name, element)
            below = f"{path}/{inner}"
            yield below, card, choice, child, self._facets(child)
            yield from self.rows(below, child, (*around, name))

    def _group(self, name: str) -> Element | None:
        """The sequence or choice of a complex type; None when the type holds a value or a wildcard."""
        type_ = self._type(name)
        inside = list(type_)
        plain = len(inside) == 1 and set(type_.attrib) == {"name"} and not inside[0].attrib
        if type_.tag == f"{XS}simpleType" or (plain and inside[0].tag == f"{XS}simpleContent"):
            return None
        group = _unwrapped(inside[0]) if plain else type_
        if len(group) == 0 or group.tag not in (f"{XS}sequence", f"{XS}choice"):
            raise TreeError(f"{name}: not one plain sequence or choice of elements.")
        return None if _is_wildcard(name, group) else group

    def _type(self, name: str) -> Element:
        if name not in self.types:
            raise TreeError(f"type {name} is not declared in the schema.")
        return self.types[name]

    def _facets(self, name: str) -> str:
        type_ = self._type(name)
        if type_.tag == f"{XS}simpleType":
            return _restriction(name, type_)
        extension = type_.find(f"{XS}simpleContent/{XS}extension")
        if extension is None:
            return ""
        self._check_currency(name, extension)
        return f"{_restriction(name, self._type(extension.attrib['base']))} @Ccy"

    def _check_currency(self, name: str, extension: Element) -> None:
        code = currency_type(name)
        if [part.attrib for part in extension] != [{"name": "Ccy", "type": code, "use": "required"}]:
            raise TreeError(f"{name}: not one required attribute Ccy of type {code}.")
        if _restriction(code, self._type(code)) != f"string pattern={CURRENCY_PATTERN}":
            raise TreeError(f"{code}: not the pattern {CURRENCY_PATTERN}.")


def _element(inside: str, element: Element) -> tuple[str, str, str]:
    known = {"name", "type", "minOccurs", "maxOccurs"}
    if element.tag != f"{XS}element" or not {"name", "type"} <= set(element.attrib) <= known:
        raise TreeError(f"{inside}: holds something other than elements with a name and a type.")
    high = element.get("maxOccurs", "1").replace("unbounded", "n")
    return element.attrib["name"], element.attrib["type"], f"{element.get('minOccurs', '1')}..{high}"


def _unwrapped(group: Element) -> Element:
    """The choice inside a sequence that holds nothing else: the schemas of 2009 are written so."""
    inner = group.find(f"{XS}choice")
    return inner if inner is not None and len(group) == 1 and not inner.attrib else group


def _is_wildcard(name: str, group: Element) -> bool:
    anys = group.findall(f"{XS}any")
    if not anys and name not in WILDCARDS:
        return False
    wanted = {"namespace": WILDCARDS.get(name, ""), "processContents": "lax"}
    if len(group) != 1 or [part.attrib for part in anys] != [wanted]:
        raise TreeError(f"{name}: a wildcard that tools/iso20022_xsd.py does not know; add it to WILDCARDS.")
    return True


def _restriction(name: str, type_: Element) -> str:
    restriction = type_.find(f"{XS}restriction")
    base = "" if restriction is None else restriction.attrib["base"].rpartition(":")[2]
    if restriction is None or base not in BASES:
        raise TreeError(f"{name}: not a restriction of a known base type.")
    found: dict[str, list[str]] = {}
    for facet in restriction:
        kind = facet.tag.removeprefix(XS).replace("enumeration", "enum")
        found.setdefault(kind, []).append(facet.get("value", ""))
    if not set(found) <= set(FACETS) or any(len(v) > 1 for kind, v in found.items() if kind != "enum"):
        raise TreeError(f"{name}: an unknown or repeated facet ({', '.join(found)}).")
    if any("|" in code for code in found.get("enum", ())):
        raise TreeError(f'{name}: a code with "|", which parts the codes of a tree.')
    return " ".join([base, *(f"{kind}={'|'.join(found[kind])}" for kind in FACETS if kind in found)])


def main(arguments: list[str] | None = None) -> int:
    """Prints the tree of one schema."""
    parser = argparse.ArgumentParser(description="Prints the element tree of an ISO 20022 XML schema.")
    parser.add_argument("xsd", type=Path)
    options = parser.parse_args(arguments)
    try:
        print(tree(options.xsd.read_text("utf-8")), end="")
    except TreeError as error:
        print(f"{options.xsd}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
