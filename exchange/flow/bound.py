"""A declared flow bound to its places and its meaning: what the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import TypeVar

from exchange import secrets
from exchange.bound import BoundSource, BoundTarget
from exchange.declare import flow as declared
from exchange.declare.problems import Problem
from exchange.flow.content import Content, Way
from exchange.flow.library import Chain
from exchange.flow.passed import first_places, unknown
from exchange.intake import Rules
from exchange.model import Again, ArrivalFacts
from exchange.outcome import Outcome
from exchange.transports import registry
from exchange.transports.contract import Place, Source, Target

End = TypeVar("End", Source, Target)
OWNER_FILE = "var/owner"
_TAKE = (
    "Add a target whose mapping is `left out by` that one, such as a listing for a person (generic/not-carried). Where that "
    "one stands under `map` of the flow, put it under `map` of its target."
)
MONEY = "common/payment"
"""Whatever passes through this document moves money."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A flow that can be run (an `exchange.bound.BoundFlow`)."""

    name: str
    version_hash: str
    source: BoundSource
    targets: Sequence[BoundTarget]
    content: Content
    zone: tzinfo
    approvals: int = 0
    paid_twice_within: int = 90
    on_duplicate: Again = "skip"
    apart: int = 0

    @property
    def remembers(self) -> bool:
        """A flow that matches asks what was decided before: an open item is paid once, whichever file comes first."""
        return self.content.matching is not None

    def process(self, path: Path, facts: ArrivalFacts, work: Path) -> Outcome:
        """Read, check, map and write one file; outputs lie in the work folder."""
        return self.content.process(path, facts, work)[0]


def when_again(
    flow: declared.Flow, flows: Iterable[declared.Flow], *, money: bool, stands: bool = False
) -> Again:
    """What happens to bytes of a flow that came before. Of a list whose newest counts for others, and of one that says how things
    stand (`stands`: stock, prices), the sender may well say again what it said some lists ago.
    """
    if money:
        return "hold"
    uses = [
        (other.match, called)
        for other in flows
        for called, name in other.with_.items()
        if name == flow.flow and other.match is not None
    ]
    whole = [called in match.every_file for match, called in uses]
    if all(whole):
        return "newest" if stands else "skip"
    return "ask" if flow.to or any(whole) else "newest"


def place_of(end: declared.Source | declared.Target, folder: Path) -> Place:
    """The place of one end of a flow; `folder` is the site's. Of a secret it has the reference only, no text yet."""
    secret = secrets.Secret(str(end.secret), "") if end.secret else None
    return Place(end.at, folder, secret, tuple(end.host_key), end.options, owner_of(folder))


def owner_of(folder: Path) -> str:
    """What tells this site's claims from those of every other site: made once, with the ledger."""
    path = folder / OWNER_FILE
    return path.read_text(encoding="ascii").strip() if path.is_file() else "site"


def source_of(end: declared.Source, folder: Path) -> BoundSource:
    """Where a flow's files come from."""
    scheme, _, path = end.at.partition(":")
    return BoundSource(
        where=end.at,
        open=_opener(end, folder, registry.source),
        ready=Rules.of(end),
        after=end.after,
        folder=folder / path if scheme == "folder" else None,
    )


def target_of(end: declared.Target, folder: Path, *, money: bool) -> BoundTarget:
    """Where a flow's outputs go."""
    opened = _opener(end, folder, registry.target)
    return BoundTarget(where=end.at, open=opened, consumes=end.consumes, money=money)


def unwhole(flow: declared.Flow, intake: Chain, ways: Sequence[Way]) -> list[Problem]:
    """What a flow lacks as a whole. ways: those of the targets that are sound."""
    return [
        *_unfollowed(flow, ways),
        *_untaken(flow, intake, ways),
        *_passed_over(flow, intake, ways),
        *_one_number(flow, ways),
    ]


def _one_number(flow: declared.Flow, ways: Sequence[Way]) -> list[Problem]:
    """Files that differ and would bear one number, because it is made of the time at which the file came. Copies of one file may."""
    if len(ways) < len(flow.to):
        return []
    numbered = [target for target, way in zip(flow.to, ways, strict=True) if _is_numbered(way)]
    problems = [
        target.write.problem(
            "Every document becomes a file of its own here, and all files would bear the same number.",
            "Write `per: file`.",
        )
        for target in numbered
        if target.per == "document"
    ]
    return problems + [
        target.write.problem(
            "This file would bear the same number as another one of this flow, which is made by other mappings.",
            "Make a flow of its own for one of them.",
        )
        for target in numbered[1:]
        if target.map != numbered[0].map
    ]


def _is_numbered(way: Way) -> bool:
    return any(step.compiled.plan.apart for together in way.chain for step in together)


def _passed_over(flow: declared.Flow, intake: Chain, ways: Sequence[Way]) -> list[Problem]:
    """What is wrong with `leaves out`."""
    if len(ways) < len(flow.to) or (flow.map and not intake):
        return []
    places = first_places(intake, [way.chain for way in ways])
    return list(unknown(flow, [step for steps in places for step in steps]))


def _unfollowed(flow: declared.Flow, ways: Sequence[Way]) -> list[Problem]:
    """What is wrong with `expect`: the bank can only be expected to speak of payments that are followed."""
    steps = [step for way in ways for together in way.chain for step in together]
    if flow.expect is None or len(ways) < len(flow.to) or any(step.compiled.follows for step in steps):
        return []
    advice = f"`payment` in a mapping from {MONEY} says under which ids the bank knows each payment."
    message = "`expect` waits for the bank, but no payments are followed here."
    return [flow.flow.problem(message, advice)]


def _untaken(flow: declared.Flow, intake: Chain, ways: Sequence[Way]) -> list[Problem]:
    """Mappings whose leavings must not get lost and that nothing takes, and leavings of mappings that are not there."""
    if len(ways) < len(flow.to):
        return []
    targets = [step.compiled.plan for way in ways for together in way.chain for step in together]
    plans = [step.compiled.plan for together in intake for step in together] + targets
    taken = {name for plan in targets for name in plan.rest_of}
    lost = dict.fromkeys(plan.name for plan in plans if plan.nothing_lost and plan.name not in taken)
    absent = dict.fromkeys(
        (plan.name, name)
        for plan in plans
        for name in plan.rest_of
        if name not in {each.name for each in targets}
    )
    problems = [
        flow.flow.problem(f"What {name} leaves out would be lost: no target of this flow takes it.", _TAKE)
        for name in lost
    ]
    for rest, name in absent:
        message = f"{rest} takes what {name} leaves out, but no target of this flow has that mapping: what it would take is lost."
        problems.append(
            flow.flow.problem(message, f"Add a target with {name}, or take another mapping than {rest}.")
        )
    return problems


def _opener(
    end: declared.Source | declared.Target, folder: Path, open_end: Callable[[Place], End]
) -> Callable[[], End]:
    """Opens the place with its secret, which is looked up only then: a rotated one is used at once."""

    def opened() -> End:
        secret = secrets.resolve(str(end.secret), folder) if end.secret else None
        return open_end(replace(place_of(end, folder), secret=secret))

    return opened
