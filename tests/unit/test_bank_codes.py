"""Every row of the tables of bank codes, through the statements that carry such codes: each gives the event it says."""

from __future__ import annotations

from typing import Any

import pytest
from iso20022_support import detail, documents, entry, library, statement

FINNISH, GERMAN, SWEDISH = "FI2112345600000785", "DE89370400440532013000", "SE4550000000058398257466"
DIRECTIONS = {"CRDT": "credit", "DBIT": "debit"}


def rows(table: str) -> list[dict[str, Any]]:
    found = library().table_rows(table)
    assert found is not None, library().problems
    return [dict(row) for row in found.rows]


def camt_events(codes: list[str], direction: str, account: str) -> list[str | None]:
    """The events of a camt.053 with one entry for each code."""
    entries = "".join(
        entry(code, direction=direction, details=detail(f"Refs/TxId={number}"))
        for number, code in enumerate(codes)
    )
    made, _ = documents(statement(entries, account=f"<IBAN>{account}</IBAN>"), "iso20022/camt.053")
    assert len(made) == len(codes)
    return [each["event"] for each in made]


def mt940_events(codes: list[str], direction: str, told: str = "Text") -> list[str | None]:
    """The events of a MT940 with one entry for each code; {} in told is the code of field 86."""
    mark = direction[0]
    lines = [":20:STMT", ":25:12345678/0012345678", ":28C:1/1", ":60F:C260101EUR10000,00"]
    for code in codes:
        lines += [
            f":61:2601020102{mark}1,00{code if len(code) == 4 else 'NTRF'}NONREF",
            f":86:{told.format(code)}",
        ]
    sign = 1 if mark == "C" else -1
    lines += [f":62F:C260102EUR{10000 + sign * len(codes)},00", "-"]
    made, found = documents("\r\n".join(lines).encode(), "swift/mt940")
    assert [each for each in found if each.severity == "error"] == []
    assert len(made) == len(codes)
    return [each["event"] for each in made]


@pytest.mark.parametrize(("direction", "column"), DIRECTIONS.items())
def test_iso_codes(direction: str, column: str) -> None:
    declared = rows("bank-events")
    keys = {(row["domain"], row["family"], row["subfamily"]) for row in declared}
    codes = []
    for row in declared:
        domain = "XTND" if row["domain"] == "*" else row["domain"]
        family, sub = (row[name].replace("*", "NTAV") for name in ("family", "subfamily"))
        assert (domain, family, sub) not in keys or "*" not in row.values()
        codes.append(
            f"BkTxCd/Domn/Cd={domain}; BkTxCd/Domn/Fmly/Cd={family}; BkTxCd/Domn/Fmly/SubFmlyCd={sub}"
        )
    assert camt_events(codes, direction, GERMAN) == [row[column] for row in declared]


@pytest.mark.parametrize(("direction", "column"), DIRECTIONS.items())
@pytest.mark.parametrize(("whose", "account"), [("fi", FINNISH), ("de", GERMAN), ("swift", SWEDISH)])
def test_codes_of_banks_in_camt(whose: str, account: str, direction: str, column: str) -> None:
    declared = [row for row in rows("bank-own-codes") if row["list"] == whose]
    issuer = {"fi": "FFFS", "de": "DK", "swift": "SWIFT"}[whose]
    written = {"fi": "{}", "de": "NTRF+{}+00931", "swift": "N{}"}[whose]
    codes = [f"BkTxCd/Prtry/Cd={written.format(row['code'])}; BkTxCd/Prtry/Issr={issuer}" for row in declared]
    assert camt_events(codes, direction, account) == [row[column] for row in declared]


@pytest.mark.parametrize(("direction", "column"), DIRECTIONS.items())
def test_transaction_types_of_mt940(direction: str, column: str) -> None:
    declared = [row for row in rows("bank-own-codes") if row["list"] == "swift"]
    types = [f"{letter}{row['code']}" for row in declared for letter in "NFS"]
    assert mt940_events(types, direction) == [row[column] for row in declared for _ in "NFS"]


@pytest.mark.parametrize(("direction", "column"), DIRECTIONS.items())
def test_german_codes_of_mt940(direction: str, column: str) -> None:
    declared = [row for row in rows("bank-own-codes") if row["list"] == "de"]
    made = mt940_events(
        [row["code"] for row in declared], direction, "{}?00UMSATZ?10931?20SVWZ+Text?30COBADEFF"
    )
    assert made == [row[column] for row in declared]


@pytest.mark.parametrize(
    ("mark", "code", "event"),
    [("RC", "NTRF", "return"), ("RD", "NTRF", "return"), ("RD", "NCHG", "fee"), ("D", "NZZZ", None)],
)
def test_what_mt940_takes_back_is_a_return(mark: str, code: str, event: str | None) -> None:
    closing = "10001" if mark == "RD" else "9999"
    text = (
        f":20:S\r\n:25:12345678/0012345678\r\n:28C:1/1\r\n:60F:C260101EUR10000,00\r\n:61:2601020102{mark}1,00{code}NONREF"
        f"\r\n:86:Text\r\n:62F:C260102EUR{closing},00\r\n-"
    )
    made, _ = documents(text.encode(), "swift/mt940")
    assert [each["event"] for each in made] == [event]


def test_every_list_is_used() -> None:
    assert {row["list"] for row in rows("bank-own-codes")} == {"fi", "de", "swift"}
