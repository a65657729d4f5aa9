"""The rules of the house: one-way imports, sizes, and the absences that DESIGN promises."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture import survey

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "exchange"
MODULES = survey.modules(PACKAGE)
PURE = {"formats", "mapping", "checks", "reconcile", "model", "findings", "declare"}
LAYERS = survey.read_layers((Path(__file__).parent / "layers.txt").read_text())


def by_name(module: survey.Module) -> str:
    return module.name


def test_every_top_level_module_has_a_layer() -> None:
    own = {m.top for m in MODULES} - {"exchange"}
    assert own - LAYERS.keys() == set()
    assert LAYERS.keys() - own == set(), "the layers name modules that are gone"


@pytest.mark.parametrize("module", MODULES, ids=by_name)
def test_imports_point_down(module: survey.Module) -> None:
    here = LAYERS.get(module.top)
    wrong = []
    for imported, line in module.inner_imports():
        there = LAYERS.get(imported)
        if here is None or there is None or imported == module.top:
            continue
        if there[0] < here[0] or (there[0] == here[0] and there[1] != here[1]):
            wrong.append(f"{module.path}:{line}: {module.top} imports {imported}")
    assert wrong == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.top in PURE], ids=by_name)
def test_pure_layers_touch_nothing(module: survey.Module) -> None:
    """formats, mapping and checks open no file, socket or database and read no clock."""
    forbidden = {
        "socket",
        "sqlite3",
        "sqlalchemy",
        "subprocess",
        "time",
        "paramiko",
        "tempfile",
        "shutil",
        "os",
    }
    used = {name.split(".")[0] for name, _ in module.imports()}
    reaches_files = module.top == "declare" or module.name == "exchange.checks"
    assert used & forbidden - ({"os"} if reaches_files else set()) == set()
    assert "exchange.clock" not in {name for name, _ in module.imports()}
    if not reaches_files:
        calls = [n for n in ast.walk(module.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        assert [c.lineno for c in calls if c.func.id == "open"] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", MODULES, ids=by_name)
def test_time_is_read_in_clock_only(module: survey.Module) -> None:
    if module.name == "exchange.clock":
        return
    reads = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            reads += [node.lineno] * (
                (node.value.id, node.attr)
                in {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
            )
    assert reads == []


def test_two_broad_excepts() -> None:
    """Around one arrival and around one flow; nowhere else."""
    handlers = [
        f"{m.path.relative_to(ROOT)}:{node.lineno}"
        for m in MODULES
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ExceptHandler) and survey.is_broad(node)
    ]
    assert len(handlers) <= 2, handlers


@pytest.mark.parametrize("module", MODULES, ids=by_name)
def test_sizes(module: survey.Module) -> None:
    ceiling = 300 if module.name == "exchange.pipeline" else 450
    assert module.text.count("\n") <= ceiling
    for function in module.functions():
        where = f"{module.path}:{function.lineno} {function.name}"
        assert survey.length(function) <= 60, where
        assert survey.nesting(function) <= 3, where
        most = 10 if module.top == "cli" else 7  # a command's options are its arguments
        assert survey.arguments(function) <= most, where


def test_functions_are_small() -> None:
    functions = [f for m in MODULES for f in m.functions()]
    assert survey.median_length(functions) <= 9
    assert sum(survey.arguments(f) > 6 for f in functions) <= len(functions) * 0.01


def test_money_is_never_a_float() -> None:
    """No float literal and no call of float() anywhere but for durations and ratios shown to people."""
    allowed = {"exchange.clock", "exchange.engine"}
    found = []
    for module in MODULES:
        if module.name in allowed or module.top in ("cli", "transports"):
            continue
        for node in ast.walk(module.tree):
            calls_float = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
            )
            if calls_float or (
                module.top in PURE and isinstance(node, ast.Constant) and isinstance(node.value, float)
            ):
                found.append(f"{module.name}:{node.lineno}")
    assert found == []


def test_finding_codes_are_declared_once() -> None:
    declared = [
        node.args[0].value
        for m in MODULES
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "code"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    assert [name for name, times in Counter(declared).items() if times > 1] == []


def test_the_start_is_light() -> None:
    """`import exchange` and `exchange --help` load no heavy library."""
    heavy = [
        "pandas",
        "paramiko",
        "alembic",
        "sqlalchemy",
        "lxml",
        "jsonschema",
        "holidays",
        "pydantic",
        "ruamel",
    ]
    script = (
        "import sys\n"
        "from exchange.__main__ import main\n"
        "sys.argv = ['exchange', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {heavy!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_no_secret_place_in_the_repository() -> None:
    """The project names no registry host and no machine of its makers."""
    tracked = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout.split("\n")
    hosts = ("pypi" + ".org", "files.python" + "hosted", "npm" + "js")
    bad = []
    for name in filter(None, tracked):
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".lock", ".yaml", ".yml", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            bad += [name for host in hosts if host in text]
    assert bad == []
