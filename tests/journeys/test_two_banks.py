"""One list of payments from accounts at two banks: each bank gets a file of its own, and speaks of that alone."""

from __future__ import annotations

import re
from pathlib import Path

from tests.journeys.conftest import Shell
from tests.journeys.test_payments import EUR, order, pain002, paying_site, rejected_rows, stages

FLOW = """flow: supplier-payments
from: {at: "folder:inbox/supplier-payments", match: "*.csv", ready: renamed from *.part}
layout: nordkaffe/supplier-payments
map: [nordkaffe/supplier-payments-to-payment]
to:
  - {bank: nordic, map: [ours/to-the-one], write: iso20022/pain.001.001.09, at: "folder:outbox/bank", name: "one-{arrival.id}.xml"}
  - {bank: nordic, map: [ours/to-the-other], write: iso20022/pain.001.001.09, at: "folder:outbox/bank", name: "other-{arrival.id}.xml"}
"""
ONE = f"""mapping: ours/to-the-one
like: iso20022/payment-to-pain.001.001.09
where: =debtor.account == "{EUR}"
nothing lost: true
"""
OTHER = """mapping: ours/to-the-other
like: iso20022/payment-to-pain.001.001.09
left out by: [ours/to-the-one]
"""
SAME_ID = "payment: {message_id: =arrival.id, end_to_end_id: =result.end_to_end_id}\n"


def sent(exchange: Shell, more: str = "") -> tuple[Path, dict[str, str]]:
    """The site whose payments lie at both banks, and the file of each with its message id."""
    site = paying_site(exchange.folder)
    (site / "flows/supplier-payments.yaml").write_text(FLOW, encoding="utf-8")
    (site / "mappings/ours").mkdir(parents=True)
    (site / "mappings/ours/to-the-one.yaml").write_text(ONE + more, encoding="utf-8")
    (site / "mappings/ours/to-the-other.yaml").write_text(OTHER + more, encoding="utf-8")
    order(site)
    exchange("run", "--once", "--site", site)
    files = {
        file.stem.split("-")[0]: file.read_text(encoding="utf-8")
        for file in (site / "outbox/bank").glob("*.xml")
    }
    return site, files


def ids(file: str, tag: str) -> list[str]:
    return re.findall(f"<{tag}>(.*?)</{tag}>", file)


def test_each_file_has_ids_of_its_own_and_an_answer_is_about_one_of_them(exchange: Shell) -> None:
    site, files = sent(exchange)
    assert sorted(files) == ["one", "other"]
    [one], [other] = ids(files["one"], "MsgId"), ids(files["other"], "MsgId")
    assert other == f"{one}-2"
    assert not set(ids(files["one"], "PmtInfId")) & set(ids(files["other"], "PmtInfId"))

    pain002(site, group="RJCT", to=one)
    exchange("run", "--once", "--site", site)
    mine = set(ids(files["one"], "EndToEndId"))
    after = stages(exchange, site)
    assert set(after.values()) == {"rejected", "sent"}
    assert {row["EndToEndId"] for row in rejected_rows(site)} == mine
    assert sum(stage == "rejected" for stage in after.values()) == len(mine)


def test_an_answer_that_fits_the_files_of_both_banks_is_held(exchange: Shell) -> None:
    site, files = sent(exchange, SAME_ID)
    [one] = ids(files["one"], "MsgId")
    pain002(site, group="RJCT", to=one)
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=None).json()["held"]
    [error] = exchange("findings", held["id"], "--site", site, "--json").json()
    assert error["code"] == "ANS002"
    assert error["message"] == f"The bank's answer fits more than one file: {one}. It is rejected."
    assert set(stages(exchange, site).values()) == {"sent"}
    exchange("release", held["id"], "--because", "both banks were asked", "--site", site)
    exchange("run", "--once", "--site", site)
    assert set(stages(exchange, site).values()) == {"sent"}
    assert not [row for row in rejected_rows(site) if row["EndToEndId"]]
