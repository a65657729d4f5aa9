"""Trees of expressions → resolved, typed expressions. What cannot be right is a problem before any file is
read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem
from exchange.mapping import calls
from exchange.mapping.bound import Both, Bound, Const, Either, Member, Operation, Pick
from exchange.mapping.conversions import CONVERT, as_type, literal, widened
from exchange.mapping.scope import Names, Scope
from exchange.mapping.syntax import (
    Among,
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Get,
    Junction,
    Literal,
    Node,
    Not,
    Path,
    Sign,
    parse,
)
from exchange.mapping.tables import Tables
from exchange.mapping.types import BOOLEAN, NOTHING, UNKNOWN, Type, family, join


@dataclass(slots=True)
class Analyst:
    """Resolves and types the expressions of one mapping. problems gathers what is wrong in any of them."""

    names: Names
    tables: Tables = field(default_factory=Tables)

    @property
    def problems(self) -> list[Problem]:
        """All problems so far."""
        return self.names.problems

    def expression(self, text: PlacedText, scope: Scope) -> Bound:
        """A whole expression; its text begins with `=`."""
        tree, problems = parse(text)
        self.names.problems += problems
        if tree is None:
            return Const(Node(text, 1, len(text)), UNKNOWN, None)
        return self.resolve(tree, scope)

    def condition(self, text: PlacedText, scope: Scope) -> Bound:
        """An expression that is true or not."""
        return self.truth(self.expression(text, scope))

    def formula(self, text: PlacedText) -> PlacedText:
        """A text that must be an expression."""
        if not text.startswith("="):
            advice = f'Begin it with "=": "={text}".'
            self.names.problems.append(text.problem("An expression is wanted here.", advice))
            return PlacedText("=empty", plain=False)
        return text

    def resolve(self, node: Node, scope: Scope) -> Bound:
        """A part of an expression."""
        match node:
            case Literal():
                return literal(node)
            case Path():
                return self.names.resolve(node, node.names, scope)
            case Get():
                return self.names.follow(self.resolve(node.base, scope), node.names)
            case Sign():
                operand = self.number(self.resolve(node.operand, scope), node.operator)
                return Operation(
                    node, operand.type.filled(), f"{node.operator}x", (operand,), operand.type.is_number
                )
            case Arithmetic():
                return self._arithmetic(node, scope)
            case Comparison():
                return self._comparison(node, scope)
            case Among():
                return self._among(node, scope)
            case Not():
                operand = self.truth(self.resolve(node.operand, scope))
                return Operation(node, BOOLEAN, "not", (operand,), operand.type.is_known)
            case Junction():
                return self._junction(node, scope)
            case Choice():
                return self._choice(node, scope)
            case Call():
                return calls.resolve(self, node, scope)
        raise TypeError(f"no such part: {node!r}")

    def truth(self, bound: Bound) -> Bound:
        """A part that must be a condition."""
        if bound.type.many or bound.type.name not in ("boolean", "unknown"):
            self.problem(
                bound,
                f"This is {bound.type.words}, not a condition.",
                "Compare it, for example x != empty or x > 0.",
            )
        return bound

    def number(self, bound: Bound, operator: str) -> Bound:
        """A part that must be a number."""
        type_ = bound.type
        if type_.many or (type_.is_known and not type_.is_number):
            advice = CONVERT.get((type_.name, "number"), "Arithmetic needs numbers.")
            if operator == "+" and type_.name == "text":
                advice = "Texts are joined by concat(a, b); a number in a text is number(x)."
            if type_.name in ("date", "datetime"):
                advice = "Use add_days(day, n) or days_between(from, to)."
            self.problem(bound, f"This is {type_.words}; {operator} needs numbers.", advice)
        return bound

    def problem(self, bound: Bound, message: str, advice: str = "") -> None:
        """Notes a problem at a part."""
        self.names.problems.append(bound.node.problem(message, advice))

    def _arithmetic(self, node: Arithmetic, scope: Scope) -> Bound:
        left = self.number(self.resolve(node.left, scope), node.operator)
        right = self.number(self.resolve(node.right, scope), node.operator)
        whole = node.operator != "/" and left.type.name == right.type.name == "integer"
        known = left.type.is_known and right.type.is_known
        decimal = node.operator == "/" or "decimal" in (left.type.name, right.type.name)
        name = "integer" if whole else "decimal" if decimal else "unknown"
        safe = known and node.operator != "/"
        return Operation(node, Type(name, empty=False), node.operator, (left, right), safe)

    def _comparison(self, node: Comparison, scope: Scope) -> Bound:
        left, right = self.resolve(node.left, scope), self.resolve(node.right, scope)
        safe = self._comparable(node, left, right)
        if node.operator not in ("==", "!=") and NOTHING in (left.type, right.type):
            self.names.problems.append(
                node.problem("Nothing comes before or after empty.", "Write x == empty or x != empty.")
            )
        return Operation(node, BOOLEAN, node.operator, (left, right), safe)

    def _comparable(self, node: Node, left: Bound, right: Bound) -> bool:
        """Whether two parts are known to be of one family; a problem when they are known not to be."""
        for part in (left, right):
            if part.type.many or part.type.name == "structure":
                self.problem(
                    part, f"This is {part.type.words}; it cannot be compared.", "Compare one of its fields."
                )
            if isinstance(part, Const) and part.value == "" and part.type.name == "text":
                self.problem(part, 'No field is ever "".', "Write `empty`.")
        if NOTHING in (left.type, right.type):
            return True
        if not (left.type.is_known and right.type.is_known):
            return False
        families = family(left.type), family(right.type)
        if families[0] != families[1]:
            advice = CONVERT.get(families) or CONVERT.get(families[::-1], "Compare values of one kind.")
            self.names.problems.append(
                node.problem(f"{_upper(left)} is compared with {right.type.words}.", advice)
            )
        return True

    def _among(self, node: Among, scope: Scope) -> Bound:
        item = self.resolve(node.item, scope)
        options = tuple(self.resolve(option, scope) for option in node.options)
        comparable = [self._comparable(node, item, option) for option in options]
        safe = all(comparable)
        values = None if node.list is None else self.resolve(node.list, scope)
        if values is not None and not values.type.many and values.type.is_known:
            self.problem(
                values,
                f"This is {values.type.words}, not a list.",
                "Write x in (a, b), or contains(text, part).",
            )
        if values is not None:
            safe = values.type.many and self._comparable(
                node, item, Const(values.node, values.type.one(), None)
            )
        return Member(node, BOOLEAN, item, options, values, node.negated, safe)

    def _junction(self, node: Junction, scope: Scope) -> Bound:
        parts = tuple(self.resolve(operand, scope) for operand in node.operands)
        if node.operator == "and":
            parts = tuple(self.truth(part) for part in parts)
            return Both(node, Type("boolean", empty=any(part.type.empty for part in parts)), parts)
        common = reduce(join, (part.type for part in parts))
        parts = tuple(widened(part, common) for part in parts)
        empty = parts[-1].type.empty
        return Either(node, Type(common.name, common.many, empty, common.fields, common.open), parts)

    def _choice(self, node: Choice, scope: Scope) -> Bound:
        test = self.truth(self.resolve(node.test, scope))
        yes, no = self.resolve(node.yes, scope), self.resolve(node.no, scope)
        common = join(yes.type, no.type)
        return Pick(node, common, test, widened(yes, common), widened(no, common))

    def fit(self, bound: Bound, target: Type, name: str) -> Bound:
        """A value as the target field wants it; a problem when it can never fit."""
        have = bound.type
        if have == NOTHING:
            return bound
        if have.many != target.many and have.is_known:
            self.problem(bound, f'This is {have.words}; "{name}" is {target.words}.', _list_advice(target))
            return bound
        if target.name == "structure" and have.name == "structure":
            return self._structure(bound, target, name)
        if have.name == target.name or target.many:
            return bound
        if not have.is_known or (have.name == "integer" and target.name == "decimal"):
            return as_type(bound, target.name)
        families = family(have), family(target)
        advice = CONVERT.get(families, "Convert it first.")
        if families == ("number", "number"):
            advice = "Write integer(x), which must be a whole number, or floor(x)."
        self.problem(bound, f'This is {have.words}; "{name}" is {target.words}.', advice)
        return bound

    def _structure(self, bound: Bound, target: Type, name: str) -> Bound:
        """A structure that is taken over whole must have no field that the target lacks."""
        for inner in bound.type.fields or ():
            if target.field(inner) is None:
                advice = "Set the fields of the structure one by one."
                self.problem(bound, f'The target\'s "{name}" has no field "{inner}".', advice)
        return bound


def _upper(bound: Bound) -> str:
    return bound.type.words[0].upper() + bound.type.words[1:]


def _list_advice(target: Type) -> str:
    if target.many:
        return "Write `each:` with the list and `set:` with the fields of one element."
    return 'Take one of them, first(list), or sum(list), join(list, ", ").'
