"""What the ledger keeps of payments that leave, as expressions: under which ids the bank knows them, and what they say.

A mapping from `common/payment` names the ids under `payment`; the other facts are those of the document.
"""

from __future__ import annotations

from collections.abc import Iterable

from exchange.declare.mapping import Mapping
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Bound, Field
from exchange.mapping.plan import Plan
from exchange.mapping.scope import Scope
from exchange.model import PAYMENT, PAYMENT_FACTS, PAYMENT_IDS, Shape


def followed(declared: Mapping, source: Shape, after: Scope, analyst: Analyst) -> tuple[Bound, ...]:
    """The ids and the facts of a payment; nothing where the mapping makes no payments. after: the result, then the
    source.
    """
    if declared.payment is None:
        return ()
    if source.layout != PAYMENT or declared.group is not None or declared.each is not None:
        analyst.problems.append(_not_payments(declared))
        return ()
    written = [getattr(declared.payment, name) or _expression("empty") for name in PAYMENT_IDS]
    record = Scope(after.layers[-1:], after.prefixes)
    facts = [analyst.expression(_expression(path), record) for path in PAYMENT_FACTS.values()]
    return (*(_id(text, after, analyst) for text in written), *facts)


def note_of(codes: Iterable[str], line: str) -> str:
    """The code of a `model.PaymentNote`: of its ids and facts, and of its line."""
    message, batch, *others = codes
    return f"(({message}, {batch}), {', '.join([line, *others])})"


def envelope_of(plan: Plan, bound: Bound) -> tuple[str, str] | None:
    """The kind of an envelope around the result and its field, where an id is just that."""
    if not isinstance(bound, Field) or bound.frame is not plan.result or len(bound.path) != 2:
        return None
    kind, name = (step.name for step in bound.path)
    return (kind, name) if any(envelope.kind == kind for envelope in plan.envelopes) else None


def _id(text: PlacedText, after: Scope, analyst: Analyst) -> Bound:
    bound = analyst.expression(text, after)
    if not text.startswith("=") or bound.type.many or bound.type.name not in ("text", "nothing", "unknown"):
        analyst.problem(
            bound, "An id of a payment is wanted here.", "Name a text, such as =result.message.id."
        )
    return bound


def _not_payments(declared: Mapping) -> Problem:
    return declared.from_.problem(
        f"Only a mapping from {PAYMENT}, with one result for each, makes payments that are followed.",
        f"Map the records to {PAYMENT} first, then from it; or leave out `payment`.",
    )


def _expression(text: str) -> PlacedText:
    return PlacedText(f"={text}", plain=False)
