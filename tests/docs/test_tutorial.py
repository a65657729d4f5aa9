"""Follows the tutorial, and how-tos that go step by step, literally: writes its files, runs its commands, compares what it shows.

A remark above a block says what it is: `file: PATH` (write it), `output` (what the commands above print; `…` stands for
anything, alone on a line for any lines), `exit N` (their exit code), `same TEXT` (an identifier that differs each time;
where the page shows TEXT, later commands use the real one).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks

PAGES = [*sorted((ROOT / "docs/tutorial").glob("*.md")), ROOT / "docs/how-to/replace-lb-and-bgmax.md"]


@dataclass
class Step:
    """Commands, and what the page says that they print."""

    commands: Block
    shown: Block | None = None

    @property
    def exit_code(self) -> int:
        code = re.search(r"exit (\d+)", self.shown.mark if self.shown else "")
        return int(code[1]) if code else 0


@dataclass
class Reader:
    """Somebody at a terminal who does what the page says."""

    folder: Path
    known: dict[str, str] = field(default_factory=dict)

    def write(self, block: Block) -> None:
        path = self.folder / block.mark.removeprefix("file: ")
        path.write_text(block.text, encoding="utf-8")

    def run(self, step: Step) -> None:
        text = self.real(step.commands.text)
        note = self.folder / ".where"
        script = f"set -e\ntrap 'pwd > {note}' EXIT\n{text}"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {
            **os.environ,
            "PATH": path,
            "NO_COLOR": "1",
            "EXCHANGE_ACTOR": "anna",
        }
        environment.pop("EXCHANGE_SITE", None)
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=environment, text=True, check=False, **both
        )
        assert done.returncode == step.exit_code, (
            f"{step.commands.where}: exit {done.returncode}\n{done.stdout}"
        )
        here = Path(note.read_text().strip())
        note.unlink()
        self.folder = here
        if step.shown is not None:
            self.compare(step.shown, done.stdout)

    def real(self, text: str) -> str:
        """The text with the identifiers that were met in place of those that the page shows."""
        for shown, real in self.known.items():
            text = text.replace(shown, real)
        return text

    def compare(self, shown: Block, printed: str) -> None:
        placeholder = re.search(r"same (\w+)", shown.mark)
        name = placeholder[1] if placeholder else None
        plain = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        match = re.fullmatch(pattern(self.real(shown.text), name), plain)
        assert match, f"{shown.where} shows\n{shown.text}\nbut this is printed\n{printed}"
        if name:
            self.known[name] = match["same"]


def pattern(text: str, name: str | None) -> str:
    """The regular expression that a shown output is."""
    lines = []
    for line in text.splitlines():
        if line == "…":
            lines.append(r"(?:[^\n]*\n)*?")
            continue
        escaped = ".*".join(
            re.escape(part.rstrip() if not part.strip() else part) for part in line.rstrip().split("…")
        )
        lines.append(f"{escaped}\n")
    whole = "".join(lines)
    return whole.replace(re.escape(name), r"(?P<same>\w+)", 1) if name else whole


def script(page: Path) -> Iterator[Block | Step]:
    """Files to write and commands to run, in the order of the page."""
    step: Step | None = None
    for block in blocks(page):
        if block.mark.startswith("output"):
            assert step is not None and step.shown is None, f"{block.where}: an output without commands"
            step.shown = block
            continue
        if step is not None:
            yield step
            step = None
        if block.mark.startswith("file: "):
            yield block
        elif block.language == "sh":
            step = Step(block)
        else:
            pytest.fail(f"{block.where}: the reader does not know what to do with this block")
    if step is not None:
        yield step


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_page_says_is_what_happens(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for part in script(page):
        if isinstance(part, Step):
            reader.run(part)
        else:
            reader.write(part)
    assert reader.known, "no identifier was met: the page ends too early"
