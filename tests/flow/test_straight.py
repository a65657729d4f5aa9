"""The short way of rows to texts gives what the usual way gives: bytes, findings, sums, keys."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exchange.checks import get
from exchange.flow.content import Content
from exchange.flow.site import open_site
from exchange.flow.straight import Road
from exchange.model import ArrivalFacts

SITE = Path(__file__).parents[2] / "samples/nordkaffe/site"
FACTS = ArrivalFacts(
    "20261123-A1", "supplier-payments", "x.csv", "0" * 64, datetime(2026, 11, 23, tzinfo=UTC)
)
HEAD = (
    "MaksuId;Eräpäivä;Toimittaja;Toimittajanro;Maksutili;BIC;Tilityyppi;Katu;Talo;Postinro;Kaupunki;Maa;Summa;Valuutta;"
    "Viite;Viesti;Laskunro"
)


def often(value: str, *others: str, of: int = 12) -> str:
    """Mostly the one, now and then one of the others."""
    return value if not others or random.randrange(of) else random.choice(others)


def row(number: int) -> str:
    """A payment, right or wrong in many ways."""
    viite = get("fi-viite").complete
    iban = get("iban").complete
    assert viite is not None
    assert iban is not None
    kind = often("IBAN", "IBAN", "BG", "PG", "BBAN", "XX", of=4)
    account = {"IBAN": iban("FI12345600000785"), "BG": "5050-1055", "PG": "4-2", "BBAN": "50000000000"}.get(
        kind, "1"
    )
    reference = often(viite(str(random.randrange(100, 9_000))), "", "RF18539007547034", "12 34561", "77")
    cells = [
        often(f"P{number}", "", 'P"1"', "P//7"),
        often(f"{random.randrange(1, 28)}.12.2026", "31.2.2026", "1.1.2020", ""),
        often(f"Toimittaja {number % 7} Öy & Kumpp", "A", "Å" * 71, "", "<Ltd>"),
        often("17", ""),
        often(account, "FI00", "FI21 1234 5600 0007 85", of=9),
        often("", "NDEAFIHH", "nope", of=3),
        kind,
        often("Katu", "", "Väg ÅÄÖ"),
        often("1", ""),
        often("00100", ""),
        often("Helsinki", "", "Åbo"),
        often("FI", "SE", "??"),
        often(
            f"{random.randrange(1, 5000)},{random.randrange(100):02d}", "1.234,50", "0", "-5,00", "x", "1,005"
        ),
        often("EUR", "SEK", "NOK", of=5),
        reference,
        often("", "Hej & hå", "x" * 141, of=4),
        often("L1", "", of=4),
    ]
    return ";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if '"' in cell else cell for cell in cells)


def content(*, straight: bool) -> Content:
    """The demo's flow of supplier payments; straight: every pattern at once, else never."""
    made = open_site(SITE).flows["supplier-payments"].content
    assert isinstance(made, Content)
    assert isinstance(made.road, Road)
    road = replace(made.road, often=3, functions={}) if straight else None
    object.__setattr__(made, "road", road)
    return made


def outcome(flow: Content, text: str, folder: Path) -> dict[str, Any]:
    """Everything that comes of a file."""
    folder.mkdir()
    source = folder / "in.csv"
    source.write_text(text, encoding="windows-1252", newline="")
    outcome, tallies = flow.process(source, FACTS, folder)
    return {
        "findings": sorted(map(repr, outcome.findings.kept)),
        "counts": outcome.findings.counts,
        "bytes": [output.path.read_bytes() for output in outcome.outputs],
        "outputs": [(output.name, output.documents, output.totals) for output in outcome.outputs],
        "documents": list(outcome.documents),
        "payments": [(output, note) for output, notes in outcome.payments for note in notes],
        "tallies": [replace(tally, spool=None, follow=None) for tally in tallies],
    }


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_lead_to_the_same(seed: int, tmp_path: Path) -> None:
    random.seed(seed)
    size = random.choice([1, 40, 400])
    rows = [row(number) for number in range(size)]
    if seed % 2:  # a file that goes through: none of its rows has an error
        usual = outcome(content(straight=False), "\r\n".join([HEAD, *rows]), tmp_path / "first")
        wrong = {
            line.rpartition("line=")[2].partition(",")[0] for line in usual["findings"] if "'error'" in line
        }
        rows = [each for number, each in enumerate(rows, 2) if str(number) not in wrong]
    text = "\r\n".join([HEAD, *rows]) + random.choice(["", "\r\n", "\r\n\r\n", '\r\n"'])
    usual = outcome(content(straight=False), text, tmp_path / "usual")
    short = outcome(content(straight=True), text, tmp_path / "short")
    for name, value in usual.items():
        assert short[name] == value, name


def test_most_rows_take_the_short_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = content(straight=True)
    random.seed(7)
    usual: list[list[str]] = []
    monkeypatch.setattr("exchange.flow.straight.Journey._wait", _watched(usual))
    good = "1.12.2026;Öy & Ab;1;FI2112345600000785;;IBAN;Katu;1;00100;Helsinki;FI;1,50;EUR;1232;;L"
    text = "\r\n".join([HEAD, *(f"{number};{good}{number}" for number in range(500))])
    outcome(flow, text, tmp_path / "one")
    assert len(usual) < 150  # the first of their kind, and those whose notices are told in full


def _watched(usual: list[list[str]]) -> Any:
    from exchange.flow.straight import Journey

    wait = Journey._wait

    def watched(journey: Journey, row: list[str]) -> None:
        usual.append(row)
        wait(journey, row)

    return watched
