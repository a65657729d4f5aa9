"""The faces show and ask; what happens is decided below them."""

from __future__ import annotations

import pytest

from tests.architecture import survey
from tests.architecture.test_architecture import MODULES, by_name

STEPS = {"claim", "process", "enter", "deliver", "finish", "recover"}
BELOW = {*STEPS, "engine", "verify", "pipeline", "ledger", "archive"}


@pytest.mark.parametrize("module", [m for m in MODULES if m.top == "cli"], ids=by_name)
def test_faces_know_operations_only(module: survey.Module) -> None:
    """No SQL, no ledger and no step of the pipeline in the command line."""
    assert {name.split(".")[0] for name, _ in module.imports()} & {"sqlalchemy", "sqlite3"} == set()
    assert {name for name, _ in module.inner_imports()} & BELOW == set()
