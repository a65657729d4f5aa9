"""What the architecture tests count: imports between modules, sizes, nesting and broad excepts of a package."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

BRANCHES = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file: its place in the package and its syntax tree."""

    name: str
    path: Path
    package: str

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def top(self) -> str:
        """The top-level name in the package: `formats` for exchange/formats/csv.py."""
        return self.name.split(".")[1] if "." in self.name else self.name

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS))

    def imports(self) -> Iterator[tuple[str, int]]:
        """Every imported dotted name with its line, lazy and type-only imports included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module, node.lineno
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((f"relative:{alias.name}", node.lineno) for alias in node.names)

    def inner_imports(self) -> Iterator[tuple[str, int]]:
        """Top-level names of the same package that this module imports."""
        for name, line in self.imports():
            if name.startswith(f"{self.package}."):
                yield name.split(".")[1], line


def modules(root: Path) -> list[Module]:
    """Every module of a package but database migrations, which are frozen history."""
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if "versions" not in parts:
            found.append(
                Module(".".join((root.name, *(p for p in parts if p != "__init__"))), path, root.name)
            )
    return found


def read_layers(text: str) -> dict[str, tuple[int, int]]:
    """Module name → (layer, cell)."""
    places: dict[str, tuple[int, int]] = {}
    rows = [row for row in (line.split("#")[0].strip() for line in text.splitlines()) if row]
    for layer, row in enumerate(rows):
        for cell, names in enumerate(row.split("|")):
            places.update(dict.fromkeys(names.split(), (layer, cell)))
    return places


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Depth of the deepest branch; an elif is no deeper than its if, inner functions do not count."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            continue
        is_elif = isinstance(child, ast.If) and isinstance(node, ast.If) and node.orelse == [child]
        deepest = max(deepest, nesting(child, depth + (isinstance(child, BRANCHES) and not is_elif)))
    return deepest


def arguments(function: Function) -> int:
    names = (a.arg for a in (*function.args.args, *function.args.kwonlyargs))
    return sum(name not in ("self", "cls") for name in names)


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    return caught is None or (isinstance(caught, ast.Name) and caught.id in ("Exception", "BaseException"))


def median_length(functions: list[Function]) -> float:
    return statistics.median(length(function) for function in functions)
