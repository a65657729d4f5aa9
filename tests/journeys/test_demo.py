"""The demo as a newcomer sees it."""

from __future__ import annotations

import shlex
from pathlib import Path

from lxml import etree

from tests.journeys.conftest import Shell


def test_the_demo_shows_what_came_what_went_and_what_is_held(exchange: Shell) -> None:
    made = exchange("demo", "site", "--json").json()
    stages = {(row["flow"], row["stage"]) for row in made["arrivals"]}
    assert {flow for flow, stage in stages if stage == "done"} >= {
        "bank-statements", "erp-orders", "open-receivables", "products", "shopify-orders", "supplier-payments",
        "woocommerce-orders",
    }  # fmt: skip
    assert {flow for flow, stage in stages if stage == "held"} >= {"erp-orders", "supplier-payments"}
    assert made["held"] and all(each["findings"] for each in made["held"])
    for delivery in made["deliveries"]:
        path = exchange.folder / "site" / delivery["target"].removeprefix("folder:") / delivery["name"]
        assert delivery["stage"] == "delivered" and path.stat().st_size == delivery["size"]
    assert exchange("verify", "--site", "site", "--json").json()["problems"] == []


def test_no_money_leaves_for_an_iban_that_is_wrong(exchange: Shell) -> None:
    exchange("demo", "site")
    files = list((exchange.folder / "site/outbox/bank").glob("*.xml"))
    assert len(files) == 1, "only the sound payment file goes out"
    tree = etree.parse(str(files[0]))
    ids = tree.xpath("//*[local-name()='EndToEndId']/text()")
    assert "NK70006" not in ids and "NK70001" in ids


def test_a_second_run_does_nothing(exchange: Shell) -> None:
    exchange("demo", "site")
    before = tree_of(exchange.folder / "site/outbox")
    done = exchange("run", "--once", "--site", "site", "--json", code=3).json()
    assert all(not any(counts.values()) for counts in done["flows"].values())
    assert tree_of(exchange.folder / "site/outbox") == before


def test_the_demo_refuses_a_folder_that_is_not_empty(exchange: Shell) -> None:
    (exchange.folder / "mine").mkdir()
    (exchange.folder / "mine/file.txt").write_text("precious")
    assert "not empty" in exchange("demo", "mine", code=2).err
    assert [path.name for path in (exchange.folder / "mine").iterdir()] == ["file.txt"]


def tree_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_repair_that_the_demo_names_waits_for_the_right_text_and_does_it(exchange: Shell) -> None:
    steps = exchange("demo", "site", "--json").json()["next"]
    repairs = [shlex.split(step)[1:] for step in steps if step.startswith("exchange repair")]
    assert len(repairs) == 3
    right = {
        "470,4O": "470,40",
        "31.11.2026": "30.11.2026",
        "FI21 1234 5600 0007 86": "FI21 1234 5600 0007 85",
    }
    for words in repairs:
        if "--with-file" in words:
            assert "03-broken-totals" in words[words.index("--with-file") + 1]  # a sum that is computed
            continue
        assert "only stands for the right text" in exchange(*words, code=2).err
        for place, word in enumerate(words):
            if word == "--replace":
                words[place + 3] = right[words[place + 1]]
        exchange(*words)
        exchange("run", "--once", "--site", "site", code=3)
    state = exchange("status", "--site", "site", "--json", code=3).json()
    held = state["held"]
    assert state["open_cases"] == {"bank-statements": 9}
    assert not [each for each in held if each["flow"] == "erp-orders"]
