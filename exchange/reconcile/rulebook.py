"""A declared set of rules, checked against the rules that there are and bound to them, in the order of their turn.

bound, problems = rulebook(declared, node)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exchange.declare.parse import parse
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, did_you_mean
from exchange.declare.rules import Rules
from exchange.declare.yaml import Node
from exchange.reconcile.book import Book, Bounds, Suspense
from exchange.reconcile.case import Case, Decision
from exchange.reconcile.continuity import Repeated
from exchange.reconcile.rules import Rule, bank_events, rules


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule with its settings."""

    name: str
    rule: Rule
    settings: Any

    def decide(self, case: Case, book: Book) -> Decision | None:
        """What became of the transaction, by this rule."""
        return self.rule.decide(case, book, self.settings)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules that are on. early: those that decide while a file is read; late: those that wait for its end."""

    early: Sequence[Bound]
    late: Sequence[Bound]
    accounts: Mapping[str, str] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)
    repeated: Repeated = "hold"
    suspense: Mapping[str, Suspense] = field(default_factory=dict)

    def ledger_accounts(self) -> set[str]:
        """The ledger accounts that the rules book to."""
        suspended = (account for each in self.suspense.values() for account in (each.receipts, each.payments))
        settings = (bound.settings for bound in (*self.early, *self.late))
        booked = (
            account
            for each in settings
            if isinstance(each, bank_events.Settings)
            for booking in each.events.values()
            for account in (booking.account, booking.incoming)
        )
        return {*self.accounts.values(), *filter(None, suspended), *filter(None, booked)}


def references_only() -> Rulebook:
    """What a flow that names no rules goes by: movements told twice, returns, hidden sums, and checked references with the exact amount."""
    names = ("told_before", "returns", "batches", "reference")
    return Rulebook([Bound(name, rules()[name], rules()[name].Settings()) for name in names], ())


_EMPTY = (
    "`use: {}` takes away every rule of the file that this one is like; leave `use` out to have them all."
)


def rulebook(declared: Rules, node: Node, *, is_own: bool = True) -> tuple[Rulebook | None, list[Problem]]:
    """The rules of a file, or everything that is wrong with it. node: the file, for the places of what is wrong; is_own: it is the site's,
    and may be changed there.
    """
    problems: list[Problem] = []
    use = node.get("use")
    bound: list[Bound] = []
    for key, below in (use.entries() if use is not None else {}).items():
        made = None if _is_off(below) else _bound(key, below, declared, problems, is_own)
        if made is not None:
            bound.append(made)
    if not bound and not problems:
        [named] = [key for key in node.entries() if key == "use"]
        problems.append(named.problem("No rule is on: nothing would ever be matched.", _EMPTY))
    if problems:
        return None, problems
    order = list(rules())
    bound.sort(key=lambda each: order.index(each.name))
    early = [each for each in bound if each.rule.EARLY]
    late = [each for each in bound if not each.rule.EARLY]
    bounds = Bounds(declared.bounds.before_issue, declared.bounds.after_due)
    suspense = {of: Suspense(each.receipts, each.payments) for of, each in declared.suspense.items()}
    repeated = declared.statements.repeated
    return Rulebook(early, late, dict(declared.accounts), bounds, repeated, suspense), []


def _is_off(node: Node) -> bool:
    return node.text is not None and node.text == "false"


def _bound(
    key: PlacedText, node: Node, declared: Rules, problems: list[Problem], is_own: bool
) -> Bound | None:
    """A rule with its settings; None when something is wrong with them."""
    rule = rules().get(str(key))
    if rule is None:
        problems.append(key.problem(f'There is no rule "{key}".', did_you_mean(key, rules())))
        return None
    for account in rule.ACCOUNTS:
        if account not in declared.accounts:
            message = f'The rule "{key}" books to an account that is not named.'
            problems.append(key.problem(message, _advice(account, declared.rules, is_own)))
    settings, wrong = parse(rule.Settings, node)
    problems += wrong
    return None if settings is None else Bound(str(key), rule, settings)


def _advice(account: str, name: str, is_own: bool) -> str:
    """Where the number of a ledger account belongs: never into a file that comes with the product."""
    if is_own:
        return f"Add `{account}: NUMBER` under `accounts` of {name}."
    return (
        f"Make a set of your own, such as schemas/rules/ours.yaml in the site: `rules: ours`, `like: {name}` "
        f"and `accounts: {{{account}: NUMBER}}`. Then write `rules: ours` in the flow."
    )
