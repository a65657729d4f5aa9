"""A declared mapping and two shapes → a plan, or everything that is wrong with the mapping, all at once."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from exchange.declare.mapping import Check, Mapping
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, did_you_mean
from exchange.mapping.analysis import Analyst
from exchange.mapping.bound import Bound, Element, Frame, Let
from exchange.mapping.conservation import Conservation
from exchange.mapping.dependence import in_order, needed_lets, shared_lets
from exchange.mapping.following import followed
from exchange.mapping.leftovers import all_of, left_out
from exchange.mapping.literals import literal_text, placed
from exchange.mapping.plan import (
    Assign,
    Block,
    Children,
    Content,
    Envelope,
    Fields,
    Groups,
    Plan,
    Several,
    Single,
    Test,
)
from exchange.mapping.scope import Names, Scope
from exchange.mapping.syntax import WORDS, Node
from exchange.mapping.tables import Tables
from exchange.mapping.types import UNKNOWN, Type, of_envelope, of_field, of_kind
from exchange.model import FieldShape, KindShape, Shape

BLOCK_KEYS = ("each", "where", "let", "group", "set")
RESERVED = {"source", "result", "arrival", "site", *WORDS}


def plan_mapping(
    declared: Mapping,
    source: Shape,
    target: Shape,
    tables: Tables,
    site_values: Dict[str, Any],
    *,
    others: Sequence[Mapping] = (),
) -> tuple[Plan | None, list[Problem]]:
    """The plan of a mapping, None when there are problems. others: those of which it takes what they leave out."""
    planner = _Planner(declared, source, target, Analyst(Names(site_values, []), tables), others)
    plan = planner.plan()
    return (None if planner.problems else plan), planner.problems


class _Planner:
    """Builds one plan; problems are gathered by the analyst."""

    def __init__(
        self, declared: Mapping, source: Shape, target: Shape, analyst: Analyst, others: Sequence[Mapping]
    ) -> None:
        self.declared, self.source, self.target, self.analyst = declared, source, target, analyst
        self.others, self.problems = others, analyst.problems

    def plan(self) -> Plan | None:
        """The plan, None when the kinds cannot be found."""
        declared = self.declared
        kind = self.kind(declared.each, self.source, "each")
        into = self.kind(declared.into, self.target, "into")
        if kind is None or into is None:
            return None
        record = Frame("r", of_kind(self.source, kind), kind.name)
        result = Frame("result", self.result_type(into), into.name)
        scope = Scope((record,), {"source": record, "result": result}, (record,))
        over, element = self.exploded(scope)
        top = scope if element is None else scope.each(element)
        group, before, scope = self.grouped(top, element or record)
        if group is not None and declared.group is not None and declared.group.results == "each":
            over, element, scope = self.members(group, scope)
        body = self.body(scope, into, where=declared.where if group is None or element is not None else None)
        body = replace(body, fields=in_order(body.fields, result, self.problems))
        scope = scope.inside({let.name: let for let in (*body.early, *body.lets)})
        body = body if element is None else shared_lets(body, (element, result))
        after = scope.inside(result)
        envelopes = self.envelopes(scope, into)
        conserved = Conservation(declared, self.analyst)
        return Plan(
            name=declared.mapping,
            place=next(iter(declared.set)),
            kind=kind.name,
            several=len(self.source.streamed()) > 1,
            target=into.name,
            target_layout=self.target.layout,
            record=record if group is None else group.frame,
            around=() if group else tuple(outer.name for outer in self.source.ancestors(kind.name)),
            over=over,
            element=element,
            group=None if group is None else Groups(group.keys, group.name, record),
            consecutive=declared.group is None or declared.group.order == "consecutive",
            before=before,
            body=body,
            envelopes=envelopes,
            tests=tuple(self.test(check, after) for check in declared.check),
            sums=conserved.sums(scope, after),
            counted=conserved.counted(kind.name),
            balances=conserved.balances(after),
            key=None if declared.key is None else self.key(declared.key, after),
            followed=followed(declared, self.source, after, self.analyst),
            result=result,
            rest_of=tuple(other.mapping for other in self.others),
            nothing_lost=declared.nothing_lost,
            leaves=declared.leaves,
            apart=declared.apart,
        )

    def kind(self, written: PlacedText | None, shape: Shape, key: str) -> KindShape | None:
        """The kind of records: the written one, or the only one that is streamed."""
        streamed = shape.streamed()
        name = str(written).partition(".")[0] if written is not None else ""
        if written is None and len(streamed) == 1:
            return shape.kinds[streamed[0]]
        if name in streamed:
            return shape.kinds[name]
        at = written or (self.declared.from_ if key == "each" else self.declared.to)
        message = (
            f'"{name}" is not a kind of record of {shape.layout}.'
            if written
            else f"{shape.layout} has several kinds of records."
        )
        advice = (
            did_you_mean(name, streamed) if written else f"Say `{key}:` with one of: {', '.join(streamed)}."
        )
        self.problems.append(at.problem(message, advice))
        return None

    def exploded(self, scope: Scope) -> tuple[Bound | None, Frame | None]:
        """`each: order.lines`: the list whose elements give the results, and their frame."""
        written = self.declared.each
        if written is None or "." not in written:
            return None, None
        node = Node(written, 0, len(written))
        names = tuple(str(written).split("."))[1:]
        bound = self.analyst.names.follow(
            Element(node, scope.prefixes["source"].type, scope.prefixes["source"]), names
        )
        self.is_list(bound)
        return bound, self.analyst.names.frame(bound.type.one().filled(), names[-1])

    def is_list(self, bound: Bound) -> None:
        """Notes a problem unless the part is a list of structures (or what it is has been told already)."""
        if bound.type != UNKNOWN and not (bound.type.many and bound.type.name == "structure"):
            self.analyst.problem(
                bound, f"This is {bound.type.words}, not a list of structures.", "Name a repeated structure."
            )

    def grouped(self, scope: Scope, element: Frame) -> tuple[Groups | None, Bound | None, Scope]:
        """The grouping of whole records, the `where` asked before it, and the scope within a group."""
        rule = self.declared.group
        if rule is None:
            return None, None, scope
        if len(scope.layers) > 1:
            self.problems.append(
                rule.by[0].problem(
                    "Children cannot be grouped here.", "Group inside `set`: {each: …, group: …}."
                )
            )
        if self.declared.let and rule.results == "one":
            first = next(iter(self.declared.let))
            self.problems.append(
                first.problem("`let` cannot be used with `group`.", "Compute it in `by`, or inside `set`.")
            )
        before = (
            None
            if self.declared.where is None or rule.results == "each"
            else self.analyst.condition(self.analyst.formula(self.declared.where), scope)
        )
        groups = self.groups(rule.by, rule.as_, element, scope, variable="r")
        return groups, before, Scope((groups.frame,), {**scope.prefixes, "source": groups.frame})

    def members(self, group: Groups, scope: Scope) -> tuple[Bound, Frame, Scope]:
        """The records of a group, each of which gives a result: their list, their frame, the names within."""
        within = Element(Node(self.declared.to, 0, 0), group.frame.type, group.frame)
        over = self.analyst.names.follow(within, (group.name,))
        member = self.analyst.names.frame(over.type.one().filled(), group.name)
        inner = scope.each(member)
        return over, member, replace(inner, prefixes={**inner.prefixes, "source": member})

    def groups(
        self, by: Sequence[PlacedText], name: str, element: Frame, scope: Scope, variable: str = ""
    ) -> Groups:
        """Gathered elements and the frame that holds them."""
        keys = tuple(self.analyst.expression(self.analyst.formula(text), scope) for text in by)
        many = Type("structure", True, False, element.type.fields, element.type.open)
        type_ = Type("structure", empty=False, fields={name: many})
        frame = Frame(variable, type_, name) if variable else self.analyst.names.frame(type_, name)
        return Groups(keys, name, frame)

    def body(self, scope: Scope, into: KindShape, where: PlacedText | None) -> Block:
        """The top of `set`."""
        passed, conditions = left_out(self.others, scope, self)
        lets, inner = self.lets(self.declared.let, scope)
        if where is not None:
            conditions.append(self.analyst.condition(self.analyst.formula(where), inner))
        condition = all_of(conditions)
        lets = (*passed, *lets)
        early = needed_lets(condition, lets)
        later = tuple(let for let in lets if let not in early)
        fields = self.fields(self.declared.set, into.fields, "", inner, into.name, optional=False)
        return Block(None, None, condition, early, later, fields)

    def lets(self, declared: Dict[Any, Any], scope: Scope, mark: str = "") -> tuple[tuple[Let, ...], Scope]:
        """Names for values; each may use the ones before it. mark: sets their variables apart from others of the same names."""
        made: dict[str, Let] = {}
        inner = scope.inside(made)
        for name, text in declared.items():
            if str(name) in RESERVED or str(name) in made or _hidden(str(name), scope):
                self.problems.append(
                    name.problem(f'"{name}" already means something here.', "Choose another name.")
                )
                continue
            value = self.value(text, None, scope.inside(dict(made)))
            made[str(name)] = Let(str(name), value, f"let_{mark}{name}")
        return tuple(made.values()), inner

    def value(self, written: Any, shape: FieldShape | None, scope: Scope) -> Bound:
        """A scalar: an expression, or literal text as the field's type wants it."""
        text = placed(written)
        if text.startswith("="):
            bound = self.analyst.expression(text, scope)
            return bound if shape is None else self.analyst.fit(bound, of_field(shape), shape.name)
        return literal_text(text, "text" if shape is None else of_field(shape).name, self.problems)

    def fields(
        self,
        written: Dict[Any, Any],
        shapes: Dict[str, FieldShape],
        prefix: str,
        scope: Scope,
        owner: str,
        *,
        optional: bool,
    ) -> Fields:
        """A structure of declared fields; every field of the target stands in it."""
        for name in written:
            if str(name) not in shapes:
                key = placed(name)
                self.problems.append(
                    key.problem(f'"{name}" is not a field of {owner}.', did_you_mean(str(name), shapes))
                )
        by_name = {str(name): (placed(name), value) for name, value in written.items()}
        assigns = []
        for name, shape in shapes.items():
            place, value = by_name.get(name, (None, None))
            content = self.content(value, shape, prefix + name, scope) if place is not None else None
            assigns.append(Assign(name, prefix + name, of_field(shape), shape.required, content, place))
        return Fields(tuple(assigns), optional, open=False)

    def content(self, value: Any, shape: FieldShape, path: str, scope: Scope) -> Content:
        """What stands under one target field."""
        if isinstance(value, list):
            return self.several(value, shape, path, scope)
        if not isinstance(value, dict):
            return Single(self.value(value, shape, scope))
        if shape.type != "structure":
            at = placed(next(iter(value), ""))
            self.problems.append(
                at.problem(f'"{path}" is {of_field(shape).words}, not a structure.', "Write one value.")
            )
            return Several(())
        if _is_block(value):
            block = self.block(value, shape, path, scope)
            return Children((block,)) if shape.repeated else block
        inner = self.structure(value, shape, path, scope)
        return Children((Block(None, None, None, (), (), inner),)) if shape.repeated else inner

    def several(self, values: list[Any], shape: FieldShape, path: str, scope: Scope) -> Content:
        """A list in the mapping: several blocks, or several plain values."""
        if not shape.repeated:
            at = next(
                (placed(value) for value in values if not isinstance(value, (dict, list))), self.declared.to
            )
            self.problems.append(at.problem(f'"{path}" is not a list.', "Write one value."))
            return Several(())
        if shape.type == "structure":
            blocks = [self.content(value, shape, path, scope) for value in values]
            return Children(
                tuple(
                    block for content in blocks if isinstance(content, Children) for block in content.blocks
                )
            )
        one = FieldShape(shape.name, shape.type)
        return Several(tuple(self.value(value, one, scope) for value in values))

    def structure(self, value: Dict[Any, Any], shape: FieldShape, path: str, scope: Scope) -> Fields:
        """A structure that stands once."""
        if not shape.open:
            optional = not shape.required and not shape.repeated
            return self.fields(value, shape.fields, f"{path}.", scope, path, optional=optional)
        text = FieldShape("", "text")
        assigns = []
        for name, written in value.items():
            inner = FieldShape(str(name), "text")
            content = self.content(written, inner, f"{path}.{name}", scope)
            assigns.append(Assign(str(name), f"{path}.{name}", of_field(text), False, content, placed(name)))
        return Fields(tuple(assigns), optional=True, open=True)

    def block(self, value: Dict[Any, Any], shape: FieldShape, path: str, scope: Scope) -> Block:
        """`{each: …, where: …, let: …, group: …, set: …}`."""
        over, frame, group, where = None, None, None, None
        outer = scope
        if "each" in value:
            over, frame = self.elements(placed(value["each"]), scope)
            scope = scope.each(frame)
            if not shape.repeated:
                self.analyst.problem(
                    over, f'"{path}" is one structure, not a list.', "Take one element: first(list).field."
                )
        if "group" in value:
            where = self.where(value, scope)
            group = self.inner_group(value["group"], frame, scope)
            scope = outer if group is None else outer.each(group.frame)
        lets, inner = self.lets(value.get("let") or {}, scope)
        where = where if "group" in value else self.where(value, inner)
        early = () if "group" in value else needed_lets(where, lets)
        later = tuple(let for let in lets if let not in early)
        fields = self.structure(value["set"], shape, path, inner)
        fields = Fields(fields.assigns, False, fields.open)
        return Block(over, frame, where, early, later, fields, group)

    def where(self, value: Dict[Any, Any], scope: Scope) -> Bound | None:
        """The condition of a block."""
        return (
            self.analyst.condition(self.analyst.formula(placed(value["where"])), scope)
            if "where" in value
            else None
        )

    def inner_group(self, rule: Any, frame: Frame | None, scope: Scope) -> Groups | None:
        """`group: {by: [=vat], as: rows}` of a block."""
        by = rule.get("by") if isinstance(rule, dict) else None
        if frame is None or not isinstance(by, list) or not by:
            at = (
                next((placed(key) for key in rule), self.declared.to)
                if isinstance(rule, dict)
                else placed(rule)
            )
            self.problems.append(
                at.problem(
                    "This is not a grouping.", "Write {each: lines, group: {by: [=vat], as: rows}, set: …}."
                )
            )
            return None
        return self.groups([placed(text) for text in by], str(rule.get("as", "items")), frame, scope)

    def elements(self, written: PlacedText, scope: Scope) -> tuple[Bound, Frame]:
        """The list of `each`: a path, or an expression that begins with `=`."""
        text = written
        if text.startswith("="):
            over = self.analyst.expression(text, scope)
        else:
            over = self.analyst.names.resolve(Node(text, 0, len(text)), tuple(str(text).split(".")), scope)
        self.is_list(over)
        return over, self.analyst.names.frame(over.type.one().filled(), over.node.text)

    def envelopes(self, scope: Scope, into: KindShape) -> tuple[Envelope, ...]:
        """The ancestors of the target kind, outermost first."""
        around = list(self.target.ancestors(into.name))[::-1]
        for name in self.declared.above:
            if str(name) not in {kind.name for kind in around}:
                advice = did_you_mean(str(name), [kind.name for kind in around])
                self.problems.append(
                    name.problem(f'"{name}" is not a kind that {into.name} stands in.', advice)
                )
        made: list[Envelope] = []
        keys: tuple[Bound, ...] = ()
        for kind in around:
            rule = next((rule for name, rule in self.declared.above.items() if str(name) == kind.name), None)
            by = (
                ()
                if rule is None
                else tuple(self.analyst.expression(self.analyst.formula(text), scope) for text in rule.by)
            )
            keys = (*keys, *by)
            frame = Frame(f"above_{kind.name}", UNKNOWN, kind.name)
            inner = replace(scope, counted=frame)
            written = {} if rule is None else rule.set
            fields = self.fields(written, kind.fields, f"{kind.name}.", inner, kind.name, optional=False)
            made.append(Envelope(kind.name, keys, fields, frame))
        return tuple(made)

    def result_type(self, into: KindShape) -> Type:
        """The type of a result, its ancestors included."""
        around = {kind.name: of_envelope(kind) for kind in self.target.ancestors(into.name)}
        fields = {name: of_field(shape) for name, shape in into.fields.items()}
        return Type("structure", empty=False, fields={**around, **fields})

    def test(self, check: Check, after: Scope) -> Test:
        """A check of every result."""
        return Test(check, self.analyst.condition(self.analyst.formula(check.that), after))

    def key(self, text: PlacedText, after: Scope) -> Bound:
        """The business key."""
        bound = self.analyst.expression(self.analyst.formula(text), after)
        is_wrong = bound.type.many or bound.type.name not in ("text", "integer", "date", "unknown")
        if is_wrong and text.startswith("="):
            advice = "Write a text, a whole number or a date."
            self.analyst.problem(bound, f"A key cannot be {bound.type.words}.", advice)
        return bound


def _is_block(value: Dict[Any, Any]) -> bool:
    """Whether a structure is `{set: …}` with what may stand beside it, not one that has a field `set`."""
    return isinstance(value.get("set"), dict) and all(str(key) in BLOCK_KEYS for key in value)


def _hidden(name: str, scope: Scope) -> bool:
    """Whether the present element has a field of that name."""
    return isinstance(scope.layers[0], Frame) and scope.layers[0].type.field(name) is not None
