"""Paths of an XML layout: a small part of XPath that can be read in one pass and written.

    GrpHdr/MsgId    Amt/@Ccy    .    @id    cbc:ID    Bal[Tp/CdOrPrtry/Cd='OPBD']/Amt    AdrLine[2]    //BkToCstmrStmt

A predicate compares (`='x'`, `!='x'`) or asks for presence (`[Tp/Cd]`), or gives a position among the elements of
that name. `//` stands only before the first step of a kind's place: the element may be at any depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*"
_TOKEN = re.compile(
    rf"\s*(?:(?P<name>@?{_NAME})|(?P<number>[1-9][0-9]*)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>//|!=|[/=\[\].]))"
)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on one element: `path` holds text (equal to `value`, or not), or it is the `position`-th."""

    path: Path | None = None
    value: str | None = None
    negated: bool = False
    position: int | None = None

    def __str__(self) -> str:
        if self.path is None:
            return f"[{self.position}]"
        if self.value is None:
            return f"[{self.path}]"
        quote = '"' if "'" in self.value else "'"
        return f"[{self.path}{'!=' if self.negated else '='}{quote}{self.value}{quote}]"


@dataclass(frozen=True, slots=True)
class Step:
    """One element on the way down; its name is as in the layout, with a declared prefix or without."""

    name: str
    predicates: tuple[Predicate, ...] = ()

    def __str__(self) -> str:
        return self.name + "".join(str(predicate) for predicate in self.predicates)


@dataclass(frozen=True, slots=True)
class Path:
    """Steps down from an element, and the attribute at the end; no steps and no attribute is `.`, the element."""

    steps: tuple[Step, ...] = ()
    attribute: str | None = None
    anywhere: bool = False

    def __str__(self) -> str:
        parts = [str(step) for step in self.steps]
        if self.attribute is not None:
            parts.append(f"@{self.attribute}")
        return ("//" if self.anywhere else "") + ("/".join(parts) or ".")

    def under(self, base: Path) -> Path:
        """This path, seen from where `base` begins."""
        return Path((*base.steps, *self.steps), self.attribute, base.anywhere)

    def names(self) -> set[str]:
        """Every element and attribute name in the path, predicates included."""
        found = {step.name for step in self.steps} | ({self.attribute} if self.attribute else set())
        inner = (p.path for step in self.steps for p in step.predicates if p.path is not None)
        return found.union(*(path.names() for path in inner))


def parse_path(text: str) -> Path:
    """The path a text means; ValueError with a sentence when it is none."""
    parser = _Parser(text)
    path = parser.path(anywhere=True)
    if parser.sign is not None or parser.rest():
        raise parser.wrong()
    return path


class _Parser:
    """Recursive descent over the tokens of one path."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._next()

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._place)
        self.kind = match.lastgroup if match else None
        self.token = match[match.lastgroup] if match and match.lastgroup else ""
        self._start = self._place
        self._place = match.end() if match else self._place

    @property
    def sign(self) -> str | None:
        """The token that is next, None at the end (or where nothing can be read)."""
        return self.token if self.kind else None

    def rest(self) -> str:
        """What is left after the last token."""
        return self._text[self._place :].strip()

    def wrong(self) -> ValueError:
        """What to say when the next token does not belong there."""
        rest = self._text[self._start :].strip()
        where = f'at "{rest}"' if rest else "at its end"
        return ValueError(
            f"\"{self._text}\" is not a usable path ({where}); write it like Amt/@Ccy or Bal[Tp='X']/Amt"
        )

    def _take(self, sign: str) -> bool:
        if self.kind != "sign" or self.token != sign:
            return False
        self._next()
        return True

    def path(self, *, anywhere: bool = False) -> Path:
        """One path; `//` only where it may stand anywhere."""
        if self._take("."):
            return Path()
        everywhere = anywhere and self._take("//")
        steps: list[Step] = []
        while self.kind == "name" and not self.token.startswith("@"):
            steps.append(self._step())
            if not self._take("/"):
                return Path(tuple(steps), None, everywhere)
        if self.kind != "name":
            raise self.wrong()
        attribute = self.token[1:]
        self._next()
        return Path(tuple(steps), attribute, everywhere)

    def _step(self) -> Step:
        name = self.token
        self._next()
        predicates: list[Predicate] = []
        while self._take("["):
            predicates.append(self._predicate())
            if not self._take("]"):
                raise self.wrong()
        return Step(name, tuple(predicates))

    def _predicate(self) -> Predicate:
        if self.kind == "number":
            position = int(self.token)
            self._next()
            return Predicate(position=position)
        path = self.path()
        negated = self._take("!=")
        if not negated and not self._take("="):
            return Predicate(path)
        if self.kind != "text":
            raise self.wrong()
        value = self.token[1:-1]
        self._next()
        return Predicate(path, value, negated)
