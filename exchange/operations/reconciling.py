"""What people look at and decide in the reconciliation: open cases, matches by hand, what rules have earned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from exchange.declare.problems import did_you_mean
from exchange.errors import UnknownNameError, UseError
from exchange.flow.reconciling import Matching
from exchange.ledger import match_acts
from exchange.ledger.match_acts import Case as Case
from exchange.ledger.match_acts import Signature
from exchange.model import ArrivalFacts, Record
from exchange.operations import looking_again
from exchange.operations.accounts import expect_account, expect_other_than_banks
from exchange.operations.deciding import actor
from exchange.operations.decisions import expect_way, text_of, transactions, write_unsent
from exchange.operations.installation import Books, Installation, books, expect_flow, installation
from exchange.operations.looking_again import Looked
from exchange.outcome import Gathered
from exchange.past import Past
from exchange.reconcile import kept, money, references
from exchange.reconcile import words as words_of
from exchange.reconcile.book import Book
from exchange.reconcile.by_hand import NotPossible, booking, payment, taken_back
from exchange.reconcile.case import Case as Waiting
from exchange.reconcile.case import Decision, key_of, matched
from exchange.reconcile.rulebook import Rulebook
from exchange.reconcile.rules._learned import lacks


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """How a rule has done on this site: decided alone, and taken back by a person."""

    flow: str
    rule: str
    decided: int
    taken_back: int

    @property
    def precision(self) -> str:
        """Per cent of its decisions that stand, with one decimal."""
        share = Decimal(100 * (self.decided - self.taken_back)) / self.decided
        return f"{share:.1f} %"


@dataclass(frozen=True, slots=True)
class Suspended:
    """What stands on a suspense account. units: smallest units, money that came in positive."""

    account: str
    currency: str
    decision: str
    count: int
    units: int


@dataclass(frozen=True, slots=True)
class Learned:
    """Something that the site's own history tells: of what, what, how often, of how many. acts: the flows in which a rule
    decides by it alone; lacks: what keeps it from that where there is none.
    """

    kind: str
    of: str
    what: str
    times: int
    total: int
    acts: Sequence[str]
    lacks: str | None

    @property
    def precision(self) -> str:
        """Per cent of the history that agrees."""
        return f"{Decimal(100 * self.times) / self.total:.1f} %"

    @property
    def shown(self) -> str:
        """Of what, for people: an account, or what movements look like."""
        return self.of if self.kind == "payer" else words_of.described(self.of)


def cases(folder: Path, *, flow: str | None, decision: str | None, limit: int) -> list[Case]:
    """The cases of a decision, oldest first; None: of all."""
    with books(folder) as opened, opened.ledger.read() as connection:
        _expect_cases(opened, connection, flow)
        return match_acts.cases(connection, flow=flow, decision=decision, limit=limit)


def _expect_cases(opened: Books, connection: Connection, flow: str | None) -> None:
    """That a flow matches bank transactions, or did so once."""
    expect_flow(opened, connection, flow)
    declared = opened.site.declared_flows.get(flow or "")
    if declared is None or declared.match is not None:
        return
    if not match_acts.cases(connection, flow=flow, decision=None, limit=1):
        matching = [name for name, each in opened.site.declared_flows.items() if each.match is not None]
        raise UseError(
            f"The flow {flow} has no `match`: it makes no cases.",
            advice=f"Those that do: {', '.join(matching)}." if matching else "No flow has one.",
        )


def counts(folder: Path) -> dict[tuple[str, str], int]:
    """How many cases there are by flow and decision."""
    with books(folder) as opened, opened.ledger.read() as connection:
        return match_acts.count(connection)


def case(folder: Path, text: str) -> Case:
    """One case."""
    with books(folder) as opened, opened.ledger.read() as connection:
        return match_acts.case(connection, text)


def words(folder: Path, text: str) -> dict[str, str]:
    """What the bank tells of a case's movement in words, read once more from the archived file: the ledger keeps no texts. Nothing
    where that file is read otherwise by today's declarations.
    """
    with installation(folder) as opened:
        known = _case(opened, text)
        try:
            _, transaction = _transaction(opened, known)
        except UseError:
            return {}
    party = transaction.get("counterparty") or {}
    said = {
        "name": party.get("name"),
        "reference": transaction.get("reference"),
        "text": transaction.get("text"),
    }
    return {name: str(value) for name, value in said.items() if value}


def match(
    folder: Path, text: str, numbers: Sequence[str], because: str, difference: str | None, *, is_new: bool
) -> Case:
    """The movement paid these open items. difference: where what is too little or too much is booked; is_new: nothing was booked
    to that account so far.
    """

    def decide(waiting: Waiting, book: Book, opened: Installation, rules: Rulebook) -> Decision:
        if difference is not None and difference not in rules.accounts and not difference.isalpha():
            expect_other_than_banks(opened, difference, waiting.transaction.get("account"))
            expect_account(opened, rules, difference, is_new=is_new)
        return payment(waiting, book, numbers, difference)

    return _decided(folder, text, because, decide)


def book(folder: Path, text: str, account: str, because: str, *, is_new: bool) -> Case:
    """The movement belongs to a ledger account. is_new: nothing was booked to it so far."""

    def decide(waiting: Waiting, _: Book, opened: Installation, rules: Rulebook) -> Decision:
        expect_other_than_banks(opened, account, waiting.transaction.get("account"))
        expect_account(opened, rules, account, is_new=is_new)
        return booking(waiting, account)

    return _decided(folder, text, because, decide)


def unmatch(folder: Path, text: str, because: str) -> Case:
    """What was decided is taken back: the items are open again, and what was booked is booked back."""
    with installation(folder) as opened:
        known = _case(opened, text)
        if known.decision not in ("matched", "booked"):
            raise UseError(f"Case {known.id} is {known.decision}: there is nothing to take back.")
        expect_way(opened, known.flow, "by people")
        facts, transaction = _transaction(opened, known)
        waiting = Waiting(known.position, {**transaction, "amount": -transaction["amount"]}, -known.units)
        around = _read_book(opened, known, facts, Gathered()) if known.items else None
        document = matched(waiting, taken_back(known.items, known.postings, known.side, around or Book({})))
        suspense = known.suspense or _suspense(opened, known, transaction)
        done = _entered(opened, known, None, document, because, suspense)
        write_unsent(opened)
    return done


def _suspense(opened: Installation, known: Case, transaction: Record) -> str | None:
    """The suspense account on which a movement stands that is open again."""
    matching = opened.site.flows[known.flow].content.matching
    accounts = matching.rules.suspense.get(known.currency) if matching else None
    return accounts.account(Waiting(known.position, transaction, known.units)) if accounts else None


def suspended(folder: Path) -> list[Suspended]:
    """What stands on suspense accounts now."""
    with books(folder) as opened, opened.ledger.read() as connection:
        return [Suspended(*row) for row in match_acts.suspended(connection)]


def close(folder: Path, text: str, because: str) -> Case:
    """The case was settled elsewhere: nothing is made of it, and nobody need look at it again."""
    with books(folder) as opened:
        known = _case(opened, text)
        if known.decision != "unmatched":
            raise UseError(f"Case {known.id} is {known.decision}; only an open one can be closed.")
        return match_acts.decide(opened.ledger, known, None, None, signed=Signature(actor(), because))


def rules(folder: Path) -> tuple[list[RuleRecord], list[Learned]]:
    """How the rules have done here, and what people's decisions have taught."""
    with installation(folder) as opened:
        with opened.ledger.read() as connection:
            records = [RuleRecord(*row) for row in match_acts.by_rule(connection)]
            payers = [("payer", *row) for row in match_acts.payers(connection)]
            texts = [
                ("text" if kind == "foreign" else "named", mask, party, name, n)
                for kind, mask, party, name, n in match_acts.texts(connection)
            ]
            habits = [("habit", mask, account, "", n) for mask, account, n in match_acts.habits(connection)]
            back = [(f"{kind} taken back", of, "", "", n) for kind, of, n in match_acts.against(connection)]
        return records, _learned(opened, [*payers, *texts, *habits, *back])


def again(folder: Path, flow: str | None) -> list[Looked]:
    """Let rules look at the open cases once more, of one flow or of all; whatever has changed."""
    with installation(folder) as opened:
        return looking_again.again(opened, flow)


def statements(folder: Path, account: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
    """The statements that were taken, each with what is missing between it and the one before it (`gap`)."""
    with books(folder) as opened, opened.ledger.read() as connection:
        rows = match_acts.taken(connection, account and _statements_of(connection, account), limit + 1)
    return [{**row, "gap": _gap(row, before)} for row, before in zip_longest(rows, rows[1:])][:limit]


def _statements_of(connection: Connection, account: str) -> str:
    """The account as its statements write it, however it is spelled. Raises UnknownNameError."""
    known = match_acts.accounts(connection)
    wanted = references.account_number(account)
    found = next((each for each in known if references.account_number(each) == wanted), None)
    if found is None:
        raise UnknownNameError(
            f"No statement of account {account} was taken.", advice=did_you_mean(wanted, known)
        )
    return found


def _gap(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> Decimal | None:
    """By how much a statement opens otherwise than the one before it closed; None where it does not, or nobody knows."""
    if before is None or before["account"] != row["account"] or None in (row["opening"], before["closing"]):
        return None
    return Decimal(row["opening"]) - Decimal(before["closing"]) or None


_USES = {"payer": "known_payer", "text": "known_payer", "habit": "habits"}
"""By which rule each kind of history is used."""


_WEIGHED = {"named": "text", "payer taken back": "payer", "habit taken back": "habit"}
"""History that speaks against what another kind would teach: such texts that named what they paid, decisions taken back."""


def _known(past: Past, kind: str, of: str) -> Mapping[str, int]:
    """What a flow makes of a kind of history."""
    if kind == "payer":
        return past.parties(of)
    return past.texts((f"foreign|{of}", f"naming|{of}")) if kind == "text" else past.bookings(of)


def _learned(opened: Installation, rows: Sequence[tuple[str, str, str, str, int]]) -> list[Learned]:
    """Each with what the flows that match make of it: each counts the history of those that share its open items."""
    totals: dict[tuple[str, str], int] = {}
    for kind, of, *_, times in rows:
        whose = _WEIGHED.get(kind, kind), of
        totals[whose] = totals.get(whose, 0) + times
    using = [
        (bound.name, flow, bound.settings, matching.memory.past(flow, ""))
        for flow, each in opened.site.flows.items()
        if (matching := each.content.matching) is not None
        for bound in matching.rules.late
    ]
    told = []
    for kind, of, what, name, times in rows:
        if kind in _WEIGHED:
            continue
        acts, lacking = [], []
        for rule, flow, settings, past in using:
            if rule != _USES[kind]:
                continue
            lack = lacks(times, times, settings)
            if kind == "text" and not settings.foreign_numbers:
                lack = "`foreign numbers` of known_payer is off"
            if lack is None:
                known = _known(past, kind, of)
                lack = lacks(known.get(what, 0), sum(known.values()), settings)
            if lack is None:
                acts.append(flow)
            else:
                lacking.append(lack)
        why = None if acts else next(iter(lacking), f"no flow uses {_USES[kind]}")
        told.append(Learned(kind, of, f"{what} {name}".strip(), times, totals[kind, of], acts, why))
    return told


Decide = Callable[[Waiting, Book, Installation, Rulebook], Decision]


def _decided(folder: Path, text: str, because: str, decide: Decide) -> Case:
    with installation(folder) as opened:
        known = _case(opened, text)
        if known.decision not in ("unmatched", "closed"):
            advice = "Take it back first, with `exchange reconcile unmatch`."
            raise UseError(f"Case {known.id} is {known.decision} already.", advice=advice)
        expect_way(opened, known.flow, "by people")
        facts, transaction = _transaction(opened, known)
        around = _book(opened, known, facts)
        waiting = Waiting(known.position, transaction, known.units)
        try:
            document = matched(waiting, decide(waiting, around, opened, _matching(opened, known).rules))
        except NotPossible as wrong:
            raise UseError(str(wrong), advice=wrong.advice) from wrong
        done = _entered(opened, known, around, document, because, known.suspense)
        write_unsent(opened)
    return done


def _case(opened: Books, text: str) -> Case:
    with opened.ledger.read() as connection:
        return match_acts.case(connection, text)


def _transaction(opened: Installation, known: Case) -> tuple[ArrivalFacts, Record]:
    """The bank transaction of a case, read once more from the archived file."""
    bound = opened.site.flows.get(known.flow)
    if bound is None or bound.content.matching is None:
        raise UseError(f"There is no flow {known.flow} that reconciles any more.")
    facts, found = transactions(opened, bound, known.arrival)
    for position, transaction in found:
        if position == known.position:
            return facts, _same(known, transaction)
    raise UseError(f"The file of case {known.id} has no such transaction by today's declarations.")


def _same(known: Case, transaction: Record) -> Record:
    units = money.minor(transaction["amount"], transaction["currency"])
    if (units, transaction["currency"], key_of(transaction)) != (known.units, known.currency, known.key):
        raise UseError(
            f"By today's declarations case {known.id} is another transaction.",
            advice="Replay its arrival first: `exchange replay`.",
        )
    return transaction


def _book(opened: Installation, known: Case, facts: ArrivalFacts) -> Book:
    found = Gathered()
    around = _read_book(opened, known, facts, found)
    if around is None or found.errors:
        problem = next((each.message for each in found.kept if each.severity == "error"), "")
        raise UseError(f"The open items cannot be read now. {problem}".strip())
    return around


def _read_book(opened: Installation, known: Case, facts: ArrivalFacts, found: Gathered) -> Book | None:
    """What a decision about a case is made with; None where the open items cannot be read."""
    return _matching(opened, known).book(facts, found, _past(opened, known))


def _entered(
    opened: Installation,
    known: Case,
    around: Book | None,
    document: Record,
    because: str,
    suspense: str | None,
) -> Case:
    """The decision in the ledger, with the document that goes on its way. around: what it was made with, None where it is
    taken back; suspense: the account from which, or back to which, it posts the movement.
    """
    who = actor()
    document["reason"], document["suspense"] = f"{who}: {because}", suspense
    row = None if around is None else kept.row(document, around)

    def numbered(event: int) -> str:
        return text_of(document, known.id, event)

    past = around.past if around else _past(opened, known)
    signed = Signature(who, because)
    return match_acts.decide(
        opened.ledger, known, row, numbered, signed=signed, basis=past.basis(), suspense=suspense
    )


def _past(opened: Installation, known: Case) -> Past:
    """What else was decided about the same open items, in whatever file."""
    return _matching(opened, known).memory.past(known.flow, "")


def _matching(opened: Installation, known: Case) -> Matching:
    """How the flow of a case matches."""
    matching = opened.site.flows[known.flow].content.matching
    assert matching is not None
    return matching
