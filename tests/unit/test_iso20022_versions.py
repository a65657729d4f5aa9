"""What both versions of pain.001 and pain.008 say alike, and what they say of slips, payments abroad and direct debits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from iso20022_orders import (
    CREDITOR_ID,
    DANISH_IBAN,
    NORWEGIAN_IBAN,
    PAIN001,
    PAIN008,
    danish,
    debit,
    payment,
    sent,
    swedish,
    values,
    written,
)
from iso20022_support import OTHER, codes, documents, taken

from exchange.model import Record

both = pytest.mark.parametrize("message", PAIN001)
both_debits = pytest.mark.parametrize("message", PAIN008)


def refused(message: str, *payments: Record) -> list[str]:
    """The codes of errors and warnings."""
    return codes([each for each in written(message, *payments)[1] if each.severity != "info"])


@both
def test_the_names_of_banks_and_days_are_those_of_the_version(message: str) -> None:
    root = sent(message, payment(creditor__bic="COBADEFFXXX"))
    bic, day = ("BIC", "ReqdExctnDt") if message.endswith("03") else ("BICFI", "ReqdExctnDt/Dt")
    assert values(root, bic) == ["NDEAFIHH", "COBADEFFXXX"] and values(root, day) == ["2026-11-27"]


@both
def test_a_run_of_every_kind_is_valid_and_reads_back_the_same(message: str) -> None:
    runs = [
        payment(), payment(id="2", urgency="instant"), payment(id="3", purpose="salary"), swedish(id="4"), danish(id="5"),
        payment(id="6", currency="NOK", debtor__account=NORWEGIAN_IBAN, creditor__account="86011117947",
                creditor__account_scheme="bban", reference="2345676", reference_scheme="no-kid"),
        abroad(id="7"),
    ]  # fmt: skip
    for number, run in enumerate(runs):
        run["end_to_end_id"] = f"E{number}"
    data, found = written(message, *runs)
    assert [each for each in found if each.severity == "error"] == []
    made, found = documents(data, "iso20022/pain.001")
    assert found == []
    again, _ = written(message, *made)
    assert data == again
    assert [each["amount"] for each in made] == [run["amount"] for run in runs]


def abroad(**given: Any) -> Record:
    """Dollars to a bank named by its routing number, through another bank, with what the central bank asks for."""
    return payment(
        **{
            "currency": "USD",
            "creditor__account": "12345",
            "creditor__bic": "BOFAUS6H",
            "charges": "debtor",
            "creditor__clearing": "026009593",
            "creditor__clearing_system": "USABA",
            "intermediary__bic": "IRVTUS3N",
            "ultimate_debtor__name": "Nordkaffe Rösteri Oy",
            "ultimate_creditor__name": "Payee Holding",
            "ultimate_creditor__id": "99-1",
            "purpose_code": "GDDS",
            "regulatory": [{"country": "NO", "code": "14", "text": "Goods: coffee beans, green, unroasted"}],
            **given,
        }
    )


@both
def test_a_payment_abroad(message: str) -> None:
    root = sent(message, abroad())
    assert values(root, "ClrSysMmbId/ClrSysId/Cd") == ["USABA"] and values(root, "ClrSysMmbId/MmbId") == [
        "026009593"
    ]
    assert values(root, "IntrmyAgt1/FinInstnId/" + ("BIC" if message.endswith("03") else "BICFI")) == [
        "IRVTUS3N"
    ]
    assert values(root, "UltmtDbtr/Nm") == ["Nordkaffe Rosteri Oy"]
    assert values(root, "UltmtCdtr/Id/OrgId/Othr/Id") == ["99-1"]
    assert (values(root, "Purp/Cd"), values(root, "RgltryRptg/Authrty/Ctry")) == (["GDDS"], ["NO"])
    assert (values(root, "Dtls/Cd"), values(root, "Dtls/Inf")) == (
        ["14"],
        ["Goods: coffee beans, green,", "unroasted"],
    )
    assert values(root, "ChrgBr") == ["DEBT"] and values(root, "SvcLvl/Cd") == []


# --- Danish slips ------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("given", "slip", "reference", "text"),
    [
        ({}, "71", ["000000000000018"], []),
        ({"reference": "18", "slip": "71", "reference_scheme": "dk-fik", "creditor__account": "88888888"},
         "71", ["000000000000018"], []),
        ({"reference": "+73<+88888888<", "text": "Faktura 5 æøå"}, "73", [], ["Faktura 5 æøå"]),
        ({"reference": "+75<0000000000000018+88888888<", "text": "Tak"}, "75", ["0000000000000018"], ["Tak"]),
        ({"reference": "+04<1234567890123456+1234567<"}, "04", ["1234567890123456"], []),
    ],
)  # fmt: skip
def test_danish_slips(
    message: str, given: dict[str, Any], slip: str, reference: list[str], text: list[str]
) -> None:
    root = sent(message, danish(**given))
    assert values(root, "LclInstrm/Prtry") == [slip]
    assert (values(root, "CdtrRefInf/Ref"), values(root, "Ustrd")) == (reference, text)
    assert values(root, "CdtrAcct/Id/Othr/SchmeNm/Prtry") == ["OCR"]


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ({"reference": "19", "slip": "71", "reference_scheme": "dk-fik", "creditor__account": "88888888"}, "PAY125"),
        ({"reference": None, "slip": "75", "creditor__account": "88888888"}, "PAY125"),
        ({"reference": "+71<000000000000019+88888888<"}, "MAP001"),
        ({"reference": None, "creditor__account": "88888888", "creditor__account_scheme": "fik"}, "PAY124"),
        ({"urgency": "instant"}, "PAY124"),
    ],
)  # fmt: skip
def test_slips_that_no_bank_takes(given: dict[str, Any], want: str) -> None:
    assert want in refused(PAIN001[1], danish(**given))


def test_a_slip_reads_back_as_one() -> None:
    (made,), found = documents(written(PAIN001[1], danish())[0], "iso20022/pain.001")
    assert found == []
    assert taken(made, "slip", "reference", "reference_scheme", "creditor.account", "creditor.account_scheme") == (
        "71", "000000000000018", "dk-fik", "88888888", "fik",
    )  # fmt: skip


def test_crowns_from_abroad_are_no_domestic_payment() -> None:
    root = sent(PAIN001[1], swedish(debtor__account=DANISH_IBAN, charges="service-level"))
    assert values(root, "ChrgBr") == ["SLEV"]


# --- direct debits -----------------------------------------------------------------------------------------------------


@both_debits
def test_a_direct_debit(message: str) -> None:
    root = sent(message, debit(text="Fee 11/2026"))
    assert values(root, "PmtMtd") == ["DD"] and values(root, "SvcLvl/Cd") == ["SEPA"]
    assert (values(root, "LclInstrm/Cd"), values(root, "SeqTp")) == (["CORE"], ["RCUR"])
    assert values(root, "PmtInf/CdtrSchmeId/Id/PrvtId/Othr/Id") == [CREDITOR_ID]
    assert (values(root, "MndtId"), values(root, "DtOfSgntr")) == (["M-1"], ["2025-02-03"])
    assert (values(root, "AmdmntInd"), values(root, "Ustrd")) == ([], ["Fee 11/2026"])


@both_debits
def test_debits_are_batched_by_creditor_day_scheme_and_sequence(message: str) -> None:
    root = sent(
        message, debit(id="1"), debit(id="2", mandate__sequence="FRST"), debit(id="3"), debit(id="4", mandate__scheme="B2B"),
        debit(id="5", execution_date=date(2026, 12, 1)),
    )  # fmt: skip
    assert values(root, "PmtInf/NbOfTxs") == ["2", "1", "1", "1"]
    assert values(root, "InstrId") == ["1", "3", "2", "4", "5"]
    assert values(root, "GrpHdr/CtrlSum") == ["62.50"]


@both_debits
def test_an_amended_mandate(message: str) -> None:
    given = {
        "mandate__original__id": "OLD-1", "mandate__original__creditor_id": "FI37ZZZ23456785",
        "mandate__original__creditor_name": "Kahvila Ä", "mandate__original__debtor_account": "SMNDA",
    }  # fmt: skip
    root = sent(message, debit(**given))
    assert (values(root, "AmdmntInd"), values(root, "OrgnlMndtId")) == (["true"], ["OLD-1"])
    assert values(root, "OrgnlCdtrSchmeId/Nm") == ["Kahvila A"]
    assert values(root, "OrgnlDbtrAcct/Id/Othr/Id") == ["SMNDA"]
    root = sent(message, debit(mandate__original__debtor_account=OTHER))
    assert values(root, "OrgnlDbtrAcct/Id/IBAN") == [OTHER]
    (made,), _ = documents(written(message, debit(**given))[0], "iso20022/pain.008")
    assert made["mandate"]["original"] == {
        "id": "OLD-1", "creditor_id": "FI37ZZZ23456785", "creditor_name": "Kahvila A", "debtor_account": "SMNDA",
        "debtor_bic": None,
    }  # fmt: skip


@both_debits
def test_debits_read_back_the_same(message: str) -> None:
    runs = [
        debit(id="1", end_to_end_id="E1"),
        debit(id="2", end_to_end_id="E2", reference="RF18539007547034", ultimate_debtor__name="Child",
              ultimate_creditor__name="Other", purpose_code="OTHR"),
    ]  # fmt: skip
    data, _ = written(message, *runs)
    made, found = documents(data, "iso20022/pain.008")
    assert found == [] and written(message, *made)[0] == data
    names = (
        "amount",
        "debtor.name",
        "debtor.account",
        "mandate.id",
        "mandate.scheme",
        "ultimate_debtor.name",
    )
    assert [taken(each, *names) for each in made] == [
        taken({**run, "ultimate_debtor": run["ultimate_debtor"] if number else None}, *names)
        for number, run in enumerate(runs)
    ]


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ({"kind": "transfer"}, "PAY201"), ({"amount": Decimal("0.001")}, "PAY202"), ({"currency": "SEK"}, "PAY203"),
        ({"creditor__account": "FI2112345600000786"}, "PAY204"), ({"debtor__account": None}, "PAY205"),
        ({"mandate__creditor_id": "DE98ZZZ09999999998"}, "PAY206"), ({"mandate__id": None}, "PAY207"),
        ({"mandate__id": "M_1"}, "PAY208"), ({"mandate__signed": date(2026, 11, 28)}, "PAY209"),
        ({"mandate__scheme": None}, "PAY210"), ({"end_to_end_id": "a//b"}, "PAY211"), ({"text": "x" * 141}, "PAY212"),
        ({"execution_date": date(2026, 11, 20)}, "PAY213"), ({"mandate__original__debtor_account": "1"}, "PAY214"),
        ({"mandate__sequence": None}, "PAY216"),
    ],
)  # fmt: skip
def test_debits_that_no_bank_takes(given: dict[str, Any], want: str) -> None:
    assert want in refused(PAIN008[1], debit(**given))


def test_a_debit_presented_again_does_not_exist_in_the_old_version() -> None:
    assert values(sent("pain.008.001.08", debit(mandate__sequence="RPRE")), "SeqTp") == ["RPRE"]
    assert "VAL003" not in refused("pain.008.001.08", debit(mandate__sequence="RPRE"))
    assert refused("pain.008.001.02", debit(mandate__sequence="RPRE")) != []


# --- rules that no schema holds, in files of others ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "want"),
    [
        ("<CdtrAgt>", "<ChrgBr>SHAR</ChrgBr><CdtrAgt>", "PAIN04"),
        ("<Amt>", "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf><Amt>", "PAIN05"),
        ("<ChrgBr>", "<UltmtDbtr><Nm>A</Nm></UltmtDbtr><ChrgBr>", "PAIN06"),
        ("<CdtrAgt>", "<ChqInstr><ChqTp>CCHQ</ChqTp></ChqInstr><CdtrAgt>", "PAIN07"),
        ("<CdtrAgt>", "<IntrmyAgt2><FinInstnId><Nm>B</Nm></FinInstnId></IntrmyAgt2><CdtrAgt>", "PAIN08"),
        ('<InstdAmt Ccy="EUR">12.50<', '<InstdAmt Ccy="EUR">12.505<', "PAIN09"),
    ],
)  # fmt: skip
def test_rules_that_no_schema_holds_are_told_of_files_of_others(old: str, new: str, want: str) -> None:
    given = payment(creditor__bic="COBADEFFXXX", ultimate_debtor__name="B")
    data = written(PAIN001[1], given)[0].decode().replace("12.50<", "12.50<").replace(old, new, 1)
    found = documents(data.encode(), "iso20022/pain.001")[1]
    assert want in codes(found)
    assert documents(written(PAIN001[1], given)[0], "iso20022/pain.001")[1] == []
