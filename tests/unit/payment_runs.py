"""Payments at random, of every scheme that a profile can name, each right in itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from iso20022_orders import CREDITOR_ID, DANISH_IBAN, NORWEGIAN_IBAN, SWEDISH_IBAN, payment
from iso20022_support import OTHER, OWN

from exchange import checks
from exchange.checks.currency import MINOR_UNITS
from exchange.model import Record

Fields = dict[str, Any]
Strategies = dict[str, st.SearchStrategy[Any]]


def completed(check: str, bodies: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Values with right check digits, where the body can have one."""
    complete = checks.get(check).complete
    assert complete is not None

    def done(body: str) -> str | None:
        try:
            return complete(body)
        except ValueError:
            return None

    return bodies.map(done).filter(bool)  # type: ignore[arg-type]


def number(least: int, most: int) -> st.SearchStrategy[str]:
    """Digits that do not begin with 0."""
    return st.integers(10 ** (least - 1), 10**most - 1).map(str)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def record(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries(fields)


words = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x2FFF), min_size=1, max_size=40)
names = st.one_of(
    st.sampled_from(
        (
            "Åke & Söner AB",
            "Müller GmbH",
            "L'Œuvre ŁÓDŹ",
            "Payee",
            "//a/b//",
            "n" * 140,
            "Æble & Ørsted",
            "Ελλάδα ΑΕ",
            "Žižkov s.r.o.",
            "ЗАО Заря",
            "Straße «Süd» – 1",
            "İstanbul Ğaz",
            "Þór ehf.",
        )
    ),
    words.map(lambda text: f"A {text}"),
)
_TOWN = {
    "creditor__address__town": st.sampled_from(["Umeå", "Łódź", "Hamburg", "Αθήνα"]),
    "creditor__address__country": st.sampled_from(["SE", "PL", "DE", "GR"]),
}
_REST = {
    "creditor__address__street": names.map(lambda text: text[:40]),
    "creditor__address__building": st.sampled_from(["7", "12 B"]),
    "creditor__address__postcode": st.just("90326"),
    "creditor__address__region": st.just("Västerbotten"),
    "creditor__address__lines": st.lists(names.map(lambda text: text[:70]), max_size=3),
}
whole_addresses = st.just({}) | st.fixed_dictionaries(_TOWN, optional=_REST)
addresses = whole_addresses | st.fixed_dictionaries({}, optional=_REST)
"""Also without town or country: such an address is left out and told."""
PURPOSES = st.one_of(
    record(purpose=st.sampled_from([None, "supplier", "salary", "pension", "tax", "treasury", "other"])),
    record(category_code=st.sampled_from(["INTC", "VATX"]), purpose=st.sampled_from([None, "other"])),
    record(category_text=st.just("LOEN"), purpose=st.sampled_from([None, "supplier"])),
)
REASONS = st.one_of(
    st.just({}),
    record(purpose_code=st.sampled_from(["GDDS", "SALA", "TAXS"])),
    record(purpose_text=words.map(lambda text: text[:35])),
)
OF_ALL: Strategies = {
    "creditor__name": names, "debtor__name": names, "execution_date": st.integers(0, 30),
    "end_to_end_id": maybe(number(1, 33)), "instruction_id": maybe(number(1, 33)), "debtor__id": maybe(number(1, 20)),
    "debtor__bic": st.sampled_from([None, "NDEAFIHH", "ESSESESSXXX"]),
    "ultimate_debtor__name": maybe(names), "ultimate_debtor__id": maybe(number(1, 20)),
    "ultimate_creditor__name": maybe(names), "ultimate_creditor__id": maybe(number(1, 20)),
    "creditor__id": maybe(number(1, 20)), "creditor__id_scheme": st.sampled_from([None, "TXID", "SOSE"]),
    "creditor__person": st.sampled_from([None, False, True]), "ultimate_creditor__person": st.sampled_from([None, True]),
    "ultimate_debtor__id_scheme": st.sampled_from([None, "TXID"]),
}  # fmt: skip


@st.composite
def invoices(draw: st.DrawFn) -> Fields:
    paper = record(
        number=number(1, 12), kind=st.sampled_from(["invoice", "credit"]),
        date=maybe(st.just(date(2026, 10, 1))), amount=maybe(st.integers(1, 10**6).map(Decimal)),
    )  # fmt: skip
    return {"invoices": draw(st.lists(paper, min_size=1, max_size=4))}


euros = st.sampled_from(
    [OWN, OTHER, "EE382200221020145685", SWEDISH_IBAN, NORWEGIAN_IBAN, "CH9300762011623852957"]
)
text = record(text=words)
untold: st.SearchStrategy[Fields] = st.just({})
RF = record(reference=completed("rf", number(3, 20)), reference_scheme=st.sampled_from([None, "rf"]))
VIITE = record(reference=completed("fi-viite", number(3, 19)), reference_scheme=st.just("fi-viite"))
OWN_KIND = record(reference=number(3, 20), reference_scheme=st.sampled_from(["scor", "other"]))
REFERENCED = st.one_of(RF, VIITE, OWN_KIND, text, invoices(), untold)
OCR = st.one_of(
    record(reference=completed("se-ocr", number(3, 20)), reference_scheme=st.just("se-ocr")),
    record(text=words.map(lambda told: told[:8])),
    invoices(),
)
KID = st.one_of(
    record(reference=completed("no-kid", number(3, 20)), reference_scheme=st.just("no-kid")),
    record(reference=completed("no-kid-11", number(3, 20)), reference_scheme=st.just("no-kid")),
    RF, text, invoices(), untold,
)  # fmt: skip
SLIPS = st.one_of(
    record(reference=completed("dk-fik", number(1, 14).map("+71<{}+88888888<".format))),
    record(reference=st.just("+73<+88888888<"), text=words),
    record(reference=completed("dk-fik", number(1, 15).map("+75<{}+88888888<".format)), text=words),
    record(reference=number(1, 16).map(lambda told: f"+04<{told.zfill(16)}+1234567<")),
    record(reference=number(1, 16).map(lambda told: f"+15<{told.zfill(16)}+12345678<")),
    record(reference=st.just("+01<+1234567<"), text=words),
    record(slip=st.just("71"), creditor__account=number(8, 8), creditor__account_scheme=st.just("fik"),
           reference=completed("dk-fik", number(1, 14).map("+71<{}+88888888<".format)).map(lambda line: line[4:19]),
           reference_scheme=st.just("dk-fik")),
)  # fmt: skip
SWEDEN = {"currency": "SEK", "debtor__account": SWEDISH_IBAN}
_CLEARED = record(creditor__clearing=st.sampled_from(["8327", "83279"]), creditor__account=number(5, 10))
SWEDISH_ACCOUNTS = st.one_of(
    st.just({"creditor__account": SWEDISH_IBAN, "creditor__account_scheme": "iban"}),
    record(
        creditor__account=st.one_of(number(7, 7).map("9159{}".format), number(10, 10).map("3300{}".format))
    ),
    _CLEARED,
)
NORWEGIAN_ACCOUNTS = st.one_of(
    st.just({"creditor__account": NORWEGIAN_IBAN, "creditor__account_scheme": "iban"}),
    record(creditor__account=st.sampled_from(["86011117947", "8601.11.17947"])),
)
DANISH_ACCOUNTS = st.one_of(
    st.just({"creditor__account": DANISH_IBAN, "creditor__account_scheme": "iban"}),
    record(creditor__account=number(5, 10).map("0040 {}".format), creditor__account_scheme=st.just("bban")),
)
ABROAD = st.one_of(
    st.fixed_dictionaries(
        {"creditor__bic": st.sampled_from(["BOFAUS6H", "HSBCGB2LXXX"]), "creditor__account": number(5, 20),
         "currency": st.sampled_from(["USD", "JPY", "KWD", "GBP", "CLF", "CNY"])},
        optional={"intermediary__bic": st.just("CHASUS33")},
    ),
    record(creditor__bic=st.just("BOFAUS6H"), creditor__account=number(5, 20), creditor__clearing=number(6, 9),
           currency=st.sampled_from(["USD", "JPY", "CNY", "CAD"])),
    record(creditor__clearing=number(9, 9), creditor__clearing_system=st.just("USABA"),
           creditor__account=number(5, 20), currency=st.just("USD")),
    record(creditor__account=st.just("GB29NWBK60161331926819"), creditor__account_scheme=st.just("iban"),
           creditor__bic=st.just("NWBKGB2L"), currency=st.just("GBP")),
    record(creditor__account=st.just("AE070331234567890123456"), creditor__account_scheme=st.just("iban"),
           creditor__bic=st.just("EBILAEAD"), currency=st.sampled_from(["EUR", "AED", "BHD"])),
)  # fmt: skip
AUTHORITIES = st.lists(
    record(country=st.sampled_from(["NO", "SE"]), code=number(2, 3), text=words), max_size=2
)
MANDATES: Strategies = {
    "debtor__person": st.sampled_from([None, True]), "debtor__id_scheme": st.sampled_from([None, "SOSE"]),
    "debtor__account": euros, "mandate__id": number(1, 35),
    "mandate__sequence": st.sampled_from(["FRST", "RCUR", "OOFF", "FNAL"]), "mandate__scheme": st.sampled_from(["CORE", "B2B"]),
    "mandate__original__id": maybe(number(1, 35)), "mandate__original__creditor_name": maybe(names),
    "mandate__original__creditor_id": st.sampled_from([None, CREDITOR_ID]),
    "mandate__original__debtor_account": st.sampled_from([None, OTHER, "SMNDA"]),
}  # fmt: skip
SCHEMES: dict[str, tuple[Fields, Strategies, st.SearchStrategy[Fields], st.SearchStrategy[Fields]]] = {
    "sepa": ({}, {"creditor__account": euros, "charges": st.sampled_from([None, "shared", "service-level"])}, untold, REFERENCED),
    "sepa-instant": ({"urgency": "instant"}, {"creditor__account": euros}, untold, REFERENCED),
    "urgent": ({"urgency": "urgent", "charges": "shared"}, {"creditor__account": euros}, untold, REFERENCED),
    "international": (
        {"creditor__account_scheme": "bban"},
        {"charges": st.sampled_from(["shared", "debtor", "creditor"]), "urgency": st.sampled_from([None, "normal", "urgent"]),
         "regulatory": AUTHORITIES},
        ABROAD, REFERENCED,
    ),
    "se-bankgiro": (
        {**SWEDEN, "creditor__account_scheme": "bankgiro", "charges": "shared"},
        {"creditor__account": completed("se-bankgiro", st.integers(100000, 999999).map(str))}, untold, OCR,
    ),
    "se-plusgiro": (
        {**SWEDEN, "creditor__account_scheme": "plusgiro"},
        {"creditor__account": completed("se-plusgiro", st.integers(100, 9999999).map(str))}, untold, OCR,
    ),
    "se-account": ({**SWEDEN, "creditor__account_scheme": "bban"}, {}, SWEDISH_ACCOUNTS, OCR | RF | untold),
    "no-account": (
        {"currency": "NOK", "debtor__account": NORWEGIAN_IBAN, "creditor__account_scheme": "bban"}, {}, NORWEGIAN_ACCOUNTS, KID
    ),
    "dk-account": (
        {"currency": "DKK", "debtor__account": DANISH_IBAN}, {}, DANISH_ACCOUNTS, text | untold | invoices()
    ),
    "dk-slip": ({"currency": "DKK", "debtor__account": DANISH_IBAN, "creditor__account": None}, {}, untold, SLIPS),
    "direct-debit": (
        {"kind": "direct-debit", "creditor__account": OWN, "mandate__signed": date(2020, 2, 29),
         "mandate__creditor_id": CREDITOR_ID},
        MANDATES, untold, st.one_of(RF, text, invoices(), untold),
    ),
}  # fmt: skip
"""By scheme: what is fixed, what is drawn field by field, what belongs together (the account), what the payee is told."""


@st.composite
def orders(draw: st.DrawFn, bank: str, scheme: str, day: date) -> Record:
    """A payment of a scheme that the bank must take."""
    fixed, drawn, accounts, told = SCHEMES[scheme]
    values = {**fixed, **{name: draw(strategy) for name, strategy in {**OF_ALL, **drawn}.items()}}
    for part in (accounts, told, PURPOSES, REASONS):
        values |= draw(part)
    if scheme == "international":
        values |= draw(whole_addresses)
    elif scheme != "direct-debit":
        values |= draw(addresses)
    values["execution_date"] = day + timedelta(days=values["execution_date"])
    units = MINOR_UNITS[values.get("currency", "EUR")]
    assert units is not None
    values["amount"] = Decimal(draw(st.integers(1, 10**11))).scaleb(-units)
    if bank == "swedbank" and scheme == "se-bankgiro":
        values |= {"debtor__account": "5050-1055", "debtor__account_scheme": "bankgiro"}
    return payment(**values)
