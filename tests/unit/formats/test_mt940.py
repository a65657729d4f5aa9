"""Reading statement messages: fields, messages, dialects, and what is told of bad files."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mt940_cases import information, layout, message, read, told
from pydantic import ValidationError

from exchange.formats import mt940
from exchange.formats.mt940.layout import Dialect, Numbered, Words
from exchange.model import Record


def entry(line: str, **changes: str) -> Record:
    """The one entry of a statement with a field 61; the balance is that of nobody."""
    records, found = read(message(f":61:{line}", ":86:x", **changes))
    assert set(told(found, "error")) <= {"MT020"}
    (record,) = records
    return record


def taken(record: Record, *names: str) -> tuple[object, ...]:
    return tuple(record[name] for name in names)


ENTRIES = [
    # what stands in the file, mark, funds code, amount, type, references, text behind them
    ("2601020102C1000,NTRFA//B", ("C", None, "1000", "NTRF", "A", "B", None)),
    ("260102D0,5FMSCNONREF", ("D", None, "0.5", "FMSC", "NONREF", None, None)),
    ("260102CR12,50N051NONREF//32-P1", ("C", "R", "12.50", "N051", "NONREF", "32-P1", None)),
    ("260102RCR204,88NRTINONREF", ("RC", "R", "204.88", "NRTI", "NONREF", None, None)),
    ("260102RD1,00NMSCX\nmore", ("RD", None, "1.00", "NMSC", "X", None, "more")),
    ("260102ED1,00NMSCX", ("ED", None, "1.00", "NMSC", "X", None, None)),
    ("260102    DD212,39NMSCNONREF//\n/ABC/DEF", ("D", "D", "212.39", "NMSC", "NONREF", None, "/ABC/DEF")),
    ("260102D000000000088,10N060P000029225      KPN - MOBIEL", ("D", None, "88.10", "N060", "P000029225", None, "KPN - MOBIEL")),
    ("260102D65,00NOVBNL47INGB9999999999\nhr paulissen", ("D", None, "65.00", "NOVB", "NL47INGB9999999999", None, "hr paulissen")),
    ("260102DF2402,00S   X", ("D", "F", "2402.00", "S", "X", None, None)),
    ("260102CM5000,00S05168790452", ("C", "M", "5000.00", "S051", "68790452", None, None)),
    ("260102C119,NMSC341241773/1XXXXX//O/341241774\nPaiement", ("C", None, "119", "NMSC", "341241773/1XXXXX", "O/341241774", "Paiement")),
    ("2601020102CR\n30,00N062NONREF", ("C", "R", "30.00", "N062", "NONREF", None, None)),
    ("2601020102D12,35 NRTIKREF+//2016", ("D", None, "12.35", "NRTI", "KREF+", "2016", None)),
    ("2601020102D20,00NONREF", ("D", None, "20.00", None, "NONREF", None, None)),  # no type
]  # fmt: skip


@pytest.mark.parametrize(("line", "want"), ENTRIES)
def test_all_parts_of_field_61(line: str, want: tuple[str | None, ...]) -> None:
    record = entry(line)
    names = ("mark", "funds_code", "amount", "type", "customer_ref", "bank_ref", "supplementary")
    got = [str(value) if isinstance(value, Decimal) else value for value in taken(record, *names)]
    assert tuple(got) == want


@pytest.mark.parametrize(
    ("mark", "sign"), [("C", 1), ("D", -1), ("RC", -1), ("RD", 1), ("EC", 1), ("ED", -1)]
)
def test_a_reversal_moves_the_other_way(mark: str, sign: int) -> None:
    assert entry(f"260102{mark}5,00NMSCX")["moved"] == 5 * sign


@pytest.mark.parametrize(
    ("dates", "want"),
    [
        ("2601021231", (date(2026, 1, 2), date(2025, 12, 31))),
        ("2512310102", (date(2025, 12, 31), date(2026, 1, 2))),
        ("2602280301", (date(2026, 2, 28), date(2026, 3, 1))),
        ("2402290229", (date(2024, 2, 29), date(2024, 2, 29))),
        ("2403010229", (date(2024, 3, 1), date(2024, 2, 29))),
        ("991231", (date(1999, 12, 31), None)),
        ("791231", (date(2079, 12, 31), None)),
    ],
)
def test_the_entry_date_is_in_the_year_nearest_to_the_value_date(
    dates: str, want: tuple[date, date | None]
) -> None:
    assert taken(entry(f"{dates}C0,00NMSCX"), "value_date", "entry_date") == want


def test_thirty_days_in_february() -> None:
    (record,), found = read(message(":61:2602300301C0,NMSCX"))
    assert taken(record, "value_date", "entry_date") == (date(2026, 2, 28), date(2026, 3, 1))
    assert told(found) == ["MT012"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "MT010"),
        ("260102", "MT010"),
        ("260102C", "MT010"),
        ("260102C,NMSCX", "MT010"),
        ("260102C1.00NMSCX", "MT020"),  # the point belongs to the type: what is read does not balance
        ("260102X1,00NMSCX", "MT010"),
        ("261302C1,00NMSCX", "MT011"),
        ("260102C1,00\x00NMSCX", "MT020"),
        ("2601020230C1,00NMSCX", "MT011"),
    ],
)
def test_a_broken_field_61_is_told(line: str, code: str) -> None:
    _, found = read(message(f":61:{line}"))
    assert code in told(found, "error")


def test_the_statement_around_an_entry() -> None:
    text = message(
        ":61:260102D1,00NMSCX",
        opening="D260101EUR1,00",
        closing="D260102EUR2,00",
    ).replace("-\n", ":64:C260102EUR5,00\n:65:C260103EUR6,\n:65:D260104EUR7,\n:86:All is\nwell\n-}{5:}\n")
    envelope = (
        "{1:F01NDEAFIHHAXXX0000000000}{2:O9401200260102DNBANOKKAXXX00000000002601021200N}{3:{108:X}}{4:\n"
    )
    (record,), found = read(envelope + text)
    statement = record["statement"]
    assert told(found) == ["MT040"] or told(found) == []
    assert taken(statement, "message", "sender", "reference", "account", "number", "page", "text") == (
        *("940", "DNBANOKK", "REF1", "DE89370400440532013000", "1", "1"),
        "All is\nwell",
    )
    balance = {"date": date(2026, 1, 1), "currency": "EUR", "amount": Decimal("-1.00"), "intermediate": False}
    assert statement["opening"] == balance
    assert [each["amount"] for each in statement["forward"]] == [6, -7]
    assert statement["available"]["amount"] == 5


@pytest.mark.parametrize(
    ("text", "bank", "number", "currency"),
    [
        ("DE89370400440532013000", None, "DE89370400440532013000", None),
        ("70011110/4005287001EUR", "70011110", "4005287001", "EUR"),
        ("DABADKKK/1111.11.11111", "DABADKKK", "1111.11.11111", None),
        ("//AT39364/12345678912/EUR", "AT39364", "12345678912", "EUR"),
        ("NL10BUNQ2290325473 EUR", None, "NL10BUNQ2290325473", "EUR"),
        ("1291.99.348EUR", None, "1291.99.348", "EUR"),
        ("FI21 1234 5600 0007 85", None, "FI2112345600000785", None),
    ],
)
def test_the_account(text: str, bank: str | None, number: str, currency: str | None) -> None:
    (record,), _ = read(message(":61:260102C0,NMSCX").replace("DE89370400440532013000", text))
    statement = record["statement"]
    assert taken(statement, "account", "bank", "account_number", "account_currency") == (
        *(text, bank, number, currency),
    )


DIALECTS = [
    (
        "166?00GUTSCHRIFT?100399?20EREF+A 1?21MREF+M-1?22CRED+DE98ZZZ09999999999?23SVWZ+Invoice 7, of the\n"
        "?24 fifth?30DRESDEFF508?31DE14508800500194785000?32KARL?33KAUFMANN?34914",
        "german",
        {
            "code": "166",
            "booking_text": "GUTSCHRIFT",
            "journal": "0399",
            "end_to_end": "A 1",
            "mandate": "M-1",
            "creditor_id": "DE98ZZZ09999999999",
            "text": "Invoice 7, of the fifth",
            "bic": "DRESDEFF508",
            "account": "DE14508800500194785000",
            "name": "KARL KAUFMANN",
            "text_key": "914",
        },
    ),
    (
        # a full part goes on in the next without a blank, also in the middle of a code word
        "835?20ABCDEFGHIJKLMNOPQRSTUVWXY S?21VWZ+Spotify?22EREF+123456789012345678901?232",
        "german",
        {"code": "835", "text": "ABCDEFGHIJKLMNOPQRSTUVWXY Spotify", "end_to_end": "123456789012345678901 2"},
    ),
    (
        # a number that no part has is text
        "166?20SVWZ+DE38 335?960.484.7561?30GENODE61KA1?96X",
        "german",
        {"code": "166", "text": "DE38 335?960.484.7561", "bic": "GENODE61KA1"},
    ),
    (
        "000+20Avans +40 21.\n pusa+31RO49AAAA1B31007593840000+32NORD SRL+\n23FACT 12",
        "marked",
        {
            "code": "000",
            "text": "Avans +40 21. pusa FACT 12",
            "account": "RO49AAAA1B31007593840000",
            "name": "NORD SRL",
        },
    ),
    (
        "000>100987654321\n>20ALGEMENE TUSSENREKENING KOS>21TEN VAN 01-10-2010>310390123456",
        "marked",
        {
            "code": "000",
            "account": "0987654321",
            "text": "ALGEMENE TUSSENREKENING KOSTEN VAN 01-10-2010",
        },
    ),
    (
        "020~00Wyplata~20Zaplata~3010600076~310000777777777777~32HUTA~38PL08106000760000777777777777",
        "marked",
        {
            "code": "020",
            "booking_text": "Wyplata",
            "text": "Zaplata",
            "bic": "10600076",
            "account": "PL08106000760000777777777777",
            "name": "HUTA",
        },
    ),
    (
        # lines end between the mark and its number
        "034~\n20PGNIG OBROT SPOLKA Z OGR ~21 ANICZONA~\n30102010~32PGNIG",
        "marked",
        {"code": "034", "text": "PGNIG OBROT SPOLKA Z OGR ANICZONA", "bic": "102010", "name": "PGNIG"},
    ),
    (
        # the first line is full with its tag: 61 characters
        "/REMI/USTD//Deel van de rekeningen van januari 2026, nr 30012\n3456/",
        "code_words",
        {"text": "Deel van de rekeningen van januari 2026, nr 300123456"},
    ),
    (
        "/EREF/77/BENM//NAME/Waterschap/REMI//CDTRREFTP//CD/SCOR/ISSR/CUR/CDTRREF/1234567899874563/ISDT/2026-01-02",
        "code_words",
        {"end_to_end": "77", "name": "Waterschap", "reference": "1234567899874563", "date": "2026-01-02"},
    ),
    (
        # behind an amount, which ends with a slash, text may follow
        "/OCMT/USD2853,12/\nPAYMENT OF INVOICES 204\n/OGB/A BANK",
        "code_words",
        {"original": "USD2853,12", "text": "PAYMENT OF INVOICES 204 /OGB/A BANK"},
    ),
    (
        "/TRTP/SEPA OVERBOEKING/IBAN/FR12345678901234/BIC/GEFRADAM\n/NAME/QASD JGRED/REMI/Dit zijn regels"
        "/EREF/NOTPROVIDED",
        "code_words",
        {
            "booking_text": "SEPA OVERBOEKING",
            "account": "FR12345678901234",
            "bic": "GEFRADAM",
            "name": "QASD JGRED",
            "text": "Dit zijn regels",
            "end_to_end": "NOTPROVIDED",
        },
    ),
    (
        "/CNTP/NL71ABNA0841238000/ABNANL2A/GREENFLUX ASSETS BV///REMI/USTD\n//Nr. LNT22000057 / 21.2.2023/",
        "code_words",
        {
            "account": "NL71ABNA0841238000",
            "bic": "ABNANL2A",
            "name": "GREENFLUX ASSETS BV",
            "text": "Nr. LNT22000057 / 21.2.2023",
        },
    ),
    (
        "/EREF/E2E-1//CNTP/NL68RABO0106200000//Rexel///REMI/STRD/CUR/9123456789012345/",
        "code_words",
        {
            "end_to_end": "E2E-1",
            "account": "NL68RABO0106200000",
            "name": "Rexel",
            "reference": "9123456789012345",
        },
    ),
    (
        "/BENM//NAME/JOHN DOE/REMI/Reference 201301234/ISDT/2013-01-09",
        "code_words",
        {"name": "JOHN DOE", "text": "Reference 201301234", "date": "2013-01-09"},
    ),
    ("/PT/FT/PY/SOMETHING FOO BAR\n123", "citi", {"code": "FT", "text": "SOMETHING FOO BAR 123"}),
    (
        "GIRO   428428 KPN - DIGITENNE    BETALINGSKENM.  000000042188659\n5314606715",
        "abn_amro",
        {"account": "428428", "name": "KPN - DIGITENNE", "text": "BETALINGSKENM. 000000042188659 5314606715"},
    ),
    (
        "BEA   NR:XXX1234   21.05.11/12.54 DIRCKIII FIL2500 KATWIJK,PAS999",
        "abn_amro_card",
        {
            "booking_text": "BEA",
            "date": "21.05.11/12.54",
            "name": "DIRCKIII FIL2500 KATWIJK",
            "text": "PAS999",
        },
    ),
    (
        "NL47INGB9999999999 hr gjlm paulissen\n\nBetaling sieraden",
        "asn_sns",
        {"account": "NL47INGB9999999999", "name": "hr gjlm paulissen", "text": "Betaling sieraden"},
    ),
    ("0111111111 GPSEOUL SPOED", "ing_account", {"account": "0111111111", "text": "GPSEOUL SPOED"}),
    (
        "FACTUUR 201403110\nREK: NL65INGB0123456789/NAAM: PICQER",
        "knab",
        {"text": "FACTUUR 201403110", "account": "NL65INGB0123456789", "name": "PICQER"},
    ),
    (
        "GIRO AUS ONLINE-SIC 80701 AUFTRAGGEBER: JANE DOE EXAMPLESTRASSE\n 10 1234 XXXX MITTEILUNGEN: RECHNUNG 5",
        "postfinance",
        {
            "booking_text": "GIRO AUS ONLINE-SIC 80701",
            "name": "JANE DOE EXAMPLESTRASSE 10 1234 XXXX",
            "text": "RECHNUNG 5",
        },
    ),
    (
        "911 TRANSAKCJA; ID IPH: XX01; Z RACH.: \n561140; OD: JAN NOWAK  \nUL. KOD: 1; TYT.: PRZELEW   ; \nTNR: 179.01",
        "mbank",
        {
            "booking_text": "911 TRANSAKCJA",
            "reference": "XX01",
            "account": "561140",
            "name": "JAN NOWAK UL. KOD: 1",
            "text": "PRZELEW",
            "bank_ref": "179.01",
        },
    ),
    (
        "DBTS 5078078137/Bnf. DBC Testkunde BOX 1234/Bnf.acc. SE511200XXXX\n013390111069/Our fee DKK 20,00/Exch. Rate\n71,84",
        "danske_abroad",
        {
            "text": "DBTS 5078078137",
            "name": "DBC Testkunde BOX 1234",
            "account": "SE511200XXXX013390111069",
            "charges": "DKK 20,00",
            "rate": "71,84",
        },
    ),
    (
        "Overforing med melding / DBTS 1234365263",
        "danske_order",
        {"booking_text": "Overforing med melding", "instruction": "1234365263"},
    ),
    (
        "11100304030101391234\nBeneficiary name\nBeneficiary name",
        "danske_finland",
        {"reference": "1110030403010139", "bank_ref": "1234", "name": "Beneficiary name"},
    ),
    (  # lines end anywhere, also beside the marks of a word and inside it
        "/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/\nNAME/Klant BV/RE\nMI/Factuur 12\n/EREF/E-1",
        "code_words",
        {
            "booking_text": "SEPA OVERBOEKING",
            "text": "Factuur 12",
            "name": "Klant BV",
            "account": "NL91ABNA0417164300",
            "bic": "ABNANL2A",
            "end_to_end": "E-1",
        },
    ),
    ("//ORDP/Kund AB//REMI/Faktura 7", "code_words", {"name": "Kund AB", "text": "Faktura 7"}),
    (
        "?20Faktura 7?32Kund AB",
        "german",
        {"text": "Faktura 7", "name": "Kund AB"},
    ),  # no code before the parts
    ("REMIT:Costs. \nFun.", "remitted", {"text": "Costs. Fun."}),
    ("Lastschrift ?20 Euro", None, {"text": "Lastschrift ?20 Euro"}),
    ("999PN5477SCHECK", "german_free", {"code": "999", "text": "PN5477SCHECK"}),
    (
        "Z46?Kunde AG\nGutschrift aus dem Ausland",
        "ubs",
        {"code": "Z46", "name": "Kunde AG", "text": "Gutschrift aus dem Ausland"},
    ),
    ("Y92?Saldo Dienstleistungspreise", "ubs", {"code": "Y92", "text": "Saldo Dienstleistungspreise"}),
    (
        "/NOTE//10 Kund AB\n /ORDP/Bank AB\n /REMI/Faktura 7\n/ACNO/12-3011-0334130-37",
        "code_words",
        {"text": "NOTE//10 Kund AB Faktura 7", "name": "Bank AB", "account": "12-3011-0334130-37"},
    ),
]


@pytest.mark.parametrize(("details", "name", "want"), DIALECTS)
def test_dialects_of_field_86(details: str, name: str | None, want: dict[str, str]) -> None:
    assert information(details) == (name, want)


def test_every_dialect_has_an_example() -> None:
    shown = {name for _, name, _ in DIALECTS}
    assert set(map(str, layout().dialects)) - shown == {"numbered_lines"}


def test_numbered_lines_instead_of_field_86() -> None:
    fields = (":61:260102C0,NMSCX", ":NS:01Zweck 1", "02Zweck 2", "15Schmidt", "17Gutschrift", "3310918001")
    (record,), _ = read(message(*fields))
    told_ = {name: value for name, value in record["information"].items() if value}
    assert (record["dialect"], told_) == (
        "numbered_lines",
        {"text": "Zweck 1Zweck 2", "name": "Schmidt", "booking_text": "Gutschrift", "bic": "10918001"},
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda: Dialect(meaning="x", when="("), "regular expression"),
        (lambda: Dialect(meaning="x", when="x"), "at least one of"),
        (lambda: Dialect(meaning="x", when="x", pattern="(?P<nome>x)"), "nothing that field 86 can tell"),
        (lambda: Words(words={"A": "nome"}), "nothing that field 86 can tell"),
        (lambda: Words(words={}, written="/"), "must hold"),
        (lambda: Numbered(fields={"1": "name"}), "range"),
    ],
)
def test_a_dialect_that_cannot_work_is_refused(change: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        change()  # type: ignore[operator]


def test_a_time_of_day_broken_between_two_lines_is_no_field() -> None:
    lines = (":61:260102C0,NMSCX", ":86:805?20PAY?602017-01-01T13", ":20:11", "?61x 12", ":25:01", ":26:00")
    (record,), found = read(message(*lines))
    assert told(found, "error") == []
    assert record["details"] == "805?20PAY?602017-01-01T13\n:20:11\n?61x 12\n:25:01\n:26:00"


def test_a_lone_dash_before_the_closing_balance_is_text() -> None:
    lines = (":61:260102C0,NMSCX", ":86:/EREF/1/MARF/MND\n-\nEV01/REMI/Jan -\n-")
    (record, _), found = read(message(*lines, ":61:260102C0,NMSCX", ":86:Feb\n-"))
    assert record["information"]["mandate"] == "MND-EV01"
    assert told(found, "error") == []


@pytest.mark.parametrize(
    "separator", ["-\n", "", "-}\n", "-XXX\n", "-}{5:}\n", "\n\n", "-\x03\n", "-\nABNANL2A\n940\n"]
)
def test_messages_one_behind_the_other(separator: str) -> None:
    one = message(":61:260102C1,00NMSCX", closing="C260102EUR101,00").removesuffix("-\n")
    two = message(":61:260103D1,00NMSCX", opening="C260102EUR101,00", closing="C260103EUR100,00")
    records, found = read("\x01\n" + one + separator + two)
    assert ([str(record["moved"]) for record in records], told(found)) == (["1.00", "-1.00"], [])
    assert records[0]["statement"] is not records[1]["statement"]


def test_envelopes_on_one_line_with_the_end_of_the_message_before() -> None:
    block = "{1:F01POFICHBEAXXX0000000000}{2:I940XXXXXXXXXXXXN}{3:{108:1}}{4:\n"
    one = message(":61:260102C1,00NMSCX", closing="C260102EUR101,00").removesuffix("-\n")
    two = message(":61:260103D1,00NMSCX", opening="C260102EUR101,00", closing="C260103EUR100,00")
    records, found = read(f"{block}{one}-}}{block}{two.removesuffix('-')}-}}{{5:{{CHK:0}}}}")
    assert [record["statement"]["sender"] for record in records] == ["POFICHBE"] * 2
    assert told(found) == []


def test_line_ends_and_titles() -> None:
    text = message(":61:260102C0,00NMSCX", ":86:a\nb")
    plain, _ = read(text)
    for ending in ("\r\n", "\r\r\n"):
        again, found = read(text.replace("\n", ending))
        assert (again, told(found)) == (plain, ["MT040"])
    titled, found = read("This is an example file\n-----\n" + text)
    assert (len(titled), told(found, "warning")) == (1, ["MT002"])


WRONG = [
    ({}, "-1,00", ["MT020"]),
    ({":62F:C260102EUR100,00": ":62F:C260102SEK100,00"}, "0,", ["MT024"]),
    ({":62F:C260102EUR100,00": ":62F:C260102SEK900,00"}, "0,", ["MT024"]),
    ({":62F:C260102EUR100,00": ""}, "0,", ["MT033"]),
    ({":60F:C260101EUR100,00": ""}, "0,", ["MT032"]),
    ({":25:DE89370400440532013000": ""}, "0,", ["MT031"]),
    ({":28C:1/1": ":28C:1/1\n:28C:1/1"}, "0,", ["MT035"]),
    ({":28C:1/1": ":28C:eins"}, "0,", ["MT010"]),
    ({":60F:C260101": ":60F:C261301"}, "0,", ["MT011"]),
    ({":60F:C260101EUR100,00": ":60F:X260101EUR100,00"}, "0,", ["MT010"]),
    ({":20:REF1": "{1:F01NDEAFIHHAXXX0000000000}{2:I103X}{4:\n:20:REF1"}, "0,", ["MT037"]),
]


@pytest.mark.parametrize(("changes", "amount", "codes"), WRONG)
def test_what_is_wrong_with_a_statement(changes: dict[str, str], amount: str, codes: list[str]) -> None:
    mark = "D" if amount.startswith("-") else "C"
    text = message(f":61:260102{mark}{amount.lstrip('-')}NMSCX")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    records, found = read(text)
    assert told(found, "error") == codes
    assert bool(records) == (codes in (["MT020"], ["MT024"]))


REPORT_BODY = """:20:R1
:25:FI2112345600000785
:28C:1/1
:34F:EUR0,
:61:260119D5,NMSCX
:86:Rent
"""


def test_pages_of_a_statement() -> None:
    one = message(":61:260102C1,00NMSCX", closing="C260102EUR101,00").replace(":62F:", ":62M:")
    two = message(":61:260102C2,00NMSCX", opening="C260102EUR101,00", closing="C260102EUR103,00")
    two = two.replace(":60F:", ":60M:").replace(":28C:1/1", ":28C:1/2")
    assert told(read(one + two)[1]) == []
    assert told(read(one)[1]) == ["MT025"]
    gap = two.replace("101,00", "102,00").replace("103,00", "104,00")
    assert told(read(one + gap)[1]) == ["MT022"]
    assert told(read(one.replace("62M", "62F") + gap.replace("60M", "60F"))[1]) == ["MT023"]
    assert told(read(one + gap.replace("60M", "60F"))[1]) == ["MT022"]
    # a page of another statement: those before it may be in another file
    assert told(read(two)[1]) == ["MT026"]
    assert told(read(one.replace("62M", "62F") + gap)[1]) == ["MT026"]


def test_a_statement_that_stands_twice() -> None:
    one = message(":61:260102C1,00NMSCX", closing="C260102EUR101,00")
    assert told(read(one + one)[1], "error") == ["MT027"]
    assert told(read(one + one.replace("C1,00", "D1,00").replace("EUR101,00", "EUR99,00"))[1], "error") == []
    assert told(read(message() + message())[1], "error") == []  # nothing would be booked twice
    assert told(read(REPORT + REPORT)[1], "error") == ["MT027"]
    assert told(read(REPORT + REPORT.replace("2601191815", "2601191915"))[1], "error") == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{1:F01NDEAFIHHAXXX0000000000}{2:I942X}{4:\n" + REPORT_BODY + "-}", []),
        ("{1:F01NDEAFIHHAXXX0000000000}{2:I942X}{4:\n" + REPORT_BODY, ["MT041"]),
        (REPORT_BODY + "-\n", []),
        (REPORT_BODY, ["MT042"]),
        (REPORT_BODY + "-\n" + REPORT_BODY.replace(":28C:1/1", ":28C:2/1"), ["MT041"]),
        (REPORT_BODY + ":90D:1EUR5,\n", []),
        (message(":61:260102C1,00NMSCX", closing="C260102EUR101,0")[:-5], ["MT014"]),
        (message(":61:260102C1,00NMSCX", closing="C260102EUR101,00") + message()[:-2], ["MT041", "MT023"]),
        (message()[:-2] + ":64:C260102EUR1", ["MT014"]),
    ],
)
def test_what_is_cut_off_is_told(text: str, codes: list[str]) -> None:
    assert [each.code for each in read(text)[1] if each.severity != "info"] == codes


REPORT = """:20:R1
:25:FI2112345600000785
:28C:1/1
:34F:EURD10,
:34F:EURC20,
:13D:2601191815+0100
:61:260119D5,NMSCX
:61:260119RD2,NMSCX
:61:260119C3,NMSCX
:61:260119ED4,NMSCX
:90D:1EUR5,
:90C:2EUR5,
-
"""


def test_an_interim_report() -> None:
    records, found = read(REPORT)
    statement = records[0]["statement"]
    assert told(found) == []
    assert taken(
        statement, "message", "currency", "floor_debit", "floor_credit", "created", "utc_offset"
    ) == (*("942", "EUR", Decimal(10), Decimal(20), datetime(2026, 1, 19, 18, 15), "+0100"),)
    assert [str(record["moved"]) for record in records] == ["-5", "2", "3", "-4"]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("90D:1EUR5,", "90D:2EUR9,", []),  # with the expected debit
        ("90D:1EUR5,", "90D:3EUR11,", []),  # with the reversed debit, too
        ("90D:1EUR5,", "90D:1EUR6,", ["MT021"]),
        ("90C:2EUR5,", "90C:1EUR3,", []),
        ("90C:2EUR5,", "90C:2EUR3,", ["MT021"]),
        (":34F:EURD10,\n:34F:EURC20,\n", "", []),
        (":13D:2601191815+0100", ":13D:2601199915+0100", ["MT011"]),
        (":34F:EURD10,", ":34F:EURX10,", ["MT010"]),
    ],
)
def test_sums_of_an_interim_report(old: str, new: str, codes: list[str]) -> None:
    assert old in REPORT
    assert told(read(REPORT.replace(old, new))[1], "error") == codes


def test_a_report_without_any_currency_is_refused() -> None:
    text = "".join(line for line in REPORT.splitlines(True) if not line.startswith((":34F", ":90")))
    assert (read(text)[0], told(read(text)[1])) == ([], ["MT034"])
    records, _ = read(text.replace("785\n", "785 EUR\n"))
    assert [record["statement"]["currency"] for record in records] == ["EUR"] * 4


def test_entries_counted_in_the_last_field_86() -> None:
    text = message(":61:260102D2,00NMSCX", ":61:260102C2,00NMSCX")
    good = text.replace("-\n", ":86:D000001C000001D2,00C2,00\n-XXX\n")
    assert told(read(good)[1]) == []
    assert told(read(good.replace("C000001", "C000002"))[1]) == ["MT021"]


def test_encodings_are_tried_in_order() -> None:
    text = message(":61:260102C0,NMSCX", ":86:Müller")
    (plain,), found = read(text)
    assert (plain["details"], told(found)) == ("Müller", ["MT040"])
    (old,), found = read(text.encode("windows-1252"))
    assert (old["details"], told(found)) == ("Müller", ["MT039", "MT040"])
    _, found = read(text.encode("windows-1252"), encodings=["utf-8"])
    assert told(found) == ["ENC001"]


def test_recognising() -> None:
    text = message(":61:260102C0,NMSCX").encode()
    assert "MT940" in (mt940.recognise(text, layout()) or "")
    assert "MT942" in (mt940.recognise(REPORT.encode(), layout()) or "")
    assert mt940.recognise(REPORT.encode(), layout(messages=["940"])) is None
    assert "MT940" in (mt940.recognise(b"A title\n" + text, layout()) or "")
    for other in (
        b":20:X\n:23B:CRED\n:32A:260101EUR1,\n:50K:A\n:59:B\n:71A:OUR\n",
        b"a;b\n1;2\n",
        b"",
        b"\0" * 99,
    ):
        assert mt940.recognise(other, layout()) is None
        assert mt940.sniff(other) is None
    said = mt940.sniff(text)
    assert said is not None and (said.format, said.version) == ("mt940", "MT940")


@given(
    st.lists(
        st.sampled_from(["{}:-\n?/20", "25", "60F", "61", "62F", "86", "C260101EUR1,00", "x", "ä"]),
        max_size=60,
    )
)
def test_anything_between_tags_is_read_without_raising(parts: list[str]) -> None:
    read("".join(parts))
