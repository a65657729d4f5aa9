"""What a mapping file may say: records of one layout become records of another.

    mapping: acme/orders-to-invoice
    from: acme/orders
    to: common/invoice
    set: {number: =order_no, currency: EUR, lines: {each: lines, set: {net: "=price * quantity"}}}
    key: =order_no

A scalar that begins with `=` is an expression, any other is literal text. What stands under `set` is
checked against the two layouts by `exchange.mapping.compiler`, which knows their fields.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from exchange.declare.declared import Declared, Name
from exchange.declare.layout import LayoutName
from exchange.declare.places import PlacedText

LEFT_OUT_BY = "left out by"
CODE_PATTERN = r"^[A-Z][A-Z0-9_-]{1,15}$"


class Check(Declared):
    """A test of every result; where it does not hold there is a finding with the mapping's own code and
    sentence.
    """

    that: PlacedText = Field(
        description="an expression that must be true; result fields first, then source fields"
    )
    code: str = Field(pattern=CODE_PATTERN, description="the finding's code, such as ORD001")
    say: str = Field(min_length=1, description="a sentence for the person who reads the finding")
    advice: str = Field("", description="the next step, for the same person")
    field: str | None = Field(
        None, description="the value that the finding points at, as it is named in the expression"
    )
    severity: Literal["error", "warning", "info"] = Field("error", description="an error holds the file")
    once: bool = Field(
        False,
        description="told of the first record only, with how many more there are: for what is the same all through a file",
    )


class Grouping(Declared):
    """Several source records become one result, or each of them one that sees the others."""

    by: list[PlacedText] = Field(
        min_length=1, description="expressions; records with equal values belong together"
    )
    as_: Name = Field(
        "items", alias="as", description="the name under which the records of a group are reached"
    )
    order: Literal["consecutive", "any"] = Field(
        "consecutive", description="any: records of one group may be apart; the groups are held in memory"
    )
    results: Literal["one", "each"] = Field(
        "one",
        description="each: every record of the group gives a result of its own and sees the others by the name under `as`; "
        "`where` and `let` are then asked within the group",
    )


class Ancestor(Declared):
    """The envelope a result stands in: results with equal `by` values share one; without `by` there is one
    per file.
    """

    by: list[PlacedText] = Field([], description="expressions; results with equal values share one")
    set: dict[PlacedText, Any] = Field({}, description="fields of the envelope: text, =expression, structure")


class Said(Declared):
    """What is said where a balance lacks something."""

    code: str = Field(pattern=CODE_PATTERN, description="the finding's code, such as CAMT06")
    say: str = Field(min_length=1, description="a sentence for the person who reads the finding")
    advice: str = Field("", description="the next step, for the same person")


class Follows(Said):
    """Groups follow each other: each opens with what the one before it closed with."""

    severity: Literal["error", "warning", "info"] = Field("warning", description="an error holds the file")


class Ends(Said):
    """A group has an opening and a closing: without one of them nobody knows whether it is whole."""

    severity: Literal["error", "warning", "info"] = Field("error", description="an error holds the file")


class Balanced(Declared):
    """What was there and what moved must make what is there then, within each value of `by`. Where opening
    or closing is empty nothing is asked, unless `ends` says that they must be there.
    """

    by: list[PlacedText] = Field([], description="expressions; results with equal values belong together")
    opening: PlacedText = Field(description="what was there before")
    moved: PlacedText = Field(description="what one result adds, with its sign")
    closing: PlacedText = Field(description="what must be there afterwards")
    code: str = Field(pattern=CODE_PATTERN, description="the finding's code, such as CAMT01")
    say: str = Field(min_length=1, description="a sentence for the person who reads the finding")
    advice: str = Field("", description="the next step, for the same person")
    severity: Literal["error", "warning", "info"] = Field("error", description="an error holds the file")
    running: bool = Field(
        False,
        description="opening and closing are those around each result, as in a listing with the balance behind every row: "
        "there must be an unbroken chain, in whatever order the rows stand; moved is not asked",
    )
    follows: Follows | None = Field(
        None,
        description="groups that differ in the last value of `by` alone, such as statements of one account, must follow "
        "each other in the file, from the first to the last or from the last to the first",
    )
    ends: Ends | None = Field(
        None, description="a group without opening or closing may be cut off; what is said of it"
    )


class Conserved(Declared):
    """A sum that must be the same over the source as over the results, within each value of `by`."""

    source: PlacedText = Field(description="what one source record counts")
    result: PlacedText = Field(description="what one result counts")
    by: PlacedText | None = Field(None, description="such as =currency: sums are compared within each")
    short: bool = Field(False, exclude=True, description="one expression was given for both sides")


class Followed(Declared):
    """Under which ids the bank, and every answer of it, knows the payment that a result is."""

    message_id: PlacedText | None = Field(None, description="the file's, as it stands in answers")
    payment_info_id: PlacedText | None = Field(None, description="the batch's")
    instruction_id: PlacedText | None = Field(None, description="the payment's own, that our bank alone sees")
    end_to_end_id: PlacedText | None = Field(None, description="the payment's own, that travels to the payee")


def _both_sides(value: object) -> object:
    """The short form, one expression, stands for both sides."""
    return {"source": value, "result": value, "short": True} if isinstance(value, str) else value


class Mapping(Declared):
    """One mapping file."""

    mapping: LayoutName = Field(description="its name, owner/name: that of the file below mappings/")
    like: LayoutName | None = Field(
        None, description="another mapping: this one is as that, but for what stands here"
    )
    meaning: str | None = Field(None, description="a sentence for people; shown in the reference")
    source: str | None = Field(None, description="where the facts of this mapping come from")
    confidence: Literal["official", "samples", "single source", "memory"] | None = Field(
        None, description="how sure the facts are"
    )
    from_: PlacedText = Field(alias="from", description="layout of the source records")
    to: PlacedText = Field(description="layout of the results")
    each: PlacedText | None = Field(
        None, description="kind of the source, or a path to children: one result for each"
    )
    into: PlacedText | None = Field(None, description="kind of the target")
    where: PlacedText | None = Field(
        None, description="only records for which this is true; the others are counted"
    )
    leaves: PlacedText | None = Field(
        None,
        description="what `where` leaves out, in a word or two: a flow in which no other mapping goes through the same records tells how "
        "many there were",
    )
    left_out_by: list[PlacedText] = Field(
        [],
        alias=LEFT_OUT_BY,
        description="mappings from the same layout: only what the `where` of each of them leaves out is taken",
    )
    nothing_lost: bool = Field(
        False,
        alias="nothing lost",
        description="what `where` leaves out must be taken by another target of the flow, whose mapping is `left out by` this one",
    )
    let: dict[PlacedText, PlacedText] = Field({}, description="names for values that are used more than once")
    group: Grouping | None = None
    set: dict[PlacedText, Any] = Field(
        min_length=1, description="fields of the target: text, =expression, structure"
    )
    above: dict[PlacedText, Ancestor] = Field({}, description="the envelopes around the target kind")
    check: list[Check] = []
    conserve: dict[PlacedText, Annotated[Conserved, BeforeValidator(_both_sides)]] = {}
    balance: list[Balanced] = []
    key: PlacedText | None = Field(
        None, description="the business key of each result: seen twice is a duplicate"
    )
    apart: int = Field(
        0,
        ge=0,
        le=60,
        description="seconds: results carry a number that is made of the time in such steps alone, so no two files count as seen in the "
        "same step",
    )
    payment: Followed | None = Field(
        None,
        description="each result is a payment that leaves with the file: the ledger follows it under these ids",
    )
