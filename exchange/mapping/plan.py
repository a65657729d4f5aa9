"""What a compiled mapping does, as data: the code generator and the interpreter both walk this plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exchange.declare.mapping import Balanced, Check
from exchange.declare.places import PlacedText
from exchange.mapping.bound import Bound, Frame, Let, walk
from exchange.mapping.types import Type


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    """A target field filled by one expression."""

    value: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """A repeated plain field filled by several expressions; empty ones are left out."""

    values: tuple[Bound, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """A structure: its fields in the order of the target, unset ones included. open: only names that are
    set and filled.

    optional: when every field is empty, the structure is empty too.
    """

    assigns: tuple[Assign, ...]
    optional: bool
    open: bool
    order: tuple[Assign, ...] = ()
    """How the fields of a result are computed when some rest on others of them (`result.lines`); else as
    they stand.
    """
    named: frozenset[str] = frozenset()
    """The fields that others rest on."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Elements of a repeated structure, or a structure under a condition.

    over: the list of which each element, read through frame, gives one structure; None: the structure
    stands once. group: elements with equal keys give one structure, read through grouped, which holds them
    under a name.
    """

    over: Bound | None
    frame: Frame | None
    where: Bound | None
    early: tuple[Let, ...]
    """Names that `where` needs; the others are computed after it."""
    lets: tuple[Let, ...]
    fields: Fields
    group: Groups | None = None
    shared: tuple[Let, ...] = ()
    """Names that are the same for all children a mapping goes through; computed once for the record."""
    once: frozenset[Let] = frozenset()
    """Those of `lets` that are, too; computed for the first child that `where` takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """How elements are gathered: by the values of keys; the gathered ones are read through frame under
    name.
    """

    keys: tuple[Bound, ...]
    name: str
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Children:
    """A repeated structure: the elements of its blocks, one block after the other."""

    blocks: tuple[Block, ...]


Content = Single | Several | Fields | Block | Children


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """One target field. content None: nothing sets it. path: dotted, for messages; place: where it is set."""

    name: str
    path: str
    type: Type
    required: bool
    content: Content | None
    place: PlacedText | None


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """An ancestor of the result. keys: of it and of all that it stands in itself; equal keys share one
    dict. frame: stands for it where its number in the file is asked for.
    """

    kind: str
    keys: tuple[Bound, ...]
    fields: Fields
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """A check of the mapping."""

    declared: Check
    that: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """A sum that must be conserved."""

    name: str
    source: Bound
    result: Bound
    by: Bound | None


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Opening, movement of each result and closing, within the values of by."""

    declared: Balanced
    by: tuple[Bound, ...]
    opening: Bound
    moved: Bound
    closing: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One mapping, resolved.

    kind: of the source records that are mapped; several: other kinds come in the same stream and are passed
    over; record: the frame of the source record; around: the kinds that it stands inside, of which it has the very record that
    others inside have, too; over, element: the children of which each gives one
    result.
    """

    name: str
    place: PlacedText
    kind: str
    several: bool
    target: str
    target_layout: str
    record: Frame
    around: tuple[str, ...]
    over: Bound | None
    element: Frame | None
    group: Groups | None
    consecutive: bool
    before: Bound | None
    """The `where` of a grouping mapping: it is asked of the records before they are grouped."""
    body: Block
    envelopes: tuple[Envelope, ...]
    tests: tuple[Test, ...]
    sums: tuple[Sum, ...]
    counted: bool
    """Whether there must be as many results as elements gone through."""
    balances: tuple[Balance, ...]
    key: Bound | None
    followed: tuple[Bound, ...]
    """What the ledger keeps of each result, where results are payments that leave: as in `model.PAYMENT_FACTS`."""
    result: Frame
    rest_of: tuple[str, ...] = ()
    """The mappings of which this one takes what they leave out."""
    nothing_lost: bool = False
    """Whether what it leaves out must be taken by such a mapping."""
    leaves: str | None = None
    """What it leaves out, in a word or two."""
    apart: int = 0
    """In steps of how many seconds its numbers are made of the time; 0 where they are not."""


def contents(fields: Fields) -> Iterator[Assign]:
    """Every assignment of a structure and of the structures inside it."""
    for assign in fields.assigns:
        yield assign
        for inner in _inner(assign.content):
            yield from contents(inner.fields if isinstance(inner, Block) else inner)


def _inner(content: Content | None) -> Sequence[Fields | Block]:
    if isinstance(content, Children):
        return content.blocks
    return (content,) if isinstance(content, (Fields, Block)) else ()


def expressions(plan: Plan) -> Iterator[Bound]:
    """Every expression of the mapping that reads the source."""
    yield from (bound for bound in (plan.over, plan.before, plan.key, *plan.followed) if bound is not None)
    yield from (() if plan.group is None else plan.group.keys)
    yield from of_block(plan.body)
    for envelope in plan.envelopes:
        yield from envelope.keys
        yield from of_fields(envelope.fields)
    yield from (test.that for test in plan.tests)
    for total in plan.sums:
        yield from (total.source, total.result, *(() if total.by is None else (total.by,)))
    for balance in plan.balances:
        yield from (*balance.by, balance.opening, balance.moved, balance.closing)


def of_fields(fields: Fields) -> Iterator[Bound]:
    """Every expression of a structure."""
    for assign in fields.assigns:
        match assign.content:
            case Single():
                yield assign.content.value
            case Several():
                yield from assign.content.values
            case Fields():
                yield from of_fields(assign.content)
            case Block():
                yield from of_block(assign.content)
            case Children():
                for block in assign.content.blocks:
                    yield from of_block(block)


def of_block(block: Block) -> Iterator[Bound]:
    """Every expression of a block."""
    yield from (bound for bound in (block.over, block.where) if bound is not None)
    yield from (let.value for let in (*block.shared, *block.early, *block.lets))
    yield from (() if block.group is None else block.group.keys)
    yield from of_fields(block.fields)


def parts(bounds: Iterator[Bound]) -> Iterator[Bound]:
    """The expressions with every part of theirs."""
    for bound in bounds:
        yield from walk(bound)
