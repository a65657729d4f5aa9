"""What `inspect` shows of a file for which no layout is known, and that the layout drafted for it reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from exchange.cli.inspect import command
from exchange.operations import looking
from exchange.operations.libraries import library_of
from exchange.operations.picturing import Picture
from exchange.outcome import Gathered


def seen(folder: Path, content: bytes, name: str = "a file.csv") -> looking.Inspected:
    (folder / name).write_bytes(content)
    return looking.inspect(folder / name, None, None)


def picture(folder: Path, content: bytes, name: str = "a file.csv") -> Picture:
    found = seen(folder, content, name).picture
    assert found is not None
    return found


def kinds(found: Picture) -> dict[str, tuple[Any, ...]]:
    return {each["column"]: (each["kind"], each["form"], each["example"]) for each in found.columns}


def read_by_draft(folder: Path, content: bytes) -> list[dict[str, Any]]:
    """The records of a file by the layout that was drafted for it: no correction, no finding."""
    drafted = picture(folder, content).draft
    (folder / "exchange.yaml").write_text("site: acme\n", encoding="utf-8")
    (folder / "schemas" / "yours").mkdir(parents=True, exist_ok=True)
    (folder / "schemas" / "yours" / "a-file.yaml").write_text(drafted, encoding="utf-8")
    found = Gathered()
    records = list(looking.read(folder / "a file.csv", folder, None, as_common=False, found=found))
    assert not found.kept, found.kept
    return [{key: value for key, value in each.items() if key[0] != "@"} for each in records]


SWEDISH = (
    "Löpnr;Datum;Belopp;Sats;Konto;Text\n1;2026-01-31;1 234,50;25,5;00123;Köp\n2;2026-02-28;-12,00;6;00124;\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
def test_columns_are_shown_and_the_draft_reads_them(tmp_path: Path, encoding: str) -> None:
    found = picture(tmp_path, SWEDISH.encode(encoding))
    assert (found.rows, found.header, found.delimiter, found.uneven) == (2, True, ";", None)
    assert kinds(found) == {
        "Löpnr": ("integer", None, "1"),
        "Datum": ("date", None, "2026-01-31"),
        "Belopp": ("money", 'decimal ",", thousands " "', "1 234,50"),
        "Sats": ("decimal", 'decimal ","', "25,5"),
        "Konto": ("text", None, "00123"),
        "Text": ("text", None, "Köp"),
    }
    assert [each["empty"] for each in found.columns] == [0, 0, 0, 0, 0, 1]
    records = read_by_draft(tmp_path, SWEDISH.encode(encoding))
    assert [str(each["belopp"]) for each in records] == ["1234.50", "-12.00"]
    assert [each["konto"] for each in records] == ["00123", "00124"]


def test_without_a_header_columns_are_counted(tmp_path: Path) -> None:
    content = b"1,2.50,01/31/2026,20260131,07:45:51\n2,3.00,02/01/2026,20260201,23:00:00\n"
    found = picture(tmp_path, content)
    assert (found.rows, found.header) == (2, False)
    assert [each[:2] for each in kinds(found).values()] == [
        ("integer", None),
        ("money", 'decimal "."'),
        ("date", "%m/%d/%Y"),
        ("date", "%Y%m%d"),
        ("time", None),
    ]
    first, _ = read_by_draft(tmp_path, content)
    assert (str(first["column_2"]), str(first["column_3"]), str(first["column_4"])) == (
        "2.50",
        "2026-01-31",
        "2026-01-31",
    )


def test_what_no_value_decides_is_said_and_not_chosen(tmp_path: Path) -> None:
    """1,234 is one and a bit or a thousand and more; 03/04 is in March or April. One more value decides."""
    content = b"Day;Sum\n03/04/2026;1,234\n05/06/2026;2,500\n"
    found = picture(tmp_path, content)
    assert [each["otherwise"] for each in found.columns] == [
        "date %m/%d/%Y",
        'a number with the decimal sign "."',
    ]
    assert "type:" not in found.draft and found.draft.count("no value tells") == 2
    first, _ = read_by_draft(tmp_path, content)
    assert first == {"day": "03/04/2026", "sum": "1,234"}
    decided = picture(tmp_path, content + b"13/06/2026;2,500.75\n")
    assert [each["otherwise"] for each in decided.columns] == [None, None]
    assert [each[:2] for each in kinds(decided).values()] == [
        ("date", "%d/%m/%Y"),
        ("decimal", 'decimal ".", thousands ","'),
    ]


def test_one_odd_value_makes_a_column_a_text(tmp_path: Path) -> None:
    found = picture(tmp_path, b"a;b\n1;2026-01-31\nx;2026-02-30\n")
    assert [each["kind"] for each in found.columns] == ["text", "text"]


def test_columns_with_like_names_get_names_of_their_own(tmp_path: Path) -> None:
    (record,) = read_by_draft(tmp_path, "Å;A;class;№ 1;%\n1;2;3;4;x\n".encode())
    assert list(record) == ["a", "a_2", "class_", "no_1", "column_5"]


def test_people_see_the_columns_the_next_step_and_the_draft(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("alpha;beta\n1;2026-01-31\n", encoding="utf-8")
    shown = CliRunner().invoke(command, [str(path)])
    assert shown.exit_code == 3
    for words in ("INS001", "shows a draft of it", "Delimiter  ;", "layout: yours/x", "2026-01-31"):
        assert words in shown.output


@pytest.mark.parametrize(
    ("content", "code", "rows"),
    [
        (b'{"a":1', "JSN002", 0),
        (b'{"orders": [{"a": 1}, {"a": 2', "JSN002", 1),
        (b'{"orders": [{"a": 1}, {"a" 2}]}', "JSN001", 1),
        (b'[{"zz": 1}, {"zz": 2}] x', "JSN003", 2),
        (b'{"zz": 1, "zz": 2}', "JSN005", 1),
    ],
)
def test_broken_json_is_told_as_broken(tmp_path: Path, content: bytes, code: str, rows: int) -> None:
    found = seen(tmp_path, content, "x.json")
    assert [each.code for each in found.findings.kept] == [code, "INS001"]
    assert found.picture is not None and found.picture.rows == rows


def test_what_was_asked_before_is_no_word_on_a_file(tmp_path: Path) -> None:
    library = library_of(None)
    assert library.mapping("common/match-to-voucher-with-rates") is None and library.problems
    assert [each.code for each in seen(tmp_path, b'{"zz": 1}', "x.json").findings.kept] == ["INS001"]


@pytest.mark.parametrize(
    "content",
    [
        b'{"next": null, "things": [{"a": 1.50, "b": "x", "c": {}}, {"a": 2.25, "d": true}]}',
        b'[{"a": 1.50, "b": "x", "c": {}}, {"a": 2.25, "d": true}]',
        b'{"a": 1.50, "b": "x", "c": {}}\n{"a": 2.25, "d": true}\n',
    ],
)
def test_json_shows_the_keys_of_its_records(tmp_path: Path, content: bytes) -> None:
    found = picture(tmp_path, content, "x.json")
    assert (found.rows, found.header, found.draft) == (2, None, "")
    assert [(each["column"], each["kind"], each["empty"]) for each in found.columns] == [
        ("a", "money", 0),
        ("b", "text", 1),
        ("c", "an object", 1),
        ("d", "true or false", 1),
    ]
