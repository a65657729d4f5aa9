"""What a layout of statement messages may say. Records and fields are those of SWIFT; how banks fill field 86 is
declared, one dialect for each way.

    layout: swift/mt940
    format: mt940
    dialects:
      german:
        meaning: Sub-fields ?20 … of the German banks
        when: '^\\d{3}\\?\\d\\d'
        numbered: {marks: "?", fields: {"00": booking_text, "20-29": text, "32-33": name}}
        words: {in: text, written: "{word}+", words: {EREF: end_to_end, SVWZ: text}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic import Field as Described

from exchange.declare.declared import Wrong
from exchange.declare.layout import Declared, KindBase, LayoutBase, Name
from exchange.declare.problems import did_you_mean
from exchange.formats.encoding import EncodingName
from exchange.formats.mt940.records import INFORMATION, kinds

Message = Literal["940", "942", "950"]
PLACES = r"\d\d(-\d\d)?"


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise Wrong(f"this is not a regular expression: {error}") from None
    return text


def _known(name: str) -> str:
    if name not in INFORMATION:
        advice = did_you_mean(name, tuple(INFORMATION))
        raise Wrong(f'"{name}" is nothing that field 86 can tell', advice=advice)
    return name


Expression = Annotated[str, AfterValidator(_expression)]
Told = Annotated[str, AfterValidator(_known)]


class Numbered(Declared):
    """Parts with a number of two digits, such as ?20 or >20; before the first one, a code of digits may stand."""

    marks: str = Described(
        "", description="the characters that may stand before a number; none: the number begins a line"
    )
    fields: dict[str, Told] = Described(description="what stands behind which numbers: 00, 20-29")
    width: int = Described(
        0, description="parts shorter than this end with a word; 0: all are put together as they stand"
    )

    @model_validator(mode="after")
    def _places(self) -> Self:
        wrong = [place for place in self.fields if not re.fullmatch(PLACES, place)]
        if wrong:
            raise ValueError(f'"{wrong[0]}" is neither a number of two digits nor a range such as 20-29')
        return self


class Words(Declared):
    """Code words with a value behind each, up to the next word of the list."""

    written: str = Described("/{word}/", description="how a word stands in the text; {word} is the word")
    words: dict[str, Told] = Described(description="what stands behind which word")
    parts: dict[str, list[Told]] = Described(
        {}, description="words whose value has parts with / between them, and what these are"
    )
    ignored: list[str] = Described([], description="words whose values are not taken, but end the one before")
    apart: bool = Described(False, description="a word does not follow a letter or digit")
    strip: str = Described("/ ", description="characters taken off both ends of a value")
    in_: Told | None = Described(
        None, alias="in", description="look in this part only; default: the whole field"
    )
    rest: Told | None = Described("text", description="where text before the first word goes")

    @model_validator(mode="after")
    def _written_with_word(self) -> Self:
        if "{word}" not in self.written:
            raise ValueError("`written` must hold {word}")
        return self


class Dialect(Declared):
    """How banks of one kind fill field 86. The first dialect that fits an entry is used; without any, it is text."""

    meaning: str = Described(description="whose way it is, in words")
    source: str | None = Described(None, description="where the facts come from")
    confidence: Literal["official", "samples", "single source", "memory"] | None = Described(
        None, description="how sure the facts are"
    )
    when: Expression = Described(description="regular expression that is found in fields of this kind")
    of: Literal["86", "NS"] = Described("86", description="the SWIFT field that it is about")
    width: int = Described(
        65, description="lines shorter than this end with a word; 0: all are put together as they stand"
    )
    numbered: Numbered | None = None
    words: Words | None = None
    pattern: Expression | None = Described(
        None, description="regular expression over the lines; its named groups are what the field tells"
    )

    @model_validator(mode="after")
    def _tells_something(self) -> Self:
        if self.numbered is None and self.words is None and self.pattern is None:
            raise ValueError("a dialect has at least one of `numbered`, `words`, `pattern`")
        groups = re.compile(self.pattern).groupindex if self.pattern else {}
        for group in groups:
            _known(group)
        return self


class Layout(LayoutBase):
    """Statement messages of SWIFT: MT940, MT942 and MT950, in one file or many."""

    format: Literal["mt940"]
    messages: list[Message] = Described(
        ["940", "942", "950"], min_length=1, description="the message types that are read"
    )
    encodings: list[EncodingName] = Described(
        ["utf-8"],
        min_length=1,
        description="a file is read in the first of these that all its bytes fit; the first is written",
    )
    dialects: dict[Name, Dialect] = Described(
        {}, description="how banks fill field 86; the first that fits an entry is used"
    )
    newline: Literal["crlf", "lf"] = Described("crlf", description="line ends that are written; all are read")
    rules: Literal["banks", "swift"] = Described(
        "banks", description="swift: lengths and characters of the standard are demanded in writing"
    )

    def kinds(self) -> Mapping[str, KindBase]:
        """Statements and their entries."""
        return kinds()
