"""What an XSD says of texts, as regular expressions: which texts a type *surely* allows.

An expression may refuse a text that the schema allows, never the other way round. What is not understood here (a
type within an element, a facet of an unusual kind) has no expression at all.

>>> schema = b'''<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
... <xs:complexType name="T"><xs:sequence><xs:element name="a" type="Code"/></xs:sequence></xs:complexType>
... <xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:maxLength value="3"/></xs:restriction></xs:simpleType>
... </xs:schema>'''
>>> look = re.compile(Types(schema).text("Code") + "</")
>>> bool(look.match("abc</")), bool(look.match("&amp;</")), bool(look.match("abcd</"))
(True, False, False)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from exchange.formats.xml.scan import safe_parser

XSD = "{http://www.w3.org/2001/XMLSchema}"
_COMPLEX, _SIMPLE, _ELEMENT, _ATTRIBUTE, _ANNOTATION = (
    f"{XSD}{name}" for name in ("complexType", "simpleType", "element", "attribute", "annotation")
)
_GROUPS = frozenset(f"{XSD}{name}" for name in ("sequence", "choice", "all"))
_NO_CHARACTERS = r"<&>\x00-\x1f\ufffe\uffff"
_REFERENCES = r"&(?:amp|lt|gt|quot|apos);"
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])?"
_DAY = r"[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_BUILT_IN = {
    "xs:boolean": "(?:true|false|1|0)",
    "xs:date": _DAY + _ZONE,
    "xs:dateTime": f"{_DAY}T{_TIME}{_ZONE}",
}
_MOST_DIGITS = 18
"""A number with more digits may be too long for some."""
_SAME_IN_BOTH = re.compile(r"(?:\[[A-Za-z0-9-]+\]|\{[0-9]+(?:,[0-9]*)?\}|\\[-+.]|[A-Za-z0-9()|?+*-])+")
"""Patterns of a schema that mean the same in Python."""


class Types:
    """The named types of a schema, and those of its elements."""

    def __init__(self, schema: bytes) -> None:
        root = etree.fromstring(schema, safe_parser())
        self._target = root.get("targetNamespace", "")
        self._named = {each.get("name", ""): each for each in root if each.tag in (_COMPLEX, _SIMPLE)}
        self._global = {each.get("name", ""): each for each in root if each.tag == _ELEMENT}
        self.has_keys = any(
            True for _ in root.iter(*(f"{XSD}{name}" for name in ("key", "keyref", "unique")))
        )
        """Whether a record may be wrong because of another one."""
        self._elements: dict[str, set[str | None]] = {}
        for element in root.iter(_ELEMENT):
            self._elements.setdefault(element.get("name", ""), set()).add(self._type(element))

    def only(self, name: str) -> str | None:
        """The type of all elements of a name; None where there are several, or none that has a name."""
        types = self._elements.get(name, set())
        return next(iter(types)) if len(types) == 1 else None

    def outermost(self, name: str) -> str | None:
        """The type of an element that a document may begin with."""
        element = self._global.get(name)
        return None if element is None else self._type(element)

    def child(self, of: str | None, name: str) -> str | None:
        """The type of an element in one of a type."""
        named = self._named.get(of or "")
        if named is None:
            return None
        return next((self._type(each) for each in _children(named) if each.get("name") == name), None)

    def text(self, of: str | None) -> str | None:
        """What the text of an element of a type may be: an expression to which the next markup must be added."""
        facets = self._facets(of)
        return None if facets is None else _expression(*facets, "")

    def attribute(self, of: str | None, name: str, quote: str) -> str | None:
        """What an attribute of an element of a type may be, in these quotes."""
        named = self._named.get(of or "")
        paths = (f"./{_ATTRIBUTE}", f"./{XSD}simpleContent/{XSD}extension/{_ATTRIBUTE}")
        known = [] if named is None else [each for path in paths for each in named.iterfind(path)]
        facets = next((self._facets(self._type(each)) for each in known if each.get("name") == name), None)
        return None if facets is None else _expression(*facets, quote)

    def _type(self, element: etree._Element) -> str | None:
        """The name of a type of this schema, or `xs:` and that of one that every schema knows."""
        prefix, _, local = element.get("type", "").rpartition(":")
        if not local or element.get("fixed"):
            return None
        namespace = element.nsmap.get(prefix or None, "")
        if f"{{{namespace}}}" == XSD:
            return f"xs:{local}"
        return local if namespace == self._target else None

    def _facets(self, of: str | None) -> tuple[str, dict[str, list[str]]] | None:
        """The type that every schema knows, and by how much one is narrower."""
        if of is not None and of.startswith("xs:"):
            return of, {}
        named = self._named.get(of or "")
        inside = [] if named is None else [each for each in named if each.tag != _ANNOTATION]
        if len(inside) != 1:
            return None
        [inner] = inside
        if inner.tag == f"{XSD}simpleContent":
            extension = inner.find(f"{XSD}extension")
            return None if extension is None else self._facets(self._base(extension))
        base = self._base(inner) if inner.tag == f"{XSD}restriction" else None
        if base is None or not base.startswith("xs:"):
            return None
        facets: dict[str, list[str]] = {}
        for facet in inner.iterchildren(f"{XSD}*"):
            facets.setdefault(etree.QName(facet).localname, []).append(facet.get("value", ""))
        return base, facets

    def _base(self, element: etree._Element) -> str | None:
        prefix, _, local = element.get("base", "").rpartition(":")
        return f"xs:{local}" if f"{{{element.nsmap.get(prefix or None)}}}" == XSD else local


def _children(of: etree._Element) -> Iterator[etree._Element]:
    """The elements that may stand in one of a type, without those in them."""
    for each in of:
        if each.tag == _ELEMENT:
            yield each
        elif each.tag in _GROUPS:
            yield from _children(each)


def _expression(base: str, facets: dict[str, list[str]], quote: str) -> str | None:
    """The texts of a type that every schema knows, narrowed by facets. quote: in which an attribute stands."""
    if base in _BUILT_IN:
        return None if facets else _BUILT_IN[base]
    if any(len(values) > 1 for name, values in facets.items() if name != "enumeration"):
        return None
    single = {name: values[0] for name, values in facets.items() if name != "enumeration"}
    if base == "xs:decimal" and "enumeration" not in facets:
        return _number(single)
    if base != "xs:string" or single.keys() - {"minLength", "maxLength", "pattern"}:
        return None
    least, most = int(single.get("minLength", "0")), single.get("maxLength", "")
    if "enumeration" in facets:
        return None if single else _one_of(facets["enumeration"])
    if "pattern" not in single:
        return _any_text(least, most, quote)
    if not _SAME_IN_BOTH.fullmatch(single["pattern"]):
        return None
    length = rf"(?=[^<{quote}]{{{least},{most}}}[<{quote}])" if len(single) > 1 else ""
    return f"{length}(?:{single['pattern']})"


def _number(facets: dict[str, str]) -> str | None:
    """Numbers without a sign; leading zeros count as digits."""
    if (
        facets.keys() - {"totalDigits", "fractionDigits", "minInclusive"}
        or facets.get("minInclusive", "0") != "0"
    ):
        return None
    decimals = int(facets.get("fractionDigits", "0"))
    whole = min(int(facets.get("totalDigits", _MOST_DIGITS)), _MOST_DIGITS) - decimals
    if whole < 1:
        return None
    return rf"[0-9]{{1,{whole}}}" + (rf"(?:\.[0-9]{{1,{decimals}}})?" if decimals else "")


def _one_of(values: list[str]) -> str | None:
    if not all(re.fullmatch(r"[A-Za-z0-9 ._/-]+", value) for value in values):
        return None
    return f"(?:{'|'.join(map(re.escape, values))})"


def _any_text(least: int, most: str, quote: str) -> str:
    """Any characters, so many of them. `&amp;` is one that is written as five: too many to be counted for a least."""
    if quote or least > 1:
        return rf"[^{_NO_CHARACTERS}{quote}]{{{least},{most}}}"
    return rf"(?=[^<]{{{least},{most}}}<)(?:[^{_NO_CHARACTERS}]++|{_REFERENCES})*+"


@lru_cache(maxsize=16)
def types_of(schema: bytes) -> Types:
    """The types of a schema; made once."""
    return Types(schema)
