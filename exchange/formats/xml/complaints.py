"""What can be wrong with an XML file as such, and libxml2's messages in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from lxml import etree

from exchange.findings import Finding, code

_WHOLE = "Ask the sender for the whole file once more; the original is kept as it came."
NOT_XML = code(
    "XML001",
    "error",
    "The file is not XML: {why}.",
    advice="Compare it with a good file of this sender, or declare the layout for what it is.",
)
DOCTYPE = code(
    "XML002",
    "error",
    "The file has a DOCTYPE declaration, which is refused: it can change values unseen and read other files.",
    advice="Take the DOCTYPE line out, or ask the sender to; nothing else needs to change. Some old files name a DTD there "
    "(Finvoice 1 does); it is never fetched, and no value is read from it.",
)
ILL_FORMED = code(
    "XML003",
    "error",
    "The XML is damaged in line {line}: {why}.",
    advice="Nothing after this place was read. " + _WHOLE,
)
CUT_OFF = code(
    "XML004",
    "error",
    "The file ends too early: {why}.",
    advice="It was probably cut off on its way. " + _WHOLE,
)
BAD_BYTES = code(
    "XML005",
    "error",
    "In line {line} the bytes {got} (at offset {offset}) are not {encoding}, which is what the file says it is{hint}.",
    advice="Ask the sender to write the encoding that the first line declares.",
)
UNKNOWN_ENCODING = code(
    "XML006",
    "error",
    'The file says that its encoding is "{value}", which is not known here.',
    advice="Ask the sender for UTF-8.",
)
CONTRADICTION = code(
    "XML007",
    "error",
    "The first line says that the encoding is {declared}, but the first bytes ({got}) are those of {actual}.",
    advice="Ask the sender to declare the encoding that is written.",
)
CHANGED_ENCODING = code(
    "XML009",
    "error",
    'From line {line} on the file says that it is in another encoding ("{value}") than at its beginning.',
    advice="Ask the sender to write all parts of a file in one encoding.",
)
TOO_BIG = code(
    "XML008",
    "error",
    "The XML goes beyond what is accepted, near line {line}: {why}.",
    advice="No honest file of this kind is built so. Look at the file before you do anything else with it.",
)
WRONG_ROOT = code(
    "XML010",
    "error",
    "The file does not hold {want}: {why}.",
    advice="Check that the sender and the flow mean the same kind and version of file.",
)
OUT_OF_PLACE = code(
    "XML011",
    "error",
    "The element {value} of {kind} stands after the records that need it.",
    advice="If the standard puts it there, mark the field `late: true` in the layout.",
)
NOT_A_VALUE = code(
    "XML012",
    "error",
    "The field {field} must be a plain value, but its element holds other elements.",
    advice="Correct the path in the layout, or ask the sender for a corrected file.",
)
WRONG_TOTAL = code(
    "XML013",
    "error",
    "The control total {field} says {value}, but what was read gives {got}.",
    advice="Records are missing, doubled or changed. " + _WHOLE,
)
OTHER_VERSION = code(
    "XML014",
    "warning",
    "The file is of version {value}, which is not known here; it was read as version {nearest}, the nearest known one.",
    advice="Compare some values with the sender's own list: what is new or has moved in that version may be missing.",
)
NOTHING_KNOWN = code(
    "XML015",
    "error",
    "{kind} holds {got}, and nothing of what is read from it: {want}.",
    advice="Check that the sender and the flow mean the same kind of file. To read these elements, declare a layout that "
    "names them.",
)
BARE_RECORD = code(
    "XML016",
    "error",
    "{kind} is empty{got}: nothing of what is read from it is there.",
    advice="Where it only points to a record, have the file fetched with whole records instead of links to them. Otherwise ask the "
    "sender for a corrected file.",
)
UNWRITABLE = code(
    "XML020",
    "error",
    "The text {value} for {field} holds the character U+{point}, which XML cannot carry.",
    advice="Take it out in the mapping, for example with clean(…).",
)
SECOND_ROOT = code(
    "XML021",
    "error",
    "An XML file has one {kind} only, but the mapping made more.",
    advice="Write one file per document (`per: document`), or let the records share the same {kind}.",
)
NO_ROOT = code(
    "XML022",
    "error",
    "There is nothing to write: a file of this layout needs one {kind}.",
    advice="Write no file at all when there are no records.",
)
WRONG_SHAPE = code(
    "XML023",
    "error",
    "The field {field} must hold {want}, but the mapping gave {value}.",
    advice="Correct the mapping so that it gives {want}.",
)

_WORDS: Mapping[int, str] = {
    4: "no element begins",
    5: "something follows after the end of the last element",
    9: "it holds a character that XML does not allow",
    23: "an & begins a reference that has no ; at its end (a plain & is written &amp;)",
    26: "it refers to an entity that is not one of &amp; &lt; &gt; &quot; &apos;",
    38: "an attribute holds a < (it is written &lt;)",
    39: "an attribute has no quotation marks around its value",
    40: "the value of an attribute has no end",
    41: "an attribute has no value",
    42: "an element has the same attribute twice",
    45: "a comment has no end",
    62: "the text holds ]]> (it is written ]]&gt;)",
    63: "a CDATA section has no end",
    64: "an <?xml …?> line stands where none may be; it is the very first thing of a file, and stands once",
    65: "a space is missing between attributes",
    73: "a tag has no > at its end",
    80: "a comment holds --",
    81: "it holds bytes that are no UTF-8",
    201: "a prefix is used that no xmlns declares",
}
_UNFINISHED = {39, 40, 41, 45, 47, 63, 65, 68, 73, 77}
"""Errors that a file which was cut off ends with."""
_MISMATCH = re.compile(r"mismatch: (\S+) line (\d+) and ([^,\s]+)")
_ENTITY = re.compile(r"Entity '([^']*)'")
_PREFIX = re.compile(r"Namespace prefix (\S+)")
_OPEN = re.compile(r"Premature end of data in tag (\S+)")


class Ill(NamedTuple):
    """Where and why a parser stopped; line and column are those of the parsed piece."""

    code: int
    line: int
    column: int
    message: str


def ill_of(parser: etree.XMLParser, error: etree.XMLSyntaxError | None) -> Ill | None:
    """The first error that a parser met in its last run.

    libxml2 loses a namespace error when another namespace is declared after it, so that the run seems good.
    """
    for entry in parser.error_log:
        if entry.level >= etree.ErrorLevels.ERROR:
            return Ill(entry.type, entry.line, entry.column, entry.message)
    return None if error is None else Ill(error.code or 0, *error.position, error.msg or "")


class Ills:
    """Turns libxml2's errors into findings; `line` and `column` say where the parsed piece begins in the file."""

    def __init__(self, line: int = 1, column: int = 0) -> None:
        self._line = line
        self._column = column

    def finding(self, ill: Ill, at_end: bool = False) -> Finding:
        """The finding for a parser's error. Raises MemoryError when it was not the file's fault."""
        if ill.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError(ill.message)
        place: dict[str, Any] = {"line": ill.line + self._line - 1, "column": ill.column}
        if ill.line == 1:
            place["column"] = max(1, ill.column + self._column)
        if ill.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            return TOO_BIG.at(why=_limit(ill.message), **place)
        if opened := _OPEN.search(ill.message):
            return CUT_OFF.at(why=f"the element {opened[1]} has no end", **place)
        if at_end and ill.code in _UNFINISHED:
            return CUT_OFF.at(why="it ends in the middle of a tag or a text", **place)
        return ILL_FORMED.at(why=self._why(ill.code, ill.message), **place)

    def _why(self, number: int, message: str) -> str:
        if mismatch := _MISMATCH.search(message):
            opened = int(mismatch[2]) + self._line - 1
            return f"</{mismatch[3]}> stands where the end of <{mismatch[1]}> (of line {opened}) belongs"
        if number == etree.ErrorTypes.ERR_UNDECLARED_ENTITY and (entity := _ENTITY.search(message)):
            return f"it refers to &{entity[1]}; which is not one of &amp; &lt; &gt; &quot; &apos;"
        if prefix := _PREFIX.search(message):
            return f'the prefix "{prefix[1]}" is used, but no xmlns declares it'
        if number == etree.ErrorTypes.ERR_NAME_REQUIRED:
            return (
                "a < or & stands alone"
                if "EntityRef" in message
                else "a < is not followed by the name of an element"
            )
        return _WORDS.get(number) or message.partition(", line ")[0].strip()


def _limit(message: str) -> str:
    if "depth" in message.lower():
        return "elements are nested more than 256 deep"
    if "text" in message.lower():
        return "one text is longer than 10 million characters"
    return message.partition(", try ")[0].removeprefix("Resource limit exceeded: ").partition(", line ")[0]
