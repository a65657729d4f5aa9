"""Payments → pain.001.001.09: batches, ids, references, accounts, characters, ISO rules, and the schema."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import iso20022_orders as orders
import pytest
from iso20022_orders import faults, payment, swedish, values
from iso20022_support import FACTS, OTHER, OWN, codes, documents, taken
from lxml import etree

from exchange.findings import Finding
from exchange.flow.site import open_site
from exchange.model import Record

ROOT = Path(__file__).parents[2]
MESSAGE = "pain.001.001.09"
Address = dict[str, Any]
NORWEGIAN = {"currency": "NOK", "debtor__account": orders.NORWEGIAN_IBAN, "creditor__account_scheme": "bban"}
DANISH = {
    "currency": "DKK", "debtor__account": orders.DANISH_IBAN,
    "creditor__account": "0040 440116243", "creditor__account_scheme": "bban",
}  # fmt: skip


def written(*payments: Record) -> tuple[bytes, list[Finding]]:
    """The file of some payments, and what was found."""
    return orders.written(MESSAGE, *payments)


def sent(*payments: Record) -> etree._Element:
    """The message of payments that have no errors; it is valid."""
    return orders.sent(MESSAGE, *payments)


def refused(*payments: Record) -> list[str]:
    """The codes of errors and warnings."""
    return codes([each for each in written(*payments)[1] if each.severity != "info"])


# --- the file ------------------------------------------------------------------------------------------------------


def test_a_sepa_payment() -> None:
    message = sent(payment(creditor__bic="COBADEFFXXX", text="Invoice 5"))
    assert values(message, "MsgId") == [FACTS.id]
    assert values(message, "PmtInfId") == [f"{FACTS.id}-0001"]
    assert values(message, "CreDtTm") == ["2026-11-23T09:30:15"]
    assert values(message, "SvcLvl/Cd") == ["SEPA"]
    assert values(message, "ChrgBr") == ["SLEV"]
    assert values(message, "InstdAmt") == ["12.50"]
    assert values(message, "InstdAmt/@Ccy") == ["EUR"]
    assert values(message, "CdtrAcct/Id/IBAN") == [OTHER]
    assert values(message, "Ustrd") == ["Invoice 5"]
    assert values(message, "PmtMtd") == ["TRF"]


def test_the_same_arrival_gives_the_same_bytes() -> None:
    assert written(payment(), swedish())[0] == written(payment(), swedish())[0]


def test_batches_and_their_control_values() -> None:
    several = [
        payment(id="1"), swedish(id="2", amount=Decimal(100)), payment(id="3"), payment(id="4", purpose="salary"),
        payment(id="5", execution_date=date(2026, 11, 30)), payment(id="6", urgency="instant"), swedish(id="7"),
    ]  # fmt: skip
    message = sent(*several)
    assert values(message, "GrpHdr/NbOfTxs") == ["7"]
    assert values(message, "GrpHdr/CtrlSum") == ["175.00"]
    assert values(message, "PmtInf/NbOfTxs") == ["2", "2", "1", "1", "1"]
    assert values(message, "PmtInf/CtrlSum") == ["25.00", "112.50", "12.50", "12.50", "12.50"]
    assert values(message, "InstrId") == ["1", "3", "2", "7", "4", "5", "6"]
    assert values(message, "CtgyPurp/Cd") == ["SALA"]
    assert values(message, "LclInstrm/Cd") == ["INST"]
    assert len(set(values(message, "PmtInfId"))) == 5


def test_ids_that_a_bank_would_refuse_are_spelt_and_stay_different() -> None:
    ids = ("A" * 36, "A" * 35, "LØNN 17", "LÖNN 17", "LONN 17", "a//b")
    message = sent(*(payment(id=id, end_to_end_id=None) for id in ids), payment(id="NK70001"))
    told = values(message, "InstrId")
    assert [each[:27] for each in told] == [
        "A" * 26 + "-", "A" * 27, "LONN 17-DB6711F7", "LONN 17-D6B67ABA", "LONN 17", f"a/b-{told[5][-8:]}"
    ]  # fmt: skip
    assert len(set(told)) == len(ids) and all(len(each) <= 35 for each in told)
    assert values(message, "EndToEndId") == ["NOTPROVIDED"] * len(ids) + ["NK70001"]
    assert refused(payment(end_to_end_id="a//b")) == ["PAY115"]


def test_urgent_and_foreign_payments() -> None:
    message = sent(payment(urgency="urgent", charges="shared", creditor__bic="COBADEFFXXX"))
    assert (values(message, "SvcLvl/Cd"), values(message, "ChrgBr")) == (["URGP"], ["SHAR"])
    message = sent(
        payment(currency="USD", creditor__account="12345", creditor__bic="BOFAUS6H", charges="debtor")
    )
    assert values(message, "SvcLvl/Cd") == []
    assert (values(message, "CdtrAcct/Id/Othr/Id"), values(message, "CdtrAcct/Id/Othr/SchmeNm/Cd")) == (
        ["12345"],
        ["BBAN"],
    )
    assert refused(payment(currency="USD", creditor__account="12345")) == ["PAY123"]


# --- accounts and references -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "clearing", "account", "scheme"),
    [
        ({}, "9900", "50501055", ("Prtry", "BGNR")),
        ({"creditor__account": "4 12 34-6", "creditor__account_scheme": "plusgiro"}, "9960", "412346", ("Cd", "BBAN")),
        ({"creditor__account": "9159 1234567", "creditor__account_scheme": "bban"}, "9159", "1234567", ("Cd", "BBAN")),
        (
            {"creditor__account": "9034567890", "creditor__account_scheme": "bban", "creditor__clearing": "8327-9"},
            "8327", "9034567890", ("Cd", "BBAN"),
        ),
    ],
)  # fmt: skip
def test_swedish_accounts(
    given: dict[str, str], clearing: str, account: str, scheme: tuple[str, str]
) -> None:
    message = sent(swedish(**given))
    assert values(message, "ClrSysMmbId/ClrSysId/Cd") == ["SESBA"]
    assert values(message, "ClrSysMmbId/MmbId") == [clearing]
    assert values(message, "CdtrAcct/Id/Othr/Id") == [account]
    assert values(message, f"CdtrAcct/Id/Othr/SchmeNm/{scheme[0]}") == [scheme[1]]
    assert values(message, "SvcLvl/Cd") + values(message, "CtgyPurp/Cd") == []


@pytest.mark.parametrize(
    ("given", "account"),
    [(NORWEGIAN | {"creditor__account": "8601.11.17947"}, "86011117947"), (DANISH, "00400440116243")],
)
def test_norwegian_and_danish_accounts_in_their_electronic_form(given: dict[str, str], account: str) -> None:
    assert values(sent(payment(**given)), "CdtrAcct/Id/Othr/Id") == [account]


def test_a_payer_without_bic() -> None:
    assert values(sent(payment(debtor__bic=None)), "DbtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]
    giro = sent(swedish(debtor__account="5050-1055", debtor__account_scheme="bankgiro", debtor__bic=None))
    assert values(giro, "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["9900"]
    assert values(giro, "DbtrAcct/Id/Othr/SchmeNm/Prtry") == ["BGNR"]


@pytest.mark.parametrize(
    ("bic", "system", "clearing"),
    [(None, ["GBDSC"], ["040004"]), ("LOYDGB21", ["GBDSC"], ["040004"])],
)
def test_the_clearing_number_of_the_payer_goes_with_an_account_that_is_no_iban(
    bic: str | None, system: list[str], clearing: list[str]
) -> None:
    abroad = {"currency": "GBP", "creditor__account": "12345678", "creditor__bic": "LOYDGB21"}
    message = sent(payment(debtor__account="31926819", debtor__bic=bic, debtor__clearing="040004", **abroad))
    agent = "DbtrAgt/FinInstnId/"
    assert values(message, agent + "ClrSysMmbId/ClrSysId/Cd") == system
    assert values(message, agent + "ClrSysMmbId/MmbId") == clearing
    assert values(message, agent + "Othr/Id") == []
    iban = sent(payment(debtor__clearing="040004"))
    assert values(iban, agent + "ClrSysMmbId/MmbId") == []


def test_who_is_paid_and_for_whom_is_named_by_numbers() -> None:
    message = sent(
        payment(
            creditor__id="120380-123A", creditor__id_scheme="SOSE", creditor__person=True, ultimate_debtor__name="Daughter Oy",
            ultimate_debtor__id="0123456-2", ultimate_debtor__id_scheme="TXID", ultimate_creditor__id="7", debtor__id="1234567",
        )
    )  # fmt: skip
    assert values(message, "Cdtr/Id/PrvtId/Othr/Id") == ["120380-123A"]
    assert values(message, "Cdtr/Id/PrvtId/Othr/SchmeNm/Cd") == ["SOSE"]
    assert values(message, "UltmtDbtr/Id/OrgId/Othr/Id") == ["0123456-2"]
    assert values(message, "UltmtDbtr/Id/OrgId/Othr/SchmeNm/Cd") == ["TXID"]
    assert values(message, "UltmtCdtr/Id/OrgId/Othr/Id") == ["7"]
    assert values(message, "Dbtr/Id/OrgId/Othr/SchmeNm/Cd") == ["BANK"]
    private = sent(payment(debtor__id="7", debtor__person=True))
    assert values(private, "Dbtr/Id/PrvtId/Othr/Id") == ["7"]
    assert values(private, "InitgPty/Id/OrgId/Othr/Id") == []


def test_purposes_are_codes_or_words() -> None:
    coded = sent(payment(category_code="INTC", purpose_code="INTC", purpose="other"))
    assert values(coded, "CtgyPurp/Cd") == values(coded, "Purp/Cd") == ["INTC"]
    worded = sent(payment(category_text="LOEN", purpose_text="Lønn januar"), payment(purpose="salary"))
    assert values(worded, "CtgyPurp/Prtry") == ["LOEN"]
    assert values(worded, "CtgyPurp/Cd") == ["SALA"]
    assert values(worded, "Purp/Prtry") == ["Lonn januar"]


@pytest.mark.parametrize(
    ("text", "want"), [("Goods", []), ("/GOODS//AE", ["PAY128"]), ("Örn", ["PAY128"]), ("G" * 71, ["PAY128"])]
)
def test_what_is_changed_in_a_text_for_the_authorities_is_told(text: str, want: list[str]) -> None:
    found = written(payment(regulatory=[{"country": "AE", "code": "GDS", "text": text}]))[1]
    assert codes(found) == want


@pytest.mark.parametrize(
    ("reference", "scheme", "sent_as", "issuer"),
    [
        ("RF18 5390 0754 7034", "rf", "RF18539007547034", ["ISO"]),
        ("RF18539007547034", None, "RF18539007547034", ["ISO"]),
        ("000 880123", "fi-viite", "880123", []),
    ],
)
def test_structured_references(reference: str, scheme: str | None, sent_as: str, issuer: list[str]) -> None:
    message = sent(payment(reference=reference, reference_scheme=scheme, text="not beside a reference"))
    assert values(message, "CdtrRefInf/Ref") == [sent_as]
    assert values(message, "CdtrRefInf/Tp/CdOrPrtry/Cd") == ["SCOR"]
    assert values(message, "CdtrRefInf/Tp/Issr") == issuer
    assert values(message, "Ustrd") + values(message, "RmtdAmt") == []
    assert refused(payment(reference=reference, reference_scheme=scheme, text="x")) == ["PAY120"]


def test_an_ocr_reference_stands_with_its_amount() -> None:
    message = sent(swedish(reference="79927398713", reference_scheme="se-ocr"))
    assert (values(message, "Ref"), values(message, "RmtdAmt"), values(message, "RmtdAmt/@Ccy")) == (
        ["79927398713"], ["12.50"], ["SEK"],
    )  # fmt: skip


INVOICES = [
    {"number": "I-1", "kind": "invoice", "date": date(2026, 11, 1), "amount": Decimal(20)},
    {"number": "C-1", "kind": "credit", "date": None, "amount": Decimal("7.50")},
]


def test_invoices_in_crowns_stand_each_in_its_part() -> None:
    message = sent(swedish(invoices=INVOICES))
    assert values(message, "RfrdDocInf/Tp/CdOrPrtry/Cd") == ["CINV", "CREN"]
    assert (values(message, "Nb"), values(message, "RltdDt")) == (["I-1", "C-1"], ["2026-11-01"])
    assert (values(message, "RmtdAmt"), values(message, "CdtNoteAmt")) == (["20"], ["7.50"])


def test_invoices_in_sepa_are_one_text() -> None:
    assert values(sent(payment(invoices=INVOICES)), "Ustrd") == ["I-1 C-1"]
    assert values(sent(payment(invoices=INVOICES, text="Both")), "Ustrd") == ["Both"]
    other = payment(reference="ABC 1", reference_scheme="other", text="Order")
    assert values(sent(other), "Ustrd") == ["Order ABC 1"]


def test_characters() -> None:
    given = {"creditor__name": "Röstereiet & Söhne ß", "text": "Nr. 5_Ä"}
    data, found = written(payment(**given), swedish(**given, id="2"))
    message = etree.fromstring(data)
    assert values(message, "Cdtr/Nm") == ["Rostereiet + Sohne s", "Röstereiet + Söhne s"]
    assert values(message, "Ustrd") == ["Nr. 5-A", "Nr. 5-Ä"]
    assert codes(found) == ["PAY122", "PAY122"]


# --- addresses -------------------------------------------------------------------------------------------------------


def test_addresses_are_structured_or_hybrid() -> None:
    whole = {
        "creditor__address__street": "Kaffeestraße", "creditor__address__building": "7",
        "creditor__address__postcode": "20457",

        "creditor__address__town": "Hamburg", "creditor__address__country": "DE",
    }  # fmt: skip
    message = sent(payment(**whole, creditor__address__lines=["not sent"]))
    (address,) = message.iter("{*}PstlAdr")
    assert [(etree.QName(each).localname, each.text) for each in address] == [
        ("StrtNm", "Kaffeestrase"), ("BldgNb", "7"), ("PstCd", "20457"), ("TwnNm", "Hamburg"), ("Ctry", "DE"),
    ]  # fmt: skip
    hybrid = {name: whole[name] for name in ("creditor__address__town", "creditor__address__country")}
    message = sent(payment(**hybrid, creditor__address__lines=["c/o Meyer", "Kaffeestraße 7 " + "x" * 60]))
    assert values(message, "AdrLine") == ["c/o Meyer, Kaffeestrase 7", "x" * 60]


def test_an_address_of_lines_alone_is_left_out_and_told() -> None:
    data, found = written(payment(creditor__address__lines=["Kaffeestraße 7", "20457 Hamburg"]))
    assert (values(etree.fromstring(data), "PstlAdr"), codes(found)) == ([], ["PAY121"])


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ({"kind": "direct-debit"}, "PAY101"),
        ({"amount": Decimal("0.00")}, "PAY102"),
        ({"amount": Decimal("1.005")}, "PAY102"),  # C18
        ({"amount": Decimal("1.5"), "currency": "JPY", "creditor__bic": "BOTKJPJT"}, "PAY102"),
        ({"creditor__account": None}, "PAY103"),  # C27
        ({"creditor__account": OTHER[:-1] + "1", "creditor__account_scheme": "iban"}, "PAY105"),
        ({"debtor__account": OWN[:-1] + "1", "debtor__account_scheme": "iban"}, "PAY106"),
        ({"reference": "RF19539007547034", "reference_scheme": "rf"}, "PAY111"),
        ({"reference": "RF19 5390 0754 7034"}, "PAY111"),
        ({"reference": "880124", "reference_scheme": "fi-viite"}, "PAY112"),
        ({"text": "x" * 141}, "PAY116"),
        ({"creditor__name": "n" * 71}, "PAY118"),
        ({"execution_date": date(2026, 11, 20)}, "PAY119"),
        ({"category_code": "INTC", "category_text": "LOAN"}, "PAY135"),
        ({"category_code": "INTC", "purpose": "salary"}, "PAY135"),
        ({"purpose_code": "GDDS", "purpose_text": "Goods"}, "PAY136"),
        ({"currency": "CHF", "creditor__account": "16000", "creditor__clearing": "30000"}, "PAY134"),
        (NORWEGIAN | {"creditor__account": "86011117948"}, "PAY130"),
        (DANISH | {"creditor__account": "0040-12345678901"}, "PAY131"),
        ({"debtor__account": "5050-1056", "debtor__account_scheme": "bankgiro"}, "PAY133"),
    ],
)
def test_what_a_bank_would_refuse(given: dict[str, Any], want: str) -> None:
    assert want in refused(payment(**given))


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ({"creditor__account": "5050-1056"}, "PAY107"),
        ({"creditor__account": "41234-7", "creditor__account_scheme": "plusgiro"}, "PAY108"),
        ({"creditor__account": "83279034567890", "creditor__account_scheme": "bban"}, "PAY109"),
        ({"creditor__account": "9159-ABC", "creditor__account_scheme": "bban"}, "PAY110"),
        ({"reference": "79927398714", "reference_scheme": "se-ocr"}, "PAY113"),
        ({"text": "x" * 26}, "PAY117"),
        ({"creditor__account": "9159 1234568", "creditor__account_scheme": "bban"}, "PAY132"),
    ],
)
def test_what_a_swedish_bank_would_refuse(given: dict[str, Any], want: str) -> None:
    assert want in refused(swedish(**given))


def test_what_does_not_fit_the_schema_is_refused_not_cut() -> None:
    long = {"creditor__address__town": "t" * 36, "creditor__address__country": "FI"}
    _, found = written(payment(**long))
    assert [(each.code, each.severity, each.field) for each in found] == [
        ("VAL003", "error", "creditor.address.town")
    ]


def test_levels_and_methods_follow_the_iso_rules() -> None:
    """C4, C28: charges and payment type stand at the batch alone; C14: no cheques; C34: no ultimate debtor."""
    message = sent(
        payment(purpose="salary", charges="shared"),
        swedish(),
        payment(id="3", urgency="urgent", creditor__bic="COBADEFFXXX"),
    )
    for name in ("PmtTpInf", "ChrgBr", "ChqInstr", "UltmtDbtr"):
        assert message.find(f".//{{*}}CdtTrfTxInf/{{*}}{name}") is None
    assert set(values(message, "PmtMtd")) == {"TRF"}


# --- the first real job ----------------------------------------------------------------------------------------


def demo(tmp_path: Path, name: str) -> tuple[bytes | None, list[Finding]]:
    """What the demo site makes of one of its samples."""
    flow = open_site(ROOT / "samples" / "nordkaffe" / "site").flows["supplier-payments"]
    sample = ROOT / "samples" / "nordkaffe" / "supplier-payments" / name
    outcome = flow.process(sample, FACTS, tmp_path)
    assert len(list(outcome.documents)) == (5 if outcome.outputs else 0)
    data = outcome.outputs[0].path.read_bytes() if outcome.outputs else None
    return data, outcome.findings.kept


def test_the_demo_pays_its_suppliers(tmp_path: Path) -> None:
    data, found = demo(tmp_path, "01-approved.in.csv")
    assert data is not None and {each.severity for each in found} <= {"info"}
    message = etree.fromstring(data)
    assert faults(message, MESSAGE) == []
    assert (values(message, "GrpHdr/NbOfTxs"), values(message, "GrpHdr/CtrlSum")) == (["5"], ["72970.25"])
    assert values(message, "PmtInf/CtrlSum") == ["17644.75", "55325.50"]
    assert values(message, "EndToEndId") == [f"NK7000{number}" for number in range(1, 6)]
    assert values(message, "CdtrRefInf/Ref") == ["880123", "RF18539007547034", "79927398713"]


def test_a_wrong_iban_holds_the_demo_file(tmp_path: Path) -> None:
    data, found = demo(tmp_path, "02-wrong-iban.in.csv")
    assert data is None
    assert "PAY001" in codes(found)


def test_what_is_written_reads_back_the_same() -> None:
    orders = [
        payment(reference="880123", reference_scheme="fi-viite", purpose="salary"),
        swedish(id="2", end_to_end_id="NK2", invoices=INVOICES[:1]),
    ]
    data, _ = written(*orders)
    made, found = documents(data, "iso20022/pain.001")
    assert found == []
    names = ("end_to_end_id", "amount", "currency", "purpose", "reference", "creditor.name", "execution_date")
    assert [taken(each, *names) for each in made] == [taken(each, *names) for each in orders]
    assert taken(made[1], "creditor.account", "creditor.account_scheme", "charges") == (
        "50501055",
        "bankgiro",
        "shared",
    )
    assert made[1]["invoices"] == INVOICES[:1]
