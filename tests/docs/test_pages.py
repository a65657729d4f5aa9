"""No page mentions what does not exist: links, commands, options, keys of examples, files, tests."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import click
import pytest

from exchange.cli import exchange as command_line
from exchange.declare.bank import Bank
from exchange.declare.calendar import Calendar
from exchange.declare.catalogue import Catalogue, Kind
from exchange.declare.flow import Flow
from exchange.declare.likeness import merged
from exchange.declare.mapping import Mapping
from exchange.declare.pack import Pack
from exchange.declare.parse import parse
from exchange.declare.problems import render
from exchange.declare.rules import Rules
from exchange.declare.site import Site
from exchange.declare.table import Table
from exchange.declare.yaml import load
from exchange.formats import registry
from tests.architecture import survey
from tests.docs.pages import ROOT, Block, blocks, inline_code, name_of, pages, prose

PAGES = pages()
BLOCKS = [block for page in PAGES for block in blocks(page)]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|[\s(;&|])exchange ((?:[a-z][a-z-]*)|(?:--[a-z-]+))([^|;&\n]*)")
_PATH = re.compile(r"(?:exchange|tests|tools|docs|schemas|mappings|samples)/[\w./-]+(?:::\w+)?")
_GIVEN = ("exchange", "tests", "tools", "docs")
DECLARED: dict[Kind | str, type] = {
    "site": Site,
    "flow": Flow,
    "mapping": Mapping,
    "table": Table,
    "bank": Bank,
    "calendar": Calendar,
    "rules": Rules,
    "pack": Pack,
}


def ids(items: list[Block]) -> list[str]:
    return [block.where for block in items]


# --- links -------------------------------------------------------------------------------------------------


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link to a page may point at: its headings, as they are turned into anchors."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return frozenset(plain)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(prose(page)):
        if re.match(r"https?:|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


# --- commands ----------------------------------------------------------------------------------------------


def command_problems(text: str) -> list[str]:
    """Commands and options in a text that the command line does not have."""
    context = click.Context(command_line)
    found = []
    for name, rest in _COMMAND.findall(text):
        if name in ("--help", "--version"):
            continue
        command = command_line.get_command(context, name)
        if command is None:
            found.append(f"exchange {name}")
            continue
        if isinstance(command, click.Group):
            inner = [word for word in rest.partition("#")[0].split()[:1] if not word.startswith("-")]
            found += [f"exchange {name} {word}" for word in inner if word not in command.commands]
            command = command.commands[inner[0]] if inner and not found else command
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        said = re.sub(r"'[^']*'|\"[^\"]*\"", "''", rest.partition("#")[0])
        found += [
            f"exchange {name} {option}"
            for option in re.findall(r"--[a-z][a-z-]*", said)
            if option not in known
        ]
    return found


SHELL = [block for block in BLOCKS if block.language == "sh"]


@pytest.mark.parametrize("block", SHELL, ids=ids(SHELL))
def test_every_command_in_a_block_exists(block: Block) -> None:
    assert command_problems(block.text) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_the_text_exists(page: Path) -> None:
    said = [code for code in inline_code(page) if code.startswith("exchange ")]
    wrong = [problem for code in said for problem in command_problems(code)]
    assert [problem for problem in wrong if "KIND" not in problem and "{" not in problem] == []


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        said = {code.split()[1] for code in inline_code(page) if re.fullmatch(r"make [a-z]+", code)}
        lines = (line for block in blocks(page) for line in block.text.splitlines())
        said |= {line.split()[1] for line in lines if line.startswith("make ")}
        assert said <= targets, page


# --- declared files ----------------------------------------------------------------------------------------


YAML = [block for block in BLOCKS if block.language == "yaml"]


@pytest.mark.parametrize("block", YAML, ids=ids(YAML))
def test_every_declared_example_is_understood(block: Block) -> None:
    node, problems = load(block.text, block.where)
    assert node is not None and not problems, render(problems)
    kind = next((kind for kind in (*DECLARED, "layout") if node.get(kind) is not None), None)
    assert kind is not None, f"{block.where} declares nothing"
    if (like := node.get("like")) is not None:
        other, _ = Catalogue.of().load(kind, str(like.text))  # type: ignore[arg-type]
        assert other is not None, f"{like.text} does not come with the package"
        node = merged(other, node)
    problems = registry.parse_layout(node)[1] if kind == "layout" else parse(DECLARED[kind], node)[1]
    assert not problems, render(problems)


PYTHON = [block for block in BLOCKS if block.language == "python"]


@pytest.mark.parametrize("block", PYTHON, ids=ids(PYTHON))
def test_every_python_example_is_python(block: Block) -> None:
    assert ast.parse(block.text).body


def test_the_example_of_a_check_works() -> None:
    [block] = [block for block in PYTHON if "def fault" in block.text]
    module: dict[str, object] = {}
    exec(compile(block.text, block.where, "exec"), module)
    fault = module["fault"]
    assert callable(fault)
    verdicts = [fault(f"1234567{digit}") for digit in range(10)]
    assert verdicts.count(None) == 1 and fault("") and fault("12") and fault("x" * 8)


# --- files, tests, modules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name_of)
def test_paths_that_are_named_exist(page: Path) -> None:
    missing = []
    for code in inline_code(page):
        for said in _PATH.findall(code) if code.startswith(_GIVEN) else []:
            path, _, test = said.partition("::")
            here = ROOT / path.rstrip(".")
            if re.search(r"NAME|[*<{]", said):
                continue
            if not here.exists() or (
                test and not re.search(rf"def {test}\b", here.read_text(encoding="utf-8"))
            ):
                missing.append(said)
    assert missing == []


def test_every_module_stands_on_the_map() -> None:
    """ARCHITECTURE.md names every module of the layers, and of the packages that are no families."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    layers = survey.read_layers((ROOT / "tests/architecture/layers.txt").read_text())
    for name in layers.keys() - {"__main__"}:
        assert f"`exchange/{name}.py`" in text or f"`exchange/{name}/`" in text, name
    for package in ("declare", "mapping", "flow", "ledger", "operations", "reconcile"):
        modules = (
            path.stem for path in (ROOT / "exchange" / package).glob("*.py") if not path.stem.startswith("_")
        )
        assert [name for name in sorted(modules) if f"`{name}`" not in text] == [], package


def test_the_layers_on_the_map_are_those_of_the_test() -> None:
    shown = next(
        block.text for block in blocks(ROOT / "ARCHITECTURE.md") if block.text.startswith("__main__\n")
    )
    rows = (ROOT / "tests/architecture/layers.txt").read_text().splitlines()
    real = [row.strip() for row in rows if row.strip() and not row.startswith("#")]
    assert [re.split(r"\s{2,}", line)[0] for line in shown.splitlines()] == real


def test_no_page_is_empty() -> None:
    """No page is a promise of a page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert len(text) > 150, page
        assert not re.search(r"\b(TODO|TBD|FIXME|coming soon|will eventually)\b", text), page
