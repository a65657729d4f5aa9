"""The site file, `exchange.yaml`: what is the same for all flows of one installation.

site: acme
time zone: Europe/Helsinki
ledger: sqlite                 # or postgresql://user@host/name
values: {company: Acme Oy}     # mappings use these as =site.company
approvers:                     # who may approve what leaves
  anna: {per payment: {EUR: 10000}, per day: {EUR: 50000}}
  ben: {}
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from exchange.declare.declared import Declared, Name, Wrong
from exchange.declare.units import Secret, Texts, TimeZone

SITE_NAME = r"^[a-z0-9][a-z0-9-]*$"
PUBLIC_KEY = r"^ed25519:[A-Za-z0-9+/]{43}=$"


def _ledger(text: str) -> str:
    if text != "sqlite" and not re.match(r"postgresql://.+", text):
        raise Wrong(f'"{text}" is not a ledger', advice="Write sqlite, or postgresql://user@host/database.")
    if re.match(r"postgresql://[^/@]*:[^/@]*@", text):
        raise Wrong("A password never stands in a declared file", advice="Use `ledger secret: env:NAME`.")
    return text


ApproverName = Annotated[str, Field(pattern=r"^\S(.*\S)?$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Amounts = dict[Currency, Annotated[Decimal, Field(ge=0)]]


class Approver(Declared):
    """What one person may approve. A limit that is left out limits nothing; one that is declared allows nothing in a
    currency it does not name.
    """

    flows: Texts = Field([], description="the flows whose files the person may approve; all when empty")
    accounts: Texts = Field([], description="the accounts from which may be paid; all when empty")
    per_payment: Amounts = Field(
        {}, alias="per payment", description="the largest single payment, by currency: {EUR: 10000}"
    )
    per_file: Amounts = Field({}, alias="per file", description="the largest sum of an arrival, by currency")
    per_day: Amounts = Field(
        {}, alias="per day", description="how much the person may approve on one day, by currency"
    )


class Site(Declared):
    """One installation."""

    site: Annotated[str, Field(pattern=SITE_NAME, description="its name, shown to people", examples=["acme"])]
    time_zone: TimeZone = Field(
        alias="time zone",
        description="the zone in which days begin, Europe/Helsinki",
        examples=["Europe/Helsinki"],
    )
    ledger: Annotated[str, AfterValidator(_ledger)] = Field("sqlite", description="sqlite or postgresql://…")
    ledger_secret: Secret | None = Field(None, alias="ledger secret", description="the database's password")
    values: dict[Name, str] = Field({}, description="constants that mappings use as =site.NAME")
    trusted_keys: list[Annotated[str, Field(pattern=PUBLIC_KEY)]] = Field(
        [],
        alias="trusted keys",
        description="whose packs may be installed: ed25519:…, as `exchange pack key` shows it",
    )
    approvers: dict[ApproverName, Approver] | None = Field(
        None,
        description="who may approve, by the name that acts, and what; everybody when there is no such list",
    )
    workers: int = Field(1, ge=1, le=64, description="processes that read and map files at the same time")


UNREADABLE = Site(site="unreadable", time_zone="UTC")
"""Stands for a site whose file says nothing that can be used, while the other files are checked."""


class AnyValue(dict[str, str]):
    """Values of a site whose file could not be read as a whole: any name may be one of them."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return name
