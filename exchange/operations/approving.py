"""Approving what waits to be sent: first what exactly it is, then one person's word for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from exchange.errors import UseError
from exchange.flow.site import open_site
from exchange.ledger import approving, overdue, queries
from exchange.ledger.approving import Rules, Standing
from exchange.ledger.limits import Line, Orders
from exchange.ledger.payees import Payee as Payee
from exchange.ledger.payees import Strangers
from exchange.ledger.rows import Arrival
from exchange.operations.asking import awaited_as_dict, blocked
from exchange.operations.deciding import actor
from exchange.operations.installation import Books, books


@dataclass(frozen=True, slots=True)
class Shown:
    """What an approval would cover. orders: what would leave, by account and currency; strangers: accounts that would be
    new or changed; today: what the person who asks
    has approved on this day, by currency; blocked: why nobody can approve it; passed: first days of execution that lie
    before today.
    """

    standing: Standing
    orders: Orders
    strangers: Strangers
    today: Mapping[str, Decimal]
    blocked: str | None = None
    passed: Sequence[str] = ()


def look(folder: Path, text: str) -> Shown:
    """What waits for approval in one arrival; UseError when nothing does."""
    with books(folder) as opened, opened.ledger.read() as connection:
        arrival = queries.arrival(connection, text)
        if arrival.stage != "written" or not arrival.approvals_needed:
            raise UseError(f"Arrival {arrival.id} is {arrival.stage} and does not wait for approval.")
        today = approving.approved_today(connection, actor(), opened.site.zone)
        standing = approving.standing(connection, arrival)
        orders = standing.orders(connection)
        passed = sorted({*overdue.passed(connection, standing.leaving, opened.site.zone).values()})
        return Shown(standing, orders, standing.strangers, today, blocked(opened, standing), passed)


def approve(folder: Path, text: str, because: str, *, statement: str = "", passed: str = "") -> Arrival:
    """These very bytes may be sent, says the person who acts. statement: the beginning of its hash, as it was shown; passed: the first
    day of execution that has passed, where one has.
    """
    with books(folder) as opened:
        return approving.approve(
            opened.ledger,
            text,
            actor=actor(),
            because=because,
            rules=_rules(opened, text),
            statement=statement,
            passed=passed,
        )


def _rules(opened: Books, text: str) -> Rules:
    """Who may approve what, as declared now, and the flow's version as it is declared now."""
    with opened.ledger.read() as connection:
        name = queries.arrival(connection, text).flow
    flow = open_site(opened.site.folder, only=name).flows.get(name)
    if flow is None:
        raise UseError(f"The flow {name} is not declared any more, so nothing of it can be approved.")
    declared = opened.site.declared
    return Rules(approvers=declared.approvers, zone=opened.site.zone, version=flow.version_hash)


def as_dict(shown: Shown) -> dict[str, Any]:
    """What an approval would cover, for `--json`."""
    return awaited_as_dict(shown.standing) | {
        "blocked": shown.blocked,
        "passed": list(shown.passed),
        "orders": [_line(each) for each in shown.orders.lines],
        "new_accounts": shown.strangers.count,
        "payees": [
            {
                "name": each.name,
                "account": each.account,
                "before": list(each.before),
                "others": list(each.others),
            }
            for each in shown.strangers.first
        ],
        "today": {currency: str(total) for currency, total in shown.today.items()},
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "account": line.account,
        "currency": line.currency,
        "payments": line.count,
        "total": str(line.total),
        "largest": None if line.largest is None else str(line.largest),
        "first_day": line.first_day,
        "last_day": line.last_day,
    }
