"""What the mappings of a flow pass over: records of kinds that none of them takes, and what their `where` leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from exchange.declare.flow import Flow
from exchange.declare.problems import Problem, did_you_mean
from exchange.findings import Finding, code
from exchange.flow.hearing import STATUS
from exchange.flow.library import Chain, Step
from exchange.mapping.tally import Tally

PASSED_OVER = code(
    "FLO007",
    "warning",
    "No mapping of this flow takes what else stands in the file: {what}.",
    advice="Add a mapping that takes it, or a flow of its own for it. Where it is left out on purpose, write `leaves out: [{names}]` in the "
    "flow.",
)
NAMES_NONE = code(
    "FLO008",
    "error",
    "The file names no payment: {what}.",
    advice="Ask the sender what it is about. Where it speaks of a whole file, batch or case, add the mapping for these to the flow, and retry.",
)
_ABOUT_PAYMENTS = (STATUS, "common/cancellation-status", "common/payment-cancellation")
"""What answers and requests about payments become."""


def first_places(intake: Chain, ways: Sequence[Chain]) -> Sequence[Sequence[Step]]:
    """The mappings that are given the records of the file: one place of the flow, or one of each target. None where a target
    writes the records as they are.
    """
    if intake:
        return intake[:1]
    return [way[0] for way in ways] if all(ways) else []


def findings(first: Iterable[tuple[Step, Tally]], meant: Iterable[str]) -> Iterator[Finding]:
    """One finding for all that was passed over, if anything was. meant: what the flow leaves out on purpose."""
    steps = list(first)
    passed = _counts(steps)
    counts = {name: n for name, n in passed.items() if n and name not in meant}
    if counts:
        told = _told(counts)
        yield PASSED_OVER.at(value=told, what=told, names=", ".join(counts))
    elif not any(passed.values()) and _names_none(steps):
        heads = steps[0][1].others
        what = (
            f"no mapping of this flow takes what stands in it ({_told(heads)})"
            if heads
            else "nothing stands in it"
        )
        yield NAMES_NONE.at(value=_told(heads), what=what)


def _names_none(first: Sequence[tuple[Step, Tally]]) -> bool:
    """Whether a file of answers or requests came to nothing, where their heads are records of their own (`own`): it speaks of
    a whole file, or of nothing at all.
    """
    if any(tally.results for _, tally in first) or not all(
        step.target in _ABOUT_PAYMENTS for step, _ in first
    ):
        return False
    return bool(first) and any(kind.own for kind in first[0][0].compiled.source_shape.kinds.values())


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} × {name}" for name, n in counts.items())


def unknown(flow: Flow, first: Iterable[Step]) -> Iterator[Problem]:
    """What the flow says that it leaves out and that its mappings take, or that is not there."""
    names = [name for name, _ in _passed(list(first))]
    for name in flow.leaves_out:
        if name not in names:
            yield name.problem(
                f'"{name}" is nothing that the mappings of this flow leave out.',
                did_you_mean(name, names) if names else "They take everything: remove it.",
            )


def _counts(first: Sequence[tuple[Step, Tally]]) -> Mapping[str, int]:
    """How often there was what is passed over."""
    tallies = {step.name: tally for step, tally in first}
    others = first[0][1].others if first else {}
    return {
        name: others[name] if mapping is None else tallies[mapping].left_out
        for name, mapping in _passed([step for step, _ in first])
    }


def _passed(steps: Sequence[Step]) -> Iterator[tuple[str, str | None]]:
    """The kinds that no mapping takes; and what the `where` of a mapping leaves out, with it, where no other one takes its kind.
    Kinds that stand around one that is taken are seen with it, and heads alone are nothing of their own.
    """
    if not steps:
        return
    shape = steps[0].compiled.source_shape
    plans = {step.name: step.compiled.plan for step in steps}
    taken = [plan.kind for plan in plans.values()]
    seen = {*taken, *(outer.name for kind in taken for outer in shape.ancestors(kind))}
    yield from ((name, None) for name in shape.streamed() if name not in seen and not shape.kinds[name].own)
    for name, plan in plans.items():
        if plan.leaves is not None and taken.count(plan.kind) == 1:
            yield plan.leaves, name
