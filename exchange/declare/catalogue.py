"""Where declared files are: those that come with the package and those of a site, by kind and declared name.

The name is the place: `schemas/acme/orders.yaml` declares `layout: acme/orders`. So a file is found without
reading the others, and read only when it is asked for.

    catalogue = Catalogue.of(site_folder)
    node, problems = catalogue.load("flow", "webshop-orders")

A file may be `like:` another of its kind: it has all that the other says, but what it says itself (`declare.likeness`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import exchange
from exchange.declare.likeness import LIKE, merged
from exchange.declare.mapping import LEFT_OUT_BY
from exchange.declare.places import PlacedText
from exchange.declare.problems import Problem, did_you_mean
from exchange.declare.yaml import Node, load

Kind = Literal["layout", "mapping", "table", "bank", "calendar", "rules", "flow", "pack"]
FOLDERS: Mapping[Kind, str] = {
    "layout": "schemas",
    "mapping": "mappings",
    "table": "tables",
    "bank": "schemas/banks",
    "calendar": "schemas/calendars",
    "rules": "schemas/rules",
    "flow": "flows",
    "pack": "packs",
}
OTHERS = ("schemas/banks", "schemas/calendars", "schemas/rules")
"""Folders below that of the layouts whose files are of a kind of their own."""
LIKENING: tuple[Kind, ...] = ("layout", "mapping", "bank", "calendar", "rules")
"""The kinds of which a file may be like another."""
_PLAIN = re.compile(
    r"""^([a-z]+):(?: +([\w./*:-]+|"[\w./*:$-]+"|\[[\w./*:$ ",-]+\]) *(?:\#.*)?$|((?:\n +- +[^\n]*)+)(?=\n[^\s#-]))""",
    re.MULTILINE,
)
"""A key at the edge of a file with a plain text, or a list of texts: in brackets, or one below the other."""
_KEY = re.compile(r"^([a-z]+):", re.MULTILINE)
SITE_FILE = "exchange.yaml"
ENDING = ".yaml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One declared file. shown is its path as people see it; packaged: it comes with the product."""

    kind: Kind
    name: str
    path: Path
    shown: str
    packaged: bool


class Catalogue:
    """All declared files of a site and of the package. problems: wrong places and names used twice."""

    def __init__(self, site: Path | None, package: Path) -> None:
        shipped, problems = _shipped(package)
        self.site = site
        self.problems = [*problems]
        self._entries = dict(shipped)
        self._loaded: dict[Path, tuple[Node | None, list[Problem]]] = {}
        self._made: dict[tuple[Kind, str], dict[str, Any]] = {}
        self._completing: list[str] = []
        self._package = _of_package(package) if site is not None else self
        if site is not None:
            self._add_site(site)

    @classmethod
    def of(cls, site: Path | None = None) -> Catalogue:
        """The declared files of a site (None: of the package alone)."""
        return cls(site, package_data())

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The declared names of a kind, in order."""
        return tuple(sorted(name for found, name in self._entries if found == kind))

    def entries(self, kinds: Iterable[Kind] = get_args(Kind)) -> Iterator[Entry]:
        """All files of these kinds, by kind and name."""
        for kind in kinds:
            for name in self.names(kind):
                yield self._entries[kind, name]

    def entry(self, kind: Kind, name: str) -> Entry | None:
        """The file that declares a name, None when there is none."""
        return self._entries.get((kind, name))

    def load(self, kind: Kind, name: str) -> tuple[Node | None, list[Problem]]:
        """The nodes of a declared file and what is wrong with it; reads it the first time."""
        entry = self._entries.get((kind, name))
        if entry is None:
            return None, [self.unknown(kind, name)]
        if entry.packaged and self._package is not self:
            return self._package.load(kind, name)
        if entry.path not in self._loaded:
            node, problems = _read(entry.path, entry.shown)
            problems = [*problems, *(_name_problems(entry, node) if node else [])]
            self._loaded[entry.path] = node, problems
            if node is not None and kind in LIKENING:
                self._completing.append(name)
                node, more = self._completed(kind, node)
                self._loaded[entry.path] = node, [*problems, *more]
                self._completing.pop()
        return self._loaded[entry.path]

    def made(self, kind: Kind, name: str) -> dict[str, Any]:
        """What others have made of a declared file, to be kept here for who asks again: of a file that comes with the product
        by any site.
        """
        entry = self._entries.get((kind, name))
        home = self._package if entry is not None and entry.packaged else self
        return home._made.setdefault((kind, name), {})

    def head(self, kind: Kind, name: str) -> Mapping[str, str]:
        """What a declared file says in plain words at its edge, such as `format: csv`, as it is written, seen without
        reading it as a whole; also what it takes from the file it is like. What is written in other ways is missing.
        """
        found: dict[str, str] = {}
        settled: set[str] = set()
        seen: set[str] = set()
        entry = self.entry(kind, name)
        while entry is not None and entry.name not in seen:
            seen.add(entry.name)
            text = entry.path.read_text("utf-8", "replace")
            said = {key: plain or listed for key, plain, listed in _PLAIN.findall(text)}
            found |= {key: value for key, value in said.items() if key not in settled}
            settled |= set(_KEY.findall(text))
            entry = self.entry(kind, said[LIKE]) if LIKE in said else None
        return found

    def family(self, kind: Kind, name: str) -> Iterator[Entry]:
        """The file that declares a name, then those that it is like or whose leavings it takes, and so on: all that its meaning
        rests on.
        """
        todo, seen = [name], set[str]()
        while todo:
            entry = self.entry(kind, todo.pop(0))
            if entry is None or entry.name in seen:
                continue
            seen.add(entry.name)
            yield entry
            node, _ = self.load(kind, entry.name)
            named = (
                [node.get(LIKE), *(rest.items() if (rest := node.get(LEFT_OUT_BY)) else ())]
                if node is not None
                else []
            )
            todo += [each.text for each in named if each is not None and each.text is not None]

    def _completed(self, kind: Kind, node: Node) -> tuple[Node | None, list[Problem]]:
        """The nodes of a file with those of the file that it is like."""
        like = node.get(LIKE)
        name = like.text if like is not None else None
        if name is None:
            return node, []
        if self.entry(kind, name) is None:
            return None, [self.unknown(kind, name, name)]
        other, problems = self.load(kind, name)
        if name in self._completing:
            return None, [name.problem("These files are like each other in a circle.", "Break the circle.")]
        if other is None or problems:
            message = f'"{name}" has problems of its own.'
            return None, [name.problem(message, "Correct that file first.")]
        return merged(other, node), []

    def load_site(self) -> tuple[Node | None, list[Problem]]:
        """The nodes of the site file and what is wrong with it."""
        if self.site is None:
            return None, [
                Problem(SITE_FILE, None, None, "There is no site.", advice="Make one: exchange new DIR")
            ]
        path = self.site / SITE_FILE
        if not path.is_file():
            message = f"{self.site} is not a site: it has no {SITE_FILE}."
            return None, [Problem(str(path), None, None, message, advice="Make one: exchange new DIR")]
        return _read(path, SITE_FILE)

    def unknown(self, kind: Kind, name: str, at: PlacedText | None = None) -> Problem:
        """The problem that a name is not declared, with the nearest right one; at is where it was used."""
        message = f'There is no {kind} "{name}".'
        advice = f"{did_you_mean(name, self.names(kind))}\nIts file would be {FOLDERS[kind]}/{name}{ENDING}."
        if at is not None:
            return at.problem(message, advice)
        return Problem(f"{FOLDERS[kind]}/{name}{ENDING}", None, None, message, advice=advice)

    def _add_site(self, site: Path) -> None:
        for entry in _found(site, self.problems, packaged=False):
            known = self._entries.get((entry.kind, entry.name))
            if known is None:
                self._entries[entry.kind, entry.name] = entry
                continue
            message = f'The {entry.kind} "{entry.name}" already comes with the package.'
            advice = "Give yours another name and put its file at the place of that name."
            self.problems.append(Problem(entry.shown, 1, 1, message, advice=advice))


@cache
def _of_package(package: Path) -> Catalogue:
    """The catalogue of what comes with the product: all sites of a program read those files once."""
    return Catalogue(None, package)


@cache
def _shipped(package: Path) -> tuple[Mapping[tuple[Kind, str], Entry], Sequence[Problem]]:
    """The files that come with the product, which stay the same while a program runs, and wrong places among them."""
    problems: list[Problem] = []
    entries = {(entry.kind, entry.name): entry for entry in _found(package, problems, packaged=True)}
    return entries, problems


def _found(root: Path, problems: list[Problem], *, packaged: bool) -> Iterator[Entry]:
    """The declared files below a folder. problems: files at wrong places are told there."""
    for kind, folder in FOLDERS.items():
        for path in sorted((root / folder).rglob("*")):
            shown = path.relative_to(root).as_posix()
            if kind == "layout" and any(root / other in path.parents for other in OTHERS):
                continue
            if path.suffix in (".yml", ".YAML", ".YML"):
                advice = f"Rename it so that it ends in {ENDING}."
                problems.append(Problem(shown, None, None, "This file is not read.", advice=advice))
            if path.suffix == ENDING and not path.name.startswith(".") and path.is_file():
                name = path.relative_to(root / folder).as_posix().removesuffix(ENDING)
                yield Entry(kind, name, path, shown, packaged)


def package_data() -> Path:
    """The folder with the `schemas`, `mappings` and `tables` that come with the product (also in a checkout)."""
    package = Path(exchange.__file__).parent
    installed = package / "data"
    return installed if installed.is_dir() else package.parent


def _read(path: Path, shown: str) -> tuple[Node | None, list[Problem]]:
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        return None, [Problem(shown, None, None, f"The file cannot be read: {error.strerror}.")]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return None, [Problem(shown, line, None, "This is not UTF-8.", advice="Save the file as UTF-8.")]
    return load(text, shown)


def _name_problems(entry: Entry, node: Node) -> list[Problem]:
    """Whether the file declares the name that its place says."""
    declared = node.get(entry.kind)
    name = declared.text if declared is not None else None
    if name is None and node.cut:
        return []
    if name is None:
        message = f"This file must say which {entry.kind} it declares."
        return [node.start.problem(message, f"Begin it with `{entry.kind}: {entry.name}`.")]
    if name == entry.name:
        return []
    place = f"{FOLDERS[entry.kind]}/{name}{ENDING}"
    message = f'The name "{name}" does not fit the place of this file.'
    return [name.problem(message, f"Call it {entry.name}, or move the file to {place}.")]
