"""The shapes of `--json` that the reference promises are what the commands print."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exchange.findings import Finding
from exchange.ledger import queries, rows
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/reference/json.md"
SHAPES = {
    block.mark.removeprefix("json: "): json.loads(block.text)
    for block in blocks(PAGE)
    if block.mark.startswith("json: ")
}
NAMED = {
    row.__name__: row for row in (rows.Arrival, rows.Delivery, rows.Event, rows.StoredFinding, queries.Seen)
}
NESTED = ("finding", "lineage", "payment")
SAMPLES = ROOT / "samples/nordkaffe"
COMMANDS: dict[str, tuple[str | Path, ...]] = {
    "inspect": (SAMPLES / "bank-statements/01-camt053-02.in.xml",),
    "try": (
        "erp-orders",
        SAMPLES / "erp-orders/01-daily.in.csv",
        SAMPLES / "erp-orders/02-typing-errors.in.csv",
    ),
    "run": ("--once",),
    "check": (),
    "status": (),
    "payments": (),
    "seen": (),
    "findings": (),
    "verify": (),
    "formats": (),
    "layouts": (),
    "functions": (),
    "checks": (),
    "codes": (),
}


def printed(*words: str | Path) -> Any:
    command = [sys.executable, "-m", "exchange", *map(str, words)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("json") / "demo"
    return folder, printed("demo", folder, "--json")


def expect(shape: Any, value: Any, where: str) -> None:
    """The value has the shape: the same keys everywhere, values of the same kind or null."""
    if value is None:
        return
    if shape in ("finding", "payment"):
        shape = SHAPES[shape]
    if shape == "lineage":
        assert value.keys() <= SHAPES["lineage"].keys(), where
        for each in value["from"]:
            expect("lineage", each, f"{where}.from")
        return
    if isinstance(shape, str) and shape in NAMED:
        assert set(value) == {each.name for each in dataclasses.fields(NAMED[shape])}, where
    elif isinstance(shape, dict) and "NAME" in shape:
        for name, each in value.items():
            expect(shape["NAME"], each, f"{where}.{name}")
    elif isinstance(shape, dict):
        assert list(value) == list(shape), where
        for name, each in value.items():
            expect(shape[name], each, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, each in enumerate(value):
            expect(shape[0], each, f"{where}[{number}]")
    else:
        assert type(value) is type(shape), f"{where} is {value!r}"


def test_the_shape_of_a_finding() -> None:
    assert list(Finding("X", "error", "").as_dict()) == list(SHAPES["finding"])


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_what_a_command_prints_has_its_shape(command: str, demo: tuple[Path, Any]) -> None:
    value = printed(command, *COMMANDS[command], "--site", demo[0], "--json")
    assert value
    expect(SHAPES[command], value, command)


def test_the_demo_and_one_story(demo: tuple[Path, Any]) -> None:
    folder, made = demo
    expect(SHAPES["demo"], made, "demo")
    assert made["held"]
    for arrival in (made["held"][0]["arrival"], made["arrivals"][0]["id"]):
        expect(SHAPES["show"], printed("show", arrival, "--site", folder, "--json"), "show")


def test_one_payments_story(demo: tuple[Path, Any]) -> None:
    value = printed("payments", "P1", "--site", demo[0], "--json")
    assert value["payment"]["id"] == "P1" and value["events"]
    expect(SHAPES["payments ID"], value, "payments ID")


def test_where_a_value_comes_from(demo: tuple[Path, Any]) -> None:
    folder, made = demo
    delivery = next(row for row in made["deliveries"] if row["target"].endswith("outbox/import"))
    value = printed("explain", delivery["id"], "1.net", "--site", folder, "--json")
    assert value["lineage"]["from"]
    expect(SHAPES["explain"], value, "explain")


def test_every_shape_is_compared() -> None:
    assert SHAPES.keys() == COMMANDS.keys() | {*NESTED, "demo", "show", "explain", "payments ID"}
