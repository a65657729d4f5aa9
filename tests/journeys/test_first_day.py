"""An integrator's first day: a new site, a first file, a mistake, its repair, the same file again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.conftest import Shell
from tests.support.handing import hand_over

GOOD = (
    "Order;Date;CustomerNo;Customer;Article;Description;Quantity;Net;VAT%\r\n"
    "1001;2026-11-23;77;Café Ängelholm;COF-1;Coffee;12;162,96;13,5\r\n"
)


def made(exchange: Shell) -> Path:
    exchange("new", "site")
    return exchange.folder / "site"


def drop(site: Path, name: str, text: str) -> None:
    """Put a file into the inbox the way a careful sender does: renamed when whole, and old enough."""
    flow = site / "flows/orders.yaml"
    flow.write_text(flow.read_text().replace("unchanged for 5s", "renamed from *.part"))
    hand_over(site / "inbox/orders" / name, text)


def test_a_new_site_is_sound_and_its_first_file_arrives(exchange: Shell) -> None:
    site = made(exchange)
    assert "sound" in exchange("check", "--site", site).out
    drop(site, "first.csv", GOOD)
    exchange("run", "--once", "--site", site)
    delivered = [path for path in (site / "outbox/import").iterdir() if path.suffix == ".csv"]
    assert len(delivered) == 1
    text = delivered[0].read_bytes().decode("utf-8-sig")
    assert (
        "1001;invoice;2026-11-23;2026-12-07;77;Café Ängelholm;EUR;;COF-1;Coffee;12;162,96;13,5;22,00;184,96"
        in text
    )
    assert exchange("status", "--site", site, "--json").json()["green"]
    assert exchange("verify", "--site", site, "--json").json()["problems"] == []


def test_the_inbox_note_is_ignored_with_its_rule(exchange: Shell) -> None:
    site = made(exchange)
    exchange("run", "--once", "--site", site)
    seen = exchange("seen", "--site", site, "--json").json()
    assert [(row["name"], row["disposition"]) for row in seen] == [("README.txt", "ignored")]
    assert "*.csv" in seen[0]["why"]


def test_a_bad_file_is_held_with_a_sentence_and_nothing_goes_out(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "bad.csv", GOOD.replace("162,96", "162,9O"))
    exchange("run", "--once", "--site", site, code=3)
    state = exchange("status", "--site", site, "--json", code=3).json()
    assert not state["green"] and len(state["held"]) == 1
    found = exchange("findings", state["held"][0]["id"], "--site", site, "--json").json()
    first = found[0]
    assert (first["line"], first["column"], first["field"], first["value"]) == (2, 8, "net", "162,9O")
    assert first["severity"] == "error" and first["advice"]
    assert not any(path.suffix == ".csv" for path in (site / "outbox/import").iterdir())
    story = exchange("show", state["held"][0]["id"][-8:], "--site", site).out
    assert "162,9O" in story and "held" in story


def test_a_rejected_file_stays_in_the_books(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "bad.csv", GOOD.replace("2026-11-23", "2026-02-30"))
    exchange("run", "--once", "--site", site, code=3)
    held = exchange("status", "--site", site, "--json", code=3).json()["held"][0]["id"]
    refused = exchange("reject", held, "--site", site, code=2)
    assert "--because" in refused.err
    exchange("reject", held, "--site", site, "--because", "asked for a new file")
    assert exchange("status", "--site", site, "--json").json()["green"]
    story = exchange("show", held, "--site", site, "--json").json()
    assert story["arrival"]["stage"] == "rejected"
    assert story["events"][-1]["actor"] == "anna" and story["events"][-1]["because"] == "asked for a new file"


def test_the_same_bytes_again_are_a_duplicate_and_sent_once(exchange: Shell) -> None:
    site = made(exchange)
    for name in ("first.csv", "again.csv"):
        drop(site, name, GOOD)
        exchange("run", "--once", "--site", site, code=None)
    stages = exchange("status", "--site", site, "--json", code=None).json()["flows"]["orders"]
    assert stages == {"done": 1, "duplicate": 1}
    assert len(list((site / "outbox/import").glob("*.csv"))) == 1


def test_an_order_that_came_before_in_another_file_is_held(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    exchange("run", "--once", "--site", site)
    drop(site, "second.csv", GOOD.replace("Coffee;12", "Coffee;13"))
    exchange("run", "--once", "--site", site, code=3)
    held = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert [row["hold"] for row in held] == ["key"] and "1001" in held[0]["reason"]


def test_all_problems_of_all_files_are_told_at_once(exchange: Shell) -> None:
    site = made(exchange)
    mapping = site / "mappings/my/orders-to-order.yaml"
    mapping.write_text(mapping.read_text().replace("=customer_no", "=custmer_no").replace("=sku", "=skuu"))
    flow = site / "flows/orders.yaml"
    flow.write_text(flow.read_text().replace("layout: my/orders", "layout: my/order"))
    problems = exchange("check", "--offline", "--site", site, "--json", code=2).json()["problems"]
    told = {(problem["file"], problem["line"]) for problem in problems}
    assert {file for file, _ in told} == {"flows/orders.yaml", "mappings/my/orders-to-order.yaml"}
    text = exchange("check", "--offline", "--site", site, code=2).err
    assert 'Did you mean "customer_no"?' in text and "^" in text


def test_wrong_use_is_told_with_the_right_one(exchange: Shell) -> None:
    assert "Did you mean `exchange status`?" in exchange("statu", code=2).err
    assert "exchange new" in exchange("status", code=2).err
    site = made(exchange)
    assert (
        "orders"
        in exchange("try", "order", site / "samples/orders/01-first.in.csv", "--site", site, code=2).err
    )


def test_a_mistake_in_one_flow_stops_no_trial_of_another(exchange: Shell) -> None:
    site = made(exchange)
    (site / "flows/broken.yaml").write_text("flow: broken\nlayuot: nothing\n")
    sample = site / "samples/orders/02-try.in.csv"
    sample.write_text(GOOD, encoding="utf-8", newline="")
    assert "goes through" in exchange("try", "orders", sample, "--site", site).out
    told = exchange("try", "broken", sample, "--site", site, code=2)
    assert "layuot" in told.out + told.err
    assert "orders" in (wrong := exchange("try", "order", sample, "--site", site, code=2)).out + wrong.err
    exchange("run", "--once", "--site", site, code=2)


def test_a_mistake_in_a_declared_file_hides_no_books(exchange: Shell) -> None:
    """What happened can be looked at and decided on while somebody still works on a mapping."""
    site = made(exchange)
    drop(site, "bad.csv", GOOD.replace("162,96", "162,9O"))
    exchange("run", "--once", "--site", site, code=3)
    for flow in (site / "flows").iterdir():
        flow.write_text(flow.read_text() + "wrong: 1\n")
    exchange("run", "--once", "--site", site, code=2)
    state = exchange("status", "--site", site, "--json", code=3).json()
    exchange("show", state["held"][0]["id"], "--site", site)
    told = exchange("reject", state["held"][0]["id"], "--site", site, "--because", "sent again").out
    assert "is now rejected. Nothing more of it is sent" in told
    state = exchange("status", "--site", site, "--json", code=3).json()
    assert (state["held"], list(state["broken"])) == ([], ["orders"])
    assert exchange("verify", "--site", site, "--json").json()["problems"] == []


@pytest.mark.parametrize("part", ["flow", "mapping"])
def test_a_broken_file_stops_all_flows_and_says_so(exchange: Shell, part: str) -> None:
    """Half of the flows might pay what the other half would have held: none is started, and nobody can overlook it."""
    site = made(exchange)
    other = (site / "flows/orders.yaml").read_text().replace("flow: orders", "flow: others")
    (site / "flows/others.yaml").write_text(other.replace("inbox/orders", "inbox/others"))
    (site / "inbox/others").mkdir()
    drop(site, "first.csv", GOOD)
    broken = site / ("flows/others.yaml" if part == "flow" else "mappings/my/orders-to-order.yaml")
    sound = broken.read_text()
    broken.write_text(sound.replace("\nmap:" if part == "flow" else "\nset:", "\nmpa:", 1))
    refused = exchange("run", "--once", "--site", site, code=2)
    name = broken.relative_to(site).as_posix()
    assert f"{name}:" in refused.err and '"mpa"' in refused.err
    assert f"Nothing was run, of no flow: no file was taken, none was sent. Mend {name}" in refused.err
    assert (site / "inbox/orders/first.csv").is_file()
    shown = exchange("status", "--site", site, code=3).out
    assert "RED" in shown and f"there are mistakes in {name}" in shown
    state = exchange("status", "--site", site, "--json", code=3).json()
    assert list(state["flows"]) == ["orders", "others"]
    assert list(state["broken"]) == (["others"] if part == "flow" else [])
    broken.write_text(sound)
    exchange("run", "--once", "--site", site)
    assert exchange("status", "--site", site, "--json").json()["green"]


def test_a_flow_that_was_broken_since_is_red_before_any_start(exchange: Shell) -> None:
    site = made(exchange)
    flow = site / "flows/orders.yaml"
    flow.write_text(flow.read_text().replace("\nmap:", "\nmpa:", 1))
    shown = exchange("status", "--site", site, code=3).out
    assert "orders: the flow cannot run, and no other is started: flows/orders.yaml:" in shown


def test_what_only_a_person_brings_on_is_red(exchange: Shell) -> None:
    """An empty file, or one that is too big, is not taken and not forgotten."""
    site = made(exchange)
    drop(site, "empty.csv", "")
    drop(site, "unfinished.csv.part", "x")
    ran = exchange("run", "--once", "--site", site, code=3)
    assert "1 cannot be taken: see `exchange status`." in ran.out
    assert "1 still waits at the source: see `exchange seen`." in ran.out
    state = exchange("status", "--site", site, "--json", code=3).json()
    assert [each["name"] for each in state["stuck"]] == ["empty.csv"]
    shown = exchange("status", "--site", site, code=3).out
    assert "RED" in shown and "It is empty. A person must look" in shown
    (site / "inbox/orders/empty.csv").unlink()
    exchange("run", "--once", "--site", site)
    assert exchange("status", "--site", site, "--json").json()["stuck"] == []


def test_a_delivery_named_for_its_arrival_is_told_so(exchange: Shell) -> None:
    site = made(exchange)
    drop(site, "first.csv", GOOD)
    exchange("run", "--once", "--site", site)
    arrival = exchange("seen", "--site", site, "--disposition", "taken", "--json").json()[0]["arrival"]
    delivery = exchange("show", arrival, "--site", site, "--json").json()["deliveries"][0]["id"]
    told = exchange("reject", delivery[-8:], "--site", site, "--because", "x", code=2).err
    assert "is a delivery (orders-" in told and f"here its arrival is asked for: {arrival}." in told
    told = exchange("resend", arrival, "--site", site, "--because", "x", code=None)
    assert told.code == 0 or delivery in told.err
