"""Bank codes → kind of event: the tables, and what the mappings of camt make of them."""

from __future__ import annotations

import re

import pytest
from iso20022_support import detail, entry, library, statement, taken, transaction

FINNISH, GERMAN, SWEDISH = "FI2112345600000785", "DE89370400440532013000", "SE4550000000058398257466"


def coded(
    code: str = "",
    own: str = "",
    issuer: str = "",
    direction: str = "CRDT",
    more: str = "",
    account: str = GERMAN,
) -> str | None:
    """The event of one entry with a bank transaction code D/F/S and a code of the bank's own."""
    parts = []
    if code:
        domain, family, subfamily = code.split("/")
        parts += [
            f"BkTxCd/Domn/Cd={domain}",
            f"BkTxCd/Domn/Fmly/Cd={family}",
            f"BkTxCd/Domn/Fmly/SubFmlyCd={subfamily}",
        ]
    parts += [f"BkTxCd/Prtry/Cd={own}"] if own else []
    parts += [f"BkTxCd/Prtry/Issr={issuer}"] if issuer else []
    data = statement(
        entry("; ".join([*parts, more]), direction=direction, details=detail("Refs/TxId=1")),
        account=f"<IBAN>{account}</IBAN>",
    )
    event: str | None = transaction(data)["event"]
    return event


@pytest.mark.parametrize(
    ("code", "received", "sent"),
    [
        ("PMNT/RCDT/ESCT", "receipt", "return"),
        ("PMNT/RRCT/ESCT", "receipt", "return"),
        ("PMNT/RCDT/RRTN", "return", "return"),
        ("PMNT/ICDT/ESCT", "return", "payment"),
        ("PMNT/ICDT/CHRG", "fee", "fee"),
        ("PMNT/RDDT/ESDD", None, "direct-debit"),
        ("PMNT/RDDT/PMDD", "collection", "direct-debit"),
        ("PMNT/RDDT/UPDD", "return", "return"),
        ("PMNT/IDDT/ESDD", "collection", "return"),
        ("PMNT/ICCN/ICCT", "transfer", "transfer"),
        ("PMNT/RCCN/ACON", "transfer", "transfer"),
        ("PMNT/RCCN/CHRG", "fee", "fee"),
        ("PMNT/MCRD/POSP", "card-settlement", "card-settlement"),
        ("PMNT/MCRD/CHRG", "fee", "fee"),
        ("PMNT/CCRD/POSD", "return", "card-payment"),
        ("PMNT/CCRD/CWDL", "cash", "cash"),
        ("ACMT/MDOP/INTR", "interest", "interest"),
        ("CAMT/ACCB/ZABA", "transfer", "transfer"),
        ("LDAS/CSLN/PPAY", "loan", "loan"),
        ("PMNT/NTAV/NTAV", None, None),
        ("XTND/NTAV/NTAV", None, None),
    ],
)
def test_iso_codes(code: str, received: str | None, sent: str | None) -> None:
    assert (coded(code), coded(code, direction="DBIT")) == (received, sent)


@pytest.mark.parametrize(
    ("own", "issuer", "account", "direction", "event"),
    [
        ("705", "FFFS", GERMAN, "CRDT", "receipt"),
        ("NTRF+705TransactionCodeText", "", FINNISH, "CRDT", "receipt"),
        ("720OTTO TILISIIRTO", "FFFS", FINNISH, "DBIT", "payment"),
        ("730", "", FINNISH, "DBIT", "fee"),
        ("NTRF+166+00931", "DK", GERMAN, "CRDT", "receipt"),
        ("NCHG+808", "DK", SWEDISH, "DBIT", "fee"),
        ("TRF", "SWIFT", SWEDISH, "DBIT", "payment"),
        ("NINT", "", SWEDISH, "CRDT", "interest"),
        ("FRTI", "", SWEDISH, "DBIT", "return"),
        ("NMSC", "", SWEDISH, "DBIT", None),
        ("999", "", FINNISH, "DBIT", None),
        ("anything", "", SWEDISH, "DBIT", None),
    ],
)
def test_codes_of_banks(own: str, issuer: str, account: str, direction: str, event: str | None) -> None:
    assert coded("", own, issuer, direction, account=account) == event
    assert coded("PMNT/NTAV/NTAV", own, issuer, direction, account=account) == event


def test_the_iso_code_goes_before_the_bank_s_own() -> None:
    assert coded("PMNT/MCRD/POSP", "705", "FFFS") == "card-settlement"


def test_what_is_taken_back_is_a_return_and_a_reversed_fee_stays_a_fee() -> None:
    assert coded("PMNT/ICDT/ESCT", direction="DBIT", more="RvslInd=true") == "return"
    assert coded("ACMT/MDOP/CHRG", more="RvslInd=true") == "fee"
    returned = statement(entry("", details=detail("RtrInf/Rsn/Cd=AC04")))
    assert taken(transaction(returned), "event", "returned_reason") == ("return", "AC04")


def test_the_tables_hold_events_of_the_document_only_and_say_where_each_row_is_from() -> None:
    document = library().layout("common/bank-transaction")
    assert document is not None
    events = set(document.kinds()["bank_transaction"].own_fields()["event"].values or ())
    used = set()
    for name in ("bank-events", "bank-own-codes"):
        rows = library().table_rows(name)
        assert rows is not None, library().problems
        assert all(row["meaning"] and row["source"] in ("list 2017", "files", "memory") for row in rows.rows)
        used |= {row[column] for row in rows.rows for column in ("credit", "debit")} - {None}
        for row in rows.rows:
            key = [row[column] or "" for column in rows.table.key]
            assert all(re.fullmatch(r"[A-Z]{4}|[A-Z]{3}|[0-9]{3}|\*|fi|de|swift", part) for part in key), key
    assert used == events - {"refund"}  # a word of payment providers, not of banks
