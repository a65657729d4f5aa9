"""Valid values of every kind, in electronic form, and how to draw bodies for `complete`."""

from __future__ import annotations

from hypothesis import strategies as st

VALID = {
    "be-ogm": ["090933755493", "000000000097"],
    "bic": ["NDEAFIHH", "ESSESESSXXX", "DNBANOKK", "DABADKKK", "NCBVXKPR"],
    "country": ["FI", "SE", "NO", "DK", "AX", "GB"],
    "creditor-id": ["DE98ZZZ09999999999", "FI17ZZZ12345671", "ES23ZZZ47690558N"],
    "currency": ["EUR", "SEK", "JPY", "KWD", "XAU", "ZWG"],
    "dk-account": ["00400440116243", "99990000000001"],
    "dk-cvr": ["13585628", "25313763"],
    "dk-fik": [
        "+71<000000000000018+88888888<",
        "+73<+81234567<",
        "+75<0000000000000026+80000000<",
        "+01<+1234567<",
    ],
    "dk-vat": ["DK13585628"],
    "ean": ["96385074", "036000291452", "4006381333931", "10614141000415"],
    "ee-regcode": ["12345678", "10137319"],
    "ee-vat": ["EE100931558", "EE100594102"],
    "es-account": ["21000418450200051332"],
    "eu-vat": [
        *(
            "ATU13585627",
            "BE0428759497",
            "BG175074752",
            "CY10259033P",
            "CZ25123891",
            "DE136695976",
            "DK13585628",
        ),
        *("EE100931558", "EL094259216", "ESB58378431", "FI20774740", "FR40303265045", "HR33392005961"),
        *("HU12892312", "IE6433435F", "IT00743110157", "LT119511515", "LU15027442", "LV40003521600"),
        *("MT11679112", "NL004495445B01", "PL8567346215", "PT501964843", "RO18547290", "SE556036079301"),
        *("SI50223054", "SK2022749619", "XI980780684", "IE6433435OA"),
    ],
    "fi-hetu": ["131052-308T", "131052A308T", "131052X308T"],
    "fi-vat": ["FI20774740"],
    "fi-viite": ["1234561", "11112", "2348236", "1009"],
    "fi-viite-international": ["RF332348236", "RF9811112"],
    "fi-virtual-barcode": [
        "437159030000007760000122500000000000000000011112161221",
        "537159030000007760000011098000000000000000011112170101",
    ],
    "fi-ytunnus": ["20774740", "01120389"],
    "fr-account": ["20041010050500013M02606", "30006000011234567890189"],
    "iban": [
        *("FI2112345600000785", "SE4550000000058398257466", "NO9386011117947", "DK5000400440116243"),
        *(
            "EE382200221020145685",
            "GB82WEST12345698765432",
            "DE89370400440532013000",
            "LV80BANK0000435195001",
        ),
        *("NL91ABNA0417164300", "FR1420041010050500013M02606", "MT84MALT011000012345MTLCAST001S"),
    ],
    "lei": ["213800KUD8LAJWSQ9D15", "54930084UKLVMY22DS16"],
    "no-account": ["86011117947"],
    "no-kid": ["123456782", "123456785", "10000013-"],
    "no-kid-10": ["123456782"],
    "no-kid-11": ["123456785", "10000013-"],
    "no-orgnr": ["988077917", "974760673"],
    "no-vat": ["NO995525828MVA"],
    "rf": ["RF18539007547034", "RF332348236", "RF9811112"],
    "se-account": ["33008009286249", "58398257466", "6000100000010", "835193922422245", "82149234726124"],
    "se-bankgiro": ["9912346", "50501055"],
    "se-ocr": ["655969", "657866", "657767", "18"],
    "se-ocr-length": ["655969", "657866", "659763"],
    "se-orgnr": ["5560360793", "1234567897"],
    "se-personnummer": ["198112189876", "8112189876", "811218+9876", "198112789873"],
    "se-plusgiro": ["2865434", "18", "9020033"],
    "se-vat": ["SE556036079301"],
}

BODIES = {
    "be-ogm": st.from_regex("[0-9]{10}", fullmatch=True),
    "creditor-id": st.from_regex(r"(FI|SE|DE|EE)[A-Z0-9]{3}[A-Z0-9]{1,28}", fullmatch=True),
    "dk-cvr": st.from_regex("[1-9][0-9]{6}", fullmatch=True),
    "dk-fik": st.from_regex(r"\+7[15]<[0-9]{1,14}\+8[0-9]{7}<", fullmatch=True),
    "dk-vat": st.from_regex("DK[1-9][0-9]{6}", fullmatch=True),
    "ean": st.from_regex("[0-9]{7}|[0-9]{11,13}", fullmatch=True),
    "ee-regcode": st.from_regex("[1789][0-9]{6}", fullmatch=True),
    "ee-vat": st.from_regex("EE[0-9]{8}", fullmatch=True),
    "es-account": st.from_regex("[0-9]{18}", fullmatch=True),
    "fi-hetu": st.from_regex(
        "(0[1-9]|[12][0-9])(0[13-9]|1[0-2])[0-9]{2}[-+A-FU-Y][1-8][0-9]{2}", fullmatch=True
    ),
    "fi-vat": st.from_regex("FI[0-9]{7}", fullmatch=True),
    "fi-viite": st.from_regex("[1-9][0-9]{2,18}", fullmatch=True),
    "fi-viite-international": st.from_regex("[1-9][0-9]{2,18}", fullmatch=True),
    "fi-ytunnus": st.from_regex("[0-9]{7}", fullmatch=True),
    "fr-account": st.from_regex("[0-9]{10}[0-9A-Z]{11}", fullmatch=True),
    "iban": st.from_regex(
        "(FI|DK)[0-9]{14}|SE[0-9]{20}|NO[0-9]{11}|GB[A-Z]{4}[0-9]{14}|LV[A-Z]{4}[A-Z0-9]{13}", fullmatch=True
    ),
    "lei": st.from_regex("[A-Z0-9]{18}", fullmatch=True),
    "no-account": st.from_regex("[0-9]{10}", fullmatch=True),
    "no-kid": st.from_regex("[0-9]{1,24}", fullmatch=True),
    "no-kid-10": st.from_regex("[0-9]{1,24}", fullmatch=True),
    "no-kid-11": st.from_regex("[0-9]{1,24}", fullmatch=True),
    "no-orgnr": st.from_regex("[0-9]{8}", fullmatch=True),
    "no-vat": st.from_regex("(NO)?[0-9]{8}", fullmatch=True),
    "rf": st.from_regex("[A-Z0-9]{1,21}", fullmatch=True),
    "se-bankgiro": st.from_regex("[1-9][0-9]{5,6}", fullmatch=True),
    "se-ocr": st.from_regex("[0-9]{1,24}", fullmatch=True),
    "se-ocr-length": st.from_regex("[0-9]{1,23}", fullmatch=True),
    "se-orgnr": st.from_regex("[0-9]{9}", fullmatch=True),
    "se-personnummer": st.from_regex(
        "(19|20)?[0-9]{2}(0[13-9]|1[0-2])([06][1-9]|[178][0-9])[0-9]{3}", fullmatch=True
    ),
    "se-plusgiro": st.from_regex("[1-9][0-9]{0,6}", fullmatch=True),
    "se-vat": st.from_regex("SE[0-9]{9}", fullmatch=True),
}
"""Bodies of the right form; where modulus 11 leaves no check digit, `complete` refuses with ValueError."""
