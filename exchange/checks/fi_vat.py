"""Finnish VAT number: FI and the 8 digits of the Y-tunnus (VIES)."""

from __future__ import annotations

from exchange.checks import fi_ytunnus
from exchange.checks._vat import checks, compact

__all__ = ["compact", "complete", "fault"]

fault, complete = checks("FI", 8, fi_ytunnus.fault, fi_ytunnus.complete)
