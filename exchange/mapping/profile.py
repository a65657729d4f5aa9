"""A bank's profile as it is on one day → a mapping from payments to payments that refuses what the bank would.

Every key becomes a check with its reason; what the profile knows of a payment (its scheme, the characters of the bank)
stands at the payment afterwards, for the mapping to the bank's format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from exchange.declare.bank import Bank, Payments
from exchange.declare.mapping import Check, Conserved
from exchange.declare.mapping import Mapping as Declared
from exchange.declare.places import PlacedText
from exchange.model import FieldShape

PAYMENT = "common/payment"
SCHEME = PlacedText(
    '="direct-debit" if kind == "direct-debit" else coalesce(scheme, payment_scheme(currency, urgency, '
    "debtor.account, debtor.account_scheme, creditor.account, creditor.account_scheme, "
    'coalesce(slip, payment_slip(reference, "type"))))',
    plain=False,
)
FROM_LISTS = (
    ("currencies", "BANK02", "currency", "{field} in ({allowed})", "takes {scheme} payments in {names} only"),
    (
        "urgency",
        "BANK03",
        "urgency",
        '(default({field}, "normal")) in ({allowed})',
        "takes {scheme} payments of this urgency only: {names}",
    ),
    (
        "purposes",
        "BANK04",
        "purpose",
        '(default({field}, "supplier")) in ({allowed})',
        "takes {scheme} payments for these purposes only: {names}",
    ),
    (
        "charges",
        "BANK05",
        "charges",
        "{field} == empty or {field} in ({allowed})",
        "takes {scheme} payments only where charges are borne so: {names}",
    ),
    (
        "references",
        "BANK06",
        "reference_scheme",
        "{field} == empty or {field} in ({allowed})",
        "takes these structured references only with {scheme} payments: {names}",
    ),
)
"""Key, code, field, condition and reason of the keys that list what is allowed."""


def profile_mapping(bank: Bank, day: date, fields: Mapping[str, FieldShape]) -> Declared:
    """The mapping of a profile as it is on a day. fields: those of a payment."""
    payments = {str(name): rules for name, rules in bank.payments.items() if rules.counts_on(day)}
    given: dict[PlacedText, object] = {
        PlacedText(name): PlacedText(f"={name}", plain=False) for name in fields if name != "bank"
    }
    given[PlacedText("scheme")] = SCHEME
    given[PlacedText("bank")] = {
        PlacedText(name): PlacedText(text, plain=False) for name, text in _said(bank, payments).items()
    }
    return Declared(
        mapping=PlacedText(f"banks/{bank.bank}"),
        meaning=f"Payments as {bank.meaning} takes them",
        from_=PlacedText(PAYMENT),
        to=PlacedText(PAYMENT),
        set=given,
        check=[*_checks(bank, payments), *_own(bank, day)],
        conserve={
            PlacedText("count"): Conserved(
                source=PlacedText("payment"), result=PlacedText("payment"), short=True
            ),
            PlacedText("amount"): Conserved(
                source=PlacedText("=amount"), result=PlacedText("=amount"), by=PlacedText("=currency")
            ),
        },
    )


def _said(bank: Bank, payments: Mapping[str, Payments]) -> dict[str, str]:
    """What the mapping to the bank's format needs to know."""
    characters = {name: f'"{rules.characters}"' for name, rules in payments.items() if rules.characters}
    booking = {
        name: str(rules.batch_booking).lower()
        for name, rules in payments.items()
        if rules.batch_booking is not None
    }
    return {
        "profile": bank.bank,
        "characters": _chosen(characters),
        "id_scheme": bank.id_scheme or "=empty",
        "name_length": _chosen({name: str(rules.name) for name, rules in payments.items() if rules.name}),
        "batch_booking": _chosen(booking),
    }


def _chosen(by_scheme: Mapping[str, str]) -> str:
    """An expression for the value of the payment's scheme, empty for the schemes that have none."""
    if not by_scheme:
        return "=empty"
    pairs = "".join(f'"{name}", {value}, ' for name, value in by_scheme.items())
    return f"=choose(result.scheme, {pairs}empty)"


def _checks(bank: Bank, payments: Mapping[str, Payments]) -> Iterator[Check]:
    advice = f"Change the payment, or send it to a bank that takes it. {_known_from(bank)}"
    yield _check(
        f"scheme in ({_listed(list(payments))})",
        "BANK01",
        "scheme",
        f"{bank.meaning} takes only these kinds of payments by this profile: {', '.join(payments)}",
        advice,
    )
    for name, rules in payments.items():
        unless = f'scheme != "{name}" or '
        for key, code, field, holds, reason in FROM_LISTS:
            allowed: list[str] | None = getattr(rules, key)
            if allowed is not None:
                that = unless + holds.format(field=field, allowed=_listed(allowed))
                say = f"{bank.meaning} " + reason.format(scheme=name, names=", ".join(allowed))
                yield _check(that, code, field, say, advice)
        yield from _of_texts(bank, name, rules, unless, advice)
        for field in rules.needs:
            say = f"{bank.meaning} needs {field} of {name} payments"
            yield _check(f"{unless}{field} != empty", "BANK07", field, say, "Complete the payment.", field)
        for field in rules.never:
            say = f"{bank.meaning} takes no {field} with {name} payments"
            yield _check(f"{unless}{field} == empty", "BANK08", field, say, advice, field)


def _of_texts(bank: Bank, name: str, rules: Payments, unless: str, advice: str) -> Iterator[Check]:
    if rules.text is not None:
        say = f"{bank.meaning} takes texts of {rules.text} characters at most with {name} payments"
        that = f"{unless}text == empty or length(text) <= {rules.text}"
        yield _check(that, "BANK09", "text", say, "Shorten the text.")
    if rules.address == "structured":
        say = f"{bank.meaning} takes no address lines with {name} payments, only street, building, postcode and town"
        that = f"{unless}count(creditor.address.lines) == 0 or creditor.address.street != empty"
        yield _check(
            that, "BANK10", "creditor.address.lines", say, "Complete the address in the supplier register."
        )


def _own(bank: Bank, day: date) -> Iterator[Check]:
    """The rules that a profile states itself."""
    for rule in bank.rules.values():
        if rule.counts_on(day):
            yield Check(
                that=rule.that,
                code=rule.code,
                say=rule.say,
                advice=rule.advice or _known_from(bank),
                field=rule.field,
                severity=rule.severity,
            )


def _check(that: str, code: str, field: str, say: str, advice: str, at: PlacedText | None = None) -> Check:
    """at: the text of the profile that a problem of the expression points at."""
    placed = (
        PlacedText(f"={that}", plain=False)
        if at is None
        else PlacedText(f"={that}", at.source, at.begin, plain=False)
    )
    return Check(that=placed, code=code, field=str(field), say=f"{say}.", advice=advice)


def _listed(names: Sequence[str]) -> str:
    """Texts as an expression lists them."""
    return ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")


def _known_from(bank: Bank) -> str:
    sure = f", {bank.confidence}" if bank.confidence else ""
    return f"(Profile {bank.bank}{sure}: if the bank takes it after all, correct the profile.)"
