"""What every check promises: names, lazy import, purity; compact, fault, complete and pretty."""

from __future__ import annotations

import ast
import string
import subprocess
import sys
from pathlib import Path

import pytest
from check_examples import BODIES, VALID
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import exchange.checks
from exchange import checks

FOLDER = Path(exchange.checks.__file__).parent
SOURCES = sorted(FOLDER.glob("*.py"))
TEXTS = st.one_of(
    st.text(),
    st.text(string.digits + " -", max_size=60),
    st.text(string.ascii_letters + string.digits + " -+<*.", max_size=60),
    st.text("٣²½Ⅷ０１２ıſﬁß߀" + string.digits, max_size=30),
    st.sampled_from([value for values in VALID.values() for value in values]),
    st.builds(
        str.__add__, st.sampled_from(["FI", "SE", "RF", "NO", "GB", "+71<", "IE", "NL"]), st.text(max_size=30)
    ),
)
EXAMPLES = [(name, value) for name, values in VALID.items() for value in values]


def test_names_are_those_of_the_folder() -> None:
    modules = {path.stem for path in SOURCES if not path.stem.startswith("_")}
    assert set(checks.names()) == {module.replace("_", "-") for module in modules}
    assert list(checks.names()) == sorted(checks.names())
    assert {"iban", "fi-viite", "se-ocr", "no-kid", "dk-fik"} <= set(checks.names())


def test_examples_are_of_known_checks_and_cover_them() -> None:
    assert set(VALID) == set(checks.names())
    assert set(BODIES) == {name for name in checks.names() if checks.get(name).complete}


@pytest.mark.parametrize("name", checks.names())
def test_check_is_whole(name: str) -> None:
    check = checks.get(name)
    assert check.name == name
    assert 20 < len(check.summary) <= 110
    assert check.summary.endswith((".", ")"))
    assert checks.get(name) is check
    with pytest.raises(AttributeError):
        check.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("ibn", "iban"), ("fi_viite", "fi-viite"), ("SE-OCR", "se-ocr"), ("dk-fikk", "dk-fik")],
)
def test_unknown_name_tells_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(KeyError) as raised:
        checks.get(wrong)
    assert str(raised.value) == f'no check is called "{wrong}"; did you mean "{right}"?'


def test_unknown_name_far_from_all_lists_them() -> None:
    with pytest.raises(checks.UnknownCheckError, match="known are be-ogm, bic"):
        checks.get("zzzzzzzz")


def test_shared_parts_are_no_checks() -> None:
    with pytest.raises(checks.UnknownCheckError):
        checks.get("-text")


def test_import_is_lazy() -> None:
    program = (
        "import sys, exchange.checks as c; c.names(); before = set(sys.modules);"
        "assert not before & {'difflib', 'stdnum', 'exchange.checks.iban'}, before;"
        "c.get('iban').fault('FI'); c.get('fi-viite').fault('1'); c.get('se-ocr').fault('1');"
        "assert not {name for name in sys.modules if name.startswith('stdnum')}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=FOLDER.parents[1]
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_checks_touch_nothing_but_values(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = [name for node in ast.walk(tree) for name in _imported(node)]
    allowed = ("__future__", "collections", "dataclasses", "datetime", "difflib", "functools", "importlib")
    allowed += ("pkgutil", "re", "typing", "exchange.checks", "stdnum")
    assert [name for name in imported if not name.startswith(allowed)] == []
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "eval", "exec", "print", "float"}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"today", "now", "utcnow"}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or "."] if isinstance(node, ast.ImportFrom) else []


@pytest.mark.parametrize("name", checks.names())
@settings(max_examples=60)
@given(text=TEXTS)
def test_fault_never_raises_and_compact_is_stable(name: str, text: str) -> None:
    check = checks.get(name)
    fault = check.fault(text)
    assert fault is None or (fault and fault == fault.strip() and not fault.endswith("."))
    compacted = check.compact(text)
    assert check.compact(compacted) == compacted
    assert (check.fault(compacted) is None) == (fault is None)
    if check.pretty:
        assert isinstance(check.pretty(text), str)


@pytest.mark.parametrize("name", checks.names())
@pytest.mark.parametrize(
    "text", ["", " ", "9" * 5000, "A" * 5000, "FI" + "1" * 5000, "²" * 8, "٣" * 11, "\n", "-"]
)
def test_odd_texts_are_faults(name: str, text: str) -> None:
    assert checks.get(name).fault(text)


@pytest.mark.parametrize("name", sorted(BODIES))
@settings(max_examples=40)
@given(data=st.data())
def test_complete_gives_what_fault_accepts(name: str, data: st.DataObject) -> None:
    check = checks.get(name)
    assert check.complete
    body = data.draw(BODIES[name])
    try:
        whole = check.complete(body)
    except ValueError as refused:
        assume("no check digit fits" not in str(refused))
        raise
    assert check.fault(whole) is None
    assert check.compact(whole) == whole


@pytest.mark.parametrize("name", sorted(BODIES))
@settings(max_examples=40)
@given(text=TEXTS)
def test_complete_refuses_or_is_right(name: str, text: str) -> None:
    check = checks.get(name)
    assert check.complete
    try:
        whole = check.complete(text)
    except ValueError as refused:
        assert str(refused)
    else:
        assert check.fault(whole) is None


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_example_is_valid_and_canonical(name: str, value: str) -> None:
    check = checks.get(name)
    assert check.fault(value) is None
    assert check.compact(value) == value


@pytest.mark.parametrize(("name", "value"), [(name, v) for name, v in EXAMPLES if checks.get(name).pretty])
def test_pretty_form_is_the_same_value(name: str, value: str) -> None:
    check = checks.get(name)
    assert check.pretty
    pretty = check.pretty(value)
    assert check.compact(pretty) == value
    assert check.fault(pretty) is None
    assert check.pretty(pretty) == pretty


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_blanks_from_paper_do_not_matter(name: str, value: str) -> None:
    check = checks.get(name)
    spaced = "\u00a0".join(value)
    assert check.compact(f" {spaced}\u202f") == value
    assert check.fault(spaced) is None


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_tabs_and_line_ends_inside_are_faults(name: str, value: str) -> None:
    assert checks.get(name).fault(f"{value[:3]}\n{value[3:]}")
    assert checks.get(name).fault(f"{value}\t")
