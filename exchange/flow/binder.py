"""Declared flows checked against the layouts, mappings and places that they name, and bound to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import accumulate

from exchange.declare.flow import Flow, Match, Source, Target
from exchange.declare.layout import LayoutBase
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, did_you_mean
from exchange.flow.bound import MONEY, Bound, place_of, source_of, target_of, unwhole, when_again
from exchange.flow.content import Content, Intake, Way
from exchange.flow.declared import DeclaredSite
from exchange.flow.library import Chain, Library, Step
from exchange.flow.reconciling import Against, Matching, Memory
from exchange.flow.schemas import validator
from exchange.flow.sealing import sealer, verifier
from exchange.reconcile.items import SIDES
from exchange.reconcile.rulebook import Rulebook, references_only
from exchange.transports import registry as transports

REASONS = "payment-reasons"
"""The table with the words for the codes of banks' reasons."""
TRANSACTION, MATCH, INVOICE = "common/bank-transaction", "common/match", "common/invoice"
DECISIONS = "exchange/decisions"
OF_INVOICES = "common/invoice-to-receivable"
"""The mapping that makes open items of invoices."""


@dataclass(slots=True)
class Binder:
    """Binds flows one by one; what is wrong goes to `problems`."""

    site: DeclaredSite
    memory: Memory
    problems: list[Problem]
    doubtful: frozenset[str] = frozenset()
    _doubted: bool = False
    _versions: dict[str, str] = field(default_factory=dict)

    @property
    def library(self) -> Library:
        """The declared things that flows name."""
        return self.site.library

    @property
    def flows(self) -> dict[str, Flow]:
        """All declared flows."""
        return self.site.declared_flows

    def order(self) -> list[str]:
        """The flows, those that others use as reference data first."""
        graph = {
            name: [other for other in flow.with_.values() if other in self.flows]
            for name, flow in self.flows.items()
        }
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as cycle:
            names = " → ".join(cycle.args[1])
            self.problems.append(
                Problem(
                    "flows",
                    None,
                    None,
                    f"These flows use each other as reference data: {names}.",
                    advice="Break the circle.",
                )
            )
            return list(self.flows)

    def bind(self, flow: Flow) -> Bound | None:
        """The flow, ready to run; None when something is wrong."""
        before = len(self.problems) + len(self.library.problems)
        self._versions = {}
        self._doubted = flow.flow in self.doubtful
        intake = self._intake(flow)
        result = self._result_of(flow.layout, intake.chain) if intake else None
        matching = self._matching(flow, result) if flow.match else None
        result = MATCH if flow.match else result
        ways = _numbered([way for target in flow.to if (way := self._way(target, result)) is not None])
        self._check_places(flow)
        self.problems += unwhole(flow, intake.chain if intake else (), ways)
        if intake is None or len(self.problems) + len(self.library.problems) > before:
            return None
        money, words = self._moves_money(intake.chain), self.library.words(REASONS)
        used = dict(self._versions)
        return Bound(
            name=flow.flow,
            version_hash=self.library.version({**used, "flow": self.library.hash_of("flow", flow.flow)}),
            source=source_of(flow.from_, self.site.folder),
            targets=[target_of(target, self.site.folder, money=money) for target in flow.to],
            content=Content(
                intake, ways, matching, used, words, self.memory, flow.as_ordered, flow.leaves_out
            ),
            zone=self.site.zone,
            approvals=flow.approve,
            paid_twice_within=flow.paid_twice_within,
            on_duplicate=when_again(flow, self.flows.values(), money=money, stands=intake.stands),
            apart=_apart(flow, ways),
        )

    def _intake(self, flow: Flow) -> Intake | None:
        """How the flow reads."""
        layout = self.library.layout(flow.layout, _placed(flow.layout))
        reader = self.library.reader(flow.layout) if layout else None
        chain = self._chain(flow.map, flow.layout)
        if layout is None or reader is None or chain is None:
            return None
        self._use("layout", flow.layout)
        validate = validator(self.library, layout, reading=True, rules=flow.from_.schematron)
        if flow.from_.seal is not None:
            self._check_seal(flow.layout, layout)
            validate = verifier(str(flow.from_.seal), self.site.folder, validate)
        return Intake(reader, chain, validate)

    def _chain(self, names: Sequence[PlacedText | list[PlacedText]], source: str | None) -> Chain | None:
        """The mappings of a chain, each of which must begin where the one before it ended."""
        chain: list[list[Step]] = []
        whole = True
        for item in names:
            together = item if isinstance(item, list) else [item]
            steps = [self.library.mapping(name, _placed(name)) for name in together]
            sound = [step for step in steps if step is not None]
            if len(sound) < len(steps):
                whole, source = False, None
                continue
            for name, step in zip(together, sound, strict=True):
                self._check_joint(name, step, source)
                self._use("mapping", name)
            if len({step.target for step in sound}) > 1:
                self._say(together[0], "The mappings of one place lead to different layouts.")
            source = sound[0].target if sound else source
            chain.append(sound)
        return chain if whole else None

    def _check_joint(self, name: str, step: Step, source: str | None) -> None:
        begins = step.compiled.source_shape.layout
        if source not in (None, begins) and not self._doubted:
            fitting = self.library.mappings_from(source, "")
            advice = (
                f"From {source} there are: {', '.join(fitting)}."
                if fitting
                else f"No mapping begins with {source}."
            )
            self._say(name, f'"{name}" begins with {begins}, but here the records are {source}.', advice)

    def _result_of(self, layout: str, chain: Chain) -> str:
        return chain[-1][0].target if chain and chain[-1] else layout

    def _way(self, target: Target, source: str | None) -> Way | None:
        """How a target's files are made."""
        layout = self.library.layout(target.write, _placed(target.write))
        writer = self.library.writer(target.write) if layout else None
        chain = self._chain(target.map, source)
        if layout is None or writer is None or chain is None:
            return None
        self._check_ids(target, chain)
        if target.bank is not None:
            chain = self._with_profile(chain, source, target, target.bank)
        result = self._result_of(source or target.write, chain)
        if result != target.write and not self._doubted:
            fitting = self.library.mappings_from(result, target.write)
            advice = (
                f"Add the mapping {fitting[0]}."
                if fitting
                else f"No mapping leads from {result} to {target.write}."
            )
            self._say(
                target.write,
                f"The records are {result} here; {target.write} cannot be written from them.",
                advice,
            )
        self._use("layout", target.write)
        if layout.alone and target.per != "document":
            self._say(target.write, *layout.only_alone())
        validate = validator(self.library, layout, reading=False, rules=target.schematron)
        seal = None
        if target.seal is not None:
            self._check_seal(target.write, layout)
            seal = sealer(str(target.seal), self.site.folder)
        return Way(target.write, chain, writer, target.name, target.per == "document", validate, seal)

    def _check_seal(self, name: PlacedText, layout: LayoutBase) -> None:
        """Only files of a layout that knows of a seal can have one."""
        if getattr(layout, "seal", None) is None:
            self._say(name, f"Files of {layout.layout} have no seal.", "Remove `seal`.")

    def _check_ids(self, target: Target, chain: Chain) -> None:
        """Files of single documents must not all carry the id that their mapping makes of the arrival."""
        if target.per != "document" or not chain:
            return
        for step in chain[-1]:
            for kind in step.compiled.named_by_arrival():
                self._say(
                    target.name,
                    "Every document becomes a file of its own here, and all files would have the same ids: "
                    f'"{step.name}" makes those of its {kind} of `arrival.id`.',
                    "Write one file for all documents: `per: file`, and a name without {n} and {key}.",
                )

    def _with_profile(self, chain: Chain, source: str | None, target: Target, name: PlacedText) -> Chain:
        """The chain with the bank's profile where payments pass."""
        bank = self.library.bank(name, name)
        profile = self.library.profile(name, target.write) if bank else None
        if bank is None or profile is None:
            return chain
        passing = [source, *(together[0].target for together in chain)]
        if MONEY not in passing:
            advice = f"Map the records to {MONEY} under `map` of the flow, and on from it under `map` of this target."
            self._say(
                name, f"No {MONEY} passes here that the profile of {bank.meaning} could look at.", advice
            )
            return chain
        if target.write not in bank.messages:
            self._say(
                target.write,
                f"{bank.meaning} does not take {target.write}.",
                f"It takes: {', '.join(bank.messages)}.",
            )
        self._use("bank", name)
        at = passing.index(MONEY)
        return [*chain[:at], [profile], *chain[at:]]

    def _matching(self, flow: Flow, result: str | None) -> Matching | None:
        """What the flow is matched against, and by which rules."""
        assert flow.match is not None
        if result is not None and result != TRANSACTION:
            where = flow.match.names[0]
            self._say(where, f"Only {TRANSACTION} can be matched; here the documents are {result}.")
        self._check_decided(flow.match)
        lists = [self._against(name, flow) for name in flow.match.names]
        rules = self._rules(flow.match.rules)
        sound = [each for each in lists if each is not None]
        if rules is None or len(sound) < len(lists):
            return None
        return Matching(flow.flow, sound, rules, self.memory)

    def _check_decided(self, match: Match) -> None:
        """The flow that takes what people decide reads these files, from a folder of this machine."""
        if match.decided is None:
            return
        taking = self.flows.get(match.decided)
        if taking is None:
            self._say(
                match.decided, f'There is no flow "{match.decided}".', did_you_mean(match.decided, self.flows)
            )
        elif taking.layout != DECISIONS or not taking.from_.at.startswith("folder:"):
            advice = f"Its layout is {DECISIONS}, and it takes its files from a folder: place."
            self._say(match.decided, f'The flow "{match.decided}" cannot take what people decide.', advice)

    def _against(self, called: str, flow: Flow) -> Against | None:
        """One list of open items."""
        assert flow.match is not None
        name = flow.with_[called]
        other = self.flows.get(name)
        if other is None:
            self._say(name, f'There is no flow "{name}".', did_you_mean(name, self.flows))
            return None
        intake = self._intake(other)
        if intake is None:
            return None
        result = self._result_of(other.layout, intake.chain)
        if result == INVOICE and (step := self.library.mapping(OF_INVOICES)) is not None:
            self._use("mapping", OF_INVOICES)
            intake, result = replace(intake, chain=[*intake.chain, [step]]), step.target
        if result not in SIDES:
            message = f'The flow "{name}" does not give {" or ".join(SIDES)}.'
            self._say(name, message, "Map its files to one of these documents.")
            return None
        return Against(name, SIDES[result], intake, called in flow.match.every_file)

    def _rules(self, name: PlacedText | None) -> Rulebook | None:
        """The set of rules; without one, checked references alone."""
        if name is None:
            return references_only()
        rules = self.library.rules(name, name)
        if rules is not None:
            self._use("rules", name)
        return rules

    def _check_places(self, flow: Flow) -> None:
        ends: list[Source | Target] = [flow.from_, *flow.to]
        for end in ends:
            for sentence in transports.check(place_of(end, self.site.folder)):
                self._say(end.at, sentence)

    def _moves_money(self, chain: Chain) -> bool:
        return any(step.target == MONEY for steps in chain for step in steps)

    def _use(self, kind: str, name: str) -> None:
        """Note that the flow depends on a declared file, and on the tables that a mapping or a bank's profile looks into."""
        hashed = self.library.hash_of(kind, name)  # type: ignore[arg-type]
        self._versions[f"{kind} {name}"] = hashed
        tables = self.library.table_hashes(kind, name)  # type: ignore[arg-type]
        self._versions |= {f"table {table}": sha256 for table, sha256 in tables.items()}

    def _say(self, at: str, message: str, advice: str = "") -> None:
        placed = _placed(at)
        problem = (
            placed.problem(message, advice)
            if placed
            else Problem("flows", None, None, message, advice=advice)
        )
        self.problems.append(problem)


def _numbered(ways: Sequence[Way]) -> list[Way]:
    """Each with its place among those whose receivers know a file by its id: files of one arrival must not share one."""
    places = accumulate(way.names_file for way in ways)
    return [replace(way, place=max(place, 1)) for way, place in zip(ways, places, strict=True)]


def _placed(text: str) -> PlacedText | None:
    return text if isinstance(text, PlacedText) else None


def _apart(flow: Flow, ways: Sequence[Way]) -> int:
    """The longest step of time that names or numbers of what is made of a file have."""
    plans = [step.compiled.plan for way in ways for together in way.chain for step in together]
    steps = [int(target.names_by_second) for target in flow.to]
    return max([0, *steps, *(plan.apart for plan in plans)])
