"""The built wheel, in an empty environment, far from the repository: what is declared must have come along."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTSIDE = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "VIRTUAL_ENV", "EXCHANGE"))
}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=OUTSIDE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def install(python: Path, cwd: Path, *what: str | Path) -> None:
    uv = shutil.which("uv")
    if uv:
        run(uv, "pip", "install", "--quiet", "--python", python, *what, cwd=cwd)
    else:
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what, cwd=cwd)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_wheel_runs_the_demo(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        wheels,
        ROOT,
        cwd=tmp_path,
    )
    wheel = next(wheels.glob("*.whl"))
    run(sys.executable, "-m", "venv", "env", cwd=tmp_path)
    python = tmp_path / "env/bin/python"
    install(python, tmp_path, "--require-hashes", "-r", ROOT / "requirements.lock")
    install(python, tmp_path, "--no-deps", wheel)
    exchange = tmp_path / "env/bin/exchange"
    shown = run(exchange, "demo", "site", cwd=tmp_path)
    assert "What came" in shown and "Held:" in shown
    assert list((tmp_path / "site/outbox/bank").glob("*.xml"))
    assert "iso20022/camt.053" in run(exchange, "layouts", "iso20022", "--json", cwd=tmp_path)
    run(exchange, "new", "own", cwd=tmp_path)
    run(exchange, "check", "--offline", "--site", "own", cwd=tmp_path)
    assert "netvisor" in run(exchange, "pack", "list", "--json", cwd=tmp_path)
