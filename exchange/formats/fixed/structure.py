"""What layouts of coded records say whatever their lines look like: what belongs together, totals, what cannot be.

Their lines have fields in fixed columns (`fixed`) or between delimiters (`delimited`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Literal

from pydantic import Field as Described

from exchange.declare.layout import Control, Declared, GroupingLayout, KindBase, Name
from exchange.formats.encoding import EncodingName
from exchange.formats.values import ValueField
from exchange.model import FieldShape

NUMBERS = ("integer", "decimal", "money", "percent")
Codes = str | list[str]


class RecordField(ValueField):
    """A field of a coded record, wherever it stands."""

    holds: str | None = Described(
        None,
        description="number: the running number of its record in the envelope, given when written unless the record "
        "has one; owner number: that of the record it belongs to",
    )
    earliest: str | None = Described(
        None, description="a date: the earliest of a field inside, such as claim.due; checked and computed"
    )
    latest: str | None = Described(None, description="a date: the latest of a field inside, likewise")
    fields: Mapping[Name, RecordField] | None = Described(None, exclude=True)

    def faults(self) -> dict[str, bool]:
        """What may be wrong with it, and whether it is."""
        number = self.type in NUMBERS
        return {
            "what a field `holds` is an integer": self.holds is not None and self.type != "integer",
            "`earliest` and `latest` are for dates": bool(self.earliest or self.latest)
            and self.type != "date",
            "a control total is a number": self.control is not None and not number,
            "there are no open maps in coded records": self.open,
        }

    def shape(self, name: str) -> FieldShape:
        """What a mapping needs to know of this field."""
        shape = super().shape(name)
        return replace(shape, computed=True) if self.holds or self.earliest or self.latest else shape


class CodedLine(Declared):
    """One record of the file: how it is known, and its fields."""

    code: Codes | None = Described(None, description="the text that tells this record from others")
    fields: Mapping[Name, RecordField] = {}

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes of this record."""
        return (self.code,) if isinstance(self.code, str) else tuple(self.code or ())


class TrailerBase(CodedLine):
    """The record that ends an envelope; its fields belong to the kind that it ends."""

    required: bool = Described(True, description="an envelope without it is a finding")


class Behind(Declared):
    """Where parts of an envelope stand that follow the records of a day: behind the last one that is not later."""

    by: Name = Described(description="the date of the part")
    field: Name = Described(description="the date of the records inside")


class RecordBase(CodedLine, KindBase):
    """A kind of record, or a record that belongs to the one before it (`of`)."""

    trailer: TrailerBase | None = None
    own: Literal["alone"] | None = Described(
        None, description="of a kind that others stand in: it is a record itself where none stands inside it"
    )
    of: Name | list[Name] | None = Described(None, description="the record before it that it belongs to")
    before: Name | list[Name] | None = Described(
        None, description="the records behind it that it belongs to: all with the same value of `by`"
    )
    by: Name | None = Described(
        None, description="with `before`: the field, of both records, that shows what belongs together"
    )
    as_: Name | None = Described(
        None, alias="as", description="name of the list (or structure) it becomes; none: its fields join in"
    )
    many: bool = Described(True, description="false: it stands once, as a structure")
    once: bool = Described(
        False,
        description="with `before`: a second one for the same value of `by` that says something else is an error",
    )
    required: bool = Described(False, description="a record with `of`: it must be there")
    or_itself: bool = Described(
        False,
        alias="or itself",
        description="a list: the record before it, where it has none, is its own only element (on reading)",
    )
    behind: Behind | None = Described(
        None,
        description="a list of an envelope: where its records are written among those inside, such as balances "
        "at the end of each day",
    )
    subsets: dict[Name, dict[Name, list[str]]] = Described(
        {},
        description="names for control totals, each with fields and their texts: the records that hold one of them",
    )

    @property
    def owners(self) -> tuple[str, ...]:
        """The records it may belong to."""
        owner = self.of if self.before is None else self.before
        return (owner,) if isinstance(owner, str) else tuple(owner or ())

    @property
    def is_listed(self) -> bool:
        """Whether it becomes an element of a list."""
        return self.as_ is not None and self.many


class Kind(KindBase):
    """A kind of record with everything that belongs to it. own: handed on itself where no other stands inside it."""

    fields: dict[Name, RecordField]
    own: bool = False


class RecordsLayout(GroupingLayout):
    """A file of coded records."""

    encoding: EncodingName = Described("iso-8859-1", description="how text is stored, such as windows-1252")
    refused: dict[str, str] = Described(
        {},
        description="regular expression of the beginning of records that exist and are not read → why, in a sentence",
    )

    @property
    def declared(self) -> Mapping[str, RecordBase]:
        """All records, by name."""
        raise NotImplementedError

    def kinds(self) -> Mapping[str, KindBase]:
        """The kinds, each with the fields of its trailer and of the records that belong to it."""
        return {
            name: Kind(
                inside=record.inside,
                own=record.own is not None,
                meaning=record.meaning,
                fields=self.all_fields(name),
            )
            for name, record in self.declared.items()
            if not record.owners
        }

    def all_fields(self, name: str) -> dict[str, RecordField]:
        """The fields of a record, of its trailer, and of the records that belong to it."""
        record = self.declared[name]
        fields = {**record.fields, **(record.trailer.fields if record.trailer else {})}
        for child_name, child in self.children(name):
            inner = self.all_fields(child_name)
            if child.as_ is None:
                fields |= inner
            else:
                before = (fields[child.as_].fields or {}) if child.as_ in fields else {}
                fields[child.as_] = RecordField(
                    fields={**before, **inner}, many=child.many, required=child.required
                )
        return fields

    @cached_property
    def subsets(self) -> dict[str, str]:
        """The record of each subset."""
        return {str(one): name for name, record in self.declared.items() for one in record.subsets}

    def children(self, name: str) -> list[tuple[str, RecordBase]]:
        """The records that belong to a record, in declared order."""
        return [(child, record) for child, record in self.declared.items() if name in record.owners]


def lines(layout: RecordsLayout) -> Iterator[tuple[str, CodedLine]]:
    """Every record and trailer, with a name for messages."""
    for name, record in layout.declared.items():
        yield name, record
        if record.trailer is not None:
            yield f"{name}.trailer", record.trailer


def structure_problems(layout: RecordsLayout) -> Iterator[str]:
    """What of the records does not fit together, wherever their fields stand."""
    for pattern in layout.refused:
        if not is_pattern(pattern):
            yield f'`refused` has no regular expression: "{pattern}"'
    for name, record in layout.declared.items():
        yield from (f"{name}: {problem}" for problem in _record_problems(layout, name, record))
    yield from _control_problems(layout)


def is_pattern(text: str) -> bool:
    """Whether a text is a regular expression."""
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _record_problems(layout: RecordsLayout, name: str, record: RecordBase) -> Iterator[str]:
    known = layout.declared
    for other in [*record.owners, *([record.inside] if record.inside else [])]:
        if other not in known:
            yield f'"{other}" is no record of this layout'
        elif name in _around(layout, other):
            yield f"it stands inside itself, by way of {other}"
    if record.owners and (record.inside is not None or record.trailer is not None):
        yield "a record with `of` or `before` has neither `inside` nor `trailer`"
    if record.inside in known and known[str(record.inside)].owners:
        yield f"{record.inside} belongs to another record; nothing can stand inside it"
    if not record.owners and record.as_ is not None:
        yield "`as` is for records with `of` or `before`"
    if record.as_ is None and record.of is not None and "many" in record.model_fields_set and record.many:
        yield "a record that stands more than once needs a name for its list (`as`)"
    if record.or_itself and (not record.is_listed or len(record.owners) != 1):
        yield "`or itself` is for a list of records that belong to one other (`of`, `as`)"
    yield from _behind_problems(layout, record)
    if record.before is not None or record.by is not None:
        yield from _ahead_problems(layout, record)
    yield from _subset_problems(layout, record)
    yield from _clashes(layout, name, record)


def _ahead_problems(layout: RecordsLayout, record: RecordBase) -> Iterator[str]:
    """What is wrong with a record that stands before what it belongs to."""
    owners = [layout.declared[owner] for owner in record.owners if owner in layout.declared]
    others = [one.as_ for one in layout.declared.values() if one is not record]
    if record.before is None or record.by is None or record.of is not None:
        yield "a record has `before` and `by` together, without `of`"
    elif record.as_ in (None, *others) or record.many or record.required:
        yield "a record with `before` needs a name of its own (`as`) and `many: false`, and is not `required`"
    elif any(record.by not in one.fields for one in (record, *owners)):
        yield f"{record.by} is no field of the record and of all that it stands before"
    around = {owner.inside for owner in owners}
    if around and (len(around) > 1 or None in around):
        yield "the records that it stands before must stand in one envelope"


def _subset_problems(layout: RecordsLayout, record: RecordBase) -> Iterator[str]:
    """Subsets with names that something else has, or of fields that do not exist or are no texts."""
    for subset, tests in record.subsets.items():
        if subset in layout.declared:
            yield f'the subset "{subset}" has the name of a record'
        for field in tests:
            if field not in record.fields or record.fields[field].type != "text":
                yield f'the subset "{subset}" asks for "{field}", which is no text of the record'


def _behind_problems(layout: RecordsLayout, record: RecordBase) -> Iterator[str]:
    if record.behind is None:
        return
    inside = [other for other in layout.declared.values() if other.inside in record.owners]
    compared = [record.fields.get(record.behind.by), *(one.fields.get(record.behind.field) for one in inside)]
    if not record.is_listed or any(one is None or one.type != "date" for one in compared):
        yield "`behind` is for a list of records (`of`, `as`), and compares dates that they and all inside have"


def _around(layout: RecordsLayout, name: str) -> set[str]:
    """A record and all that it stands in or belongs to."""
    found, rest = set[str](), [name]
    while rest:
        one = rest.pop()
        record = layout.declared.get(one)
        if one not in found and record is not None:
            found.add(one)
            rest += [*record.owners, *([record.inside] if record.inside else [])]
    return found


def _clashes(layout: RecordsLayout, name: str, record: RecordBase) -> Iterator[str]:
    """Names that two things of one record would have."""
    parts = [set(record.fields), set(record.trailer.fields if record.trailer else ())]
    parts += [set(child.fields) for _, child in layout.children(name) if child.as_ is None]
    parts.append({str(child.as_) for _, child in layout.children(name) if child.as_ is not None})
    parts.append({one for one, other in layout.declared.items() if not other.owners and one != name})
    seen: set[str] = set()
    for part in parts:
        yield from (f'the name "{double}" stands for two things' for double in sorted(seen & part))
        seen |= part


def _control_problems(layout: RecordsLayout) -> Iterator[str]:
    """Control totals that cannot be computed."""
    around = {record.inside for record in layout.declared.values()}
    for name, record in layout.declared.items():
        fields = {**record.fields, **(record.trailer.fields if record.trailer else {})}
        controls = {
            f"{name}.{field_name}": field.control for field_name, field in fields.items() if field.control
        }
        for field_name, field in fields.items():
            for term in (field.earliest, field.latest):
                yield from _term_problems(layout, f"{name}.{field_name}", term, ("date",)) if term else ()
        for place, control in controls.items():
            if name not in around:
                yield f"{place}: a control total needs records inside {name}"
            if not control.is_plain:
                yield f"{place}: `where`, `severity` and sums beside a count are for XML only"
            if control.within not in (None, name):
                yield f"{place}: it can only be summed over {name} itself"
            yield from _counted_problems(layout, place, control)


def _counted_problems(layout: RecordsLayout, place: str, control: Control) -> Iterator[str]:
    """What a control total sums or counts, but does not exist."""
    for term in control.sum or ():
        yield from _term_problems(layout, place, term.removeprefix("-"), NUMBERS)
    for counted in control.count or ():
        if counted != "*" and counted not in layout.declared and counted not in layout.subsets:
            yield f'{place}: "{counted}" is no record of this layout'


def _term_problems(layout: RecordsLayout, place: str, term: str, types: tuple[str, ...]) -> Iterator[str]:
    kind, _, name = term.partition(".")
    record = layout.declared.get(layout.subsets.get(kind, kind))
    fields = {**record.fields, **(record.trailer.fields if record.trailer else {})} if record else {}
    if name not in fields:
        yield f'{place}: "{term}" is no field of a record'
    elif fields[name].type not in types:
        yield f'{place}: "{term}" is no {"date" if "date" in types else "number"}'
