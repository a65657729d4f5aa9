"""Events of folders as hints: they wake the next scan early, and nothing ever depends on them.

Events get lost (queue overflows, replaced folders, files written by another host on a share), so the scan is
the truth. One observer serves all folders, because the system allows few of them; `supervise`, called with
every scan, puts back what has died.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch

_COMINGS = frozenset(("created", "closed", "moved"))
"""What may mean that a file has come; a file moved in or linked gives no "closed"."""


class Watch:
    """Wakes somebody when something came to one of several folders.

    wake(folder) is called on a thread of the watch, often and for nothing; it must return at once and never
    raise (`threading.Event().set` behind a lambda is the right thing).
    """

    def __init__(self, folders: Iterable[Path], wake: Callable[[Path], None]) -> None:
        self._folders = tuple(folders)
        self._wake = wake
        self._observer: BaseObserver | None = None
        self._watched: dict[Path, tuple[ObservedWatch, tuple[int, int]]] = {}

    def supervise(self) -> list[str]:
        """Put back every hint that is missing or dead; sentences on what is without hints now (it is scanned
        anyway).
        """
        if self._observer is None or not self._observer.is_alive():
            self.close()
            self._start()
        return [problem for folder in self._folders if (problem := self._renew(folder))]

    def _start(self) -> None:
        self._observer = Observer()
        self._observer.start()

    def _renew(self, folder: Path) -> str | None:
        try:
            found = folder.stat()
            here = (found.st_dev, found.st_ino)
            known = self._watched.get(folder)
            if known is None or known[1] != here or not self._emits(known[0]):
                self._schedule(folder, here)
        except OSError as error:
            self._forget(folder)
            return f"No events come from {folder} ({error.strerror}); it is only looked at from time to time."
        return None

    def _schedule(self, folder: Path, here: tuple[int, int]) -> None:
        assert self._observer is not None
        self._forget(folder)
        self._watched[folder] = (
            self._observer.schedule(_Waker(folder, self._wake), str(folder.resolve())),
            here,
        )

    def _forget(self, folder: Path) -> None:
        known = self._watched.pop(folder, None)
        if known is not None and self._observer is not None and known[0] in self._emitters():
            self._observer.unschedule(known[0])

    def _emits(self, watch: ObservedWatch) -> bool:
        return self._emitters().get(watch, False)

    def _emitters(self) -> dict[ObservedWatch, bool]:
        """Whether the thread behind each watch still lives."""
        assert self._observer is not None
        return {emitter.watch: emitter.is_alive() for emitter in self._observer.emitters}

    def close(self) -> None:
        """Stop all threads of the watch; `supervise` starts it anew."""
        self._watched.clear()
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join(10)
        self._observer = None


class _Waker(FileSystemEventHandler):
    def __init__(self, folder: Path, wake: Callable[[Path], None]) -> None:
        self._folder = folder
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _COMINGS and not event.is_directory:
            self._wake(self._folder)
