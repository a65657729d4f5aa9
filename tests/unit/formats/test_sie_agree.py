"""Exports whose vouchers do not make their balances, and what must be seen of a file to know its type."""

from __future__ import annotations

import io

from sie_cases import HEAD, layout, read, told

from exchange.formats import registry, sie

BOOKS = (
    HEAD
    + """\
#RAR 0 20260101 20261231
#KONTO 1910 Kassa
#KONTO 1930 Bank
#KONTO 4010 Material
#IB 0 1910 1000.00
#IB -1 1910 7.00
#UB 0 1910 875.00
#UB 0 1930 -25.00
#RES 0 4010 150.00
#PSALDO 0 202611 4010 {} 150.00
"""
)
FIRST = "#VER A 1 20261120 Kaffe\n{\n#TRANS 1910 {} -125.00\n#TRANS 4010 {} 125.00\n}\n"
SECOND = "#VER A 2 20261121 Te\n{\n#TRANS 1930 {} -25.00\n#TRANS 4010 {} 25.00\n}\n"
YEAR_BEFORE = "#VER A 9 20251231 Kaffe\n{\n#TRANS 1930 {} -9.00\n#TRANS 4010 {} 9.00\n}\n"


def messages(text: str, kind: str = "4E") -> list[tuple[str, str, int | None]]:
    return [(f.code, f.message, f.line) for f in read(text, kind)[1] if f.code == "SIE038"]


def test_vouchers_that_make_the_balances_are_silent() -> None:
    assert messages(BOOKS + FIRST + SECOND) == []
    assert messages(BOOKS + YEAR_BEFORE + FIRST + SECOND) == []
    assert (
        messages(BOOKS + FIRST + "#VER A 2 20261121 Te\n{\n#TRANS 1930 {} -25\n#TRANS 4010 {} 25.0\n}\n")
        == []
    )
    # an account of which no balance tells may be nought in the end
    assert (
        messages(BOOKS + FIRST + SECOND + "#VER A 3 20261121 Te\n{\n#TRANS 1680 {} 5\n#TRANS 1681 {} -5\n}\n")
        == []
    )


def test_a_voucher_lost_from_the_end_is_told() -> None:
    ((_, message, line),) = messages(BOOKS + FIRST)
    assert line == BOOKS.count("\n") + 1
    assert message == (
        "The vouchers do not make the balances of 2 of 3 accounts (1930: -25.00 by the balances, 0 by the vouchers; "
        "4010: 150.00 by the balances, 125.00 by the vouchers); the last one stands on line 19."
    )
    records, found = read(BOOKS + FIRST, "4E")
    assert len(records) == 7
    assert {one.severity for one in found if one.code == "SIE038"} == {"warning"}


def test_a_file_that_ends_before_its_vouchers_is_told() -> None:
    ((_, message, line),) = messages(BOOKS)
    assert (message.endswith("; there is none."), line) == (True, None)


def test_an_amount_that_was_changed_on_both_sides_is_told() -> None:
    assert len(messages(BOOKS + FIRST.replace("125.00", "152.00") + SECOND)) == 1


def test_without_dates_of_the_year_all_vouchers_count() -> None:
    assert messages(BOOKS.replace("#RAR 0 20260101 20261231", "#RAR 0") + FIRST + SECOND) == []


def test_files_without_balances_are_not_asked() -> None:
    assert told(read(HEAD + FIRST, "4I")[1]) == []
    assert messages(HEAD + FIRST) == []


def test_a_long_chart_of_accounts_hides_no_balance() -> None:
    chart = "".join(
        f'#KONTO {number} "Ackumulerade avskrivningar på inventarier"\n' for number in range(1000, 3000)
    )
    raw = (HEAD + chart + "#IB 0 1910 1000.00\n" + FIRST).encode("cp437")
    sample = registry.sample_of(io.BytesIO(raw))
    assert len(raw) > 100_000
    assert sample == raw
    assert sie.recognise(sample, layout("4I")) is None
    assert sie.recognise(sample, layout("4E")) == "#SIETYP is 4, and it has balances."


def test_other_files_are_not_read_further() -> None:
    assert len(registry.sample_of(io.BytesIO(b"a;b\n" * 50_000))) == 64 * 1024


def test_a_byte_order_mark_does_not_hide_the_file() -> None:
    raw = (BOOKS + FIRST + SECOND).encode("utf-8-sig")
    assert sie.recognise(raw, layout("4E")) == "#SIETYP is 4, and it has balances."
    sniffed = sie.sniff(raw)
    assert sniffed is not None
    assert (sniffed.encoding, sniffed.facts["company"]) == ("utf-8", "Övningsbolaget AB")
    records, found = read(raw, "4E")
    assert records[0]["file"]["company"] == "Övningsbolaget AB"
    assert told(found) == [("SIE008", None)]
