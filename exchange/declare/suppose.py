"""What a declared file with mistakes was most likely meant to say, so that its other mistakes are found in the same round.

    supposed = suppose(Flow, node)
    supposed.problems       # all of them; with any, nothing that is made of this file may run
    supposed.model          # the flow as if the nearest right names had been written

A wrong key or word is read as the nearest right one, the one that the advice names. A value that cannot be used is left
out, or an example of its kind stands for it; then `sure` is False: what depends on the file cannot be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from exchange.declare.declared import Wrong
from exchange.declare.parse import (
    Location,
    allowed_texts,
    at_path,
    field_at,
    known_keys,
    path_in,
    problems_of,
    refused,
)
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, in_order, nearest
from exchange.declare.yaml import Node

Model = TypeVar("Model", bound=BaseModel)
ROUNDS = 8
"""How often what was found is mended and the rest looked at again."""
_WORD_ERRORS = ("literal_error", "union_tag_invalid")


@dataclass(frozen=True, slots=True)
class Supposed(Generic[Model]):
    """A declared thing as it was most likely meant; None where not even that can be said.

    sure: no value was left out, so that what depends on it can be checked against it. whole: it is as it was written.
    """

    model: Model | None
    problems: list[Problem]
    sure: bool = True

    @property
    def sound(self) -> Model | None:
        """The thing, if nothing is wrong with it."""
        return None if self.problems else self.model


def suppose(model: type[Model], node: Node, problems: Iterable[Problem] = ()) -> Supposed[Model]:
    """The declared thing and all that is wrong with it. problems: what reading its file found already."""
    told = list(problems)
    mender = _Mender(model, node)
    for _ in range(ROUNDS):
        made, errors = refused(model, mender.node)
        if made is not None:
            return Supposed(made, in_order(told), mender.sure and not node.cut)
        told += problems_of(model, mender.node, mender.untold(errors))
        if not mender.mend(errors):
            break
    return Supposed(None, in_order(told), False)


@dataclass(slots=True)
class _Mender:
    """Makes of the nodes of a file what they were meant to be, one round after the other."""

    model: type[BaseModel]
    node: Node
    sure: bool = True
    left_out: set[Location] = field(default_factory=set)

    def untold(self, errors: list[ErrorDetails]) -> list[ErrorDetails]:
        """The errors that do not follow from what was left out."""
        return [error for error in errors if not self._follows(error)]

    def _follows(self, error: ErrorDetails) -> bool:
        if error["type"] != "missing":
            return bool(self.left_out) and error["type"] == "value_error" and self._of_several(error)
        return self.node.cut or _where(self.node, error) in self.left_out

    def _of_several(self, error: ErrorDetails) -> bool:
        """Whether a rule about several values did not hold, one of which may be missing only because it was left out."""
        return at_path(self.node, path_in(self.node, error["loc"])).text is None

    def mend(self, errors: list[ErrorDetails]) -> bool:
        """Changes the places that were refused; False when there is nothing left to suppose."""
        before = self.node
        renamed = {self._rename(error) for error in errors if error["type"] == "extra_forbidden"}
        others = {_where(self.node, error): error for error in errors if error["type"] != "extra_forbidden"}
        for path in sorted(others.keys() - renamed, key=_backwards):
            if others[path]["type"] == "missing":
                self._supply(path)
            else:
                self._replace(path, others[path])
        return self.node is not before

    def _rename(self, error: ErrorDetails) -> Location:
        """An unknown key becomes the nearest known one that is not there yet; without one it is left out."""
        path = path_in(self.node, error["loc"])
        around = at_path(self.node, path[:-1])
        meant = nearest(
            str(path[-1]), known_keys(self.model, path) - {str(each) for each in around.entries()}
        )
        self.node = changed(self.node, path, at_path(around, path[-1:]) if meant else None, meant)
        return path if meant is None else (*path[:-1], meant)

    def _replace(self, path: Location, error: ErrorDetails) -> None:
        """A word that is not allowed becomes the nearest one that is; any other value is left out."""
        if error["type"] == "union_tag_invalid":
            path = (*path, error["ctx"]["discriminator"].strip("'"))
        text = at_path(self.node, path).text
        meant = nearest(text, allowed_texts(error)) if text and error["type"] in _WORD_ERRORS else None
        if text is not None and meant is not None:
            self.node = changed(self.node, path, word(meant, text))
        else:
            self._leave_out(_pointed_at(self.node, error) or path)

    def _supply(self, path: Location) -> None:
        """An example for a value that is needed and not there; without one, what needs it is left out as a whole."""
        example, around = _example(self.model, path), at_path(self.node, path[:-1])
        if example is None:
            self._leave_out(path[:-1])
            return
        self.sure = False
        key, word = (
            PlacedText(text, around.start.source, around.start.begin) for text in (str(path[-1]), example)
        )
        entries = {**around.entries(), key: Node(word, word)}
        self.node = changed(self.node, path[:-1], replace(around, value=entries))

    def _leave_out(self, path: Location) -> None:
        self.sure = False
        self.left_out.add(path)
        if path:
            self.node = changed(self.node, path, None)


def _where(node: Node, error: ErrorDetails) -> Location:
    """The place of what was refused, or of what is missing."""
    path = path_in(node, error["loc"])
    return (*path, error["loc"][-1]) if error["type"] == "missing" else path


def _pointed_at(node: Node, error: ErrorDetails) -> Location | None:
    """The place of the text that a rule about several values complains of."""
    raised = error.get("ctx", {}).get("error")
    at = raised.at if isinstance(raised, Wrong) else None
    return None if at is None else _place_of(node, at)


def _place_of(node: Node, text: PlacedText) -> Location | None:
    """Where in the nodes a text of the same file and place stands."""
    if node.text is not None:
        return () if (node.text.source, node.text.begin) == (text.source, text.begin) else None
    for part, below in (*node.entries().items(), *enumerate(node.items())):
        found = _place_of(below, text)
        if found is not None:
            return (part if isinstance(part, int) else str(part), *found)
    return None


def _backwards(path: Location) -> tuple[tuple[int, str], ...]:
    """Orders places so that the later elements of a list come first: numbers of earlier ones stay right."""
    return tuple((-part, "") if isinstance(part, int) else (0, part) for part in path)


def _example(model: type[BaseModel], path: Location) -> str | None:
    """The first example that the model gives for a value."""
    said = field_at(model, path)
    return None if said is None or not said.examples else str(said.examples[0])


def word(text: str, at: PlacedText) -> Node:
    """A scalar that stands for another one, at the place of that."""
    placed = PlacedText(text, at.source, at.begin, at.plain)
    return Node(placed, placed)


def changed(node: Node, path: Location, new: Node | None, key: str | None = None) -> Node:
    """The nodes with another one (None: nothing) at a place, perhaps under another key. The old ones stay as they are."""
    if not path:
        return node if new is None else new
    part, rest = path[0], path[1:]
    if isinstance(part, int):
        items = list(node.items())
        below = changed(items[part], rest, new, key) if rest else new
        items[part : part + 1] = [] if below is None else [below]
        return replace(node, value=items)
    return replace(node, value=dict(_entries(node.entries(), part, rest, new, key)))


def _entries(
    entries: Mapping[PlacedText, Node], part: str, rest: Location, new: Node | None, key: str | None
) -> Iterable[tuple[Any, Node]]:
    for name, node in entries.items():
        if name != part:
            yield name, node
        elif rest:
            yield name, changed(node, rest, new, key)
        elif new is not None:
            yield (name if key is None else PlacedText(key, name.source, name.begin, name.plain)), new
