"""A few seeded kills of `exchange run` over the demo's files; `make faults` plays two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import demo


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_runs_end_as_if_nothing_had_happened(tmp_path: Path) -> None:
    assert demo.play(6, seed=7, base=tmp_path) == []
