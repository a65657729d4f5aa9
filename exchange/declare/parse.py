"""Nodes of a declared file → a model, or everything that is wrong with it, each with its place and next step.

flow, problems = parse(Flow, node)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from exchange.declare.declared import Wrong, choices
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, did_you_mean, in_order
from exchange.declare.yaml import Node

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]

WANTED = {
    "string_type": "a text",
    "is_instance_of": "a text",
    "int_type": "a whole number without quotes",
    "bool_type": "true or false, without quotes",
    "decimal_type": "a number without quotes",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "none_required": "left empty",
}
"""What a value of the wrong kind should have been, by pydantic's name of the error."""


def parse(model: type[Model], node: Node) -> tuple[Model | None, list[Problem]]:
    """The declared model, or None and all problems, in the order of their places."""
    made, errors = refused(model, node)
    return made, in_order(problems_of(model, node, errors))


def refused(model: type[Model], node: Node) -> tuple[Model | None, list[ErrorDetails]]:
    """The declared model, or None and what was refused."""
    try:
        return model.model_validate(node.data()), []
    except ValidationError as error:
        return None, _of_best_branches(node, error.errors(include_url=False))


def problems_of(model: type[BaseModel], node: Node, errors: Iterable[ErrorDetails]) -> Iterator[Problem]:
    """One problem per error; values of the wrong kind, per place."""
    mismatched: dict[Location, list[str]] = defaultdict(list)
    for error in errors:
        path = path_in(node, error["loc"])
        if error["type"] in WANTED:
            mismatched[path].append(WANTED[error["type"]])
        else:
            yield _problem(model, node, path, error)
    for path, wanted in mismatched.items():
        yield _mismatch(node, path, wanted)


# --- where -------------------------------------------------------------------------------------------------


def _walk(node: Node, loc: Location) -> Iterator[tuple[int, Node | None]]:
    """Along pydantic's location: the node under each part, None for parts that are not in the file."""
    for position, part in enumerate(loc):
        below = node.get(part) if isinstance(part, str) else next(iter(node.items()[part : part + 1]), None)
        node = below or node
        yield position, below


def path_in(node: Node, loc: Location) -> Location:
    """The part of pydantic's location that stands in the file: names of union branches are left out."""
    return tuple(loc[position] for position, below in _walk(node, loc) if below is not None)


def _labels(node: Node, error: ErrorDetails) -> list[int]:
    """The positions in the location that name a branch of a union."""
    loc = error["loc"]
    name = len(loc) - 1 if error["type"] == "missing" or loc[-1:] == ("[key]",) else len(loc)
    return [position for position, below in _walk(node, loc) if below is None and position < name]


def _of_best_branches(node: Node, errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Of each union, the errors of the branch that was most likely meant: right kind, fewest errors."""
    unions: dict[Location, dict[int | str, list[ErrorDetails]]] = defaultdict(lambda: defaultdict(list))
    for error in errors:
        for position in _labels(node, error):
            unions[error["loc"][:position]][error["loc"][position]].append(error)
    for prefix, branches in unions.items():
        likely = [branch for branch in branches.values() if not _wrong_kind(node, prefix, branch)]
        if likely:
            best = min(likely, key=len)
            others = [error for branch in branches.values() if branch is not best for error in branch]
            errors = [error for error in errors if error not in others]
    return errors


def _wrong_kind(node: Node, prefix: Location, branch: list[ErrorDetails]) -> bool:
    """Whether a branch failed because the value is no text, list or mapping as it wants."""
    path = path_in(node, prefix)
    return any(error["type"] in WANTED and path_in(node, error["loc"]) == path for error in branch)


def at_path(node: Node, path: Location) -> Node:
    """What stands at a place."""
    for _, below in _walk(node, path):
        node = below or node
    return node


def _key_of(node: Node, path: Location) -> PlacedText:
    """The key that leads to a node; for the root and elements of lists, where these begin."""
    key = at_path(node, path[:-1]).key(path[-1]) if path and isinstance(path[-1], str) else None
    return at_path(node, path).start if key is None else key


def _value_of(node: Node, path: Location) -> PlacedText:
    """The scalar to point at; the key where there is no scalar or nothing was written."""
    text = at_path(node, path).text
    return text if text else _key_of(node, path)


# --- what --------------------------------------------------------------------------------------------------


def _problem(model: type[BaseModel], node: Node, path: Location, error: ErrorDetails) -> Problem:
    """The problem of an error that is not only a value of the wrong kind."""
    facts: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return _key_of(node, path).problem(f'The key "{error["loc"][-1]}" is missing here.')
        case "union_tag_not_found":
            return _key_of(node, path).problem(f"The key {_quoted(facts['discriminator'])} is missing here.")
        case "extra_forbidden":
            key = _key_of(node, path)
            return key.problem(
                f'"{key}" is not a key that is known here.', did_you_mean(key, known_keys(model, path))
            )
        case "literal_error":
            return _not_allowed(_value_of(node, path), error)
        case "string_pattern_mismatch":
            value = _value_of(node, path)
            message = f'"{value}" does not have the right form.'
            return value.problem(message, f"It must match {facts['pattern']}")
        case "union_tag_invalid":
            tagged = (*path, facts["discriminator"].strip("'"))
            return _not_allowed(_value_of(node, tagged), error)
        case "value_error":
            return _said(node, path, error, facts["error"])
    value = _value_of(node, path)
    said = re.sub(r"^(Input|String|Value|List|Dictionary)\b", f'"{value}"', error["msg"])
    return value.problem(f"{said}.")


def _quoted(name: str) -> str:
    return f'"{name.strip(chr(39))}"'


def _said(node: Node, path: Location, error: ErrorDetails, raised: ValueError) -> Problem:
    """The problem that a validator of ours reported."""
    of_key = error["loc"][-1:] == ("[key]",)
    place = _key_of(node, path) if of_key else _value_of(node, path)
    message = str(raised) if str(raised).endswith((".", "?")) else f"{raised}."
    if isinstance(raised, Wrong):
        return (raised.at or place).problem(message, raised.advice, raised.offset, raised.width)
    return place.problem(message)


def allowed_texts(error: ErrorDetails) -> list[str]:
    """The texts of which one was wanted; pydantic lists them as `'a', 'b' or 'c'`."""
    facts: dict[str, Any] = error.get("ctx", {})
    expected = str(facts.get("expected_tags") or facts["expected"])
    return re.findall(r"'([^']*)'", expected) or [expected]


def _not_allowed(value: PlacedText, error: ErrorDetails) -> Problem:
    """A text that is none of the allowed ones."""
    return value.problem(f'"{value}" is not allowed here.', did_you_mean(value, allowed_texts(error)))


def _mismatch(node: Node, path: Location, wanted: list[str]) -> Problem:
    """A value of the wrong kind, with all kinds that would have been right."""
    text = at_path(node, path).text
    should = " or ".join(dict.fromkeys(wanted))
    place = _value_of(node, path)
    if text is not None and text.is_empty:
        return place.problem(f'"{place}" has no value; it should be {should}.')
    what = f'"{text}"' if text is not None else "This list" if at_path(node, path).items() else "This mapping"
    return place.problem(f"{what} should be {should}.")


def known_keys(model: type[BaseModel], path: Location) -> set[str]:
    """The keys that may stand where the key at the end of a path stands."""
    return {name for kind in _around(model, path) for name in keys_of(kind)}


def field_at(model: type[BaseModel], path: Location) -> FieldInfo | None:
    """What the model says of the value under the last key of a path."""
    fields = (named for kind in _around(model, path) for named in kind.model_fields.items())
    return next((field for name, field in fields if path[-1] in (name, field.alias)), None)


def _around(model: type[BaseModel], path: Location) -> list[type[BaseModel]]:
    """The models that may hold the last key of a path."""
    here: list[Any] = [model]
    for part in path[:-1]:
        here = [choice for kind in here for choice in _below(kind, part)]
    return [kind for kind in here if _is_model(kind)]


def _below(kind: Any, part: int | str) -> list[Any]:
    """The kinds of value that may stand under a key or an index of a kind of value."""
    if _is_model(kind):
        return [
            choice
            for name, field in kind.model_fields.items()
            if part in (name, field.alias)
            for choice in choices(field.annotation)
        ]
    return choices(get_args(kind)[-1]) if get_origin(kind) in (list, dict) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a model as they are written in files."""
    return [field.alias or name for name, field in model.model_fields.items()]
