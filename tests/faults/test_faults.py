"""A seeded sample of the kills; `make faults` plays every point."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange import deliver
from tests.faults.harness import Scene, explore
from tests.faults.scenes import folder_scenes, server_scenes, sftp_scenes
from tests.support import sshd
from tests.support.sshd import Sshd
from tests.support.tiny import tiny_flow

SEED, POINTS = 20261123, 6
MEMORY = Path("/dev/shm")
pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.xdist_group("faults"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a kill needs no disk."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="faults-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    lacking = sshd.missing()
    if lacking:
        pytest.skip(lacking)
    running = Sshd(tmp_path_factory.mktemp("sshd")).start()
    yield running
    running.stop()


@pytest.mark.parametrize("scene", folder_scenes(), ids=lambda scene: scene.name)
def test_folder(scene: Scene, home: Path) -> None:
    found = explore(scene, home, sample=POINTS, seed=SEED)
    assert found.points.total() >= POINTS // 2
    assert found.violations == {}


@pytest.mark.parametrize("number", range(6))
def test_sftp(server: Sshd, number: int, home: Path) -> None:
    scene = [*sftp_scenes(server), *server_scenes(server)][number]
    found = explore(scene, home, sample=POINTS, seed=SEED)
    assert found.points.total() >= POINTS // 2
    assert found.violations == {}


def test_the_judge_sees_a_safeguard_that_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing what the ledger does not yet call staged is found: files are sent twice or never."""

    def rash(end: object, store: object, row: object) -> object:
        result = careful(end, store, row)  # type: ignore[arg-type]
        end.publish(deliver._tmp(row), row.name.encode())  # type: ignore[attr-defined,arg-type]
        return result

    careful = deliver._stage
    monkeypatch.setattr(deliver, "_stage", rash)
    monkeypatch.setattr(deliver, "_publish", lambda *_: deliver.Proof({}))
    scene = Scene("rash", tiny_flow, greedy=True, calls=("pwrite64", "fsync"))
    assert explore(scene, home, sample=40, seed=SEED).violations != {}
