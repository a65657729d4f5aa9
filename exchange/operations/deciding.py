"""What a person decides: each act is signed with a name and a reason and stands in the ledger for ever.

The engine does the work at its next round; `exchange run --once` does it at once.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exchange.ledger import acts, payment_acts
from exchange.ledger.payment_queries import Payment
from exchange.ledger.rows import Arrival, Delivery
from exchange.operations.installation import books

Act = Callable[..., Any]


def actor() -> str:
    """Who acts: EXCHANGE_ACTOR, or the name of the account."""
    return os.environ.get("EXCHANGE_ACTOR") or getpass.getuser()


def retry(folder: Path, text: str, because: str, *, passed: str = "") -> Arrival:
    """Do the step that failed again. passed: the first day of execution that has passed of what is sent, where one has."""
    with books(folder) as opened:
        return acts.retry(
            opened.ledger, text, actor=actor(), because=because, passed=passed, zone=opened.site.zone
        )


def replay(folder: Path, text: str, because: str, *, force: bool) -> Arrival:
    """Read and map the archived original again, with the declarations of today."""
    return _done(acts.replay, folder, text, because, force=force)  # type: ignore[no-any-return]


def resend(folder: Path, text: str, because: str) -> Delivery:
    """Send the bytes of a delivery once more."""
    return _done(acts.resend, folder, text, because)  # type: ignore[no-any-return]


def release(folder: Path, text: str, because: str) -> Arrival:
    """Let a held one go on as it is."""
    return _done(acts.release, folder, text, because)  # type: ignore[no-any-return]


def reject(folder: Path, text: str, because: str) -> Arrival:
    """Nothing of it goes on."""
    return _done(acts.reject, folder, text, because)  # type: ignore[no-any-return]


def booked(folder: Path, text: str, because: str) -> Payment:
    """The bank carried a payment out, and no file will tell."""
    return _done(payment_acts.booked, folder, text, because)  # type: ignore[no-any-return]


def cancelled(folder: Path, text: str, because: str) -> Payment:
    """The bank does not carry a payment out, and no file will tell."""
    return _done(payment_acts.cancelled, folder, text, because)  # type: ignore[no-any-return]


def returned(folder: Path, text: str, because: str) -> Payment:
    """The money of a booked payment is back, by a way that no file tells of."""
    return _done(payment_acts.returned, folder, text, because)  # type: ignore[no-any-return]


def lift(folder: Path, stop: str, because: str) -> None:
    """The engine may work again."""
    _done(acts.lift, folder, stop, because)


def _done(act: Act, folder: Path, text: str, because: str, **options: Any) -> Any:
    with books(folder) as opened:
        return act(opened.ledger, text, actor=actor(), because=because, **options)
