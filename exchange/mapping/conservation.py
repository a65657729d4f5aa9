"""What a mapping declares to be the same over its source as over its results: sums, counts and balances."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.declare.mapping import Balanced, Conserved, Mapping
from exchange.declare.places import PlacedText
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Bound
from exchange.mapping.conversions import as_type
from exchange.mapping.plan import Balance, Sum
from exchange.mapping.scope import Scope


@dataclass(frozen=True, slots=True)
class Conservation:
    """The `conserve` and `balance` of one mapping."""

    declared: Mapping
    analyst: Analyst

    def sums(self, scope: Scope, after: Scope) -> tuple[Sum, ...]:
        """The conserved sums: over the source as it was, over the results as they are."""
        rules = self.declared.conserve.items()
        return tuple(self._sum(name, rule, scope, after) for name, rule in rules if not _counts(name, rule))

    def counted(self, kind: str) -> bool:
        """Whether there must be as many results as elements gone through."""
        rules = [rule for name, rule in self.declared.conserve.items() if _counts(name, rule)]
        for rule in rules:
            self._count(rule, kind)
        return bool(rules)

    def balances(self, after: Scope) -> tuple[Balance, ...]:
        """The balances, in terms of the results."""
        return tuple(self._balance(rule, after) for rule in self.declared.balance)

    def _sum(self, name: PlacedText, rule: Conserved, scope: Scope, after: Scope) -> Sum:
        analyst = self.analyst
        result_only = Scope(after.layers[:1], after.prefixes)
        source = analyst.expression(analyst.formula(rule.source), scope)
        result = analyst.expression(analyst.formula(rule.result), result_only if rule.short else after)
        by = None if rule.by is None else analyst.expression(analyst.formula(rule.by), after)
        return Sum(str(name), self._amount(source), self._amount(result), by)

    def _count(self, rule: Conserved, kind: str) -> None:
        """`count: order`: as many results as records."""
        written, problems = rule.source, self.analyst.problems
        if written not in (kind, self.declared.each):
            message = f'"{written}" is not what this mapping goes through.'
            problems.append(written.problem(message, f'Write "{kind}".'))
        if self.declared.group is not None and self.declared.group.results == "one":
            advice = "Write count: {source: =count(items), result: =count(lines)}."
            problems.append(written.problem("Grouped records are not as many as results.", advice))

    def _balance(self, rule: Balanced, after: Scope) -> Balance:
        analyst = self.analyst
        by = tuple(analyst.expression(analyst.formula(text), after) for text in rule.by)
        texts = (rule.opening, rule.moved, rule.closing)
        amounts = [analyst.expression(analyst.formula(text), after) for text in texts]
        return Balance(rule, by, *(self._amount(bound, "balance") for bound in amounts))

    def _amount(self, bound: Bound, clause: str = "conserve") -> Bound:
        """A number that can be summed."""
        bound = self.analyst.number(bound, clause)
        return bound if bound.type.is_known else as_type(bound, "decimal")


def _counts(name: PlacedText, rule: Conserved) -> bool:
    """Whether a conserved sum is the number of records: `count: order`."""
    return name == "count" and not rule.source.startswith("=")
