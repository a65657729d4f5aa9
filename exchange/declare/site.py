"""The site file, `exchange.yaml`: what is the same for all flows of one installation.

site: acme
time zone: Europe/Helsinki
ledger: sqlite                 # or postgresql://user@host/name
values: {company: Acme Oy}     # mappings use these as =site.company
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from exchange.declare.declared import Declared, Name, Wrong
from exchange.declare.units import Secret, TimeZone

SITE_NAME = r"^[a-z0-9][a-z0-9-]*$"
PUBLIC_KEY = r"^ed25519:[A-Za-z0-9+/]{43}=$"


def _ledger(text: str) -> str:
    if text != "sqlite" and not re.match(r"postgresql://.+", text):
        raise Wrong(f'"{text}" is not a ledger', advice="Write sqlite, or postgresql://user@host/database.")
    if re.match(r"postgresql://[^/@]*:[^/@]*@", text):
        raise Wrong("A password never stands in a declared file", advice="Use `ledger secret: env:NAME`.")
    return text


class Site(Declared):
    """One installation."""

    site: Annotated[str, Field(pattern=SITE_NAME, description="its name, shown to people")]
    time_zone: TimeZone = Field(
        alias="time zone", description="the zone in which days begin, Europe/Helsinki"
    )
    ledger: Annotated[str, AfterValidator(_ledger)] = Field("sqlite", description="sqlite or postgresql://…")
    ledger_secret: Secret | None = Field(None, alias="ledger secret", description="the database's password")
    values: dict[Name, str] = Field({}, description="constants that mappings use as =site.NAME")
    trusted_keys: list[Annotated[str, Field(pattern=PUBLIC_KEY)]] = Field(
        [],
        alias="trusted keys",
        description="whose packs may be installed: ed25519:…, as `exchange pack key` shows it",
    )
    workers: int = Field(1, ge=1, le=64, description="processes that read and map files at the same time")
