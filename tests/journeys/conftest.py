"""The real command line, run as a user runs it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import nursery


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
        env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "EXCHANGE_ACTOR": "anna", **environment}
        with tempfile.TemporaryDirectory() as place:
            told = (Path(place, "out"), Path(place, "err"))
            returned = nursery.run([*map(str, words)], self.folder, env, told, now=self.now)
            out, err = (each.read_text(encoding="utf-8") for each in told)
        if code is not None:
            assert returned == code, f"exit {returned}\n{out}\n{err}"
        return Done(returned, out, err)


IN_TIME = "2026-11-24T08:00:00+02:00"
"""Before the days on which the samples pay: what is late is a matter of its own."""


@pytest.fixture
def exchange(tmp_path: Path) -> Shell:
    return Shell(tmp_path, IN_TIME)
