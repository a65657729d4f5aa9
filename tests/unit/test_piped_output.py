"""What is printed into a pipe or a file is never wrapped: names and paths stay whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.cli._face import print_facts, print_findings, print_table
from exchange.findings import Finding

LONG = "/srv/exchange/" + "a-long-folder/" * 20 + "statement of november.xml"


def test_tables_facts_and_findings_are_as_wide_as_their_content(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_table("Files", ("Path", "Stage"), [(LONG, "held"), ("b", "sent")])
    print_facts({"File": LONG})
    print_findings(
        [Finding("X01", "error", f"No {LONG} here.", f"Look at {LONG}.", 1, None, None, None, None)]
    )
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line.split()[0] for line in lines] == ["Files", "Path", "/srv/exchange/" + "a-long-folder/" * 20
        + "statement", "b", "File", "error", "No", "→"]  # fmt: skip
    assert sum(LONG in line for line in lines) == 4
    assert max(map(len, lines)) < len(LONG) + 40, "no wider than what stands in it"


def test_a_table_without_rows_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    print_table(LONG, ("Path",), [])
    assert capsys.readouterr().out == f"{LONG}: nothing.\n"
