"""Big inputs, made on the fly and always the same."""

from __future__ import annotations

import json
from pathlib import Path

from exchange.checks import get

HEADER = (
    "MaksuId;Eräpäivä;Toimittaja;Toimittajanro;Maksutili;BIC;Tilityyppi;Katu;Talo;Postinro;Kaupunki;Maa;Summa;Valuutta;"
    "Viite;Viesti;Laskunro"
)


def references(number: int) -> list[str]:
    """Finnish references with their check digits."""
    complete = get("fi-viite").complete
    assert complete is not None
    return [complete(str(10_000_000 + each)) for each in range(number)]


def ibans(number: int) -> list[str]:
    """Finnish IBANs with their check digits."""
    complete = get("iban").complete
    assert complete is not None
    return [complete(f"FI{_account(each)}") for each in range(number)]


def _account(number: int) -> str:
    """Fourteen digits whose last one is a Luhn digit, as Finnish accounts have it."""
    body = f"{1_234_560_000_000 + number:013d}"
    total = sum(sum(divmod(int(digit) * (2 - position % 2), 10)) for position, digit in enumerate(body))
    return body + str(-total % 10)


def payments(path: Path, rows: int) -> None:
    """Approved supplier invoices as the demo's ERP writes them."""
    accounts, refs = ibans(5_000), references(50_000)
    with path.open("w", encoding="windows-1252", newline="") as out:
        out.write(HEADER + "\r\n")
        for row in range(rows):
            amount = f"{row % 9_000 + 1},{row % 100:02d}"
            out.write(
                f"{row};{row % 27 + 1}.12.2026;Toimittaja {row % 997} Öy & Kumpp;{row % 997};{accounts[row % 5_000]};;IBAN;"
                f"Katu {row % 83};{row % 40 + 1};00{row % 900 + 100};Helsinki;FI;{amount};EUR;{refs[row % 50_000]};;L{row}\r\n"
            )


def statement(path: Path, entries: int, items: int | None = None) -> None:
    """One camt.053.001.08 statement: receipts with references, a few of them with another amount than the open item.

    items: how many different references there are; as many as entries when it is not said.
    """
    refs, accounts = references(entries if items is None else items), ibans(5_000)
    cents = sum(100 * (number % 9_000 + 1) + number % 100 for number in range(entries))
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(_STATEMENT.format(closing=f"{cents // 100}.{cents % 100:02d}"))
        for number in range(entries):
            out.write(
                _ENTRY.format(
                    number=number,
                    amount=f"{number % 9_000 + 1}.{number % 100:02d}",
                    reference=refs[number % len(refs)],
                    name=f"Asiakas {number % 997} Öy",
                    house=number % 97 + 1,
                    post=number % 900 + 100,
                    account=accounts[number % len(accounts)],
                )
            )
        out.write("</Stmt></BkToCstmrStmt></Document>\n")


ENTRY_BYTES = 2_000
"""About how long an entry of such a statement is."""


def receivables(path: Path, items: int) -> None:
    """The open items those receipts pay; every hundredth has another amount."""
    refs = references(items)
    with path.open("w", encoding="windows-1252", newline="") as out:
        out.write("Laskunro;Asiakasnro;Asiakas;Laskupvm;Eräpvm;Valuutta;Summa;Avoinna;Viite\r\n")
        for number in range(items):
            amount = f"{number % 9_000 + 1 + (number % 100 == 0)},{number % 100:02d}"
            out.write(
                f"{number};{number % 997};Asiakas {number % 997} Öy;1.11.2026;30.11.2026;EUR;{amount};{amount};{refs[number]}\r\n"
            )


def order(number: int, lines: int) -> str:
    """One shop order as a JSON object on one line."""
    bought = [
        {"sku": f"S{line}", "name": f"Tuote {line} å", "quantity": str(line + 1), "net": f"{line + 1}.00"}
        for line in range(lines)
    ]
    customer = {
        "number": str(number % 997),
        "name": f"Öberg {number % 997}",
        "street": f"Hämeenkatu {number % 83}",
        "postcode": "33100",
        "town": "Tampere",
        "country": "FI",
    }
    whole = {
        "number": str(number),
        "date": "2026-11-23",
        "currency": "EUR",
        "customer": customer,
        "lines": bought,
    }
    return json.dumps(whole, ensure_ascii=False)


def orders(path: Path, number: int) -> None:
    """Shop orders as one JSON object a line, seven lines of goods each."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(order(each, 7) + "\n" for each in range(number))


def small_orders(folder: Path, number: int) -> None:
    """Files of one order each, about two kilobytes."""
    for each in range(number):
        (folder / f"{each:06d}.json").write_text(order(each, 26) + "\n", encoding="utf-8")


def fixed(path: Path, number: int) -> None:
    """Reference payments as a Finnish bank delivers them (KTL): records of ninety columns."""
    refs = references(50_000)
    total = 0
    with path.open("w", encoding="iso-8859-1", newline="") as out:
        out.write("0" + "261123" + "2100" + "32" + "1234567  " + "1" + " " * 67 + "\r\n")
        for each in range(number):
            cents = each % 900_000 + 100
            total += cents
            out.write(
                f"312345600000785261123261123{each:016d}{refs[each % 50_000]:0>20}{'Asiakas ' + str(each % 997):<12}1A"
                f"{cents:010d}0A \r\n"
            )
        out.write(f"9{number:06d}{total:011d}{0:06d}{0:011d}".ljust(90) + "\r\n")


_STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>BENCH-1</MsgId><CreDtTm>2026-11-23T21:00:00+02:00</CreDtTm></GrpHdr>
<Stmt><Id>BENCH-1-1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-11-23T21:00:00+02:00</CreDtTm>
<Acct><Id><IBAN>FI2112345600000785</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>
"""
_ENTRY = """      <Ntry>
        <NtryRef>{number}</NtryRef>
        <Amt Ccy="EUR">{amount}</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-11-23</Dt></BookgDt>
        <ValDt><Dt>2026-11-23</Dt></ValDt>
        <AcctSvcrRef>B{number:010d}</AcctSvcrRef>
        <BkTxCd>
          <Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>
          <Prtry><Cd>705 VIITEMAKSU</Cd><Issr>FFFS</Issr></Prtry>
        </BkTxCd>
        <NtryDtls>
          <TxDtls>
            <Refs>
              <AcctSvcrRef>B{number:010d}</AcctSvcrRef>
              <EndToEndId>NOTPROVIDED</EndToEndId>
              <TxId>20261123T{number:012d}</TxId>
            </Refs>
            <Amt Ccy="EUR">{amount}</Amt>
            <CdtDbtInd>CRDT</CdtDbtInd>
            <AmtDtls>
              <InstdAmt><Amt Ccy="EUR">{amount}</Amt></InstdAmt>
              <TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt>
            </AmtDtls>
            <RltdPties>
              <Dbtr>
                <Pty>
                  <Nm>{name}</Nm>
                  <PstlAdr>
                    <StrtNm>Esimerkkikatu</StrtNm>
                    <BldgNb>{house}</BldgNb>
                    <PstCd>00{post}</PstCd>
                    <TwnNm>Helsinki</TwnNm>
                    <Ctry>FI</Ctry>
                  </PstlAdr>
                </Pty>
              </Dbtr>
              <DbtrAcct><Id><IBAN>{account}</IBAN></Id></DbtrAcct>
            </RltdPties>
            <RltdAgts>
              <DbtrAgt><FinInstnId><BICFI>NDEAFIHH</BICFI></FinInstnId></DbtrAgt>
            </RltdAgts>
            <RmtInf>
              <Strd>
                <CdtrRefInf>
                  <Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>
                  <Ref>{reference}</Ref>
                </CdtrRefInf>
              </Strd>
            </RmtInf>
            <RltdDts><AccptncDtTm>2026-11-23T10:11:12+02:00</AccptncDtTm></RltdDts>
          </TxDtls>
        </NtryDtls>
      </Ntry>
"""
