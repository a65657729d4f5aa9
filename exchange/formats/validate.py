"""Whole files against a schema: XSD (lxml) and JSON Schema. All findings of a file, in plain words.

    check = XsdCheck(load)              # load(namespace) -> bytes of the schema, None when there is none
    check(stream, found, "warning")

Files beyond `WHOLE` bytes are not checked as a whole: that needs many times their size in memory. An XML file whose
layout is known is then checked in parts; of others, what a layout says of its fields is checked for every record anyway.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from exchange.declare.layout import LayoutBase
from exchange.errors import UseError
from exchange.findings import Code, Finding, Found, Severity, code
from exchange.formats._xsd_abridged import LoadSchema, abridged
from exchange.formats._xsd_parts import Part, distinguished, messages, parts
from exchange.formats.xml.layout import Layout

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

WHOLE = 8 * 1024 * 1024
"""The size in bytes up to which a file is checked as a whole; its tree takes some ten times as much memory."""
ABRIDGED = 256 * 1024
"""The size from which on a file is abridged first: the schema's verdict is nearly always that of the few records that stay."""

UNEXPECTED = code(
    "XSD001",
    "error",
    "{what} stands where the schema does not allow it{expected}.",
    advice="Compare the order and the names of the elements with the schema's.",
)
MISSING = code(
    "XSD002", "error", "{what} is not complete{expected}.", advice="Ask the sender for the missing part."
)
BAD_VALUE = code(
    "XSD003",
    "error",
    "{what} {state}: {why}.",
    advice="Correct the value, or ask the sender for a right one.",
)
BAD_ATTRIBUTE = code("XSD004", "error", "{what}: {why}.", advice="Correct the attribute.")
UNKNOWN_ROOT = code(
    "XSD005",
    "error",
    "{what} is not a document of this schema.",
    advice="Check that the file is of the right kind and version.",
)
OTHER = code("XSD009", "error", "{what}: {why}.", advice="Compare the place with the schema.")
NOT_WHOLE = code(
    "XSD010",
    "info",
    "The file is too big ({megabytes} MB) to be checked against its schema as a whole; its fields were checked one by one.",
    advice="Nothing needs to be done.",
)
NO_SCHEMA = code(
    "XSD011",
    "info",
    "There is no schema here for {value}; the file was not checked against one.",
    advice="Put its XSD into schemas/, if you have it.",
)
JSON_BAD = code(
    "JSC001",
    "error",
    "{what} breaks the schema: {why}.",
    advice="Correct the value, or ask the sender for a right one.",
)
JSON_SCHEMA_UNUSABLE = code(
    "JSC002", "error", "The JSON Schema cannot be used: {why}.", advice="Correct the schema file."
)

_EXPECTED = re.compile(r"Expected is(?: one of)? \( (.+) \)\.$")
_FACET = re.compile(r"\[facet '(\w+)'\] (.*)$", re.DOTALL)
_ELEMENT_ONLY = "content type is 'element-only'"
_NAMESPACE = re.compile(r"\{[^{}]*\}")
_ATTRIBUTE = re.compile(r"attribute '([^']+)'")
_FACETS: dict[str, Callable[[str], str]] = {
    "maxLength": lambda said: f"it has {_number(said, 0)} characters, at most {_number(said, 1)} are allowed",
    "minLength": lambda said: f"it has {_number(said, 0)} characters, at least {_number(said, 1)} are needed",
    "length": lambda said: f"it has {_number(said, 0)} characters instead of {_number(said, 1)}",
    "fractionDigits": lambda said: f"it has more than {_number(said, 0)} decimals",
    "totalDigits": lambda said: f"it has more than {_number(said, 0)} digits",
    "pattern": lambda said: f"it is not written as the schema wants ({_quoted_last(said)})",
    "enumeration": lambda said: f"it is none of the allowed values {_braces(said)}",
    "minInclusive": lambda said: f"it is less than {_quoted_last(said)}",
    "maxInclusive": lambda said: f"it is more than {_quoted_last(said)}",
}


class XsdCheck:
    """Checks XML files against the XSD of their namespace; compiled schemas are kept, for each thread its own."""

    def __init__(self, load: LoadSchema, layout: LayoutBase | None = None) -> None:
        self._load = load
        self._layout = layout if isinstance(layout, Layout) else None
        self._kept = threading.local()

    def __call__(self, stream: BinaryIO, found: Found, severity: Severity) -> None:
        """All findings of the file; the stream is read from its start. Ill-formed files are the reader's matter."""
        if (
            self._layout is not None
            and _size(stream) > ABRIDGED
            and self._is_surely_valid(stream, self._layout)
        ):
            return
        if _size(stream) > WHOLE and self._layout is not None:
            self._in_parts(stream, self._layout, found, severity)
        elif not _is_too_big(stream, found):
            self._whole(stream, found, severity)

    def _is_surely_valid(self, stream: BinaryIO, layout: Layout) -> bool:
        """Whether the file is valid because what stays of it, abridged, is; if not, that says nothing yet."""
        short = abridged(stream, layout, self._load)
        stream.seek(0)
        if short is None:
            return False
        root, schema = self._document(short.root)
        return schema is not None and short.is_plain(root) and schema.validate(root)

    def _whole(self, stream: BinaryIO, found: Found, severity: Severity) -> None:
        try:  # from bytes: of a stream, bytes that its encoding does not have are an OSError to libxml2
            top = etree.fromstring(stream.read(), _parser())
        except etree.XMLSyntaxError:
            return
        root, schema = self._document(top)
        if schema is None:
            found(_no_schema(root))
        elif not schema.validate(root):
            for finding_code, error, facts in _once(schema.error_log):
                element = _at(root, error.path)
                found(_finding(element, finding_code, error.line, facts).with_severity(severity))

    def _in_parts(self, stream: BinaryIO, layout: Layout, found: Found, severity: Severity) -> None:
        for part in parts(stream, layout, cache(self._most)):
            root, schema = self._document(part.root)
            if schema is None:
                found(_no_schema(root))
                return
            if schema.validate(root):
                continue
            for kind, error, facts in _once(schema.error_log):
                element = _at(root, error.path)
                if not part.is_told(element) and not _is_of_other_part(part, element, kind):
                    line = part.line + error.line
                    found(_finding(element, kind, line, facts, part.number).with_severity(severity))

    def _document(self, root: etree._Element) -> tuple[etree._Element, etree.XMLSchema | None]:
        """The outermost element that a schema is known for (messages may stand in envelopes), and its schema."""
        outermost = None
        for element in messages(root, self._layout):
            outermost = element if outermost is None else outermost
            schema = self._schema(etree.QName(element).namespace or "")
            if schema is not None:
                return element, schema
        return (root if outermost is None else outermost), None

    def _most(self, name: str) -> int:
        """How many elements of a name in a row stand for any number of them; see `distinguished`."""
        element = etree.QName(name)
        text = self._load(element.namespace or "")
        return 1 if text is None else max(1, distinguished(text)[element.localname])

    def _schema(self, namespace: str) -> etree.XMLSchema | None:
        kept: dict[str, etree.XMLSchema | None] = self._kept.__dict__.setdefault("schemas", {})
        if namespace not in kept:
            text = self._load(namespace)
            kept[namespace] = None if text is None else _compiled(text, namespace, self._load)
        return kept[namespace]


class _Imports(etree.Resolver):
    """Gives a schema the schemas that it imports: only those that `load` has for their namespaces, from nowhere else."""

    def __init__(self, load: LoadSchema) -> None:
        self._load = load
        self._namespaces: dict[str, str] = {}

    def learn(self, text: bytes) -> etree._Element:
        """Note where a schema says that the schemas of other namespaces lie."""
        parser = _parser()
        parser.resolvers.add(self)
        root = etree.fromstring(text, parser)
        for element in root.iterfind("{http://www.w3.org/2001/XMLSchema}import"):
            place = element.get("schemaLocation", "").rpartition("/")[2]
            self._namespaces[place] = element.get("namespace", "")
        return root

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        """The text of an imported schema; UseError for anything else."""
        namespace = self._namespaces.get((system_url or "").rpartition("/")[2])
        text = None if namespace is None else self._load(namespace)
        if text is None:
            raise UseError(
                f'The schema refers to "{system_url}", which is not fetched.',
                advice="Put the schema of each namespace into schemas/; one schema may import, but not include others.",
            )
        self.learn(text)
        return self.resolve_string(text, context)


def _compiled(text: bytes, namespace: str, load: LoadSchema) -> etree.XMLSchema:
    try:
        return etree.XMLSchema(_Imports(load).learn(text))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        why = str(error).partition(", line ")[0]
        raise UseError(
            f"The schema for {namespace or 'files without a namespace'} cannot be used: {why}"
        ) from error


class JsonSchemaCheck:
    """Checks JSON files against a JSON Schema: numbers exact, no schema fetched from anywhere."""

    def __init__(self, load: LoadSchema) -> None:
        self._load = load

    def __call__(self, stream: BinaryIO, found: Found, severity: Severity) -> None:
        """All findings of the file; the stream is read from its start. Broken JSON is the reader's matter."""
        from jsonschema.exceptions import SchemaError
        from jsonschema.validators import validator_for
        from referencing.exceptions import Unresolvable

        text = self._load("")
        if text is None or _is_too_big(stream, found):
            return
        text_of = io.TextIOWrapper(stream, "utf-8-sig")
        try:
            document = json.load(text_of, parse_float=Decimal)
        except (ValueError, RecursionError):
            return
        finally:
            text_of.detach()  # or it would close the stream, which others still read
        schema = json.loads(text, parse_float=Decimal)
        try:
            maker = validator_for(schema)
            maker.check_schema(schema)
            if _is_valid_at_once(schema, document):
                return
            for error in maker(schema).iter_errors(document):
                found(_json_finding(error).with_severity(severity))
        except (SchemaError, Unresolvable) as error:
            found(JSON_SCHEMA_UNUSABLE.at(why=str(error).partition("\n")[0]))


def _is_valid_at_once(schema: Any, document: Any) -> bool:
    """The quick verdict of jsonschema-rs, where it is installed; what it does not accept is explained the slow way."""
    try:
        import jsonschema_rs
    except ImportError:
        return False

    def refuse(address: str) -> Any:
        raise ValueError(f"{address} is not fetched")

    try:
        return bool(jsonschema_rs.validator_for(schema, retriever=refuse).is_valid(document))
    except (ValueError, jsonschema_rs.ValidationError):
        return False


def _json_finding(error: ValidationError) -> Any:
    pointer = "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)
    plain = not isinstance(error.instance, dict | list)
    name = str(error.absolute_path[-1]) if error.absolute_path else None
    return JSON_BAD.at(
        path=pointer,
        field=name,
        value=error.instance if plain else None,
        what=name or "The document",
        why=error.message.rstrip("."),
    )


def _is_of_other_part(part: Part, element: etree._Element | None, kind: Code) -> bool:
    """Whether a finding is only due to the cut."""
    if kind is MISSING:
        return part.goes_on(element)
    return kind is BAD_ATTRIBUTE and element is not None and part.is_continued(element)


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size


def _is_too_big(stream: BinaryIO, found: Found) -> bool:
    size = _size(stream)
    if size > WHOLE:
        found(NOT_WHOLE.at(megabytes=size // 1_000_000))
    return size > WHOLE


def _no_schema(root: etree._Element) -> Finding:
    return NO_SCHEMA.at(value=etree.QName(root).namespace or "files without a namespace")


def _parser() -> etree.XMLParser:
    """A parser that fetches nothing and knows no entities."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _once(log: Any) -> Iterator[tuple[Code, Any, dict[str, Any]]]:
    """The errors, without the general one that libxml2 adds to a broken facet of the same value; text among the
    elements of an element is told once, not for each piece of it."""
    last: tuple[int, str, bool] | None = None
    mixed: set[tuple[int, str]] = set()
    for error in log:
        said = error.message
        facet = _FACET.search(said)
        if _ELEMENT_ONLY in said:
            if (error.line, error.path) in mixed:
                continue
            mixed.add((error.line, error.path))
        if last == (error.line, error.path, True) and "is not a valid value of the" in said:
            continue
        last = (error.line, error.path, facet is not None)
        yield _kind(said, facet), error, _facts(said, facet)


def _kind(said: str, facet: re.Match[str] | None) -> Code:
    if "No matching global declaration" in said:
        return UNKNOWN_ROOT
    if "attribute '" in said:
        return BAD_ATTRIBUTE
    if facet or "is not a valid value" in said or "Character content" in said:
        return BAD_VALUE
    if "Missing child element" in said:
        return MISSING
    return UNEXPECTED if "is not expected" in said else OTHER


def _facts(said: str, facet: re.Match[str] | None) -> dict[str, Any]:
    """What fills the braces of a code's sentence."""
    expected = _EXPECTED.search(said)
    names = _NAMESPACE.sub("", expected[1]) if expected else ""
    return {"expected": f"; expected is {names}" if names else "", "why": _why(said, facet)}


def _why(said: str, facet: re.Match[str] | None) -> str:
    attribute = _ATTRIBUTE.search(said)
    if facet and facet[1] in _FACETS:
        place = f"its attribute {attribute[1]} is wrong, " if attribute else ""
        return place + _FACETS[facet[1]](facet[2])
    if _ELEMENT_ONLY in said:
        return "text stands where only elements are allowed"
    plain = _NAMESPACE.sub("", said.partition(": ")[2] or said).rstrip(".")
    kind = re.search(
        r"is not a valid value of the (?:atomic|local atomic|union|list) type(?: '(?:\w+:)?(\w+)')?", plain
    )
    if kind:
        return f"it is no valid {kind[1]}" if kind[1] else "it is not a valid value"
    if attribute and "required but missing" in plain:
        return f"the attribute {attribute[1]} is missing"
    if attribute and "is not allowed" in plain:
        return f"the attribute {attribute[1]} is not allowed"
    return plain[:1].lower() + plain[1:]


def _finding(
    element: etree._Element | None,
    kind: Code,
    line: int,
    facts: dict[str, Any],
    number: Callable[[etree._Element], int] | None = None,
) -> Finding:
    name = etree.QName(element).localname if element is not None else "The file"
    value = "" if element is None else _own_text(element)
    state = f'holds "{value}"' if value else "is empty"
    place = _readable(element, number or _number_of) if element is not None else None
    return kind.at(
        line=line or None, path=place, field=name, value=value or None, what=name, state=state, **facts
    )


def _own_text(element: etree._Element) -> str:
    """The text of an element without that of the elements in it."""
    texts = ((text or "").strip() for text in (element.text, *(child.tail for child in element)))
    return " ".join(text for text in texts if text)


def _at(root: etree._Element, path: str | None) -> etree._Element | None:
    """The element of an error's path, whose steps are all `*` for elements with a namespace; the first is the root."""
    if not path:
        return None
    below = path.split("/")[2:]
    try:
        found = root.xpath("/".join((".", *below)))
    except etree.XPathError:
        return None
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, etree._Element) else None


def _readable(element: etree._Element, number: Callable[[etree._Element], int]) -> str:
    """The path with names, numbered where there are several of a name."""
    steps = []
    here: etree._Element | None = element
    while here is not None:
        position = number(here)
        steps.append(etree.QName(here).localname + (f"[{position}]" if position else ""))
        here = here.getparent()
    return "/" + "/".join(reversed(steps))


def _number_of(element: etree._Element) -> int:
    """The position of an element among its namesakes; 0 when it has none."""
    around = element.getparent()
    same = [child for child in around if child.tag == element.tag] if around is not None else []
    return same.index(element) + 1 if len(same) > 1 else 0


def _number(said: str, position: int) -> str:
    """One of the quoted numbers of a message (the value itself, which may be quoted too, comes before them)."""
    numbers = re.findall(r"'(\d+)'", said.rpartition("has ")[2])
    return numbers[position] if position < len(numbers) else "?"


def _quoted_last(said: str) -> str:
    quoted = re.findall(r"'([^']*)'", said)
    return quoted[-1] if quoted else ""


def _braces(said: str) -> str:
    allowed = re.search(r"\{(.*)\}", said, re.DOTALL)
    return allowed[1].replace("'", "") if allowed else ""
