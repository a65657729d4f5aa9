"""One mapping as a part of a straight function: from what is known of a source record to what is known of its result.

The plan is the same that `statements` makes a function of, but no dict is made: what is known is computed now, only
what is not becomes lines of code. They may raise one of FAILURES for any record, which is then mapped in the usual
way; a record they let through has the result, the checks and the sums that it would have had there.

A *sample* is a record like those that the code is made for. What depends on few values (conditions, choices among
constants, whether something is empty) is taken to be as it is in the sample, and tested: records in which it is
otherwise are refused, by `return row`. So one comparison stands for all that rests on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from exchange.known import EMPTY, Children, Constant, Known, NotStraight, Structure, Variable, presence
from exchange.mapping import plan as plans
from exchange.mapping.bound import (
    Apply,
    Both,
    Bound,
    Const,
    Either,
    Fact,
    Let,
    Local,
    Member,
    Operation,
    Pick,
)
from exchange.mapping.codegen import Emitter
from exchange.mapping.evaluator import Env, Hidden, Stuck, evaluate
from exchange.mapping.following import envelope_of, note_of
from exchange.mapping.partial import Partial, constant_of, variable
from exchange.mapping.plan import Assign, Block, Fields, Plan, Several, Single
from exchange.mapping.statements import Writer
from exchange.mapping.uses import amount_of, may_be_empty

Lines = list[str]


@dataclass(slots=True)
class PartialEmitter(Emitter):
    """Writes expressions after they were made simpler."""

    partial: Partial = field(default_factory=Partial)
    inside: bool = False

    def code(self, bound: Bound) -> str:
        """The Python expression of a part."""
        if self.inside:
            return Emitter.code(self, bound)
        self.inside = True
        try:
            return Emitter.code(self, self.partial.simple(bound))
        finally:
            self.inside = False

    def condition(self, bound: Bound) -> str:
        """A part that is asked whether it is true."""
        return Emitter.condition(self, bound if self.inside else self.partial.simple(bound))


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a mapping: its result, and the lines that count it when nothing can fail any more. above: code for
    the keys of each envelope around the result, outermost first; varying: code for those of them that are not
    constants; outer_ids: kind and field of the envelopes' ids that notes of payments have as `ids`.
    """

    result: Structure
    above: dict[str, str]
    outer_ids: tuple[tuple[str, str], ...]
    varying: str
    begin: Lines
    commit: Lines
    end: Lines


def fits(plan: Plan) -> bool:
    """Whether a mapping is of the form that can be made straight: one result for one record, nothing gathered."""
    return plan.over is None and plan.group is None and not plan.balances


class Straight(Writer):
    """Writes the lines of one mapping. number: which mapping of the chain; last: its result goes to the writer, so
    that lists need not be made; sample: what names stand for in a record like those to come, None where none is known.
    """

    def __init__(
        self,
        plan: Plan,
        emitter: PartialEmitter,
        names: Counter[str],
        number: int,
        last: bool,
        sample: Env | None,
    ) -> None:
        super().__init__(plan, emitter)
        self.sample = sample
        self.partial = emitter.partial
        self.names = names
        self.number, self.last = number, last
        self.state = f"state_{number}"
        self.branches = 0
        """How many conditions stand around the present line."""
        self.commits: Lines = []

    def run(self, record: Structure, line: str, *, keys: bool) -> Made:
        """From the record to the result. line: code for the physical line; keys: whether business keys are noted."""
        plan, block = self.plan, self.plan.body
        self.partial.records[plan.record] = record.fields
        self.lets(block.early)
        self.where(block.where)
        self.lets(block.lets)
        made: dict[str, Known] = {}
        self.partial.records[plan.result] = made
        self.fill(block.fields, made)
        mild = self.tests(line)
        above, varying = self.above()
        key = self.business_key()
        outer_ids, note = self.note(line)
        begin, end = self.sums()
        if note:
            begin.append(f"notes_{self.number} = {self.state}.notes")
            self.commits.append(f"notes_{self.number}.append({note})")
        if plan.key is not None and keys:
            amount, currency = amount_of(plan)
            self.commits.append(
                f"keys_{self.number}.append(({key}, {line}, {self.sum_names.get(amount)}, {self.sum_names.get(currency)}))"
            )
        if mild:
            self.commits += [f"if mild_{self.number}:", f"    {self.state}.mild(mild_{self.number})"]
        return Made(Structure(made), above, outer_ids, varying, begin, self.commits, end)

    def note(self, line: str) -> tuple[tuple[tuple[str, str], ...], str]:
        """Code for what the ledger keeps of a payment, empty where results are none; the ids it has of envelopes."""
        outer: list[tuple[str, str]] = []
        codes: list[str] = []
        for bound in self.plan.followed:
            of = envelope_of(self.plan, bound)
            codes.append(f"ids[{len(outer)}]" if of else self.constant(self.leaf(bound, "note")))
            outer += [of] if of else []
        return tuple(outer), note_of(codes, line) if codes else ""

    # --- values --------------------------------------------------------------------------------------------

    def lets(self, lets: Iterable[Let]) -> None:
        """Names of `let`."""
        for let in lets:
            self.partial.lets[let] = self.atom(let.value, f"let_{let.name}")
            if self.sample is not None:
                self.sample.lets[let] = self.sampled(let.value)

    def atom(self, bound: Bound, wanted: str) -> Bound:
        """The value as something that can be read again without computing it: a constant or a variable."""
        simple = self.partial.simple(bound)
        if isinstance(simple, (Const, Fact)) or (isinstance(simple, Local) and not simple.type.empty):
            return simple
        value = self.sampled(bound)
        if is_among_few(simple) and (value is None or isinstance(value, str | bool)):
            self.refuse(differs(self.emitter.code(simple), value))
            return constant_of(bound.node, simple.type, value)
        return self.held_atom(bound, simple, wanted, value)

    def held_atom(self, bound: Bound, simple: Bound, wanted: str, value: Any) -> Bound:
        """A variable with the value; where it may be empty, it is as in the sample."""
        name = simple.let.variable if isinstance(simple, Local) else self.name(wanted)
        if not isinstance(simple, Local):
            self.write(f"{name} = {self.emitter.code(simple)}")
        known = variable(bound.node, simple.type, name)
        if not simple.type.empty or simple.type.many or isinstance(value, Hidden):
            return known
        if value is None:
            self.refuse(f"{name} is not None")
            return constant_of(bound.node, simple.type, None)
        self.refuse(f"{name} is None")
        return replace(known, type=simple.type.filled())

    def sampled(self, bound: Bound) -> Any:
        """The value in the sample; Hidden where it has none."""
        if self.sample is None:
            return Hidden()
        try:
            return evaluate(bound, self.sample)
        except (Stuck, Hidden, KeyError):
            return Hidden()

    def refuse(self, condition: str) -> None:
        """Records that go the usual way."""
        self.write(f"if {condition}: return row")

    def leaf(self, bound: Bound, wanted: str) -> Known:
        """The value of an expression."""
        match atom := self.atom(bound, wanted):
            case Const():
                return Constant(atom.value)
            case Local():
                if atom.type.name == "structure" and not atom.type.many:
                    raise NotStraight(f"{wanted} is taken over as a whole")
                return Variable(atom.let.variable, not atom.type.empty or atom.type.many, atom.type.many)
        return Variable(self.emitter.code(atom), True)

    def where(self, where: Bound | None) -> None:
        """Records that are left out."""
        if where is None:
            return
        condition = self.partial.simple(where)
        if isinstance(condition, Const) and condition.value:
            return
        if isinstance(condition, Const):
            raise NotStraight("all are left out")
        self.refuse(f"not {self.emitter.condition(condition)}")

    # --- structures ----------------------------------------------------------------------------------------

    def fill(self, fields: Fields, made: dict[str, Known]) -> None:
        """The fields of a structure that stands, in made."""
        for assign in fields.order or fields.assigns:
            made[assign.name] = self.required(assign, self.known(assign))

    def known(self, assign: Assign) -> Known:
        """What is known of a field's value."""
        wanted = f"v_{assign.path}"
        match assign.content:
            case None:
                return Constant([]) if assign.type.many else EMPTY
            case Single(value=value):
                return self.leaf(value, wanted)
            case Several():
                return self.several(assign.content, wanted)
            case Fields():
                return self.whole(assign, assign.content)
            case Block():
                return self.under(assign, assign.content)
            case plans.Children():
                return self.list_of(assign, assign.content)

    def several(self, content: Several, wanted: str) -> Known:
        """A list of plain values; empty ones are left out."""
        values = [self.partial.simple(value) for value in content.values]
        kept = [value for value in values if not (isinstance(value, Const) and value.value is None)]
        if not kept:
            return Constant([])
        name = self.name(wanted)
        self.write(f"{name} = filled([{', '.join(self.emitter.code(value) for value in kept)}])")
        return Variable(name, True, many=True)

    def whole(self, assign: Assign, fields: Fields) -> Known:
        """A structure; empty when all its fields are and it may be."""
        if fields.open:
            raise NotStraight(f"{assign.path} has open names")
        made: dict[str, Known] = {}
        if not fields.optional or not all(may_be_empty(inner.content) for inner in fields.assigns):
            self.fill(fields, made)
            return Structure(made)
        made |= {inner.name: self.known(inner) for inner in fields.assigns}
        there = [presence(made[inner.name]) for inner in fields.assigns if inner.content is not None]
        if "True" in there:
            made |= {inner.name: self.required(inner, made[inner.name]) for inner in fields.assigns}
            return Structure(made)
        there = [condition for condition in there if condition != "False"]
        if not there:
            return EMPTY
        name = self.name(f"has_{assign.path}")
        self.write(f"{name} = {' or '.join(there)}")
        with self.branch(f"if {name}:"):
            self.write("pass")
            for inner in fields.assigns:
                self.required(inner, made[inner.name])
        return Structure(made, Variable(name, True), hollow=True)

    def under(self, assign: Assign, block: Block) -> Known:
        """A structure under a condition."""
        self.lets(block.early)
        condition = Constant(True) if block.where is None else self.leaf(block.where, f"has_{assign.path}")
        if isinstance(condition, Constant):
            if not condition.value:
                return EMPTY
            self.lets(block.lets)
            return self.whole(assign, block.fields)
        assert isinstance(condition, Variable)
        with self.branch(f"if {condition.name}:"):
            self.write("pass")
            self.lets(block.lets)
            inner = self.whole(assign, block.fields)
        if not isinstance(inner, Structure) or not inner.stands:
            raise NotStraight(f"{assign.path} may be empty for two reasons")
        return replace(inner, present=condition)

    def list_of(self, assign: Assign, children: plans.Children) -> Known:
        """The elements of a repeated structure: structure by structure for a writer, else a list of dicts."""
        blocks = [block for block in children.blocks if not self.is_void(block)]
        if not blocks:
            return Constant([])
        if not self.last or any(block.over is not None for block in blocks):
            name = self.name(f"v_{assign.path}")
            self.write(f"{name} = []")
            for block in blocks:
                with self.branch():
                    self.loop(assign, block, name)
            return Variable(name, True, many=True)
        items = [self.under(assign, block) for block in blocks]
        return Children(tuple(item for item in items if isinstance(item, Structure)))

    def is_void(self, block: Block) -> bool:
        """Whether a block is known to give no element."""
        over = None if block.over is None else self.partial.simple(block.over)
        if isinstance(over, Const) and not over.value:
            return True
        where = None if block.where is None or block.early else self.partial.simple(block.where)
        return isinstance(where, Const) and not where.value

    @contextmanager
    def branch(self, line: str | None = None) -> Iterator[None]:
        """Lines under a condition: what is found there holds there only."""
        filled = set(self.partial.filled)
        self.branches += 1
        with self.indented(line) if line else nullcontext():
            yield
        self.branches -= 1
        self.partial.filled = filled

    def required(self, assign: Assign, value: Known) -> Known:
        """A required field must not be empty."""
        if not assign.required or assign.content is None:
            return value
        there = presence(value)
        if there == "False":
            raise NotStraight(f"{assign.path} is empty")
        if there == "True":
            return value
        self.refuse(f"not ({there})")
        if isinstance(value, Variable):
            self.partial.filled.add(value.name)
            return value if self.branches else replace(value, filled=True)
        return value

    # --- what is counted -----------------------------------------------------------------------------------

    def tests(self, line: str) -> bool:
        """The checks that are not known to hold; whether any of them is no error."""
        mild = False
        for number, test in enumerate(self.plan.tests):
            condition = self.partial.simple(test.that)
            if isinstance(condition, Const) and condition.value:
                continue
            error = test.declared.severity == "error"
            if isinstance(condition, Const) and error:
                raise NotStraight(f"{test.declared.code} never holds")
            if not error and not mild:
                self.write(f"mild_{self.number} = None")
                mild = True
            if error:
                self.refuse(f"not {self.emitter.condition(condition)}")
                continue
            with self.indented(f"if not {self.emitter.condition(condition)}:"):
                self.mild(number, line)
        return mild

    def mild(self, number: int, line: str) -> None:
        """A check that is no error: explained the first times, then told by its place alone."""
        self.refuse(f"{self.state}.tells({number})")
        self.write(f"mild_{self.number} = [*(mild_{self.number} or ()), ({number}, {line}, None)]")

    def above(self) -> tuple[dict[str, str], str]:
        """The keys of the envelopes, each of which begins with those of the envelope around it."""
        envelopes = self.plan.envelopes
        atoms = [self.atom(key, "above") for key in envelopes[-1].keys] if envelopes else []
        above = {envelope.kind: self.keys(atoms[: len(envelope.keys)]) for envelope in envelopes}
        varying = [self.emitter.code(atom) for atom in atoms if not isinstance(atom, Const)]
        return above, varying[0] if len(varying) == 1 else f"({''.join(f'{code}, ' for code in varying)})"

    def business_key(self) -> str:
        """Code for the key."""
        if self.plan.key is None:
            return "None"
        key = self.atom(self.plan.key, "key")
        code = self.emitter.code(key)
        if key.type.name != "text":
            code = self.name("key")
            self.write(f"{code} = key_text({self.emitter.code(key)})")
        if key.type.empty or key.type.name != "text":
            self.refuse(f"{code} is None")
        return code

    def sums(self) -> tuple[Lines, Lines]:
        """The conserved amounts: lines before all records, and lines after them. Those of one record are committed."""
        begin: Lines = []
        end: Lines = []
        self.sum_names: dict[str, str] = {"None": "None"}
        for number, total in enumerate(self.plan.sums):
            source = self.counted_amount(total.source, f"a{number}")
            result = self.counted_amount(total.result, f"b{number}")
            by = Constant(None) if total.by is None else self.leaf(total.by, f"by{number}")
            within = (
                repr(by.value) if isinstance(by, Constant) else by.name if isinstance(by, Variable) else ""
            )
            self.sum_names |= {f"a{number}": source, f"b{number}": result, f"by{number}": within}
            if isinstance(by, Variable) or not isinstance(by.value, str | None):  # type: ignore[union-attr]
                self.commits.append(f"{self.state}.add({number}, {self.constant(by)}, {source}, {result})")
                continue
            names = [f"sum_{self.number}_{number}_{side}" for side in ("source", "result")]
            names = names if source != result else names[:1]
            begin.append(f"{' = '.join(names)} = 0")
            self.commits += [
                f"{name} += {amount}" for name, amount in zip(names, (source, result), strict=False)
            ]
            end.append(f"{self.state}.add({number}, {within}, {names[0]}, {names[-1]})")
        return begin, end

    def constant(self, known: Known) -> str:
        """Code for a value that is known or lies in a variable."""
        return (
            self.emitter.constant(known.value)
            if isinstance(known, Constant)
            else getattr(known, "name", "None")
        )

    def counted_amount(self, bound: Bound, wanted: str) -> str:
        """A number: what is empty fails."""
        atom = self.atom(bound, f"{wanted}_of_{self.number}")
        code = self.emitter.code(atom)
        if atom.type.empty:
            self.refuse(f"{code} is None")
        return code


def is_among_few(bound: Bound) -> bool:
    """Whether a value is one of few: a condition, or a choice among constants."""
    match bound:
        case Const():
            return True
        case Pick():
            return is_among_few(bound.yes) and is_among_few(bound.no)
        case Apply() if bound.function.name == "choose":
            cases = bound.arguments[1:]
            return all(map(is_among_few, (*cases[1::2], *(cases[-1:] if len(cases) % 2 else ()))))
        case Apply() | Both() | Either() | Member() | Operation():
            return bound.type.name == "boolean" and not bound.type.many
    return False


def differs(code: str, value: Any) -> str:
    """A condition that says whether a value is another one."""
    return f"{code} != {value!r}" if isinstance(value, str) else f"{code} is not {value}"
