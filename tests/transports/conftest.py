"""Places of every transport, served from a folder of this machine, so that both sides can be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from exchange.secrets import Secret
from exchange.transports import registry
from exchange.transports.contract import Place, Source, Target
from exchange.transports.sftp.connect import POOL
from tests.support import sshd
from tests.support.sshd import Sshd


@dataclass
class Served:
    """A place and the local folder behind it."""

    place: Place
    path: Path
    opened: list[Source | Target] = field(default_factory=list)

    def source(self, **other: str) -> Source:
        source = registry.source(replace(self.place, **other))
        self.opened.append(source)
        return source

    def target(self, **options: str) -> Target:
        target = registry.target(replace(self.place, options={**self.place.options, **options}))
        self.opened.append(target)
        return target

    def put(self, name: bytes, data: bytes) -> Path:
        path = Path(str(self.path)) / name.decode("utf-8", "surrogateescape")
        path.write_bytes(data)
        return path

    def names(self, *below: str) -> list[str]:
        return sorted(path.name for path in self.path.joinpath(*below).iterdir())


def sftp_place(server: Sshd, path: Path, **other: object) -> Place:
    facts: dict[str, object] = {
        "at": f"sftp://root@127.0.0.1:{server.port}{path}",
        "secret": Secret("file:id", server.key),
        "host_keys": (server.fingerprint(),),
    }
    return Place(**{**facts, **other})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One real OpenSSH server for all tests that do not break it."""
    lacking = sshd.missing()
    if lacking:
        pytest.skip(lacking)
    running = Sshd(tmp_path_factory.mktemp("sshd")).start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Sshd]:
    """A server that a test may stop, break and start in its own way (not yet started)."""
    lacking = sshd.missing()
    if lacking:
        pytest.skip(lacking)
    home = tmp_path / "sshd"
    home.mkdir()
    made = Sshd(home)
    yield made
    made.stop()


@pytest.fixture(params=["folder", "sftp"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """One place per transport: every promise of the contract is tested on each."""
    path = tmp_path / "place"
    path.mkdir()
    if request.param == "folder":
        made = Served(Place(f"folder:{path}"), path)
    else:
        made = Served(sftp_place(request.getfixturevalue("server"), path), path)
    yield made
    for each in made.opened:
        each.close()


@pytest.fixture(autouse=True)
def _fresh_pool() -> None:
    POOL.forget_refusals()
