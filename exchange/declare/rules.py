"""Rules of reconciliation: which are on, their limits, and the accounts that differences are booked to.

rules: ours
like: standard
accounts: {discount: "3730", rounding: "3740", credit: "2420"}
bounds: {before issue: 0, after due: 400}
use:
  reference: {}
  reference_tolerance: {limits: {EUR: {units: 50, percent: 0.5}}}
  part_payment: {at least: 10}
  known_payer: false          # off, although the file that this one is like has it on
suspense: {EUR: {receipts: "2990", payments: "1790"}}

The order of the rules is always the same and follows from the rules themselves. What each may say stands with the rule.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from exchange.declare.declared import Declared, Name
from exchange.declare.places import PlacedText

RULES_NAME = r"^[a-z0-9][a-z0-9-]*$"


class DayBounds(Declared):
    """Within which days an item may be paid by weaker evidence than its reference."""

    before_issue: int = Field(0, alias="before issue", ge=0, description="so many days before the invoice")
    after_due: int = Field(400, alias="after due", ge=0, description="so many days after it was due")


class StatementRules(Declared):
    """What becomes of statements that do not follow one another."""

    repeated: Literal["hold", "warn"] = Field(
        "hold", description="a statement that was taken before: hold the file, or only say so"
    )


class SuspenseAccounts(Declared):
    """Where movements stand that nobody has decided about yet."""

    receipts: str | None = Field(
        None,
        min_length=1,
        description="ledger account of money that came in, and of its return; none: it is not posted",
    )
    payments: str | None = Field(
        None,
        min_length=1,
        description="ledger account of money that went out, and of its return; none: it is not posted",
    )


Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Rules(Declared):
    """One set of rules."""

    rules: Annotated[
        str, Field(pattern=RULES_NAME, description="its name: that of the file below schemas/rules/")
    ]
    like: Annotated[PlacedText, WithJsonSchema({"type": "string"})] | None = Field(
        None, description="another set of rules: this one is as that, but for what stands here"
    )
    meaning: str = Field("", description="what it is for")
    accounts: dict[Name, str] = Field(
        {}, description="ledger accounts by what is booked to them: discount, rounding, credit"
    )
    bounds: DayBounds = Field(DayBounds(), description="days within which weaker evidence counts")
    statements: StatementRules = Field(StatementRules(), description="how statements must follow one another")
    suspense: dict[Currency, SuspenseAccounts] = Field(
        {},
        description="currency → suspense accounts: what no rule decides is posted there at once, and from there when it is "
        "decided; name the currencies of the books",
    )
    use: dict[Name, Any] = Field(
        description="rules that are on, each with its settings; {} for none, false for a rule that is off"
    )
