"""Swedish VAT number: SE, 10 digits of the organisation or personal number, and 01 (Skatteverket, VIES)."""

from __future__ import annotations

from exchange.checks import se_orgnr
from exchange.checks._vat import checks, compact

__all__ = ["compact", "complete", "fault"]

fault, complete = checks("SE", 10, se_orgnr.fault, se_orgnr.complete, tail="01")
