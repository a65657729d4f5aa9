"""A site that still pays by LB: what Bankgirot reports back moves the payments, as a bank's pain.002 does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.journeys.conftest import Shell
from tests.support.handing import hand_over

LAYOUT = Path(__file__).parents[2] / "schemas/generic/payments.yaml"
COLUMNS = re.findall(r"column: (\w+)", LAYOUT.read_text(encoding="utf-8"))
COMMON = {
    "Kind": "transfer", "Currency": "SEK", "Payer": "Fjordhandel AB", "PayerAccount": "531-2079",
    "PayerAccountKind": "bankgiro", "PayeeAccountKind": "bankgiro",
}  # fmt: skip
PAYMENTS = (
    {
        "Id": "A1",
        "Date": "2026-12-01",
        "Amount": "1000,00",
        "Payee": "Muggfabrik AB",
        "PayeeAccount": "5050-1055",
    },
    {"Id": "A2", "Date": "2026-12-01", "Amount": "250,50", "Payee": "Frakt AB", "PayeeAccount": "444-5003"},
    {
        "Id": "A3",
        "Date": "2026-12-02",
        "Amount": "99,00",
        "Payee": "Muggfabrik AB",
        "PayeeAccount": "5050-1055",
    },
)
PAY = """flow: suppliers
from: {at: "folder:inbox/suppliers", match: "*.csv", ready: renamed from *.part}
layout: generic/payments
map: [generic/payments-to-payment]
to:
  - {map: [bankgirot/payment-to-lb], write: bankgirot/lb, at: "folder:outbox/bankgirot", name: "lb-{arrival.id}.txt"}
"""
REPORT = """flow: {name}
from: {{at: "folder:inbox/{name}", match: "*.txt", ready: renamed from *.part}}
layout: bankgirot/{layout}
map: [[{mappings}]]
to:
  - {{map: [generic/payment-status-to-lines], write: generic/payment-statuses, at: "folder:outbox/erp", name: "{{flow}}-{{arrival.id}}.csv"}}
"""
REPORTS = {
    "paid": ("lb-paid", ("lb-paid-payment", "lb-paid-credit")),
    "returned": ("lb-returned", ("lb-returned",)),
    "watched": ("lb-monitored", ("lb-monitored",)),
}
PRODUCT = "LEVERANTÖRSBETALNINGAR"


@pytest.fixture
def site(exchange: Shell) -> Path:
    folder = exchange.folder / "site"
    exchange("new", folder)
    (folder / "flows/suppliers.yaml").write_text(PAY, encoding="utf-8")
    for name, (layout, mappings) in REPORTS.items():
        chain = ", ".join(f"bankgirot/{each}-to-payment-status" for each in mappings)
        text = REPORT.format(name=name, layout=layout, mappings=chain)
        (folder / f"flows/{name}.yaml").write_text(text, encoding="utf-8")
    for place in (
        "outbox/bankgirot",
        "outbox/erp",
        "inbox/suppliers",
        *(f"inbox/{name}" for name in REPORTS),
    ):
        (folder / place).mkdir(parents=True, exist_ok=True)
    rows = [";".join(({**COMMON, **row}).get(name, "") for name in COLUMNS) for row in PAYMENTS]
    hand_over(folder / "inbox/suppliers/week.csv", "\r\n".join((";".join(COLUMNS), *rows, "")))
    exchange("run", "--once", "--site", folder)
    return folder


def opening(report: str, day: str) -> str:
    return f"110005312079261130{PRODUCT}{day:6}{report}{'':12}SEK".ljust(80)


def closing(count: int, total: int | None = None) -> str:
    return f"290005312079{count:08d}{'' if total is None else f'{total:012d}'}".ljust(80)


def payment(payee: str, amount: int, own: str, day: str = "") -> str:
    return f"14{payee:0>10}{'':25}{amount:012d}{day:11}{own}".ljust(80)


def report(site: Path, name: str, lines: Sequence[str]) -> None:
    hand_over(site / f"inbox/{name}/{name}.txt", "".join(f"{line}\r\n" for line in lines), "iso-8859-1")


def stages(exchange: Shell, site: Path) -> dict[str, str]:
    listed = exchange("payments", "--site", site, "--json").json()["payments"]
    return {each["key"]: each["stage"] for each in listed}


def test_what_was_paid_is_accepted(exchange: Shell, site: Path) -> None:
    report(
        site,
        "paid",
        [
            opening("1", "261201"),
            payment("50501055", 100000, "A1"),
            payment("4445003", 25050, "A2"),
            closing(2, 125050),
        ],
    )
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {"A1": "accepted", "A2": "accepted", "A3": "sent"}
    told = exchange("payments", "A1", "--site", site, "--json").json()["answers"]
    assert [(each["verdict"], each["status"], each["file"]) for each in told] == [
        ("accepted", "ACSC", "paid.txt")
    ]


def test_what_was_returned_is_rejected_with_the_reason(exchange: Shell, site: Path) -> None:
    reason = "49MTRV0013Felaktigt betalningsdatum".ljust(80)
    report(
        site,
        "returned",
        [opening("6", ""), payment("4445003", 25050, "A2", "261201"), reason, closing(1)],
    )
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {"A1": "sent", "A2": "rejected", "A3": "sent"}
    assert "Felaktigt betalningsdatum" in exchange("payments", "A2", "--site", site).out


def test_what_was_stopped_for_lack_of_cover_is_cancelled(exchange: Shell, site: Path) -> None:
    reason = "49MTRV0082Täckning saknas".ljust(80)
    report(
        site, "returned", [opening("7", ""), payment("50501055", 9900, "A3", "261202"), reason, closing(1)]
    )
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["A3"] == "cancelled"


def watched(*days: tuple[str, int]) -> list[str]:
    total = sum(amount for _, amount in days)
    now = f"{0:013d} {0:013d} {total:013d} {0:013d} "
    rows = [f"43{day}000000{amount:013d} {0:013d} ".ljust(80) for day, amount in days]
    balances = [f"40{0:013d} {0:013d} {0:013d} {0:013d} ".ljust(80), f"42{now}".ljust(80)]
    return [opening("2", ""), *balances, *rows, closing(len(balances) + len(rows))]


def test_days_that_are_watched_are_received(exchange: Shell, site: Path) -> None:
    report(site, "watched", watched(("261201", 125050), ("261202", 9900)))
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {"A1": "received", "A2": "received", "A3": "received"}


def test_a_watched_day_of_another_sum_is_told_and_moves_nothing(exchange: Shell, site: Path) -> None:
    report(site, "watched", watched(("261201", 125050), ("261202", 9901)))
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {"A1": "received", "A2": "received", "A3": "sent"}
    [told] = [
        each
        for each in exchange("findings", "--flow", "watched", "--site", site, "--json").json()
        if each["code"] == "ANS010"
    ]
    assert "99.01 SEK" in told["message"] and "99.00" in told["message"]


def test_a_watched_day_on_which_nothing_was_sent_is_held(exchange: Shell, site: Path) -> None:
    report(site, "watched", watched(("261203", 5000)))
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert held["hold"] == "answer" and "5312079, 2026-12-03 of 50.00 SEK" in held["reason"]


def test_a_payment_of_which_bankgirot_knows_no_own_text_is_found_by_payee_and_amount(
    exchange: Shell, site: Path
) -> None:
    report(
        site,
        "returned",
        [
            opening("6", ""),
            payment("4445003", 25050, "", "261201"),
            "49MTRV0042Felaktigt bankgironummer".ljust(80),
            closing(1),
        ],
    )
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {"A1": "sent", "A2": "rejected", "A3": "sent"}
