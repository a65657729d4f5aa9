"""What a mapping does not touch: source fields that nothing reads, required target fields that nothing
sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exchange.mapping.bound import Apply, Bound, Element, Field, Filter, Frame, Local, Part, Project, walk
from exchange.mapping.plan import Assign, Block, Children, Fields, Plan, expressions
from exchange.model import FieldShape, Shape

Path = tuple[str, ...]


def unused(plan: Plan, source: Shape) -> list[str]:
    """Source fields, ancestors' included, that no expression reads; a structure taken whole counts with all
    its fields.
    """
    origins = _Origins(plan)
    kept = {id(bound) for bound in plan.followed}
    reading = (bound for bound in expressions(plan) if id(bound) not in kept)
    read = {path for bound in reading for part in walk(bound) for path in origins.of(part)}
    found = []
    for around in [source.kinds[plan.kind], *source.ancestors(plan.kind)]:
        prefix: Path = () if around.name == plan.kind else (around.name,)
        found += [".".join(path) for path in _leaves(around.fields, prefix) if not _covered(path, read)]
    return found


def missing(plan: Plan, target: Shape) -> list[str]:
    """Required target fields without content; computed ones are the writer's."""
    found = list(_missing(plan.body.fields, target.kinds[plan.target].fields))
    for envelope in plan.envelopes:
        found += _missing(envelope.fields, target.kinds[envelope.kind].fields)
    return found


def _missing(fields: Fields, shapes: Mapping[str, FieldShape]) -> Iterator[str]:
    for assign in fields.assigns:
        shape = shapes.get(assign.name)
        if assign.content is None:
            if shape is not None and shape.required and not shape.computed and not _all_computed(shape):
                yield assign.path
            continue
        for inner in _structures(assign):
            if shape is not None and not inner.open:
                yield from _missing(inner, shape.fields)


def _all_computed(shape: FieldShape) -> bool:
    """A structure that the writer fills by itself."""
    return bool(shape.fields) and all(inner.computed or not inner.required for inner in shape.fields.values())


def _structures(assign: Assign) -> Iterable[Fields]:
    match assign.content:
        case Fields():
            return [assign.content]
        case Block():
            return [assign.content.fields]
        case Children():
            return [block.fields for block in assign.content.blocks]
    return []


def _leaves(fields: Mapping[str, FieldShape], prefix: Path) -> Iterator[Path]:
    for name, field in fields.items():
        if field.fields:
            yield from _leaves(field.fields, (*prefix, name))
        else:
            yield (*prefix, name)


def _covered(path: Path, read: set[Path]) -> bool:
    return any(path[:length] in read for length in range(len(path) + 1))


class _Origins:
    """From which path of the source record each frame takes its elements."""

    def __init__(self, plan: Plan) -> None:
        self.frames: dict[Frame, tuple[Path, str]] = {
            plan.record: ((), "" if plan.group is None else plan.group.name)
        }
        if plan.group is not None:
            self.frames[plan.group.frame] = ((), "")
        if plan.element is not None and plan.over is not None:
            self.frames[plan.element] = (self.path(plan.over) or (), "")
        self._blocks(plan.body)
        for envelope in plan.envelopes:
            self._fields(envelope.fields)
        for bound in expressions(plan):
            for part in walk(bound):
                if isinstance(part, (Project, Filter)):
                    self.frames[part.frame] = (self.path(part.list) or ("?",), "")

    def of(self, part: Bound) -> Iterator[Path]:
        """The source path that a part reads as a value."""
        if isinstance(part, Field) and not part.type.many:
            path = self.path(part)
            yield from () if path is None else (path,)
        elif isinstance(part, (Field, Part)) and part.type.name != "structure":
            yield self.path(part) or ("?",)

    def path(self, bound: Bound) -> Path | None:
        """The source path of a part; None when it is not of the source."""
        match bound:
            case Field():
                return self._field(bound)
            case Element():
                return self.frames.get(bound.frame, (None, ""))[0]
            case Filter():
                return self.path(bound.list)
            case Project():
                return self.path(bound.item) if bound.frame in self.frames else self._projected(bound)
            case Apply() if bound.arguments:
                return self.path(bound.arguments[0])
            case Local():
                return self.path(bound.let.value)
            case Part():
                base = self.path(bound.base)
                return None if base is None else (*base, bound.step.name)
        return None

    def _field(self, bound: Field) -> Path | None:
        base, gathered = self.frames.get(bound.frame, (None, ""))
        if base is None:
            return None
        names = tuple(step.name for step in bound.path)
        return (*base, *(names[1:] if gathered and names[0] == gathered else names))

    def _projected(self, bound: Project) -> Path | None:
        self.frames[bound.frame] = (self.path(bound.list) or ("?",), "")
        return self.path(bound.item)

    def _blocks(self, block: Block) -> None:
        if block.over is not None and block.frame is not None:
            origin = self.path(block.over) or ("?",)
            self.frames[block.frame] = (origin, "")
            if block.group is not None:
                self.frames[block.group.frame] = (origin, block.group.name)
        self._fields(block.fields)

    def _fields(self, fields: Fields) -> None:
        for assign in fields.assigns:
            match assign.content:
                case Fields():
                    self._fields(assign.content)
                case Block():
                    self._blocks(assign.content)
                case Children():
                    for block in assign.content.blocks:
                        self._blocks(block)
