"""In which lines a corrected copy differs from the file that came."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.operations.differing import differences


def found(folder: Path, before: bytes, after: bytes) -> list[tuple[int, str, str]] | None:
    for name, content in (("before", before), ("after", after)):
        (folder / name).write_bytes(content)
    made = differences(folder / "before", folder / "after", "utf-8")
    return None if made is None else [tuple(each) for each in made]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n", [(2, "b", "B")]),
        (b"a\nb\nc\n", b"a\nc\n", [(2, "b", "")]),
        (b"a\nc\n", b"a\nb\nc\nd\n", [(2, "", "b"), (4, "", "d")]),
        (b"a\r\n", b"a\n", [(1, "a<CR>", "a")]),
        (b"\xef\xbb\xbfa\n", b"a\n", [(1, "<BOM>a", "a")]),
        (b"same\n", b"same\n", []),
        (b"PK\0\1", b"PK\0\2", None),
    ],
)
def test_lines_that_differ(tmp_path: Path, before: bytes, after: bytes, shown: object) -> None:
    assert found(tmp_path, before, after) == shown


def test_of_a_long_line_the_place_of_the_difference_is_shown(tmp_path: Path) -> None:
    line = b"<Document>" + b"<Ntry>12.50</Ntry>" * 1000
    [(number, old, new)] = found(tmp_path, line + b"<Amt>1O.00</Amt>", line + b"<Amt>10.00</Amt>") or []
    assert number == 1 and "1O.00" in old and "10.00" in new and len(old) < 200


def test_many_lines_are_compared_one_by_one(tmp_path: Path) -> None:
    before = b"".join(b"%d;x\n" % n for n in range(5_000))
    after = before.replace(b";x", b";y")
    assert len(found(tmp_path, before, after) or []) == 5_000
