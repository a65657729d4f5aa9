"""What can be wrong with a JSON file as such, and the parser's messages in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from exchange.findings import Finding, code

_WHOLE = "Ask the sender for the whole file once more; the original is kept as it came."
_REPAIR = "Ask the sender for a corrected file."

NOT_JSON = code(
    "JSN001",
    "error",
    "The JSON is damaged in line {line}, column {column}: {why}.",
    advice="Nothing after this place was read. " + _WHOLE,
)
CUT_OFF = code(
    "JSN002",
    "error",
    "The file ends too early, in line {line}: {why}.",
    advice="It was probably cut off on its way. " + _WHOLE,
)
TRAILING = code(
    "JSN003",
    "error",
    "Something follows after the end of the JSON, in line {line}, column {column}.",
    advice="If each line is a JSON object of its own, declare `lines: true`. Otherwise: " + _WHOLE,
)
BAD_LINE = code(
    "JSN004",
    "error",
    "Line {line} is not one JSON object, at column {column}: {why}.",
    advice="The other lines were read. " + _REPAIR,
)
DUPLICATE = code(
    "JSN005",
    "error",
    'The key "{value}" stands twice in one object; which of the two values counts is not known.',
    advice=_REPAIR,
)
NOT_A_NUMBER = code("JSN006", "error", "{value} is not a JSON value.", advice=_REPAIR)
HALF_CHARACTER = code(
    "JSN007",
    "error",
    "The text holds {value}, one half of a character without the other half.",
    advice="A text was cut in the middle of a character. " + _REPAIR,
)
TOO_DEEP = code(
    "JSN008",
    "error",
    "The JSON is nested too deeply, from line {line} on.",
    advice="No honest file of this kind is built so. Look at the file before you do anything else with it.",
)
TOO_BIG = code(
    "JSN009",
    "error",
    "One value has more than {most} characters; it begins in line {line}.",
    advice="Check that `each` in the layout names the list of the records; a missing quotation mark has this "
    "effect, too.",
)
NO_RECORDS = code(
    "JSN010",
    "error",
    "The file has no records where the layout looks for them ({want}); it has {got}. It says: {value}",
    advice="If it is the answer of an interface that refused, fetch the file again when the cause is gone. Otherwise check that the "
    "sender and the flow mean the same kind of file, and `each` in the layout.",
)
WRONG_KIND = code(
    "JSN011",
    "error",
    "At {field} there should be {want}, but there is {got}.",
    advice="Correct the path in the layout, or ask the sender for a corrected file.",
)
WRONG_TOTAL = code(
    "JSN012",
    "error",
    "The control total {field} says {value}, but what was read gives {got}.",
    advice="Records are missing, doubled or changed. " + _WHOLE,
)
NO_SUCH_RECORD = code(
    "JSN013",
    "error",
    "This is no {kind}: it has none of the keys {want}. It says: {value}",
    advice="If it is the answer of an interface that refused, fetch the file again when the cause is gone. Otherwise check that the "
    "sender and the flow mean the same kind of file.",
)
SECOND_ENVELOPE = code(
    "JSN020",
    "error",
    "A JSON file has one {kind} only, but the mapping made more.",
    advice="Write one file per document (`per: document`), or let the records share the same {kind}.",
)
WRONG_SHAPE = code(
    "JSN021",
    "error",
    "The field {field} must hold {want}, but the mapping gave {got}.",
    advice="Correct the mapping so that it gives {want}.",
)
NO_NUMBER = code(
    "JSN022",
    "error",
    'The text "{value}" in {field} is declared `as: number`, but it is no JSON number.',
    advice="Take `as: number` away, or correct the value in the mapping.",
)


class Broken(Exception):
    """The rest of a file cannot be read; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


_WORDS: Mapping[str, str] = {
    "Expecting value": "a value is missing",
    "Expecting property name": "a key in double quotes is missing",
    "Illegal trailing comma": "a comma stands before the closing bracket",
    "Expecting ':'": "a colon is missing after the key",
    "Expecting ','": "a comma or the closing bracket is missing",
    "Invalid control character": "a line end or control character stands inside a text",
    "Invalid \\escape": "a backslash is followed by a letter that means nothing",
    "Invalid \\uXXXX": "\\u is not followed by four hexadecimal digits",
    "Unterminated string": "a text has no closing quotation mark",
}


def words(message: str) -> str:
    """The parser's message in plain words."""
    return next((said for start, said in _WORDS.items() if message.startswith(start)), message)


def kind_of(value: object) -> str:
    """What stands there, for people."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    names: Mapping[type, str] = {dict: "an object", list: "a list", str: "a single value"}
    return names.get(type(value), f"a value of type {type(value).__name__}")
