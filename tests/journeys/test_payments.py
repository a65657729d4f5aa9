"""From an approved invoice to the bank's answers and the statement, through the real command line."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Shell

NORDKAFFE = Path(__file__).parents[2] / "samples/nordkaffe"
ANSWERS = """flow: bank-answers
from: {at: "folder:inbox/answers", match: "*.xml", ready: renamed from *.part}
layout: iso20022/pain.002
map: [[iso20022/pain.002-file-to-payment-status, iso20022/pain.002-batch-to-payment-status, iso20022/pain.002-payment-to-payment-status]]
to:
  - {map: [generic/payment-status-to-rejections], write: generic/payment-statuses, at: "folder:outbox/erp", name: "rejected-{arrival.stem}.csv"}
"""
STATEMENTS = """flow: statements
from: {at: "folder:inbox/statements", match: "*.xml", ready: renamed from *.part}
layout: iso20022/camt.053
map: [iso20022/camt.053-to-bank-transaction]
to:
  - {map: [generic/bank-transaction-to-lines], write: generic/bank-transactions, at: "folder:outbox/erp", name: "{arrival.stem}.csv"}
"""
EUR, SEK = "FI2112345600000785", "SE4550000000058398257466"


def paying_site(folder: Path) -> Path:
    """Nordkaffe's site with its payments alone, and flows for what the bank says."""
    site = folder / "site"
    shutil.copytree(NORDKAFFE / "site", site)
    for flow in (site / "flows").iterdir():
        if flow.stem != "supplier-payments":
            flow.unlink()
    (site / "flows/bank-answers.yaml").write_text(ANSWERS, encoding="utf-8")
    (site / "flows/statements.yaml").write_text(STATEMENTS, encoding="utf-8")
    for place in (
        "inbox/supplier-payments",
        "inbox/answers",
        "inbox/statements",
        "outbox/bank",
        "outbox/erp",
    ):
        (site / place).mkdir(parents=True)
    return site


def order(site: Path) -> None:
    """The ERP's payments lie in their inbox."""
    file = NORDKAFFE / "supplier-payments/01-approved.in.csv"
    shutil.copyfile(file, site / "inbox/supplier-payments/approved.csv")


@pytest.fixture
def site(exchange: Shell) -> Path:
    """That site with its payments sent to the bank."""
    site = paying_site(exchange.folder)
    order(site)
    exchange("run", "--once", "--site", site)
    return site


def message(site: Path) -> str:
    [file] = (site / "outbox/bank").glob("*.xml")
    found = re.search("<MsgId>(.*?)</MsgId>", file.read_text(encoding="utf-8"))
    assert found
    return found[1]


def stages(exchange: Shell, site: Path) -> dict[str, str]:
    listed = exchange("payments", "--site", site, "--json").json()["payments"]
    return {each["key"]: each["stage"] for each in listed}


def pain002(site: Path, *, group: str = "", batches: str = "", name: str = "a.xml", to: str = "") -> None:
    status = f"<GrpSts>{group}</GrpSts>" if group else ""
    reason = "<StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf>" if group == "RJCT" else ""
    (site / "inbox/answers" / name).write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>ANSWER-{name}</MsgId><CreDtTm>2026-11-28T12:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{to or message(site)}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{status}{reason}</OrgnlGrpInfAndSts>
{batches}</CstmrPmtStsRpt></Document>""",
        encoding="utf-8",
    )


def rejected_rows(site: Path) -> list[dict[str, str]]:
    """What goes back to the system that ordered the payments."""
    [file] = (site / "outbox/erp").glob("*.csv")
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))


def of_kind(lineage: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Everything of a kind that a value rests on, itself included."""
    own = [lineage] if lineage["kind"] == kind else []
    return own + [each for operand in lineage["from"] for each in of_kind(operand, kind)]


def explained_answer(exchange: Shell, site: Path, path: str) -> dict[str, Any]:
    """Where a value of what went back to the ERP comes from, which is what the file says."""
    [answer] = [each for each in exchange("seen", "--site", site, "--json").json() if each["name"] == "a.xml"]
    [delivery] = exchange("show", answer["arrival"], "--site", site, "--json").json()["deliveries"]
    explained = exchange("explain", delivery["id"], path, "--site", site, "--json").json()
    assert explained["differs"] is False
    lineage: dict[str, Any] = explained["lineage"]
    return lineage


def batch(site: Path, number: int, *payments: str, status: str = "") -> str:
    said = f"<PmtInfSts>{status}</PmtInfSts>" if status else ""
    id = f"{message(site)[-28:]}-{number:04d}"
    return (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}</OrgnlPmtInfId>{said}{''.join(payments)}</OrgnlPmtInfAndSts>"
    )


def payment(end_to_end: str, status: str, code: str = "") -> str:
    reason = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""
    return f"<TxInfAndSts><OrgnlEndToEndId>{end_to_end}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}</TxInfAndSts>"


def camt053(site: Path, account: str, currency: str, *entries: str, name: str = "s.xml") -> None:
    total = sum(
        float(amount)
        for amount in re.findall(r'<Amt Ccy="...">([\d.]+)</Amt><CdtDbtInd>DBIT', "".join(entries))
    )
    back = sum(
        float(amount)
        for amount in re.findall(r'<Amt Ccy="...">([\d.]+)</Amt><CdtDbtInd>CRDT', "".join(entries))
    )
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount:.2f}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-30</Dt></Dt></Bal>"
        for code, amount in (("OPBD", 99_999.0), ("CLBD", 99_999.0 - total + back))
    )
    (site / "inbox/statements" / name).write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>S-{name}</MsgId><CreDtTm>2026-11-30T21:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>S-{name}</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-11-30T21:00:00Z</CreDtTm>
<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{balances}{"".join(entries)}</Stmt></BkToCstmrStmt></Document>""",
        encoding="utf-8",
    )


def entry(amount: str, currency: str, details: str, direction: str = "DBIT", number: int = 1) -> str:
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>2026-11-30</Dt></BookgDt><ValDt><Dt>2026-11-30</Dt></ValDt><AcctSvcrRef>B{number}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>{details}</Ntry>"
    )


def details(end_to_end: str, returned: str = "") -> str:
    reason = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    return f"<NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{reason}</TxDtls></NtryDtls>"


def test_answers_at_all_levels_reach_the_payments_and_the_closest_word_counts(
    exchange: Shell, site: Path
) -> None:
    assert set(stages(exchange, site).values()) == {"sent"}
    pain002(
        site,
        group="PART",
        batches=batch(site, 1, payment("NK70001", "ACCP"), payment("NK70002", "RJCT", "AC04"), status="PART")
        + batch(site, 2, status="ACSP"),
    )
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {
        "70001": "accepted", "70002": "rejected", "70003": "received", "70004": "accepted", "70005": "accepted",
    }  # fmt: skip
    story = exchange("payments", "70002", "--site", site)
    assert "AC04: The account is closed." in story.out
    assert "payment rejected" in story.out
    assert exchange("payments", "NK70002", "--site", site, "--json").json()["answers"][0]["status"] == "RJCT"
    [back] = (site / "outbox/erp").glob("*.csv")
    rows = back.read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 2 and "NK70002" in rows[1] and "AC04" in rows[1]


def test_a_rejected_file_reaches_every_payment(exchange: Shell, site: Path) -> None:
    pain002(site, group="RJCT")
    exchange("run", "--once", "--site", site)
    assert set(stages(exchange, site).values()) == {"rejected"}
    assert "DU01: The message id was used before." in exchange("payments", "P1", "--site", site).out
    rows = rejected_rows(site)
    assert [(row["EndToEndId"], row["Level"], row["Verdict"]) for row in rows] == [
        (f"NK7000{number}", "payment", "rejected") for number in range(1, 6)
    ]
    ordered = {
        each["end_to_end_id"]: each
        for each in exchange("payments", "--site", site, "--json").json()["payments"]
    }
    for row in rows:
        mine = ordered[row["EndToEndId"]]
        assert (row["Amount"].replace(",", "."), row["Currency"]) == (mine["amount"], mine["currency"])
        assert (row["Payee"], row["PayeeAccount"]) == (mine["payee"], mine["payee_account"])
        assert (row["PayerAccount"], row["Date"]) == (mine["account"], mine["execution_date"])
        assert row["ReasonCodes"] == "DU01" and row["OriginalFile"] == message(site)
    own = explained_answer(exchange, site, "3.end_to_end_id")
    [value] = of_kind(own, "ledger")
    assert (value["value"], value["what"]) == ("NK70003", "end_to_end_id")
    mine = ordered["NK70003"]
    came_with = f"which came with line {mine['line']} of approved.csv"
    assert value["note"] == f"of the payment P3, sent in {mine['file']}, {came_with}"
    [named_by] = of_kind(own, "source")
    assert (named_by["what"], named_by["text"]) == ("original_message_id", message(site))
    for column, field in (("creditor", "creditor.name"), ("amount", "amount"), ("level", "level")):
        [value] = of_kind(explained_answer(exchange, site, f"2.{column}"), "ledger")
        assert value["what"] == field and value["note"].startswith("of the payment P2, ")
    codes = explained_answer(exchange, site, "3.codes")
    assert not of_kind(codes, "ledger")
    assert "DU01" in {each.get("text") for each in of_kind(codes, "source")}


def test_a_rejected_batch_reaches_every_payment_but_those_of_which_more_is_told(
    exchange: Shell, site: Path
) -> None:
    pain002(
        site,
        group="PART",
        batches=batch(site, 1, payment("NK70001", "ACCP"), payment("NK70002", "RJCT", "AC04"), status="RJCT")
        + batch(site, 2, status="ACSP"),
    )
    exchange("run", "--once", "--site", site)
    assert sorted((row["EndToEndId"], row["ReasonCodes"]) for row in rejected_rows(site)) == [
        ("NK70002", "AC04"), ("NK70003", ""),
    ]  # fmt: skip
    amounts = {row["EndToEndId"]: (row["Amount"], row["Payee"]) for row in rejected_rows(site)}
    assert amounts["NK70002"] == ("1284,55", "Pakkaus-Ässä Oy"), (
        "the bank does not repeat them; the order has them"
    )
    named = {}
    for number in (1, 2):
        lineage = explained_answer(exchange, site, f"{number}.end_to_end_id")
        named[lineage["value"]] = [each["note"] for each in of_kind(lineage, "ledger")]
        of = {each["what"] for each in of_kind(lineage, "condition")} & {
            "payment_info_id",
            "original_message_id",
        }
        assert of == ({"payment_info_id"} if lineage["value"] == "NK70003" else set())
    assert named["NK70002"] == [], "the bank's own word about one payment is followed into its file"
    assert [note.partition(",")[0] for note in named["NK70003"]] == ["of the payment P3"]
    assert stages(exchange, site)["70001"] == "accepted"


@pytest.mark.parametrize(
    ("ids", "said", "amount", "payee"),
    [
        ("<OrgnlEndToEndId>NK70002</OrgnlEndToEndId>", "", "1284,55", "Pakkaus-Ässä Oy"),
        (
            "<OrgnlEndToEndId>NK70002</OrgnlEndToEndId>",
            '<InstdAmt Ccy="EUR">1284.55</InstdAmt>',
            "1284,55",
            "Pakkaus-Ässä Oy",
        ),
        ("<OrgnlEndToEndId>NK70002</OrgnlEndToEndId>", '<InstdAmt Ccy="EUR">1.00</InstdAmt>', "1,00", ""),
    ],
    ids=["neither amount nor payee", "the amount alone", "another amount"],
)
def test_what_a_bank_does_not_repeat_of_one_rejected_payment_is_what_was_ordered(
    exchange: Shell, site: Path, ids: str, said: str, amount: str, payee: str
) -> None:
    order = f"<OrgnlTxRef><Amt>{said}</Amt></OrgnlTxRef>" if said else ""
    one = f"<TxInfAndSts>{ids}<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>{order}</TxInfAndSts>"
    pain002(site, group="PART", batches=batch(site, 1, one, payment("NK70001", "ACCP"), status="PART"))
    exchange("run", "--once", "--site", site, code=None)
    [row] = rejected_rows(site)
    assert (row["EndToEndId"], row["Amount"], row["Payee"]) == ("NK70002", amount, payee)
    if payee:
        assert row["PayeeAccount"] == "FI3715903000000776"
        [value] = of_kind(explained_answer(exchange, site, "1.creditor"), "ledger")
        assert value["note"].startswith("of the payment P2, ")


def test_a_rejected_file_of_which_one_batch_is_accepted(exchange: Shell, site: Path) -> None:
    pain002(site, group="RJCT", batches=batch(site, 2, status="ACSP"))
    exchange("run", "--once", "--site", site)
    assert [row["EndToEndId"] for row in rejected_rows(site)] == ["NK70001", "NK70002", "NK70003"]


def test_a_rejected_file_that_was_not_sent_from_here_stays_one_row(exchange: Shell, site: Path) -> None:
    pain002(site, group="RJCT", to="ELSEWHERE")
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    exchange("release", held["id"], "--because", "sent by hand", "--site", site)
    exchange("run", "--once", "--site", site)
    [row] = rejected_rows(site)
    assert (row["Level"], row["OriginalFile"], row["EndToEndId"]) == ("file", "ELSEWHERE", "")


def test_an_answer_about_an_unknown_payment_is_held_and_a_person_decides(exchange: Shell, site: Path) -> None:
    pain002(
        site, batches=batch(site, 1, payment("NK70001", "RJCT", "AC01"), payment("NOBODY", "RJCT", "AC01"))
    )
    exchange("run", "--once", "--site", site, code=3)
    assert stages(exchange, site)["70001"] == "sent"
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert held["hold"] == "answer" and "NOBODY" in held["reason"]
    exchange("release", held["id"], "--because", "made in the online bank", "--site", site)
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["70001"] == "rejected"


def test_a_bank_that_contradicts_itself_is_held(exchange: Shell, site: Path) -> None:
    pain002(site, batches=batch(site, 1, payment("NK70001", "RJCT", "AC01")))
    exchange("run", "--once", "--site", site)
    pain002(site, batches=batch(site, 1, payment("NK70001", "ACSC")), name="b.xml")
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert "P1 was rejected before" in held["reason"]
    assert stages(exchange, site)["70001"] == "rejected"


def booked_then_rejected(exchange: Shell, site: Path) -> str:
    """70001 is booked, then refused together with 70002; the arrival that is held for it."""
    camt053(site, EUR, "EUR", entry("12450.00", "EUR", details("NK70001")))
    exchange("run", "--once", "--site", site)
    refused = (payment("NK70001", "RJCT", "AC04"), payment("NK70002", "RJCT", "AC01"))
    pain002(site, batches=batch(site, 1, *refused), name="late.xml")
    exchange("run", "--once", "--site", site, code=3)
    [held] = exchange("status", "--site", site, "--json", code=3).json()["held"]
    assert (
        "P1 was booked before, and now the bank says that it is rejected (AC04: The account" in held["reason"]
    )
    assert stages(exchange, site)["70001"] == "booked" and stages(exchange, site)["70002"] == "sent"
    return str(held["id"])


def test_a_refusal_after_the_booking_waits_and_goes_on_when_the_money_is_back(
    exchange: Shell, site: Path
) -> None:
    held = booked_then_rejected(exchange, site)
    [listed] = exchange("payments", "--stage", "booked", "--site", site, "--json").json()["payments"]
    assert (listed["key"], listed["reason"]) == ("70001", "AC04: The account is closed.")
    assert "AC04: The account is closed." in exchange("payments", "--stage", "booked", "--site", site).out
    story = exchange("payments", "70001", "--site", site)
    assert "payment answer in doubt" in story.out and "RJCT" in story.out and "late.xml" in story.out
    camt053(site, EUR, "EUR", entry("12450.00", "EUR", details("NK70001", "AC04"), "CRDT"), name="back.xml")
    exchange("run", "--once", "--site", site, code=3)
    exchange("retry", held, "--because", "the money is back", "--site", site)
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["70001"] == "returned" and stages(exchange, site)["70002"] == "rejected"
    told = exchange("payments", "70001", "--site", site, "--json").json()["answers"]
    assert [each["verdict"] for each in told if each["verdict"] != "unknown"] == [
        "booked", "returned", "rejected",
    ]  # fmt: skip
    assert exchange("verify", "--site", site).code == 0


def test_a_refusal_after_the_booking_that_is_released_goes_on_and_the_payment_stays_booked(
    exchange: Shell, site: Path
) -> None:
    held = booked_then_rejected(exchange, site)
    exchange("release", held, "--because", "the bank says that it comes back", "--site", site)
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["70001"] == "booked" and stages(exchange, site)["70002"] == "rejected"
    assert "AC04: The account is closed." in exchange("payments", "70001", "--site", site).out
    [back] = (site / "outbox/erp").glob("rejected-*.csv")
    read = csv.DictReader(back.read_text("utf-8-sig").splitlines(), delimiter=";")
    rows = {row["EndToEndId"]: row for row in read}
    assert "NK70001" in rows
    told = [rows["NK70002"][name] for name in ("PaymentId", "SourceFile", "SourceLine")]
    assert told == ["70002", "approved.csv", "3"]


def test_statements_book_payments_one_by_one_and_by_batch_and_bring_returns(
    exchange: Shell, site: Path
) -> None:
    group = f"<NtryDtls><Btch><PmtInfId>{message(site)[-28:]}-0002</PmtInfId><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>"
    camt053(site, SEK, "SEK", entry("55325.50", "SEK", group), name="sek.xml")
    camt053(
        site, EUR, "EUR", entry("12450.00", "EUR", details("NK70001")), entry("1284.00", "EUR", details("NK70002"), number=2),
        entry("9.90", "EUR", details("CARD"), number=3), name="eur.xml",
    )  # fmt: skip
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site) == {
        "70001": "booked", "70002": "sent", "70003": "sent", "70004": "booked", "70005": "booked",
    }  # fmt: skip
    found = exchange("findings", "--flow", "statements", "--site", site, "--json").json()
    assert codes(found) == {"ANS005", "ANS008"}  # another amount; a payment made elsewhere
    camt053(site, EUR, "EUR", entry("12450.00", "EUR", details("NK70001", "AC04"), "CRDT"), name="back.xml")
    exchange("run", "--once", "--site", site)
    assert stages(exchange, site)["70001"] == "returned"
    assert "AC04: The account is closed." in exchange("payments", "--stage", "returned", "--site", site).out
    assert exchange("verify", "--site", site).code == 0


def test_a_batch_booked_with_another_sum_moves_nothing(exchange: Shell, site: Path) -> None:
    group = f"<NtryDtls><Btch><PmtInfId>{message(site)[-28:]}-0002</PmtInfId></Btch></NtryDtls>"
    camt053(site, SEK, "SEK", entry("55325.00", "SEK", group))
    exchange("run", "--once", "--site", site)
    assert set(stages(exchange, site).values()) == {"sent"}
    assert "ANS006" in codes(exchange("findings", "--flow", "statements", "--site", site, "--json").json())


def codes(found: Any) -> set[str]:
    return {each["code"] for each in (found if isinstance(found, list) else found["findings"])}


def test_whose_payments_are_asked_for_must_be_known(exchange: Shell, site: Path) -> None:
    every = exchange("payments", "--site", site, "--json").json()["payments"]
    payer, payee = every[0]["account"], every[0]["payee"]
    for option, wrong, near in (
        ("--account", payer[:-1] + "9", payer),
        ("--payee", payee.upper() + "X", payee),
        ("--flow", "paymnts", ""),
    ):
        said = " ".join(exchange("payments", option, wrong, "--site", site, code=2).err.split())
        assert wrong in said and near in said, option
    for wanted in (payee.upper(), payee.lower(), payee[1:]):
        found = exchange("payments", "--payee", wanted, "--site", site, "--json").json()["payments"]
        assert payee in {each["payee"] for each in found}, wanted
    spelled = " ".join((payer[:4], payer[4:]))
    assert exchange("payments", "--account", spelled, "--site", site, "--json").json()["count"]


def test_totals_are_shown_as_a_person_reads_them(exchange: Shell, site: Path) -> None:
    [sent] = exchange("seen", "--site", site, "--json").json()
    [delivery] = exchange("show", sent["arrival"], "--site", site, "--json").json()["deliveries"]
    shown = exchange("show", sent["arrival"], "--site", site).out
    for currency, amount in delivery["totals"].items():
        assert f"{amount} {currency}" in " ".join(shown.split())
    assert delivery["totals"] and "{" not in shown
