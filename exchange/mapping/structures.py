"""The statements that make the structures of a result: fields, structures under a condition, lists of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from exchange.mapping.bound import Bound, Frame, Let, Step
from exchange.mapping.codegen import Emitter
from exchange.mapping.plan import Assign, Block, Children, Fields, Groups, Plan, Several, Single
from exchange.mapping.uses import counted, may_be_empty, paths


class StructureWriter:
    """Writes code line by line: what stands for a structure, and what must be computed before it."""

    def __init__(self, plan: Plan, emitter: Emitter) -> None:
        self.plan, self.emitter = plan, emitter
        self.lines: list[str] = []
        self.depth = 0
        self.names: Counter[str] = Counter()
        self.uses = paths(plan)
        self.counted = counted(plan)
        self.settled: set[Let] = set()
        """Names of `let` that have their values already."""
        self.standing: dict[int, str] = {}
        """Variables of structures that stand already, by the identity of their fields."""

    def write(self, line: str) -> None:
        """One line at the present depth."""
        self.lines.append("    " * self.depth + line)

    @contextmanager
    def indented(self, line: str) -> Iterator[None]:
        """A line that ends in a colon, and what stands under it."""
        self.write(line)
        self.depth += 1
        yield
        self.depth -= 1

    def name(self, wanted: str) -> str:
        """A local name that no other value has."""
        clean = "".join(character if character.isalnum() else "_" for character in wanted)
        self.names[clean] += 1
        return clean if self.names[clean] == 1 else f"{clean}_{self.names[clean]}"

    def keys(self, keys: Iterable[Bound]) -> str:
        """A tuple of values."""
        return f"({''.join(f'{self.emitter.code(key)}, ' for key in keys)})"

    def hold(self, frame: Frame) -> None:
        """Local variables for the fields that are read more than once."""
        self.hold_paths(frame, self.uses.get(frame.variable, ()))

    def hold_paths(self, frame: Frame, paths: Iterable[tuple[Step, ...]]) -> None:
        """Local variables for these fields, shorter paths first."""
        for path in paths:
            name = self.name(f"{frame.variable}_{'_'.join(step.name for step in path)}")
            self.write(f"{name} = {self.emitter.read(frame, path)}")
            self.emitter.held[frame.variable, *(step.name for step in path)] = name

    def lets(self, lets: Iterable[Let]) -> None:
        """Names of `let`."""
        for let in lets:
            if let in self.settled:
                continue
            let.variable = self.name(let.variable)
            self.write(f"{let.variable} = {self.emitter.code(let.value)}")

    def assigned(self, fields: Fields) -> list[str]:
        """The entries of a structure that always stands; what must come before is written."""
        made = {}
        for assign in fields.order or fields.assigns:
            code = self.content(assign)
            if assign.required and assign.content is not None and may_be_empty(assign.content):
                code = self.held(assign, code)
                self.refuse_empty(assign, code)
            if assign.name in fields.named:
                code = self.held(assign, code)
                self.emitter.held["result", assign.name] = code
            made[assign.name] = code
        return [f"{assign.name!r}: {made[assign.name]}" for assign in fields.assigns]

    def refuse_empty(self, assign: Assign, code: str) -> None:
        """A required field must not be empty."""
        with self.indented(f"if not {code}:" if assign.type.many else f"if {code} is None:"):
            self.write(f"raise Fault({assign.path!r})")

    def held(self, assign: Assign, code: str) -> str:
        """The code in a variable."""
        if code.isidentifier():
            return code
        name = self.name(f"v_{assign.path}")
        self.write(f"{name} = {code}")
        return name

    def content(self, assign: Assign) -> str:
        """The Python expression of a field's value; what must come before is written."""
        match assign.content:
            case None:
                return "[]" if assign.type.many else "None"
            case Single(value=value):
                return self.emitter.code(value)
            case Several(values=values):
                return f"filled([{', '.join(self.emitter.code(value) for value in values)}])"
            case Fields():
                return self.standing.get(id(assign.content)) or self.structure(assign, assign.content)
            case Block():
                return self.conditional(assign, assign.content)
            case Children():
                return self.children(assign, assign.content)

    def structure(self, assign: Assign, fields: Fields) -> str:
        """A structure; when it may be empty as a whole, its values are looked at first."""
        if fields.open:
            return self.open_map(fields)
        if not fields.optional or not all(may_be_empty(inner.content) for inner in fields.assigns):
            return f"{{{', '.join(self.assigned(fields))}}}"
        codes = {
            inner.name: self.content(inner)
            if inner.content is None
            else self.held(inner, self.content(inner))
            for inner in fields.assigns
        }
        name = self.name(f"v_{assign.path}")
        filled = [
            f"not {codes[inner.name]}" if inner.type.many else f"{codes[inner.name]} is None"
            for inner in fields.assigns
            if inner.content is not None
        ]
        with self.indented(f"if {' and '.join(filled) or 'True'}:"):
            self.write(f"{name} = None")
        with self.indented("else:"):
            for inner in fields.assigns:
                if inner.required and inner.content is not None:
                    self.refuse_empty(inner, codes[inner.name])
            entries = (f"{inner!r}: {code}" for inner, code in codes.items())
            self.write(f"{name} = {{{', '.join(entries)}}}")
        return name

    def open_map(self, fields: Fields) -> str:
        """An open map: only names with a value."""
        entries = ", ".join(f"{inner.name!r}: {self.content(inner)}" for inner in fields.assigns)
        return f"filled_map({{{entries}}})"

    def conditional(self, assign: Assign, block: Block) -> str:
        """A structure under a condition."""
        name = self.name(f"v_{assign.path}")
        self.write(f"{name} = None")
        self.lets(block.early)
        condition = "True" if block.where is None else self.emitter.condition(block.where)
        with self.indented(f"if {condition}:"):
            self.lets(block.lets)
            self.write(f"{name} = {self.structure(assign, block.fields)}")
        return name

    def children(self, assign: Assign, children: Children) -> str:
        """The elements of a repeated structure."""
        name = self.name(f"v_{assign.path}")
        self.write(f"{name} = []")
        for block in children.blocks:
            self.loop(assign, block, name)
        return name

    def loop(self, assign: Assign, block: Block, into: str) -> None:
        """The elements of one block."""
        if block.over is None or block.frame is None:
            self.lets(block.early)
            condition = "True" if block.where is None else self.emitter.condition(block.where)
            with self.indented(f"if {condition}:"):
                self.lets(block.lets)
                self.write(f"{into}.append({self.structure(assign, block.fields)})")
            return
        if block.group is not None:
            self.grouped(assign, block, block.group, into)
            return
        with self.indented(self.every(block.frame.variable, self.emitter.code(block.over), block.frame)):
            self.hold(block.frame)
            self.lets(block.early)
            self.left_out(block)
            self.lets(block.lets)
            self.write(f"{into}.append({self.structure(assign, block.fields)})")

    def every(self, variable: str, elements: str, frame: Frame) -> str:
        """The head of a loop; elements are counted where `position` is asked for."""
        if frame.variable not in self.counted:
            return f"for {variable} in {elements}:"
        return f"for n_{frame.variable}, {variable} in enumerate({elements}, 1):"

    def left_out(self, block: Block) -> None:
        """Elements for which `where` is not true."""
        if block.where is not None:
            with self.indented(f"if not {self.emitter.condition(block.where)}:"):
                self.write("continue")

    def grouped(self, assign: Assign, block: Block, group: Groups, into: str) -> None:
        """One structure for each group of elements, in the order of first appearance."""
        assert block.over is not None
        assert block.frame is not None
        groups, variable = self.name("groups"), block.frame.variable
        self.write(f"{groups} = {{}}")
        with self.indented(self.every(variable, self.emitter.code(block.over), block.frame)):
            self.hold(block.frame)
            self.left_out(block)
            self.write(f"{groups}.setdefault({self.keys(group.keys)}, []).append({variable})")
        with self.indented(self.every("gathered", f"{groups}.values()", group.frame)):
            self.write(f"{group.frame.variable} = {{{group.name!r}: gathered}}")
            self.hold(group.frame)
            self.lets(block.lets)
            self.write(f"{into}.append({self.structure(assign, block.fields)})")
