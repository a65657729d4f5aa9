"""A bank's profile: what a bank takes, from which day on, so that a file it would refuse is refused before it is sent.

bank: examplebank
like: sepa
meaning: Example Bank
messages: {iso20022/pain.001.001.09: {}, iso20022/pain.001.001.03: {valid to: 2026-11-21}}
payments:
  sepa: {text: 140, charges: [service-level]}
  se-bankgiro: {currencies: [SEK], text: 25}
rules:
  payer_giro:
    that: '=scheme != "se-bankgiro" or debtor.account_scheme == "bankgiro"'
    say: A payment to a bankgiro is made from a bankgiro.

Days are those of the arrival. What has no days of its own counts as long as the profile. A target of a flow names its
bank (`bank: examplebank`); the profile then looks at every payment before it is mapped to the bank's format.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from exchange.declare.declared import Declared, Name, Wrong
from exchange.declare.layout import LayoutName
from exchange.declare.mapping import CODE_PATTERN
from exchange.declare.places import PlacedText
from exchange.declare.problems import did_you_mean

BANK_NAME = r"^[a-z0-9][a-z0-9-]*$"
SCHEMES = (
    "sepa",
    "sepa-instant",
    "urgent",
    "se-bankgiro",
    "se-plusgiro",
    "se-account",
    "se-money-order",
    "no-account",
    "dk-account",
    "dk-slip",
    "international",
    "direct-debit",
)
"""The schemes by which payments go (`scheme` of common/payment)."""
Confidence = Literal["official", "samples", "single source", "memory"]


def _day(text: Any) -> Any:
    try:
        return date.fromisoformat(str(text)) if isinstance(text, str) else text
    except ValueError:
        raise Wrong(f'"{text}" is not a day', advice="Write days as 2026-01-31.") from None


def _scheme(name: PlacedText) -> PlacedText:
    if name not in SCHEMES:
        raise Wrong(
            f'"{name}" is not a scheme that payments go by', at=name, advice=did_you_mean(name, SCHEMES)
        )
    return name


Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
]
Scheme = Annotated[
    PlacedText, AfterValidator(_scheme), WithJsonSchema({"type": "string", "enum": list(SCHEMES)})
]
Characters = Literal["sepa", "nordic", "latin-1", "utf-8"]


class Dated(Declared):
    """Something that counts from a day to a day, and where that is known from."""

    valid_from: Day | None = Field(None, alias="valid from", description="the first day; open when empty")
    valid_to: Day | None = Field(None, alias="valid to", description="the last day; open when empty")
    source: str | None = Field(
        None, description="where this is known from, where it differs from the profile"
    )
    confidence: Confidence | None = Field(
        None, description="how sure it is, where it differs from the profile"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise Wrong(f"The last day {self.valid_to} is before the first day {self.valid_from}")
        return self

    def counts_on(self, day: date) -> bool:
        """Whether it counts on a day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


class Message(Dated):
    """A layout in which the bank takes files."""


class Payments(Dated):
    """What the bank takes of payments that go by one scheme. A list that is not given asks for nothing."""

    currencies: list[str] | None = Field(None, description="the currencies it takes")
    urgency: list[Literal["normal", "urgent", "instant"]] | None = Field(
        None, description="how urgent they may be"
    )
    purposes: list[str] | None = Field(
        None, description="the purposes it takes: supplier, salary, pension, tax …"
    )
    charges: list[Literal["shared", "debtor", "creditor", "service-level"]] | None = Field(
        None, description="who may bear the charges; none given is always right"
    )
    references: list[str] | None = Field(
        None, description="the kinds of structured references it takes: rf, fi-viite, se-ocr …"
    )
    characters: Characters | None = Field(
        None, description="the characters in which texts are written for it: sepa, nordic, latin-1, utf-8"
    )
    name: int | None = Field(None, description="most characters of a name; longer ones are cut and told")
    text: int | None = Field(
        None, description="most characters of the text to the payee; longer ones are refused"
    )
    address: Literal["structured", "hybrid"] | None = Field(
        None, description="hybrid: up to two address lines may stand beside town and country"
    )
    batch_booking: bool | None = Field(
        None, alias="batch booking", description="true: one entry on the statement for each batch"
    )
    needs: list[PlacedText] = Field([], description="fields of common/payment that must not be empty")
    never: list[PlacedText] = Field([], description="fields of common/payment that must be empty")


class Rule(Dated):
    """A rule of its own; `scheme` in it is the scheme by which the payment goes."""

    that: PlacedText = Field(description="an expression over a payment that must be true")
    say: str = Field(min_length=1, description="why the bank refuses it, for an accountant")
    advice: str = Field("", description="the next step")
    code: str = Field(
        "BANK12", pattern=CODE_PATTERN, description="the finding's code, where it has one of its own"
    )
    field: str | None = Field(None, description="the value that the finding points at")
    severity: Literal["error", "warning", "info"] = Field("error", description="an error holds the file")


class Bank(Dated):
    """The profile of one bank."""

    bank: Annotated[
        str, Field(pattern=BANK_NAME, description="its name: that of the file below schemas/banks/")
    ]
    like: Annotated[PlacedText, WithJsonSchema({"type": "string"})] | None = Field(
        None, description="another profile: this one is as that, but for what stands here"
    )
    meaning: str = Field(description="the bank as people call it; findings say so")
    countries: list[str] = Field([], description="where the bank is")
    messages: dict[LayoutName, Message] = Field(
        min_length=1, description="the layouts in which it takes files"
    )
    id_scheme: str | None = Field(
        None,
        alias="id scheme",
        max_length=4,
        description="what the payer's id is at this bank, an ISO 20022 code: BANK (agreement), CUST (customer number)",
    )
    most: int | None = Field(
        None, ge=1, alias="payments per file", description="most payments that one file may hold"
    )
    payments: dict[Scheme, Payments] = Field(
        min_length=1, description="what it takes, by the scheme of the payment; other schemes are refused"
    )
    rules: dict[Name, Rule] = Field({}, description="rules that the keys above cannot say")

    def dated(self) -> Iterator[Dated]:
        """Everything with days, the profile itself first."""
        yield self
        yield from self.messages.values()
        yield from self.payments.values()
        yield from self.rules.values()
