"""Danish VAT number: DK and the 8 digits of the CVR number (VIES)."""

from __future__ import annotations

from exchange.checks import dk_cvr
from exchange.checks._vat import checks, compact

__all__ = ["compact", "complete", "fault"]

fault, complete = checks("DK", 8, dk_cvr.fault, dk_cvr.complete)
