"""The records of SIE types 1–4 as one table: which fields a line has, in which order, and in which types it
stands. Reading and writing both follow it.

Source: SIE filformat, utgåva 4B, 2008-09-30 (sie.se).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from exchange.declare.layout import KindBase, Name
from exchange.formats.values import Codec, Dialect, ValueField

Type = Literal["1", "2", "3", "4E", "4I"]
TYPES: tuple[Type, ...] = ("1", "2", "3", "4E", "4I")
FORMAT = "PC8"
"""The only character set that the standard knows: IBM code page 437."""
ENCODING = "cp437"
DIALECT = Dialect(date="%Y%m%d", trim=True)


class Field(ValueField):
    """A field of a record, or a list of structures."""

    fields: dict[Name, Field] | None = None


class Kind(KindBase):
    """A kind of record."""

    fields: dict[Name, Field]


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of line: its tag, where its fields go, and their names in order.

    into: "" for the file itself, else a list in it. by: the fields that tell the things of that list apart.
    objects: the place of the object list, None when the line has none. need: how many fields it must have.
    """

    tag: str
    columns: tuple[str, ...]
    into: str = ""
    by: tuple[str, ...] = ()
    objects: int | None = None
    need: int = 0
    must: tuple[Type, ...] = ()
    never: tuple[Type, ...] = ()


ALL = TYPES
HEAD = (
    Line("FLAGGA", ("flag",), must=ALL),
    Line("PROGRAM", ("program", "program_version"), must=ALL),
    Line("FORMAT", ("character_set",), must=ALL),
    Line("GEN", ("generated", "sign"), must=ALL),
    Line("SIETYP", ("type",), must=("2", "3", "4E", "4I")),
    Line("PROSA", ("prose",)),
    Line("FTYP", ("company_type",)),
    Line("FNR", ("company_id",)),
    Line("ORGNR", ("org_number", "acquisition", "activity")),
    Line("BKOD", ("industry",), never=("4I",)),
    Line("ADRESS", ("address.contact", "address.street", "address.town", "address.phone"), need=0),
    Line("FNAMN", ("company",), must=ALL),
    Line("RAR", ("year", "start", "end"), "fiscal_years", ("year",), must=("1", "2", "3", "4E")),
    Line("TAXAR", ("tax_year",)),
    Line("OMFATTN", ("period_end",), must=("2", "3")),
    Line("KPTYP", ("account_plan",)),
    Line("VALUTA", ("currency",)),
    Line("KONTO", ("number", "name"), "accounts", ("number",), need=1, must=("1", "2", "3", "4E")),
    Line("KTYP", ("number", "type"), "accounts", ("number",), need=1),
    Line("ENHET", ("number", "unit"), "accounts", ("number",), need=1),
    Line("SRU", ("number", "sru"), "accounts", ("number",), need=1, must=("1", "2")),
    Line("DIM", ("number", "name"), "dimensions", ("number",), need=2, never=("1", "2")),
    Line("UNDERDIM", ("number", "name", "parent"), "dimensions", ("number",), need=3, never=("1", "2")),
    Line(
        "OBJEKT",
        ("dimension", "number", "name"),
        "objects",
        ("dimension", "number"),
        need=3,
        never=("1", "2"),
    ),
)
"""In the order in which they are written."""

_YEAR = ("year", "account", "amount", "quantity")
_OF_OBJECT = ("year", "account", "objects", "amount", "quantity")
_OF_PERIOD = ("year", "period", "account", "objects", "amount", "quantity")
_ROW = ("account", "objects", "amount", "date", "text", "quantity", "sign")
BALANCES = (
    *(Line(tag, _YEAR, need=3, never=("4I",)) for tag in ("IB", "UB", "RES")),
    *(Line(tag, _OF_OBJECT, objects=2, need=4, never=("1", "2", "4I")) for tag in ("OIB", "OUB")),
    *(Line(tag, _OF_PERIOD, objects=3, need=5, never=("1", "4I")) for tag in ("PSALDO", "PBUDGET")),
)
VOUCHER = Line(
    "VER", ("series", "number", "date", "text", "registered", "sign"), need=3, never=("1", "2", "3")
)
ROWS = tuple(Line(tag, _ROW, objects=1, need=3) for tag in ("TRANS", "RTRANS", "BTRANS"))
CHECKSUM = "KSUMMA"

_MONEY = {"type": "money", "scale": 2, "required": True}
_ACCOUNT = {"required": True, "meaning": "digits only"}
_NUMBER = {"matches": "[0-9]+", "required": True}
_ACCOUNTS = {
    "number": _ACCOUNT,
    "name": {},
    "type": {"values": ["T", "S", "K", "I"], "meaning": "T asset, S debt, K cost, I income"},
    "unit": {"meaning": "unit of quantities"},
    "sru": {"many": True, "meaning": "codes of the tax return"},
}
_FILE: Mapping[str, Mapping[str, Any]] = {
    "flag": {"values": ["0", "1"], "meaning": "1: already imported"},
    "program": {},
    "program_version": {},
    "generated": {"type": "date"},
    "sign": {},
    "prose": {"many": True},
    "company_type": {"meaning": "such as AB, HB, E"},
    "company_id": {"meaning": "the sending program's own id of the company"},
    "org_number": {"meaning": "with a hyphen after digit 6"},
    "acquisition": {},
    "activity": {},
    "industry": {"meaning": "SNI code"},
    "address": {"fields": {"contact": {}, "street": {}, "town": {}, "phone": {}}},
    "company": {},
    "fiscal_years": {
        "many": True,
        "meaning": "0 is the current year, -1 the one before",
        "fields": {
            "year": {"type": "integer", "required": True},
            "start": {"type": "date"},
            "end": {"type": "date"},
        },
    },
    "tax_year": {},
    "period_end": {"type": "date", "meaning": "the balances are those up to this day"},
    "account_plan": {},
    "currency": {"meaning": "none means SEK", "matches": "[A-Z]{3}"},
    "accounts": {"many": True, "fields": _ACCOUNTS},
    "dimensions": {"many": True, "fields": {"number": _NUMBER, "name": {}, "parent": {}}},
    "objects": {
        "many": True,
        "fields": {"dimension": _NUMBER, "number": {"required": True}, "name": {}},
    },
}
_ROW_FIELDS = {
    "account": _ACCOUNT,
    "amount": {**_MONEY, "meaning": "debit positive, credit negative"},
    "date": {"type": "date", "meaning": "empty: that of the voucher"},
    "text": {"meaning": "empty: that of the voucher"},
    "quantity": {"type": "decimal", "meaning": "with the sign of the amount"},
    "sign": {},
    "dimensions": {"open": True, "meaning": "dimension to object"},
}
_VOUCHER_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "series": {},
    "number": {"meaning": "empty: the receiver numbers"},
    "date": {"type": "date", "required": True},
    "text": {},
    "registered": {"type": "date"},
    "sign": {},
    "rows": {
        "many": True,
        "meaning": "the rows that count",
        "fields": {**_ROW_FIELDS, "added": {"type": "boolean", "meaning": "added to the voucher later"}},
    },
    "removed": {
        "many": True,
        "meaning": "rows that were taken out of the voucher later; they do not count",
        "fields": _ROW_FIELDS,
    },
}
_BALANCE_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "year": {"type": "integer", "required": True, "meaning": "0 current, -1 the year before"},
    "period": {"matches": "[0-9]{4}(0[1-9]|1[0-2])", "meaning": "year and month"},
    "account": _ACCOUNT,
    "amount": {**_MONEY},
    "quantity": {"type": "decimal"},
    "dimensions": {"open": True},
}


def kinds(type_: Type) -> dict[str, Kind]:
    """The kinds of records that files of a type have; all stand in the file."""
    return {
        "file": _kind({**_FILE, "type": {"constant": type_[0]}}),
        **({"balance": _kind(_balance_fields(type_), "file")} if type_ != "4I" else {}),
        **({"voucher": _kind(_VOUCHER_FIELDS, "file")} if type_ in ("4E", "4I") else {}),
    }


def codecs(fields: Mapping[str, Field], prefix: str = "") -> Iterator[tuple[str, Codec]]:
    """The codec of each plain field, by its dotted name."""
    for name, field in fields.items():
        if field.fields is not None:
            yield from codecs(field.fields, f"{prefix}{name}.")
        elif not field.open:
            yield prefix + name, Codec(prefix + name, field, DIALECT)


def balance_tags(type_: Type) -> list[str]:
    """The tags of the balances that files of a type may hold."""
    return [line.tag for line in BALANCES if type_ not in line.never]


def _balance_fields(type_: Type) -> dict[str, Mapping[str, Any]]:
    return {"record": {"required": True, "values": balance_tags(type_)}, **_BALANCE_FIELDS}


def _kind(fields: Mapping[str, Mapping[str, Any]], inside: str | None = None) -> Kind:
    return Kind.model_validate(
        {"inside": inside, "fields": {name: Field.model_validate(one) for name, one in fields.items()}}
    )
