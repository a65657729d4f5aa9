"""Receivers that know files by day and time alone get each name once, however many files come in one second."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from tests.journeys.conftest import Shell
from tests.support.handing import hand_over

SAMPLES = Path(__file__).parents[2] / "samples"
RECEIPTS, FJORDHANDEL = SAMPLES / "swedish-bridge/receipts", SAMPLES / "fjordhandel"
PAYERS = """bankgiro;name;organisation;iban;bic;town
5312079;Norrbageri i Umeå AB;5566778899;SE4550000000058398257466;ESSESESS;Umeå
"""


def test_files_of_one_second_get_names_of_seconds_of_their_own(exchange: Shell) -> None:
    site = exchange.folder / "bridge"
    exchange("new", site, "--sample", "swedish-bridge")
    (site / "tables/payers.csv").write_text(PAYERS, encoding="utf-8")
    flow = site / "flows/receipts.yaml"
    text = flow.read_text(encoding="utf-8")
    flow.write_text(text.replace('match: "*.xml"', 'match: "*.xml", ready: renamed from *.part'), "utf-8")
    come(exchange, site, "01-30-november", "03-two-deposits")
    come(exchange, site, "04-also-to-the-account")
    made = sorted(path.name for path in (site / "outbox/ledger").glob("BFEP.UBGMX.*"))
    first = datetime.strptime(made[0], "BFEP.UBGMX.K0123456.D%y%m%d.T%H%M%S")
    assert first.date().isoformat() == "2026-11-24"
    assert made == [f"{first + timedelta(seconds=n):BFEP.UBGMX.K0123456.D%y%m%d.T%H%M%S}" for n in range(3)]


def come(exchange: Shell, site: Path, *names: str) -> None:
    """The bank puts files into its place; the engine looks."""
    (place,) = (site / "inbox").glob("bank-credits*")
    for name in names:
        hand_over(place / f"{name}.xml", (RECEIPTS / f"{name}.in.xml").read_text(encoding="utf-8"))
    exchange("run", "--once", "--site", site)


def test_ocr_files_that_come_together_have_transmission_numbers_of_their_own(exchange: Shell) -> None:
    site = exchange.folder / "fjord"
    shutil.copytree(FJORDHANDEL / "site", site)
    for flow in (site / "flows").iterdir():
        if flow.stem != "norwegian-receipts":
            flow.unlink()
    place = site / "inbox/norwegian-receipts"
    for folder in (place, site / "outbox/ledger", site / "outbox/by-hand"):
        folder.mkdir(parents=True)
    for name in ("01-march", "03-payment-came-back"):
        file = FJORDHANDEL / f"norwegian-receipts/{name}.in.xml"
        hand_over(place / f"{name}.xml", file.read_text(encoding="utf-8"))
    exchange("run", "--once", "--site", site)
    written = [path.read_text("iso-8859-1") for path in (site / "outbox/ledger").glob("OCR-*")]
    first, second = sorted(int(text[16:23]) for text in written)
    assert second == first + 1
