"""Receipts reconciled by rules and by people, day after day, through the real command line."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Shell
from tests.support.handing import hand_over

NORDKAFFE = Path(__file__).parents[2] / "samples/nordkaffe/site"
RULES = """rules: ours
like: standard
accounts: {discount: "3730", rounding: "8450", credit: "2420"}
use:
  bank_events: {events: {fee: {account: "6570"}}}
"""
STATEMENTS = """flow: bank-statements
from: {at: "folder:inbox/bank-statements", match: "*.xml", ready: renamed from *.part}
layout: iso20022/camt.053
map: [iso20022/camt.053-to-bank-transaction]
with: {receivables: open-receivables}
match: {against: receivables, rules: ours, decided: decided}
to:
  - {map: [common/match-to-voucher, sie/voucher-to-4i], write: sie/4i, at: "folder:outbox/bookkeeping", name: "{flow}-{arrival.date}-{arrival.id}.si"}
  - {map: [generic/match-to-tick-off], write: generic/tick-off, at: "folder:outbox/sales-ledger", name: "paid-{arrival.date}-{arrival.id}.csv"}
  - {map: [generic/match-to-unmatched], write: generic/unmatched, at: "folder:outbox/to-check", name: "unmatched-{arrival.date}-{arrival.id}.csv"}
"""
DECIDED = """flow: decided
from: {at: "folder:inbox/decided", match: "*.jsonl", ready: renamed from *.part}
layout: exchange/decisions
map: [exchange/decisions-to-match]
to:
  - {map: [common/match-to-voucher, sie/voucher-to-4i], write: sie/4i, at: "folder:outbox/bookkeeping", name: "{flow}-{arrival.date}-{arrival.id}.si"}
  - {map: [generic/match-to-tick-off], write: generic/tick-off, at: "folder:outbox/sales-ledger", name: "decided-{arrival.date}-{arrival.id}.csv"}
"""
HEADER = "Laskunro;Asiakasnro;Asiakas;Laskupvm;Eräpvm;Valuutta;Summa;Avoinna;Viite\r\n"
ITEMS = (
    "400098;10023;Kahvila Äijä Oy;2.11.2026;16.11.2026;EUR;812,30;812,30;4000983\r\n"
    "400101;10107;Ruokakauppa Östman Ab;4.11.2026;18.11.2026;EUR;1093,75;1093,75;4001018\r\n"
    "400104;10140;Ravintola Meri-Helmi;5.11.2026;19.11.2026;EUR;256,00;256,00;4001047\r\n"
    "400105;10141;Hotelli Järvenranta Oy;5.11.2026;19.11.2026;EUR;3480,12;3480,12;4001050\r\n"
    "400109;10107;Ruokakauppa Östman Ab;9.11.2026;23.11.2026;EUR;77,40;77,40;4001092\r\n"
)
OPENING = Decimal("1000.00")


def entry(
    number: int, amount: str, name: str = "", reference: str = "", text: str = "", code: str = "RCDT/ESCT"
) -> str:
    """One entry of a statement; negative amounts go out."""
    family, subfamily = code.split("/")
    side = "DBIT" if amount.startswith("-") else "CRDT"
    told = (
        f"<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{reference}</Ref></CdtrRefInf></Strd>"
        if reference
        else f"<Ustrd>{text}</Ustrd>"
    )
    money = f'<Amt Ccy="EUR">{amount.lstrip("-")}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
    party = "Dbtr" if side == "CRDT" else "Cdtr"
    parties = f"<RltdPties><{party}><Pty><Nm>{name}</Nm></Pty></{party}></RltdPties>" if name else ""
    return (
        f"<Ntry><NtryRef>{number}</NtryRef>{money}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>"
        f"<ValDt><Dt>2026-11-20</Dt></ValDt><AcctSvcrRef>A{number}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
        f"<Cd>{family}</Cd><SubFmlyCd>{subfamily}</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs>"
        f"<AcctSvcrRef>T{number}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{money}{parties}<RmtInf>{told}"
        f"</RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def statement(
    number: int, entries: Sequence[tuple[str, str]], opening: Decimal = OPENING
) -> tuple[str, Decimal]:
    """A statement of entries (amount, entry), and what it closes with."""
    closing = opening + sum(Decimal(amount) for amount, _ in entries)

    def balance(code: str, amount: Decimal) -> str:
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT'
            f"</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
        )

    text = (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M{number}</MsgId><CreDtTm>2026-11-20T20:00:00</CreDtTm></GrpHdr><Stmt>"
        f"<Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>2026-11-20T20:00:00</CreDtTm><Acct><Id>"
        f"<IBAN>FI2112345600000785</IBAN></Id><Ccy>EUR</Ccy></Acct>{balance('OPBD', opening)}{balance('CLBD', closing)}"
        f"{''.join(each for _, each in entries)}</Stmt></BkToCstmrStmt></Document>"
    )
    return text, closing


def entries(*rows: dict[str, Any], start: int = 1) -> list[tuple[str, str]]:
    return [(row["amount"], entry(number, **row)) for number, row in enumerate(rows, start)]


def drop(site: Path, flow: str, name: str, text: str, encoding: str = "utf-8") -> None:
    """A file at the place of a flow, whole at once."""
    inbox = site / "inbox" / flow
    inbox.mkdir(parents=True, exist_ok=True)
    hand_over(inbox / name, text, encoding)


@pytest.fixture
def site(exchange: Shell) -> Path:
    folder = exchange.folder / "site"
    shutil.copytree(NORDKAFFE, folder)
    for flow in (folder / "flows").iterdir():
        if flow.stem not in ("bank-statements", "open-receivables"):
            flow.unlink()
    (folder / "flows/bank-statements.yaml").write_text(STATEMENTS, encoding="utf-8")
    (folder / "flows/decided.yaml").write_text(DECIDED, encoding="utf-8")
    (folder / "schemas/rules").mkdir()
    (folder / "schemas/rules/ours.yaml").write_text(RULES, encoding="utf-8")
    for place in ("bookkeeping", "sales-ledger", "to-check"):
        (folder / "outbox" / place).mkdir(parents=True)
    for place in ("decided", "bank-statements", "open-receivables"):
        (folder / "inbox" / place).mkdir(parents=True, exist_ok=True)
    drop(folder, "open-receivables", "items.csv", HEADER + ITEMS, "windows-1252")
    return folder


def run(exchange: Shell, site: Path, code: int = 0) -> None:
    exchange("run", "--once", "--site", site, code=code)


def listed(exchange: Shell, site: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exchange("reconcile", "--site", site, "--json", *words).json()["cases"]
    return found


def newest(site: Path, place: str, pattern: str = "[!.]*") -> str:
    files = [path for path in (site / "outbox" / place).glob(pattern) if path.is_file()]
    path = max(files, key=lambda path: path.stat().st_mtime_ns)
    return path.read_text("cp437" if path.suffix == ".si" else "utf-8-sig")


FIRST = (
    {"amount": "812.30", "name": "KAHVILA ÄIJÄ", "reference": "4000983"},
    {"amount": "1093.70", "name": "RUOKAKAUPPA ÖSTMAN AB", "reference": "4001018"},
    {"amount": "-4.50", "code": "MCOP/FEES", "text": "Palvelumaksu"},
    {"amount": "100.00", "name": "Ravintola Meri-Helmi", "reference": "4001047"},
    {"amount": "3480.12", "name": "Hotelli Jarvenranta", "text": "kiitos"},
    {"amount": "55.00", "name": "Tuntematon Oy", "text": "kiitos kahvista"},
)


def test_two_statements_of_one_run_pay_an_item_once(exchange: Shell, site: Path) -> None:
    paid = {"amount": "812.30", "name": "KAHVILA ÄIJÄ", "reference": "4000983"}
    first, closing = statement(1, entries(paid))
    drop(site, "bank-statements", "one.xml", first)
    drop(site, "bank-statements", "two.xml", statement(2, entries(paid, start=2), closing)[0])
    run(exchange, site)
    rules = sorted(str(row["rule"]) for row in listed(exchange, site, "--all"))
    assert rules == ["None", "reference"]
    [open_] = listed(exchange, site)
    assert "400098" in open_["reason"]


def test_a_day_of_receipts_and_what_people_do_about_the_rest(exchange: Shell, site: Path) -> None:
    exchange("check", "--site", site, "--offline")
    text, _ = statement(1, entries(*FIRST))
    drop(site, "bank-statements", "one.xml", text)
    run(exchange, site)

    books = newest(site, "bookkeeping")
    assert "#TRANS 8450 {} 0.05" in books and "#TRANS 6570 {} 4.50" in books and '"" 400104' in books
    every = {row["rule"]: row for row in listed(exchange, site, "--all")}
    assert set(every) == {"reference", "reference_tolerance", "bank_events", "part_payment", None}
    hotel, unknown = listed(exchange, site)
    told = csv.DictReader(newest(site, "to-check").splitlines(), delimiter=";")
    assert [row["Case"] for row in told] == [hotel["id"], unknown["id"]]
    assert hotel["proposals"][0]["items"] == "400105" and hotel["proposals"][0]["rule"] == "similar_name"
    assert "3480.12 EUR" in exchange("reconcile", "show", hotel["id"], "--site", site).out

    exchange("reconcile", "match", hotel["id"], "400105", "--because", "phoned them", "--site", site)
    exchange(
        "reconcile", "book", unknown["id"], "3990", "--new-account", "--because", "a gift", "--site", site
    )
    assert listed(exchange, site) == []
    run(exchange, site)
    books = "".join(path.read_text("cp437") for path in (site / "outbox/bookkeeping").glob("decided-*"))
    assert "#TRANS 1700 {} -3480.12" in books and "#TRANS 3990 {} -55.00" in books
    assert "400105;10141" in newest(site, "sales-ledger", "decided-*")

    story = exchange("show", hotel["arrival"], "--site", site, "--json").json()
    signed = [event for event in story["events"] if event["what"] == "case matched"]
    assert [(event["actor"], event["because"]) for event in signed] == [("anna", "phoned them")]
    assert exchange("verify", "--site", site, "--json").json()["problems"] == []


def test_what_was_matched_stays_matched_and_can_be_taken_back(exchange: Shell, site: Path) -> None:
    text, closing = statement(1, entries(FIRST[0], FIRST[3]))
    drop(site, "bank-statements", "one.xml", text)
    run(exchange, site)
    text, closing = statement(
        2,
        entries(FIRST[0], {**FIRST[3], "amount": "156.00"}, {**FIRST[3], "amount": "20.00"}, start=11),
        closing,
    )
    drop(site, "bank-statements", "two.xml", text)
    run(exchange, site)
    rows = listed(exchange, site, "--all")
    paid = [row for row in rows if row["decision"] == "matched"]
    assert [row["items"][0]["number"] for row in paid] == ["400098", "400104", "400104"], (
        "the list is the same old one"
    )
    assert ["paid twice" in row["reason"] for row in listed(exchange, site)] == [True, True]

    first = paid[0]["id"]
    exchange("reconcile", "unmatch", first, "--because", "wrong customer", "--site", site)
    run(exchange, site)
    assert "#TRANS 1700 {} 812.30" in newest(site, "bookkeeping", "decided-*")
    assert (
        exchange("reconcile", "match", first, "400098", "--because", "right after all", "--site", site).code
        == 0
    )
    run(exchange, site)
    assert len(list((site / "outbox/bookkeeping").glob("decided-*"))) == 2
    refused = exchange("reconcile", "match", first, "400098", "--because", "again", "--site", site, code=2)
    assert "is matched already" in refused.err

    arrival = paid[0]["arrival"]
    exchange("replay", arrival, "--because", "see whether it stays", "--site", site)
    run(exchange, site, code=3)
    after = next(row for row in listed(exchange, site, "--all") if row["id"] == first)
    assert (after["decided_by"], after["decision"], after["reason"]) == (
        "anna",
        "matched",
        "anna: right after all",
    )
    records = exchange("reconcile", "rules", "--site", site, "--json").json()["rules"]
    taken = {row["rule"]: (row["decided"], row["taken_back"]) for row in records}
    assert taken["reference"] == (2, 1), "what a person took back is counted, whatever he did then"


def test_statements_follow_one_another(exchange: Shell, site: Path) -> None:
    text, closing = statement(1, entries(FIRST[0]))
    drop(site, "bank-statements", "one.xml", text)
    run(exchange, site)
    drop(site, "bank-statements", "again.xml", text + " ")
    run(exchange, site, code=3)
    status = exchange("status", "--site", site, "--json", code=3).json()
    assert "was taken before" in status["held"][0]["reason"]
    exchange("reject", status["held"][0]["id"], "--because", "sent twice", "--site", site)
    text, _ = statement(3, entries(FIRST[3], start=21), closing + 10)
    drop(site, "bank-statements", "three.xml", text)
    run(exchange, site)
    told = exchange("findings", "--flow", "bank-statements", "--site", site, "--json").json()
    assert "REC010" in {finding["code"] for finding in told}
    rows = exchange("reconcile", "statements", "--site", site, "--json").json()
    assert [(row["id"], row["gap"]) for row in rows] == [("S3", "10.00"), ("S1", None)]


def test_a_statement_that_stands_in_its_file_twice_is_told_and_nothing_is_booked(
    exchange: Shell, site: Path
) -> None:
    """The movements make nought, so that no balance tells it."""
    text, _ = statement(1, entries(FIRST[0], {"amount": "-812.30", "name": "Pakkaus Oy", "text": "lasku 7"}))
    begin, end = text.index("<Stmt>"), text.index("</Stmt>") + len("</Stmt>")
    drop(site, "bank-statements", "twice.xml", text[:end] + text[begin:end] + text[end:])
    run(exchange, site, code=3)
    [told] = exchange("findings", "--flow", "bank-statements", "--site", site, "--json").json()
    assert (told["code"], told["path"]) == ("REC014", "/Document/BkToCstmrStmt[1]/Stmt[2]/Ntry[1]")
    assert "Statement S1 of account FI2112345600000785 stands in this file more than once" in told["message"]
    assert listed(exchange, site, "--all") == [] and not any((site / "outbox/bookkeeping").iterdir())
    once = text.replace("Pakkaus Oy", "Pakkaus & Oy".replace("&", "&amp;"))
    drop(site, "bank-statements", "once.xml", once)
    run(exchange, site, code=3)
    assert [row["rule"] for row in listed(exchange, site, "--all")] == ["reference", None]


def test_people_s_bookings_become_a_rule_when_they_agree(exchange: Shell, site: Path) -> None:
    rules = site / "schemas/rules/ours.yaml"
    rules.write_text(RULES + "  habits: {at least: 2}\n", encoding="utf-8")
    opening = OPENING
    lacked = []
    for day in (1, 2, 3):
        row = {"amount": "-30.00", "name": "Elisa Oyj", "text": f"Lasku 88{day}1", "code": "ICDT/ESCT"}
        text, opening = statement(day, entries(row, start=day * 10), opening)
        drop(site, "bank-statements", f"{day}.xml", text)
        run(exchange, site)
        for waiting in listed(exchange, site):
            exchange(
                "reconcile",
                "book",
                waiting["id"],
                "7510",
                "--new-account",
                "--because",
                "phones",
                "--site",
                site,
            )
            [learned] = exchange("reconcile", "rules", "--site", site, "--json").json()["learned"]
            lacked.append((learned["acts"], learned["lacks"]))
        run(exchange, site)
    assert lacked == [([], "1 of the 2 times that it needs"), (["bank-statements"], None)]
    third = listed(exchange, site, "--all")[-1]
    assert (third["decision"], third["rule"], third["decided_by"]) == ("booked", "habits", None)
    [learned] = exchange("reconcile", "rules", "--site", site, "--json").json()["learned"]
    assert (learned["what"], learned["times"], learned["precision"]) == ("7510", 2, "100.0 %")
    assert "in bank-statements" in exchange("reconcile", "rules", "--site", site).out
    exchange("reconcile", "unmatch", third["id"], "--because", "not phones", "--site", site)
    [learned] = exchange("reconcile", "rules", "--site", site, "--json").json()["learned"]
    assert (learned["acts"], learned["lacks"]) == ([], "less than 100 per cent of 3 agree")
    assert learned["precision"] == "66.7 %"
    assert "2 of 3" in exchange("reconcile", "rules", "--site", site).out
    text, _ = statement(4, entries(row, start=40), opening)
    drop(site, "bank-statements", "4.xml", text)
    run(exchange, site)
    assert [each["decision"] for each in listed(exchange, site)] == ["unmatched", "unmatched"]


def test_what_is_wrong_with_the_rules_is_told_before_anything_runs(exchange: Shell, site: Path) -> None:
    rules = site / "schemas/rules/ours.yaml"
    rules.write_text(
        RULES.replace("bank_events", "bank_event").replace(', credit: "2420"', ""), encoding="utf-8"
    )
    said = exchange("check", "--site", site, "--offline", code=2)
    words = " ".join((said.out + said.err).split())
    assert 'There is no rule "bank_event"' in words and "bank_events" in words and "credit: NUMBER" in words
    rules.write_text(RULES.partition("use:")[0] + "use: {}\n", encoding="utf-8")
    said = exchange("check", "--site", site, "--offline", code=2)
    assert "No rule is on: nothing would ever be matched." in " ".join((said.out + said.err).split())
    flow = site / "flows/bank-statements.yaml"
    flow.write_text(STATEMENTS.replace("rules: ours", "rules: standard"), encoding="utf-8")
    rules.unlink()
    said = exchange("check", "--site", site, "--offline", code=2)
    words = " ".join((said.out + said.err).split())
    for account in ("discount", "rounding", "credit"):
        told = f"schemas/rules/ours.yaml in the site: `rules: ours`, `like: standard` and `accounts: {{{account}: NUMBER}}`"
        assert told in words and f"Add `{account}: NUMBER` under" not in words
    rules.write_text("rules: ours\nlike: standard\naccounts: {discount: '1', rounding: '2', credit: '3'}\n")
    flow.write_text(STATEMENTS, encoding="utf-8")
    exchange("check", "--site", site, "--offline")


def test_the_file_of_a_decision_is_written_again_after_a_crash(exchange: Shell, site: Path) -> None:
    text, _ = statement(1, entries(FIRST[4], FIRST[5]))
    drop(site, "bank-statements", "one.xml", text)
    run(exchange, site)
    hotel, unknown = listed(exchange, site)
    exchange("reconcile", "match", hotel["id"], "400105", "--because", "x", "--site", site)
    [file] = (site / "inbox/decided").glob("decided-*.jsonl")
    before = json.loads(file.read_text("utf-8"))
    assert before["case"] == hotel["id"] and before["allocations"][0]["booked"] == "-3480.12"
    file.unlink()
    with sqlite3.connect(site / "var/ledger.db") as ledger:
        ledger.execute("UPDATE matches SET sent = 0 WHERE document IS NOT NULL")
    ledger.close()
    run(exchange, site)
    assert len(list((site / "outbox/sales-ledger").glob("decided-*"))) == 1
    exchange("reconcile", "close", unknown["id"], "--because", "booked by hand", "--site", site)
    assert list((site / "inbox/decided").glob("*.jsonl")) == []
    assert listed(exchange, site) == []


def undone(number: int, amount: str, id: str) -> tuple[str, str]:
    """An entry that takes back an earlier one."""
    text = entry(number, amount, code="RCDT/UPDD").replace("<Sts>", "<RvslInd>true</RvslInd><Sts>")
    return amount, text.replace("NOTPROVIDED", id)


def paid(number: int, id: str) -> tuple[str, str]:
    return "256.00", entry(number, "256.00", reference="4001047").replace("NOTPROVIDED", id)


def test_what_comes_back_in_the_same_file_opens_its_item_again(exchange: Shell, site: Path) -> None:
    day = [paid(1, "ORDER-E1"), undone(2, "-256.00", "ORDER-E1"), paid(3, "ORDER-E2")]
    drop(site, "bank-statements", "day.xml", statement(1, day)[0])
    run(exchange, site)
    cases = listed(exchange, site, "--all")
    assert sorted((each["position"], each["decision"], each["rule"]) for each in cases) == [
        (1, "matched", "reference"), (2, "matched", "returns"), (3, "matched", "reference"),
    ]  # fmt: skip
    ticked = newest(site, "sales-ledger").splitlines()[1:]
    assert len([row for row in ticked if "400104" in row]) == 3
    drop(
        site,
        "bank-statements",
        "next.xml",
        statement(2, [undone(4, "-256.00", "ORDER-E2"), paid(5, "ORDER-E3")], Decimal("1256.00"))[0],
    )
    run(exchange, site)
    assert {each["decision"] for each in listed(exchange, site, "--all")} == {"matched"}
    exchange("verify", "--site", site)


def test_what_a_person_matched_comes_back_and_the_person_is_asked(exchange: Shell, site: Path) -> None:
    thanks = "256.00", entry(1, "256.00", text="thanks").replace("NOTPROVIDED", "ORDER-E1")
    drop(site, "bank-statements", "day.xml", statement(1, [thanks])[0])
    run(exchange, site)
    [case] = listed(exchange, site)
    exchange("reconcile", "match", case["id"], "400104", "--because", "asked", "--site", site)
    drop(
        site,
        "bank-statements",
        "next.xml",
        statement(2, [undone(2, "-256.00", "ORDER-E1")], Decimal("1256.00"))[0],
    )
    run(exchange, site)
    [back] = listed(exchange, site)
    assert f"It had paid 400104 (case {case['id']}) by a decision of anna" in back["reason"]
    exchange("reconcile", "unmatch", case["id"], "--because", "it came back", "--site", site)
    exchange("reconcile", "close", back["id"], "--because", "booked back with the other", "--site", site)
    drop(site, "bank-statements", "third.xml", statement(3, [paid(3, "ORDER-E9")])[0])
    run(exchange, site)
    [again] = [each for each in listed(exchange, site, "--all") if each["decision"] == "matched"]
    assert again["rule"] == "reference"


def test_what_a_return_took_back_is_not_taken_back_once_more(exchange: Shell, site: Path) -> None:
    """Neither the receipt that came back, nor, when the item was paid again, its return."""
    day = [paid(1, "ORDER-E1"), undone(2, "-256.00", "ORDER-E1")]
    drop(site, "bank-statements", "day.xml", statement(1, day)[0])
    run(exchange, site)
    receipt, back = (each["id"] for each in listed(exchange, site, "--all"))
    refused = exchange("reconcile", "unmatch", receipt, "--because", "wrong", "--site", site, code=2)
    assert f"was taken back by the return {back}" in refused.out + refused.err
    drop(site, "bank-statements", "next.xml", statement(2, [paid(3, "ORDER-E2")])[0])
    run(exchange, site)
    second = listed(exchange, site, "--all")[2]["id"]
    refused = exchange("reconcile", "unmatch", back, "--because", "wrong", "--site", site, code=2)
    assert "Invoice 400104" in refused.err and f"paid since by {second}" in refused.err
    exchange("reconcile", "unmatch", second, "--because", "of another one", "--site", site)
    exchange("reconcile", "unmatch", back, "--because", "it did not come back", "--site", site)
    exchange("reconcile", "unmatch", receipt, "--because", "of another one, too", "--site", site)
    run(exchange, site)
    assert sum(balances(site).values()) == 0 and balances(site).get("1700", 0) == 0
    assert {each["decision"] for each in listed(exchange, site, "--all")} == {"unmatched"}


SUSPENSE = RULES + 'suspense: {EUR: {receipts: "2990", payments: "1790"}}\n'


def balances(site: Path) -> dict[str, Decimal]:
    """What all vouchers together have booked: ledger account → sum, debit positive; without those that are at nought."""
    sums: dict[str, Decimal] = {}
    for path in (site / "outbox/bookkeeping").glob("[!.]*.si"):
        for account, amount in re.findall(r"#TRANS (\S+) \{\} (\S+)", path.read_text("cp437")):
            sums[account] = sums.get(account, Decimal(0)) + Decimal(amount)
    return {account: amount for account, amount in sums.items() if amount}


def standing(exchange: Shell, site: Path) -> dict[str, Decimal]:
    """What the ledger says of suspense accounts, as their balances must be in the books."""
    rows = exchange("reconcile", "suspense", "--site", site, "--json").json()
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["account"]] = sums.get(row["account"], Decimal(0)) - Decimal(row["amount"])
    return {account: amount for account, amount in sums.items() if amount}


def test_what_nobody_decided_stands_on_suspense_until_somebody_does(exchange: Shell, site: Path) -> None:
    (site / "schemas/rules/ours.yaml").write_text(SUSPENSE, encoding="utf-8")
    went = {"amount": "-40.00", "name": "Vieras Oy", "text": "ostos", "code": "ICDT/ESCT"}
    text, closing = statement(1, entries(*FIRST, went))
    moved = closing - OPENING
    drop(site, "bank-statements", "one.xml", text)
    run(exchange, site)

    def agrees(receipts: str, payments: str = "40.00") -> dict[str, Decimal]:
        """The bank's account as the bank says, suspense as the open cases say, and what the books hold."""
        run(exchange, site)
        books = balances(site)
        suspense = {name: books[name] for name in ("1790", "2990") if name in books}
        assert books["1910"] == moved and sum(books.values()) == 0
        wanted = {"1790": Decimal(payments), "2990": Decimal(receipts)}
        assert suspense == standing(exchange, site) == {name: sum_ for name, sum_ in wanted.items() if sum_}
        return books

    agrees("-3535.12")
    hotel, unknown, shop = listed(exchange, site)
    assert (hotel["suspense"], shop["suspense"]) == ("2990", "1790")
    exchange("reconcile", "match", hotel["id"], "400105", "--because", "phoned", "--site", site)
    before = agrees("-55.00")
    exchange(
        "reconcile", "book", unknown["id"], "3990", "--new-account", "--because", "a gift", "--site", site
    )
    assert agrees("0")["3990"] == -55
    exchange("reconcile", "unmatch", hotel["id"], "--because", "another hotel", "--site", site)
    assert agrees("-3480.12")["1700"] == before["1700"] + Decimal("3480.12")
    paid = next(row for row in listed(exchange, site, "--all") if row["rule"] == "reference")
    exchange("reconcile", "unmatch", paid["id"], "--because", "wrong customer", "--site", site)
    agrees("-4292.42")
    exchange("reconcile", "match", paid["id"], "400098", "--because", "right after all", "--site", site)
    assert agrees("-3480.12")["1700"] == before["1700"] + Decimal("3480.12")
    said = exchange("reconcile", "close", shop["id"], "--because", "booked by hand", "--site", site)
    assert "book it from there" in said.out
    agrees("-3480.12")
    exchange("verify", "--site", site)


def test_a_sum_and_its_payments_move_the_bank_s_account_once(exchange: Shell, site: Path) -> None:
    """The statement books a sum without a word of its payments; the advice, with the account's national number, tells them."""
    _suspense(site)
    flow = (site / "flows/bank-statements.yaml").read_text(encoding="utf-8")
    flow = flow.replace("bank-statements", "advices").replace("camt.053", "camt.054")
    (site / "flows/advices.yaml").write_text(flow, encoding="utf-8")
    (site / "inbox/advices").mkdir()
    rows = [("812.30", "Kahvila Äijä Oy", "4000983"), ("256.00", "Ravintola Meri-Helmi", "4001047")]
    parts = "".join(
        re.findall("<TxDtls>.*?</TxDtls>", entry(1, amount, name, reference))[0]
        for amount, name, reference in rows
    )
    whole = entry(1, "1068.30").replace("<AcctSvcrRef>A1<", "<AcctSvcrRef>BATCH00001<")
    bare_sum = re.sub("<NtryDtls>.*</NtryDtls>", "", whole)
    told = re.sub("<TxDtls>.*</TxDtls>", parts, whole)
    drop(site, "bank-statements", "one.xml", statement(1, [("1068.30", bare_sum)])[0])
    run(exchange, site)
    advice = statement(1, [("1068.30", told)])[0].replace("camt.053", "camt.054")
    advice = advice.replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn").replace("Stmt>", "Ntfctn>")
    advice = advice.replace("<IBAN>FI2112345600000785</IBAN>", "<Othr><Id>123456-785</Id></Othr>")
    drop(site, "advices", "one.xml", re.sub("<Bal>.*</Bal>", "", advice))
    run(exchange, site)
    assert balances(site) == {"1910": Decimal("1068.30"), "2990": Decimal("-1068.30")}
    whole_case, *payments = listed(exchange, site)
    assert len(payments) == 2 and all(whole_case["id"] in each["reason"] for each in payments)
    because = ("--because", "as the advice says", "--site", site)
    exchange("reconcile", "match", whole_case["id"], "400098", "400104", *because)
    for each in payments:
        exchange("reconcile", "close", each["id"], *because)
    run(exchange, site)
    assert balances(site) == {"1910": Decimal("1068.30"), "1700": Decimal("-1068.30")}


def bare(amount: str, text: str) -> tuple[str, str]:
    """An entry to which the bank gives no reference of its own, and the payer no id."""
    found = re.sub(r"<(NtryRef|AcctSvcrRef)>[^<]*</\1>", "", entry(0, amount, text=text))
    return amount, found


def test_a_decision_about_one_without_a_bank_s_reference_stays(exchange: Shell, site: Path) -> None:
    day = [bare("55.00", "kiitos"), bare("55.00", "kiitos"), bare("55.00", "muu")]
    drop(site, "bank-statements", "one.xml", statement(1, day)[0])
    run(exchange, site)
    same, twin, other = listed(exchange, site)
    assert same["key"] == twin["key"] != other["key"]
    exchange("reconcile", "book", twin["id"], "3990", "--new-account", "--because", "a gift", "--site", site)
    exchange("reconcile", "book", other["id"], "3991", "--new-account", "--because", "scrap", "--site", site)
    run(exchange, site)
    exchange("replay", same["arrival"], "--because", "see whether it stays", "--site", site)
    run(exchange, site, code=3)
    cases = [(row["decision"], row["decided_by"]) for row in listed(exchange, site, "--all")]
    assert sorted(cases, key=str) == [("booked", "anna"), ("booked", "anna"), ("unmatched", None)]
    [waits] = listed(exchange, site)
    exchange(
        "reconcile", "book", waits["id"], "3990", "--new-account", "--because", "one more", "--site", site
    )
    run(exchange, site, code=3)
    assert {"3990": -110, "3991": -55}.items() <= balances(site).items()


NEW_ITEM = "400111;10023;Kahvila Äijä Oy;18.11.2026;2.12.2026;EUR;99,00;99,00;4001115\r\n"


def _suspense(site: Path) -> None:
    rules = RULES + 'suspense: {EUR: {receipts: "2990", payments: "1790"}}\n'
    (site / "schemas/rules/ours.yaml").write_text(rules, encoding="utf-8")


def test_a_receipt_that_came_before_its_invoice_is_matched_when_the_invoice_is_there(
    exchange: Shell, site: Path
) -> None:
    _suspense(site)
    text, _ = statement(
        1,
        entries(
            {"amount": "99.00", "name": "KAHVILA AIJA OY", "reference": "4001115"},
            {"amount": "77.40", "name": "Ruokakauppa Östman Ab", "reference": "4001092"},
            {"amount": "12.00", "name": "Tuntematon", "text": "kiitos"},
        ),
    )
    drop(site, "bank-statements", "1.xml", text)
    run(exchange, site)
    waiting = listed(exchange, site)
    assert [each["amount"] for each in waiting] == ["99.00", "12.00"]
    run(exchange, site)
    assert not list((site / "outbox/sales-ledger").glob("decided-*"))
    drop(site, "open-receivables", "items-2.csv", HEADER + ITEMS + NEW_ITEM, "windows-1252")
    run(exchange, site)
    assert [each["amount"] for each in listed(exchange, site)] == ["12.00"]
    assert "400111" in newest(site, "sales-ledger", "decided-*")
    voucher = newest(site, "bookkeeping", "decided-*")
    assert "2990" in voucher and "1910" not in voucher.replace("#VER", "")
    shown = exchange("reconcile", "show", waiting[0]["id"], "--site", site).out
    assert "reference" in shown and "engine" in shown and "KAHVILA AIJA OY" in shown
    rules = exchange("reconcile", "rules", "--site", site, "--json").json()["rules"]
    assert {each["rule"]: (each["decided"], each["taken_back"]) for each in rules} == {"reference": (2, 0)}
    exchange("verify", "--site", site)
    exchange("reconcile", "unmatch", waiting[0]["id"], "--site", site, "--because", "not theirs")
    run(exchange, site)
    assert (
        exchange("reconcile", "again", "--site", site).out == "bank-statements: 0 of 1 open cases decided.\n"
    )
    refused = exchange("reconcile", "again", "--flow", "bank-statement", "--site", site, code=2)
    assert 'no flow "bank-statement"' in refused.err and "bank-statements" in refused.err
    rules = exchange("reconcile", "rules", "--site", site, "--json").json()["rules"]
    assert {each["rule"]: (each["decided"], each["taken_back"]) for each in rules} == {"reference": (2, 1)}
    assert [each["amount"] for each in listed(exchange, site)] == ["99.00", "12.00"]


def test_what_was_decided_late_stays_when_its_file_is_read_anew(exchange: Shell, site: Path) -> None:
    _suspense(site)
    text, _ = statement(1, entries({"amount": "99.00", "name": "KAHVILA AIJA OY", "reference": "4001115"}))
    drop(site, "bank-statements", "1.xml", text)
    run(exchange, site)
    drop(site, "open-receivables", "items-2.csv", HEADER + ITEMS + NEW_ITEM, "windows-1252")
    run(exchange, site)
    [before] = listed(exchange, site, "--all")
    exchange("replay", before["arrival"], "--site", site, "--because", "see whether it stays")
    run(exchange, site, code=3)  # what it gave was delivered before
    assert listed(exchange, site, "--all") == [before]
    assert (before["decision"], before["decided_by"], before["rule"]) == ("matched", "engine", "reference")


def test_ties_and_what_people_opened_again_are_not_decided_late(exchange: Shell, site: Path) -> None:
    text, _ = statement(
        1,
        entries(
            {"amount": "99.00", "name": "KAHVILA AIJA OY", "reference": "4001115"},
            {"amount": "99.00", "name": "KAHVILA AIJA OY", "reference": "4001115"},
            {"amount": "-99.00", "name": "KAHVILA AIJA OY", "reference": "4001115", "code": "RCDT/RRTN"},
        ),
    )
    drop(site, "bank-statements", "1.xml", text)
    run(exchange, site)
    assert len(listed(exchange, site)) == 3
    twin = NEW_ITEM.replace("400111;", "400112;")
    drop(site, "open-receivables", "items-2.csv", HEADER + ITEMS + NEW_ITEM + twin, "windows-1252")
    run(exchange, site)
    first, second, _ = listed(exchange, site)
    assert {each["items"] for each in first["proposals"]} == {"400111", "400112"}
    assert "equally well" in first["reason"] and second["reason"] == first["reason"]
    drop(site, "open-receivables", "items-3.csv", HEADER + ITEMS + NEW_ITEM, "windows-1252")
    run(exchange, site)
    left = listed(exchange, site)
    assert [each["amount"] for each in left] == ["99.00", "-99.00"]
    assert "paid twice" in left[0]["reason"]


def early(number: int, id: str) -> tuple[str, str]:
    """A receipt of the invoice that comes later."""
    return "99.00", entry(number, "99.00", name="KAHVILA AIJA OY", reference="4001115").replace(
        "NOTPROVIDED", id
    )


def invoice_comes(exchange: Shell, site: Path) -> None:
    drop(site, "open-receivables", "items-2.csv", HEADER + ITEMS + NEW_ITEM, "windows-1252")
    run(exchange, site)


def test_what_was_matched_late_comes_back_and_opens_its_item_again(exchange: Shell, site: Path) -> None:
    _suspense(site)
    drop(site, "bank-statements", "1.xml", statement(1, [early(1, "ORDER-E1")])[0])
    run(exchange, site)
    assert balances(site) == {"1910": Decimal("99.00"), "2990": Decimal("-99.00")}
    invoice_comes(exchange, site)
    run(exchange, site)  # the file of the decision
    assert balances(site) == {"1910": Decimal("99.00"), "1700": Decimal("-99.00")}
    [receipt] = listed(exchange, site, "--all")
    drop(
        site,
        "bank-statements",
        "2.xml",
        statement(2, [undone(2, "-99.00", "ORDER-E1")], Decimal("1099.00"))[0],
    )
    run(exchange, site)
    assert balances(site) == {}
    [back] = [each for each in listed(exchange, site, "--all") if each["rule"] == "returns"]
    assert back["reason"].endswith(f"It had paid 400111 (case {receipt['id']}); that is open again.")
    opened = [row for row in newest(site, "sales-ledger").splitlines() if "400111" in row]
    assert len(opened) == 1 and "-99" in opened[0]
    drop(site, "bank-statements", "3.xml", statement(3, [early(3, "ORDER-E3")])[0])
    run(exchange, site)
    assert balances(site) == {"1910": Decimal("99.00"), "1700": Decimal("-99.00")}
    assert listed(exchange, site) == []
    exchange("verify", "--site", site)


@pytest.mark.parametrize("act", [("close",), ("book", "3990", "--new-account")])
def test_a_receipt_whose_return_a_person_has_closed_pays_no_invoice_that_comes_later(
    exchange: Shell, site: Path, act: tuple[str, ...]
) -> None:
    _suspense(site)
    drop(site, "bank-statements", "1.xml", statement(1, [early(1, "ORDER-E1"), early(9, "ORDER-E9")])[0])
    drop(
        site,
        "bank-statements",
        "2.xml",
        statement(2, [undone(2, "-99.00", "ORDER-E1")], Decimal("1198.00"))[0],
    )
    run(exchange, site)
    receipt, other, back = listed(exchange, site)
    assert (back["amount"], back["suspense"], receipt["suspense"]) == ("-99.00", "2990", "2990")
    exchange("reconcile", act[0], back["id"], *act[1:], "--because", "it went back", "--site", site)
    invoice_comes(exchange, site)
    run(exchange, site)
    [left] = listed(exchange, site)
    assert left["id"] == receipt["id"]
    done = {"close": "closed", "book": "booked"}[act[0]]
    assert f"-99.00 EUR with the same id, was {done} by anna (case {back['id']})" in left["reason"]
    paid = {
        each["id"]: each["rule"] for each in listed(exchange, site, "--all") if each["decision"] == "matched"
    }
    assert paid == {other["id"]: "reference"}, "the one that did not come back has paid the invoice"
    assert balances(site)["1910"] == 99
    exchange("reconcile", "close", left["id"], "--because", "it went back", "--site", site)
    assert listed(exchange, site) == []
    exchange("verify", "--site", site)


def test_a_return_that_waits_beside_its_receipt_is_decided_with_it(exchange: Shell, site: Path) -> None:
    _suspense(site)
    drop(site, "bank-statements", "1.xml", statement(1, [early(1, "ORDER-E1")])[0])
    drop(
        site,
        "bank-statements",
        "2.xml",
        statement(2, [undone(2, "-99.00", "ORDER-E1")], Decimal("1099.00"))[0],
    )
    run(exchange, site)
    assert [each["amount"] for each in listed(exchange, site)] == ["99.00", "-99.00"]
    invoice_comes(exchange, site)
    run(exchange, site)
    assert {each["rule"] for each in listed(exchange, site, "--all")} == {"reference", "returns"}
    assert balances(site) == {}
    drop(site, "bank-statements", "3.xml", statement(3, [early(3, "ORDER-E3")])[0])
    run(exchange, site)
    assert balances(site) == {"1910": Decimal("99.00"), "1700": Decimal("-99.00")}


def refused(exchange: Shell, *words: str | Path) -> str:
    """What is said of a command that is refused for what it names; in one line."""
    return " ".join(exchange(*words, code=2).err.split())


def test_a_name_that_is_not_known_is_an_error_and_no_empty_list(exchange: Shell, site: Path) -> None:
    drop(site, "bank-statements", "one.xml", statement(1, entries(*FIRST))[0])
    run(exchange, site)
    for words in (["reconcile"], ["reconcile", "again"], ["payments"], ["seen"], ["findings"]):
        said = refused(exchange, *words, "--flow", "bank-statement", "--site", site)
        assert 'There is no flow "bank-statement". Did you mean "bank-statements"?' in said.replace(
            "→ ", ""
        ), words
        exchange(*words, "--flow", "bank-statements", "--site", site)
    for words in (["reconcile"], ["reconcile", "again"]):
        assert "The flow open-receivables has no `match`" in refused(
            exchange, *words, "--flow", "open-receivables", "--site", site
        )
    said = refused(exchange, "reconcile", "statements", "FI2112345600000784", "--site", site)
    assert "No statement of account FI2112345600000784 was taken." in said and "FI2112345600000785" in said
    assert exchange("reconcile", "statements", "FI21 1234 5600 0007 85", "--site", site, "--json").json()


def test_an_account_that_is_not_known_is_booked_to_when_it_is_said_to_be_new(
    exchange: Shell, site: Path
) -> None:
    gifts = [{"amount": f"{number}.00", "text": f"gift {number}"} for number in (55, 56, 57)]
    drop(site, "bank-statements", "one.xml", statement(1, entries(*gifts))[0])
    run(exchange, site)
    first, second, third = (each["id"] for each in listed(exchange, site))
    because = ("--because", "a gift", "--site", site)
    said = refused(exchange, "reconcile", "book", first, "39900", *because)
    assert "Account 39900 is not known here" in said and "--new-account" in said
    said = refused(exchange, "reconcile", "match", first, "400098", "--difference", "39900", *because)
    assert "Account 39900 is not known here" in said and len(listed(exchange, site)) == 3
    exchange("reconcile", "book", first, "3990", "--new-account", *because)
    assert 'Did you mean "3990"?' in refused(exchange, "reconcile", "book", second, "39900", *because)
    exchange("reconcile", "book", second, "3990", *because)
    chart = site / "tables/accounts.yaml"
    chart.parent.mkdir(exist_ok=True)
    chart.write_text(
        'table: accounts\nkey: [account]\nmiss: fail\nrows: [{account: "3991", name: Gifts}]\n',
        encoding="utf-8",
    )
    said = refused(exchange, "reconcile", "book", third, "3990", "--new-account", *because)
    assert "Account 3990 is not in the chart of accounts." in said and "tables/accounts.yaml" in said
    exchange("reconcile", "book", third, "3991", *because)
    assert listed(exchange, site) == []


def test_no_movement_is_booked_to_the_very_account_on_which_it_stands(exchange: Shell, site: Path) -> None:
    drop(site, "bank-statements", "one.xml", statement(1, entries({"amount": "55.00", "text": "gift"}))[0])
    run(exchange, site)
    [waiting] = listed(exchange, site)
    because = ("--because", "a gift", "--new-account", "--site", site)
    for words in (
        ["book", waiting["id"], "1910"],
        ["match", waiting["id"], "400098", "--difference", "1910"],
    ):
        said = refused(exchange, "reconcile", *words, *because)
        assert "Account 1910 is the bank's own one" in said and "exchange reconcile close" in said
    (site / "tables").mkdir(exist_ok=True)
    (site / "tables/bank-accounts.yaml").write_text(
        "table: bank-accounts\nkey: [bank_account]\nmiss: fail\n"
        'rows: [{bank_account: FI2112345600000785, account: "1920"}]\n',
        encoding="utf-8",
    )
    assert "Account 1920 is the bank's own one" in refused(
        exchange, "reconcile", "book", waiting["id"], "1920", *because
    )
    exchange("reconcile", "book", waiting["id"], "1910", *because)  # another account of ours
    assert listed(exchange, site) == []


def test_payers_are_listed_as_the_bank_writes_them(exchange: Shell, site: Path) -> None:
    row = {"amount": "55.00", "name": "Öljy-Tukku Åberg Oy Ab", "text": "gift"}
    drop(site, "bank-statements", "one.xml", statement(1, entries(row))[0])
    run(exchange, site)
    assert [each["payer_name"] for each in listed(exchange, site)] == ["Öljy-Tukku Åberg Oy Ab"]
    assert "Öljy-Tukku Åberg Oy Ab" in exchange("reconcile", "--site", site).out


def test_of_a_file_that_was_rejected_no_case_is_open(exchange: Shell, site: Path) -> None:
    flow = site / "flows/bank-statements.yaml"
    flow.write_text(flow.read_text(encoding="utf-8") + "approve: 1\n", encoding="utf-8")
    drop(site, "bank-statements", "one.xml", statement(1, entries({"amount": "55.00", "text": "gift"}))[0])
    run(exchange, site)
    [waiting] = listed(exchange, site)
    exchange("reject", waiting["arrival"], "--because", "wrong file", "--site", site)
    assert listed(exchange, site) == [] == exchange("reconcile", "--site", site, "--json").json()["counts"]
    said = refused(exchange, "reconcile", "match", waiting["id"], "400098", "--because", "x", "--site", site)
    assert "was rejected" in said
