"""`exchange try` over the demo's payments: the predicted day of execution, by the command and by what it is made of."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from exchange.cli import exchange

DEMO = Path(__file__).parents[2] / "samples" / "nordkaffe"


def tried(moment: str, *more: str) -> str:
    file = DEMO / "supplier-payments" / "01-approved.in.csv"
    arguments = ["try", "supplier-payments", str(file), "--site", str(DEMO / "site"), "--date", moment, *more]
    return CliRunner().invoke(exchange, arguments).output


def test_days_that_are_as_requested_are_not_spoken_of() -> None:
    assert "expected on" not in tried("2026-11-20")


def test_a_file_that_comes_on_a_closing_day() -> None:
    said = " ".join(tried("2026-12-24T18:00").split())
    assert "2 payments, 55325.50 SEK, for 2026-12-24: expected on 2026-12-28." in said
    assert "PAY004" in said, "what is late is ordered for the day on which the file came"
    assert "2026-12-24 is no bank day of Swedish bank days" in said


def test_the_same_as_json() -> None:
    (file,) = json.loads(tried("2026-11-20", "--json"))["files"]
    euros, kronor = file["executions"]
    assert (
        euros["requested"],
        euros["expected"],
        euros["calendar"],
        euros["payments"],
        euros["amount"],
        euros["why"],
    ) == (
        *("2026-11-27", "2026-11-27", "target", 3, "17644.75"),
        "",
    )
    assert (kronor["currency"], kronor["expected"], kronor["calendar"]) == ("SEK", "2026-11-30", "se")
