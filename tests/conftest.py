"""Fixtures for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
settings.register_profile("exchange", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("exchange")  # a busy machine is slow, and no test is of time


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real sample files made by others; tests that need it are skipped where it is not."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real sample files is not here")
    return folder


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder of format facts; tests that need it are skipped where it is not."""
    folder = SHARED / "facts"
    if not folder.is_dir():
        pytest.skip("the facts about formats are not here")
    return folder
