"""A flow: from where, which layout and mappings, to where, when, and who is told.

flow: webshop-orders
from: {at: "folder:inbox/orders", match: "ORD_*.csv", ready: unchanged for 30s}
layout: acme/orders
map: [acme/orders-to-invoice]
to:
  - {write: netvisor/sales-invoice, at: "folder:outbox", name: "{flow}-{arrival.date}-{arrival.id}.xml"}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from exchange.declare.declared import Declared, Name, Wrong
from exchange.declare.layout import LayoutName
from exchange.declare.places import PlacedText
from exchange.declare.problems import did_you_mean
from exchange.declare.units import BankDayCount, PlaceText, Secret, Size, Texts, seconds
from exchange.model import ArrivalFacts

FLOW_NAME = r"^[a-z0-9][a-z0-9-]{0,59}$"
PER_FILE = ("flow", "arrival.date", "arrival.moment", "arrival.id", "arrival.name", "arrival.stem")
PER_DOCUMENT = ("n", "key")
"""What a file name may hold in braces: always, and only where each document becomes a file of its own."""
TELLING = ("arrival.id", "arrival.name", "arrival.stem", "key")
"""What tells the names of two arrivals apart, whenever they come."""
DATED = ("arrival.date", "arrival.moment")
"""Those behind which a pattern may stand, as receivers want it: {arrival.date:%y%m%d}, {arrival.moment:%H%M%S}."""
DATE_PARTS = re.compile(r"(?:%[YymdHMSj]|[^%])+")


def _flow_name(name: PlacedText) -> PlacedText:
    if not re.fullmatch(FLOW_NAME, name):
        raise Wrong(f'"{name}" is not a usable name: lower-case letters, digits and -, at most 60', at=name)
    return name


FlowName = Annotated[
    PlacedText, AfterValidator(_flow_name), WithJsonSchema({"type": "string", "pattern": FLOW_NAME})
]
MappingName = LayoutName


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file is whole when it has not changed for so many seconds."""

    seconds: int

    def __str__(self) -> str:
        return f"unchanged for {self.seconds}s"


@dataclass(frozen=True, slots=True)
class DoneFile:
    """A file is whole when another file says so; pattern is that file's name, with {name} or {stem}."""

    pattern: str

    def marker(self, name: str) -> str:
        """The name of the file that announces this one."""
        return self.pattern.format(name=name, stem=name.rpartition(".")[0] or name)


@dataclass(frozen=True, slots=True)
class Renamed:
    """A file is whole as soon as it has its name; while it grows its name fits the pattern (`*.part`)."""

    pattern: str


Ready = Unchanged | DoneFile | Renamed


def _ready(text: Any) -> Ready:
    """`unchanged for 30s`, `done file {name}.done`, `renamed from *.part`. Raises Wrong."""
    rule = re.fullmatch(r"(unchanged for|done file|renamed from) +(.+)", str(text))
    if not rule:
        advice = "Write `unchanged for 30s`, `done file {name}.done` or `renamed from *.part`."
        raise Wrong(f'"{text}" does not say when a file is whole', advice=advice)
    if rule[1] == "unchanged for":
        return Unchanged(seconds(rule[2]))
    if rule[1] == "renamed from":
        return Renamed(rule[2])
    if not re.fullmatch(r"[^{}/]*\{(name|stem)\}[^{}/]*", rule[2]) or rule[2] == "{name}":
        advice = "Write such as {name}.done, or {stem}.ok when the ending is replaced."
        raise Wrong(f'"{rule[2]}" does not tell which file the done file belongs to', advice=advice)
    return DoneFile(rule[2])


def _template(text: PlacedText) -> PlacedText:
    """A file name with known names in braces. Raises Wrong at the brace."""
    for match in re.finditer(r"\{([^{}]*)\}|[{}]", text):
        if match[1] is None:
            raise Wrong("This brace has no partner", at=text, offset=match.start(), width=1)
        name, colon, pattern = match[1].partition(":")
        if colon and not (name in DATED and DATE_PARTS.fullmatch(pattern)):
            raise Wrong(
                f'"{match[1]}" has a pattern where none may stand',
                at=text,
                offset=match.start() + 1,
                width=len(match[1]),
                advice="Write such as {arrival.date:%y%m%d} or {arrival.moment:%H%M%S}.",
            )
        if name not in PER_FILE + PER_DOCUMENT:
            advice = did_you_mean(name, PER_FILE + PER_DOCUMENT)
            raise Wrong(
                f"{{{name}}} is not known in file names",
                at=text,
                offset=match.start() + 1,
                width=len(name),
                advice=advice,
            )
    if "/" in text:
        raise Wrong(
            "A file name holds no /", at=text, offset=text.index("/"), advice="Folders belong to `at`."
        )
    return text


def names_in(template: str) -> set[str]:
    """What a file name template holds in braces."""
    return {name.partition(":")[0] for name in re.findall(r"\{([^{}]*)\}", template)}


def file_name(template: str, arrival: ArrivalFacts, n: int | None = None, key: str | None = None) -> str:
    """The file name that a template gives: the same arrival (and document) always gives the same name.

    n counts the documents of the arrival from 1, key is the document's business key. Characters that a file
    name must not hold are written as %XX, so that different values never give the same name.
    """
    facts = {
        "flow": arrival.flow,
        "arrival.date": arrival.date,
        "arrival.moment": arrival.moment,
        "arrival.id": arrival.id,
        "arrival.name": arrival.name,
        "arrival.stem": arrival.name.rpartition(".")[0] or arrival.name,
        "n": n,
        "key": key,
    }

    def value(match: re.Match[str]) -> str:
        name, _, pattern = match[1].partition(":")
        fact = facts[name]
        if isinstance(fact, datetime):
            return _safe(fact.strftime(pattern or "%Y-%m-%dT%H%M%S"))
        return _safe(fact.strftime(pattern) if isinstance(fact, date) and pattern else str(fact))

    return re.sub(r"\{([^{}]*)\}", value, template)


def _safe(value: str) -> str:
    return re.sub(
        r"[^\w.\- ]|^\.", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), value
    )


class Source(Declared):
    """Where files are taken from, which of them, and when they are whole."""

    at: PlaceText = Field(
        description="folder:PATH (relative to the site) or sftp://user@host:port/path",
        examples=["folder:orders"],
    )
    match: Texts = Field(min_length=1, description="name patterns of the files to take, such as ORD_*.csv")
    ignore: Texts = Field(
        [], description="name patterns of files that are not for us; all others are reported"
    )
    ready: Annotated[Ready, BeforeValidator(_ready), WithJsonSchema({"type": "string"})] = Field(
        Unchanged(30), description="unchanged for 30s | done file {name}.done | renamed from *.part"
    )
    min_size: Size = Field(
        1, alias="min size", description="smaller files wait for a person, such as 1 or 20kB"
    )
    max_size: Size = Field(
        2 * 10**9, alias="max size", description="bigger files wait for a person, such as 500MB"
    )
    after: Literal["archive", "delete", "keep"] = Field(
        "archive", description="what becomes of the file at the source once it is safe with us"
    )
    secret: Secret | None = Field(None, description="env:NAME, file:PATH or credentials:NAME")
    schematron: list[PlacedText] = Field(
        [],
        description="stylesheets compiled from Schematron, below the site's schemas/: the files that come must keep their "
        "rules (extra `xml2`)",
    )
    seal: Secret | None = Field(
        None,
        description="the key of the files' seal, as a reference like that of `secret`: a file without a seal that holds "
        "waits for a person",
    )
    host_key: Texts = Field(
        [], alias="host key", description="SHA256:… of the server; several while it changes"
    )
    options: dict[str, str] = Field({}, description="settings of the transport")

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        if self.min_size > self.max_size:
            raise Wrong("`min size` is bigger than `max size`")
        return self


class Target(Declared):
    """Where results are brought to, in which layout, under which name."""

    map: list[MappingName | list[MappingName]] = Field([], description="mappings for this target alone")
    write: LayoutName = Field(description="the layout of the file")
    bank: PlacedText | None = Field(
        None, description="the profile of the bank that gets the payments: refuses before the bank does"
    )
    at: PlaceText = Field(
        description="folder:PATH (relative to the site) or sftp://user@host:port/path",
        examples=["folder:orders"],
    )
    name: Annotated[PlacedText, AfterValidator(_template)] = Field(
        min_length=1,
        description="{flow} {arrival.date} {arrival.moment} {arrival.id} {arrival.name} {arrival.stem} {n} {key}; "
        "days and times as the receiver wants them: {arrival.date:%y%m%d}",
        examples=["{flow}-{arrival.date}-{arrival.id}.xml"],
    )
    per: Literal["file", "document"] = Field("file", description="one file for all, or one for each document")
    consumes: bool = Field(
        False, description="the receiver takes files away at once; a doubt is then settled by that"
    )
    secret: Secret | None = Field(None, description="env:NAME, file:PATH or credentials:NAME")
    schematron: list[PlacedText] = Field(
        [],
        description="stylesheets compiled from Schematron, below the site's schemas/: the file must keep their rules before "
        "it leaves (extra `xml2`)",
    )
    seal: Secret | None = Field(
        None, description="the key with which the file is sealed, as a reference like that of `secret`"
    )
    host_key: Texts = Field(
        [], alias="host key", description="SHA256:… of the server; several while it changes"
    )
    options: dict[str, str] = Field({}, description="settings of the transport")

    @property
    def names_by_second(self) -> bool:
        """Whether the time of day is all that tells the names of two arrivals apart."""
        has_seconds = re.search(r"\{arrival\.moment(:[^{}]*%S[^{}]*)?\}", self.name) is not None
        return has_seconds and names_in(self.name).isdisjoint(TELLING)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        """Documents of one arrival need names of their own; one file for all cannot be named after one."""
        of_document = names_in(self.name) & set(PER_DOCUMENT)
        if self.per == "document" and not of_document:
            advice = "Put {n} (1, 2, 3 …) or {key} (the business key) into it."
            raise Wrong("All documents would get the same file name", at=self.name, advice=advice)
        if self.per == "file" and of_document:
            advice = "Remove it, or write `per: document`."
            raise Wrong(
                f"{{{min(of_document)}}} is only known with `per: document`", at=self.name, advice=advice
            )
        return self


class Match(Declared):
    """Reconciliation: the bank transactions that the flow brings are matched against open items of other flows."""

    against: Name | list[Name] = Field(
        description="names under `with` whose flows give open items: common/receivable, common/payable or common/invoice"
    )
    every_file: list[Name] = Field(
        [],
        alias="every file",
        description="those of these names of which every file counts, not only the newest: invoices that went through",
    )
    rules: PlacedText | None = Field(
        None,
        description="a set of rules below schemas/rules/; none: checked references with the exact amount",
    )
    decided: FlowName | None = Field(
        None, description="the flow that takes what people decide (layout exchange/decisions) on its way"
    )

    @property
    def names(self) -> list[str]:
        """The names of all lists of open items."""
        return self.against if isinstance(self.against, list) else [self.against]


class Expect(Declared):
    """By when the bank must have spoken of each payment that the flow sends; after that `exchange status` tells it."""

    answer: BankDayCount | None = Field(
        None,
        description="how long after the file is delivered an answer may take, such as 1 bank day: received, accepted, "
        "rejected or more",
    )
    booking: BankDayCount | None = Field(
        None,
        description="how long after the day of execution a statement or an advice that books it may take, such as "
        "2 bank days",
    )
    return_: BankDayCount | None = Field(
        None,
        alias="return",
        description="how long after the bank refuses a payment that was booked already its money may take to come back, such as "
        "3 bank days",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.answer is None and self.booking is None and self.return_ is None:
            raise Wrong(
                "`expect` expects nothing",
                advice="Write `answer: 1 bank day`, `booking: 2 bank days`, `return: 3 bank days` or several of these.",
            )
        return self


class Flow(Declared):
    """One declared way of files."""

    flow: FlowName = Field(description="its name: that of the file, without .yaml")
    from_: Source = Field(alias="from")
    layout: LayoutName = Field(description="the layout of the files that come")
    map: list[MappingName | list[MappingName]] = Field(
        [],
        description="mappings, one after the other; a list inside the list: each is given the same records",
    )
    leaves_out: list[PlacedText] = Field(
        [],
        alias="leaves out",
        description="what stands in the files that no mapping takes, on purpose, by the names of the finding `FLO007`: kinds of records, or "
        "what a mapping `leaves`; nothing is said of it",
    )
    with_: dict[Name, FlowName] = Field(
        {}, alias="with", description="reference data: the newest of other flows"
    )
    match: Match | None = None
    as_ordered: bool = Field(
        False,
        alias="as ordered",
        description="movements of an account get the ids, payee and reference of what was sent from here, where the bank leaves them out; "
        "a batch that it books with one sum becomes its payments",
    )
    to: list[Target] = Field(description="[] keeps the records as reference data for other flows")
    paid_twice_within: int = Field(
        90,
        ge=0,
        le=3650,
        alias="paid twice within",
        description="days: the same payment once more within them is held for a person",
    )
    approve: int = Field(0, ge=0, le=9, description="how many people must approve before delivery")
    expect: Expect | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.match:
            self._matches_known(self.match)
        if self.match and self.as_ordered:
            raise Wrong(
                "`as ordered` is for flows that do not match: a match takes movements as the bank tells them"
            )
        if self.flow in self.with_.values():
            raise Wrong("A flow cannot be its own reference data")
        self._names_differ()
        return self

    def _matches_known(self, match: Match) -> None:
        """Lists of open items are names of this flow; those of which every file counts are among them."""
        for names, known, where in (
            (match.names, list(self.with_), "the names under `with`"),
            (match.every_file, match.names, "the names under `against`"),
        ):
            for name in names:
                if name not in known:
                    raise Wrong(f'"{name}" is not among {where}', advice=did_you_mean(name, known))

    def _names_differ(self) -> None:
        """Two targets of one place need different names."""
        seen: set[tuple[str, str]] = set()
        for target in self.to:
            if (target.at, target.name) in seen:
                message = "Another target of this flow writes the same name at the same place"
                raise Wrong(message, at=target.name)
            seen.add((target.at, target.name))
