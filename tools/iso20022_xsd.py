"""Writes the XML schemas of ISO 20022 messages from their element trees.

    python tools/iso20022_xsd.py TREES [--out schemas/iso20022]

TREES is a folder of `<message>.tsv` files, one row per element in document order; tools/README.md gives
the columns. A tree repeats a type wherever the type is used; the schema declares it once, and a type that
is not the same everywhere is refused. Output is deterministic: same trees, same bytes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

COLUMNS = ("path", "card", "choice", "type", "facets")
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
DEFAULT_OUT = Path(__file__).parents[1] / "schemas" / "iso20022"
VALUE_SUFFIX = "_Value"
"""Ending of the simple type that holds the number of an amount; no ISO 20022 type name has an underscore."""

BASES = frozenset(
    ("string", "decimal", "boolean", "date", "dateTime", "time", "gYear", "gYearMonth", "base64Binary")
)
FACETS = ("pattern", "enum", "minLength", "maxLength", "totalDigits", "fractionDigits", "minInclusive")
WILDCARDS = {
    "SupplementaryDataEnvelope1": "##any",
    "SignatureEnvelope": "http://www.w3.org/2000/09/xmldsig#",
}
"""The types that hold one foreign element, and the namespace it must have. A tree cannot say this: their
rows have neither children nor facets."""

CURRENCY_PATTERN = "[A-Z]{3,3}"
"""Every currency code type of ISO 20022 (the attribute Ccy); the list of codes itself is not in a schema."""

_MESSAGE = re.compile(r"[a-z]{4}\.\d{3}\.\d{3}\.\d{2}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_CARD = re.compile(r"(\d+)\.\.(\d+|n)")
_FACET_START = re.compile(r" (?=@|(?:{})=)".format("|".join(FACETS)))
_CURRENCY_TYPE = re.compile(r"Active(?:OrHistoric)?Currency(?=And)")

_HEADER = """\
<?xml version="1.0" encoding="UTF-8"?>
<!--
  {message}: written by the Exchange project from the published ISO 20022 element structure.
  SPDX-License-Identifier: Apache-2.0
  Made by tools/iso20022_xsd.py; change the element tree or the tool, never this file.
-->
"""


class TreeError(Exception):
    """An element tree that cannot be made into a schema; the text names message, line and cause."""


@dataclass(frozen=True)
class Row:
    """One line of a tree: an element, where it stands, how often, and its type."""

    line: int
    path: str
    low: int
    high: int | None
    choice: bool
    type: str
    facets: str

    @property
    def name(self) -> str:
        """The element's own name."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The path of the element around it."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True)
class Child:
    """An element inside a complex type; `high` is None for unbounded."""

    name: str
    low: int
    high: int | None
    choice: bool
    type: str


@dataclass(frozen=True)
class Type:
    """What a named type holds: children, or a value (base, facets, attribute Ccy or not), or a wildcard."""

    children: tuple[Child, ...] = ()
    base: str = ""
    facets: tuple[tuple[str, str], ...] = ()
    currency: bool = False


def schema(message: str, tree: str) -> str:
    """The XSD text of `message` (like "pain.001.001.09") from the text of its tree; raises TreeError."""
    if not _MESSAGE.fullmatch(message):
        raise TreeError(f'{message}: not a message name like "pain.001.001.09".')
    try:
        return _render(message, *_types(list(_rows(tree))))
    except TreeError as error:
        raise TreeError(f"{message}: {error}") from error


# --- tree → types ---------------------------------------------------------------------------------------


def _rows(tree: str) -> Iterator[Row]:
    lines = tree.splitlines()
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        raise TreeError(f"line 1: the columns must be {', '.join(COLUMNS)}, separated by tabs.")
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            raise TreeError(f"line {number}: {len(cells)} columns, expected {len(COLUMNS)}.")
        yield _row(number, *cells)


def _row(number: int, path: str, card: str, choice: str, type_: str, facets: str) -> Row:
    bounds = _CARD.fullmatch(card)
    if bounds is None:
        raise TreeError(f'line {number}: cardinality "{card}" is not like 0..1 or 1..n.')
    if choice not in ("", "choice"):
        raise TreeError(f'line {number}: "{choice}" in the column choice; write "choice" or nothing.')
    steps = path.split("/")
    if len(steps) < 2 or not all(_NAME.fullmatch(step) for step in [*steps, type_]):
        raise TreeError(f'line {number}: path "{path}" or type "{type_}" is not made of element names.')
    high = None if bounds[2] == "n" else int(bounds[2])
    low = int(bounds[1])
    if high is not None and high < max(low, 1):
        raise TreeError(f'line {number}: cardinality "{card}" allows nothing.')
    return Row(number, path, low, high, choice == "choice", type_, facets)


def _types(rows: list[Row]) -> tuple[str, dict[str, Type]]:
    """The root element's name and every named type; the root's type has the root's name."""
    if not rows:
        raise TreeError("the tree is empty.")
    root = rows[0].parent
    children = _children(root, rows)
    types: dict[str, Type] = {}
    _declare(types, root, Type(children[root]), rows[0].line)
    for row in rows:
        _declare(types, row.type, _type(row, children.get(row.path, ())), row.line)
        if types[row.type].currency:
            code = Type(base="string", facets=(("pattern", CURRENCY_PATTERN),))
            _declare(types, currency_type(row.type), code, row.line)
    return root, types


def _children(root: str, rows: list[Row]) -> dict[str, tuple[Child, ...]]:
    found: dict[str, list[Child]] = {root: []}
    for row in rows:
        if row.parent not in found:
            raise TreeError(f"line {row.line}: {row.path} stands before (or without) its parent.")
        if row.path in found:
            raise TreeError(f"line {row.line}: {row.path} stands twice.")
        child = Child(row.name, row.low, row.high, row.choice, row.type)
        siblings = found[row.parent]
        if siblings and siblings[0].choice != row.choice:
            raise TreeError(f"line {row.line}: {row.parent} mixes choice and sequence.")
        siblings.append(child)
        found[row.path] = []
    return {path: tuple(inside) for path, inside in found.items()}


def _type(row: Row, children: tuple[Child, ...]) -> Type:
    if children and row.facets:
        raise TreeError(f"line {row.line}: {row.path} has both children and a value.")
    if children:
        return Type(children)
    if row.facets:
        return _value(row)
    if row.type not in WILDCARDS:
        raise TreeError(f"line {row.line}: type {row.type} has neither children nor a value.")
    return Type()


def _value(row: Row) -> Type:
    base, *parts = _FACET_START.split(row.facets)
    currency = parts[-1:] == ["@Ccy"]
    pairs = [part.partition("=") for part in (parts[:-1] if currency else parts)]
    unknown = [name for name, _, _ in pairs if name not in FACETS]
    if base not in BASES or unknown:
        raise TreeError(f'line {row.line}: unknown base or facet in "{row.facets}".')
    return Type(base=base, facets=tuple(_facets(pairs)), currency=currency)


def _facets(pairs: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    for name, _, value in pairs:
        if name == "enum":
            yield from (("enumeration", code) for code in value.split("|"))
        else:
            yield name, value


def _declare(types: dict[str, Type], name: str, type_: Type, line: int) -> None:
    if types.setdefault(name, type_) != type_:
        raise TreeError(f"line {line}: type {name} differs from its earlier use.")


def currency_type(amount: str) -> str:
    """The name of the code type of the attribute Ccy of the amount type `amount`; raises TreeError."""
    prefix = _CURRENCY_TYPE.match(amount)
    if prefix is None:
        raise TreeError(f"no currency code type is known for {amount}.")
    return f"{prefix[0]}Code"


# --- types → XSD ----------------------------------------------------------------------------------------


def _render(message: str, root: str, types: dict[str, Type]) -> str:
    namespace = quoteattr(NAMESPACE + message)
    lines = [
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns={namespace}',
        f'           targetNamespace={namespace} elementFormDefault="qualified">',
        f'  <xs:element name="{root}" type="{root}"/>',
    ]
    for name in sorted(types):
        lines.append("")
        lines.extend(_indent(_declaration(name, types[name])))
    return _HEADER.format(message=message) + "\n".join([*lines, "</xs:schema>", ""])


def _declaration(name: str, type_: Type) -> list[str]:
    if type_.children:
        return _complex(name, type_.children)
    if type_.currency:
        return _amount(name, type_)
    if type_.base:
        return _simple(name, type_)
    wildcard = f'<xs:any namespace={quoteattr(WILDCARDS[name])} processContents="lax"/>'
    return _wrap(f'xs:complexType name="{name}"', _wrap("xs:sequence", [wildcard]))


def _complex(name: str, children: tuple[Child, ...]) -> list[str]:
    elements = [f'<xs:element name="{c.name}" type="{c.type}"{_occurs(c)}/>' for c in children]
    group = "xs:choice" if children[0].choice else "xs:sequence"
    return _wrap(f'xs:complexType name="{name}"', _wrap(group, elements))


def _occurs(child: Child) -> str:
    low = "" if child.low == 1 else f' minOccurs="{child.low}"'
    high = "" if child.high == 1 else f' maxOccurs="{child.high or "unbounded"}"'
    return low + high


def _amount(name: str, type_: Type) -> list[str]:
    attribute = f'<xs:attribute name="Ccy" type="{currency_type(name)}" use="required"/>'
    extension = _wrap(f'xs:extension base="{name}{VALUE_SUFFIX}"', [attribute])
    outer = _wrap(f'xs:complexType name="{name}"', _wrap("xs:simpleContent", extension))
    return [*outer, "", *_simple(name + VALUE_SUFFIX, type_)]


def _simple(name: str, type_: Type) -> list[str]:
    facets = [f"<xs:{facet} value={quoteattr(value)}/>" for facet, value in type_.facets]
    return _wrap(f'xs:simpleType name="{name}"', _wrap(f'xs:restriction base="xs:{type_.base}"', facets))


def _wrap(tag: str, inside: list[str]) -> list[str]:
    if not inside:
        return [f"<{tag}/>"]
    return [f"<{tag}>", *_indent(inside), f"</{tag.split()[0]}>"]


def _indent(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


# --- command line ---------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Writes one schema per tree; nothing is written when any tree is wrong."""
    parser = argparse.ArgumentParser(description="Writes ISO 20022 XML schemas from element trees.")
    parser.add_argument("trees", type=Path, help="folder of <message>.tsv files")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the .xsd files")
    options = parser.parse_args(arguments)
    trees = sorted(options.trees.glob("*.tsv"))
    if not trees:
        parser.error(f"no .tsv file in {options.trees}")
    try:
        schemas = {tree.stem: schema(tree.stem, tree.read_text("utf-8")) for tree in trees}
    except TreeError as error:
        print(error, file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    for message, text in schemas.items():
        (options.out / f"{message}.xsd").write_text(text, "utf-8", newline="\n")
    print(f"{len(schemas)} schemas written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
