"""Hints of new files: whatever happens to folders and threads, the next `supervise` puts the hints back."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.transports.folder.watch import Watch


class Woken:
    def __init__(self) -> None:
        self.event = threading.Event()
        self.folders: list[Path] = []

    def __call__(self, folder: Path) -> None:
        self.folders.append(folder)
        self.event.set()

    def by(self, folder: Path) -> bool:
        """Whether this folder wakes before long."""
        return any(folder in self.folders or not self.within(1) for _ in range(5)) and folder in self.folders

    def within(self, seconds: float) -> bool:
        happened = self.event.wait(seconds)
        self.event.clear()
        return happened


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "one", tmp_path / "two"]
    for folder in made:
        folder.mkdir()
    return made


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def watch(folders: list[Path], woken: Woken) -> Iterator[Watch]:
    made = Watch(folders, woken)
    yield made
    made.close()


def test_written_renamed_and_moved_in_files_wake(
    watch: Watch, folders: list[Path], woken: Woken, tmp_path: Path
) -> None:
    assert watch.supervise() == []
    (folders[0] / "a").write_bytes(b"1")
    assert woken.within(5)
    assert set(woken.folders) == {folders[0]}
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "b").rename(folders[1] / "b")
    assert woken.by(folders[1])


def test_a_replaced_folder_is_watched_again(watch: Watch, folders: list[Path], woken: Woken) -> None:
    watch.supervise()
    shutil.rmtree(folders[0])
    assert watch.supervise() != []
    folders[0].mkdir()
    assert watch.supervise() == []
    (folders[0] / "a").write_bytes(b"1")
    assert woken.within(5)


def test_a_renamed_folder_with_another_in_its_place(watch: Watch, folders: list[Path], woken: Woken) -> None:
    watch.supervise()
    folders[0].rename(folders[0].with_name("old"))
    folders[0].mkdir()
    assert watch.supervise() == []
    woken.within(0.2)
    (folders[0] / "a").write_bytes(b"1")
    assert woken.within(5)


def test_a_missing_folder_is_said_and_does_not_hurt_the_others(
    watch: Watch, folders: list[Path], woken: Woken
) -> None:
    folders[1].rmdir()
    (problem,) = watch.supervise()
    assert "No events come from" in problem
    assert str(folders[1]) in problem
    (folders[0] / "a").write_bytes(b"1")
    assert woken.within(5)


def test_a_dead_observer_is_replaced(watch: Watch, folders: list[Path], woken: Woken) -> None:
    watch.supervise()
    assert watch._observer is not None
    watch._observer.stop()
    watch._observer.join(5)
    assert watch.supervise() == []
    (folders[0] / "a").write_bytes(b"1")
    assert woken.within(5)


def test_one_observer_for_all(watch: Watch) -> None:
    before = threading.active_count()
    watch.supervise()
    running = threading.active_count()
    watch.supervise()
    assert threading.active_count() == running
    watch.close()
    assert threading.active_count() == before


def test_a_linked_folder_is_watched(tmp_path: Path, folders: list[Path], woken: Woken) -> None:
    link = tmp_path / "link"
    link.symlink_to(folders[0])
    watch = Watch([link], woken)
    watch.supervise()
    (folders[0] / "a").write_bytes(b"1")
    assert woken.within(5)
    assert woken.folders[0] == link
    watch.close()
