"""A held file is repaired: the original stays, the correction stands in the books, the result is right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_first_day import GOOD, drop, made

BAD = GOOD.replace("162,96", "162,9O")


def held(exchange: Shell, text: str) -> tuple[Path, str]:
    site = made(exchange)
    drop(site, "bad.csv", text)
    exchange("run", "--once", "--site", site, code=3)
    return site, exchange("status", "--site", site, "--json", code=3).json()["held"][0]["id"]


def test_a_typing_error_is_repaired_and_the_file_goes_on(exchange: Shell) -> None:
    site, id = held(exchange, BAD)
    words = ("--line", "2", "--replace", "162,9O", "--with", "162,96", "--because", "letter O for zero")
    shown = exchange("repair", id, "--site", site, *words).out
    assert "- 1001;" in shown and "162,9O" in shown and "+ 1001;" in shown
    exchange("run", "--once", "--site", site)
    delivered = next((site / "outbox/import").glob("*.csv")).read_text("utf-8-sig")
    assert ";162,96;13,5;22,00;184,96" in delivered
    story = exchange("show", id, "--site", site, "--json").json()
    repaired = next(event for event in story["events"] if event["because"] == "letter O for zero")
    assert repaired["data"]["patch"] == [{"line": 2, "old": "162,9O", "new": "162,96"}]
    assert story["documents"] == sum(story["documents_by_kind"].values()) > 0
    told = exchange("show", id, "--site", site).out
    assert re.search(r"2 +162,9O +162,96 +letter O for zero", told)
    [(kind, number), *_] = story["documents_by_kind"].items()
    assert f"{number} {kind}" in told
    assert story["arrival"]["stage"] == "done" and story["arrival"]["repaired"] != story["arrival"]["sha256"]
    assert exchange("verify", "--site", site, "--json").json()["problems"] == []
    original = site / "var/archive"
    assert any(b"162,9O" in path.read_bytes() for path in original.rglob("*") if path.is_file())


def test_a_whole_corrected_copy_can_be_given(exchange: Shell) -> None:
    site, id = held(exchange, BAD)
    copy = exchange.folder / "corrected.csv"
    copy.write_text(GOOD, encoding="utf-8", newline="")
    shown = exchange("repair", id, "--site", site, "--with-file", copy, "--because", "new file by mail").out
    assert shown.count("162,9O") == 1 and "+ 1001;" in shown
    exchange("run", "--once", "--site", site)
    assert len(list((site / "outbox/import").glob("*.csv"))) == 1
    told = exchange("show", id, "--site", site).out
    assert re.search(r"all +the copy corrected.csv +new file by mail", told)
    [line] = [line for line in BAD.splitlines() if "162,9O" in line]
    assert line in told and line.replace("162,9O", "162,96") in told
    copied, changed = exchange("show", id, "--site", site, "--json").json()["repairs"]
    assert (copied["line"], copied["new"]) == (None, "the copy corrected.csv")
    assert (changed["line"], changed["old"], changed["actor"]) == (2, line, "anna")


def test_the_original_is_given_back_byte_for_byte_also_after_a_repair(exchange: Shell) -> None:
    site, id = held(exchange, BAD)
    [came] = (path for path in (site / "var/archive").rglob("*") if path.is_file())
    words = [sys.executable, "-m", "exchange", "show", id, "--original", "--site", str(site)]
    given = subprocess.run(words, capture_output=True, check=True, timeout=120).stdout
    assert given == came.read_bytes() == BAD.encode() and b"\r\n" in given
    words = ("--line", "2", "--replace", "162,9O", "--with", "162,96", "--because", "letter O for zero")
    exchange("repair", id, "--site", site, *words)
    assert "162,9O" in exchange("show", id, "--original", "--site", site).out
    came.chmod(0o600)
    came.write_bytes(b"other bytes")
    refused = exchange("show", id, "--original", "--site", site, code=2)
    assert "bad.csv" in refused.err and "not what the ledger says" in refused.err and not refused.out


def test_the_placeholder_of_a_suggestion_is_no_value(exchange: Shell) -> None:
    site, id = held(exchange, BAD)
    words = ("--line", "2", "--replace", "162,9O", "--with", "RIGHT VALUE", "--because", "typing error")
    refused = exchange("repair", id, "--site", site, *words, code=2)
    assert 'in place of "162,9O"; nothing was changed' in refused.err
    assert exchange("status", "--site", site, "--json", code=3).json()["held"][0]["id"] == id


def test_a_text_that_is_not_there_once_is_refused(exchange: Shell) -> None:
    site, id = held(exchange, BAD)
    base = ("repair", id, "--site", site, "--because", "x", "--with", "1")
    assert "is not on line 2" in exchange(*base, "--line", "2", "--replace", "162,99", code=2).err
    assert "times on line 2" in exchange(*base, "--line", "2", "--replace", "1", code=2).err
    assert "no line 9" in exchange(*base, "--line", "9", "--replace", "1", code=2).err
    assert exchange("status", "--site", site, "--json", code=3).json()["held"][0]["id"] == id


def test_what_is_not_held_for_errors_cannot_be_repaired(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    exchange("run", "--once", "--site", site)
    id = exchange("show", "first", "--site", site, "--json", code=None)
    arrival = next(
        row["arrival"] for row in exchange("seen", "--site", site, "--json").json() if row["arrival"]
    )
    refused = exchange(
        "repair",
        arrival,
        "--site",
        site,
        "--line",
        "2",
        "--replace",
        "Coffee",
        "--with",
        "Tea",
        "--because",
        "x",
        code=2,
    )
    assert "not held" in refused.err and id.code == 2


def test_the_summary_of_a_run_counts_what_was_delivered_and_came_to_its_end(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    rounds = exchange("run", "--once", "--json", "--site", site).json()["flows"]["orders"]
    assert (rounds["taken"], rounds["read"], rounds["sent"], rounds["closed"]) == (1, 1, 1, 1)
    [row] = [each for each in exchange("seen", "--site", site, "--json").json() if each["arrival"]]
    [sent] = exchange("show", row["arrival"], "--site", site, "--json").json()["deliveries"]
    [there] = (site / "outbox/import").glob("*.csv")
    there.write_bytes(b"other bytes under the same name")
    exchange("resend", sent["id"], "--because", "it was lost", "--site", site)
    rounds = exchange("run", "--once", "--json", "--site", site, code=3).json()
    assert rounds["held"] == 1 and set(rounds["flows"]["orders"].values()) == {0}
