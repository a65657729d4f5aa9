"""A plan → the source text of one Python function that maps a batch of records.

    def run(batch, state):
        out, keys = [], []
        for r in batch:
            try:
                … plain locals, one dict per result …
            except FAILURES:
                state.explain(r, out, keys)
                continue
            out.append(result)

Whatever a record's values make fail goes to the interpreter, which walks the same plan and says what is
wrong.
"""

from __future__ import annotations

from exchange.mapping.bound import Bound, Step
from exchange.mapping.codegen import Emitter
from exchange.mapping.following import note_of
from exchange.mapping.plan import (
    Envelope,
    Groups,
    Plan,
    Test,
)
from exchange.mapping.steady import steady
from exchange.mapping.structures import StructureWriter
from exchange.mapping.uses import amount_of, facts
from exchange.model import KEY, KIND, LINE, PATH


def generate(plan: Plan, emitter: Emitter | None = None) -> tuple[str, dict[str, object]]:
    """The source text of the mapping's functions, and the names that it refers to."""
    writer = Writer(plan, emitter or Emitter())
    return writer.module(), writer.emitter.namespace


class Writer(StructureWriter):
    """Writes the function, line by line."""

    def __init__(self, plan: Plan, emitter: Emitter) -> None:
        super().__init__(plan, emitter)
        self.steady = steady(plan)

    def module(self) -> str:
        """The whole text."""
        body = self.function()
        if self.plan.group is None:
            return body
        return f"{self.group_key(self.plan.group)}\n\n{body}"

    def group_key(self, group: Groups) -> str:
        """The function that gives the group of a record; None leaves the record out."""
        keep, self.lines, self.depth = self.lines, [], 0
        held, self.emitter.held = self.emitter.held, {}
        with self.indented("def group_key(r, state):"):
            for fact in sorted(facts(self.plan)):
                self.write(f"arrival_{fact} = state.facts.{fact}")
            if self.plan.before is not None:
                with self.indented(f"if not {self.emitter.condition(self.plan.before)}:"):
                    self.write("return None")
            self.write(f"return {self.keys(group.keys)}")
        made, self.lines = "\n".join(self.lines), keep
        self.emitter.held = held
        return made

    def function(self) -> str:
        """The function over a batch."""
        plan = self.plan
        with self.indented("def run(batch, state):"):
            for fact in sorted(facts(plan)):
                self.write(f"arrival_{fact} = state.facts.{fact}")
            for envelope in plan.envelopes:
                self.write(f"above_{envelope.kind} = state.above[{envelope.kind!r}]")
            self.write("out, keys = [], []")
            if plan.followed:
                self.write("notes = state.notes")
            self.write("taken = left_out = 0")
            for name in self.steady.names:
                self.write(f"same_{name} = out")  # none yet: no record is this very list
            for number, total in enumerate(plan.sums):
                if total.by is None:
                    self.write(f"source_{number} = result_{number} = 0")
            with self.indented("for r in batch:"):
                self.record()
            self.finish()
        return "\n".join(self.lines) + "\n"

    def record(self) -> None:
        """One record of the batch."""
        if self.plan.several:
            with self.indented(f"if r[{KIND!r}] != {self.plan.kind!r}:"):
                self.write(f"state.others[r[{KIND!r}]] += 1")
                self.write("continue")
        mild = any(test.declared.severity != "error" for test in self.plan.tests)
        if mild:
            self.write("mild = None")
        with self.indented("try:"):
            self.around()
            if self.plan.over is None:
                self.element("left_out += 1")
            else:
                self.exploded()
        with self.indented("except FAILURES:"):
            self.write("state.explain(r, out, keys)")
            self.write("continue")
        if mild:
            with self.indented("if mild:"):
                self.write("state.mild(mild)")
        if self.plan.over is None:
            self.write("taken += 1")
            self.commit()
            return
        self.write("taken += len(children)")
        self.write("left_out += left")
        with self.indented(f"for {', '.join(self.made())}, in made:"):
            self.commit()

    def around(self) -> None:
        """Local variables for the record, and for what is the same for all records inside the same elements."""
        record, paths = self.plan.record, self.uses.get(self.plan.record.variable, [])
        inside = [path for path in paths if len(path) > 1 and path[0].name in self.steady.names]
        self.hold_paths(record, [path for path in paths if path not in inside])
        if not self.steady.names:
            return
        reads = {name: self.emitter.read(record, (Step(name, True, False),)) for name in self.steady.names}
        with self.indented(
            f"if {' or '.join(f'{read} is not same_{name}' for name, read in reads.items())}:"
        ):
            self.hold_paths(record, inside)
            self.lets(self.steady.lets)
            self.settled.update(self.steady.lets)
            for assign in self.steady.structures:
                whole = self.held(assign, self.content(assign))
                self.standing[id(assign.content)] = whole
            for value in self.steady.values:
                known = self.name("known")
                self.write(f"{known} = {self.emitter.code(value)}")
                self.emitter.known[id(value)] = known
            for name, read in reads.items():
                self.write(f"same_{name} = {read}")

    def exploded(self) -> None:
        """A result for each child; all of a record's results or none."""
        assert self.plan.over is not None
        assert self.plan.element is not None
        self.write(f"children = {self.emitter.code(self.plan.over)}")
        shared = [let for let in self.plan.body.shared if let not in self.settled]
        if shared:
            with self.indented("if children:"):
                self.lets(shared)
        self.write("made, left, settled = [], 0, False" if self.plan.body.once else "made, left = [], 0")
        with self.indented(self.every(self.plan.element.variable, "children", self.plan.element)):
            self.hold(self.plan.element)
            self.element("left += 1")
            self.write(f"made.append(({', '.join(self.made())},))")

    def made(self) -> list[str]:
        """The variables that are needed to commit one result."""
        names = ["result", *(["key"] if self.plan.key is not None else [])]
        names += ["note"] if self.plan.followed else []
        for number, total in enumerate(self.plan.sums):
            names += [f"a{number}", f"b{number}", *([f"by{number}"] if total.by is not None else [])]
        for number in range(len(self.plan.balances)):
            names += [f"within{number}", f"moved{number}"]
        return names

    def element(self, left_out: str) -> None:
        """One result, with everything that can fail."""
        block = self.plan.body
        self.lets(block.early)
        if block.where is not None:
            with self.indented(f"if not {self.emitter.condition(block.where)}:"):
                if self.plan.over is None:
                    self.write("taken += 1")
                self.write(left_out)
                self.write("continue")
        if block.once:
            with self.indented("if not settled:"):
                self.lets(let for let in block.lets if let in block.once)
                self.write("settled = True")
        self.lets(let for let in block.lets if let not in block.once)
        inner = self.assigned(block.fields)
        envelopes = [self.envelope(envelope) for envelope in self.plan.envelopes]
        self.write(f"result = {{{', '.join([*self.marks(), *inner, *envelopes])}}}")
        for number, test in enumerate(self.plan.tests):
            with self.indented(f"if not {self.emitter.condition(test.that)}:"):
                self.test(number, test)
        if self.plan.key is not None:
            self.key(self.plan.key)
        if self.plan.followed:
            self.write(f"note = {note_of(map(self.emitter.code, self.plan.followed), f'result[{LINE!r}]')}")
        self.totals()
        for envelope in self.plan.envelopes:
            self.write(f"above_{envelope.kind}[k_{envelope.kind}] = m_{envelope.kind}")

    def test(self, number: int, test: Test) -> None:
        """A check that does not hold. One that is no error does not stop the record: it is explained the first
        times only, because explaining takes long and many records may be alike.
        """
        if test.declared.severity != "error":
            with self.indented(f"if not state.tells({number}):"):
                self.write(f"mild = [*(mild or ()), ({number}, result[{LINE!r}], result[{PATH!r}])]")
            with self.indented("else:"):
                self.write(f"raise Fault({test.declared.code!r})")
            return
        self.write(f"raise Fault({test.declared.code!r})")

    def marks(self) -> list[str]:
        """Where the result comes from."""
        element = self.plan.element
        line = (
            f"r.get({LINE!r})" if element is None else f"{element.variable}.get({LINE!r}) or r.get({LINE!r})"
        )
        path = (
            f"r.get({PATH!r})" if element is None else f"{element.variable}.get({PATH!r}) or r.get({PATH!r})"
        )
        return [f"{KIND!r}: {self.plan.target!r}", f"{LINE!r}: {line}", f"{PATH!r}: {path}"]

    def key(self, key: Bound) -> None:
        """The business key, as text."""
        code = self.emitter.code(key)
        self.write(f"key = {code if key.type.name == 'text' else f'key_text({code})'}")
        with self.indented("if key is None:"):
            self.write("raise Fault('key')")
        self.write(f"result[{KEY!r}] = key")

    def totals(self) -> None:
        """The conserved amounts of one result."""
        for number, total in enumerate(self.plan.sums):
            self.amount(f"a{number}", total.source)
            self.amount(f"b{number}", total.result)
            if total.by is not None:
                self.write(f"by{number} = {self.emitter.code(total.by)}")
        for number, balance in enumerate(self.plan.balances):
            self.write(f"within{number} = {self.keys(balance.by)}")
            self.amount(f"m{number}", balance.moved)
            outer = [self.emitter.code(bound) for bound in (balance.opening, balance.closing)]
            self.write(f"moved{number} = ({outer[0]}, m{number}, {outer[1]})")

    def amount(self, name: str, bound: Bound) -> None:
        """A number: what is empty fails here, not when it is added."""
        self.write(f"{name} = {self.emitter.code(bound)}")
        if bound.type.empty:
            with self.indented(f"if {name} is None:"):
                self.write(f"raise Fault({name!r})")

    def commit(self) -> None:
        """What is done once nothing can fail any more."""
        self.write("out.append(result)")
        for number, total in enumerate(self.plan.sums):
            if total.by is None:
                self.write(f"source_{number} += a{number}")
                self.write(f"result_{number} += b{number}")
            else:
                self.write(f"state.add({number}, by{number}, a{number}, b{number})")
        for number in range(len(self.plan.balances)):
            self.write(f"state.balances.add({number}, within{number}, moved{number}, result)")
        if self.plan.key is not None:
            amount, currency = amount_of(self.plan)
            self.write(f"keys.append((key, result[{LINE!r}], {amount}, {currency}))")
        if self.plan.followed:
            self.write("notes.append(note)")

    def finish(self) -> None:
        """After the batch."""
        for number, total in enumerate(self.plan.sums):
            if total.by is None:
                self.write(f"state.add({number}, None, source_{number}, result_{number})")
        self.write("state.taken += taken")
        self.write("state.left_out += left_out")
        self.write("return out, keys")

    def envelope(self, envelope: Envelope) -> str:
        """The ancestor of this result: the one there is for its keys, or a new one."""
        kind = envelope.kind
        self.write(f"k_{kind} = {self.keys(envelope.keys)}")
        self.write(f"m_{kind} = above_{kind}.get(k_{kind})")
        with self.indented(f"if m_{kind} is None:"):
            if envelope.frame.variable in self.counted:
                self.write(f"n_{envelope.frame.variable} = len(above_{kind}) + 1")
            inner = self.assigned(envelope.fields)
            self.write(f"m_{kind} = {{{', '.join([f'{KIND!r}: {kind!r}', *inner])}}}")
        return f"{kind!r}: m_{kind}"
