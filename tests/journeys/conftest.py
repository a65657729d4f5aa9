"""The real command line, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs `exchange` in a folder. now: the moment that it takes for the present one, ISO 8601 with its offset."""

    folder: Path
    now: str | None = None

    def __call__(self, *words: str | Path, code: int | None = 0, **environment: str) -> Done:
        program = ["-m", "exchange"] if self.now is None else ["-c", _FROZEN, self.now]
        command = [sys.executable, *program, *map(str, words)]
        env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "EXCHANGE_ACTOR": "anna", **environment}
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Done(done.returncode, done.stdout, done.stderr)


_FROZEN = """
import sys
from datetime import UTC, datetime
from exchange import clock
from exchange.__main__ import main
now = datetime.fromisoformat(sys.argv.pop(1)).astimezone(UTC)
clock.set_clock(lambda: now)
main()
"""
"""The command line's door behind a clock that stands still."""


@pytest.fixture
def exchange(tmp_path: Path) -> Shell:
    return Shell(tmp_path)
