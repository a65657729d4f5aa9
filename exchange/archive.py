"""The archive: every original and every result by the hash of its bytes, and two journals beside the ledger.

    archive/ab/ab12…            immutable files, mode 0400, named by their SHA-256
    manifests/2026-11-23.jsonl  one line for each arrival that came to an end: enough to tell its story
    without a ledger witness/2026-11-23.jsonl    one line for each intent to publish, so that a ledger put
    back by hand is noticed

What `put` has returned survives a power cut: content is synced before its name, the name before the answer.
"""

from __future__ import annotations

import builtins
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Self

from exchange import disk
from exchange.disk import sync_folder
from exchange.errors import ExchangeError

_TMP = ".tmp-"


class ArchiveError(ExchangeError):
    """The archive could not keep or give back a file."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file in the archive: SHA-256 (hex) and size in bytes."""

    sha256: str
    size: int


class Draft:
    """A file on its way into the archive: write into `file`, then hand it to `Archive.keep`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.file = file
        self.is_kept = False

    def discard(self) -> None:
        """Throw it away, unless it was kept."""
        if not self.is_kept:
            self.file.close()
            self.path.unlink(missing_ok=True)


class Archive:
    """The archive of one site. `root` is made when it is missing; one process writes, any may read.

    threads: how many syncs wait at once; 1 works without threads.
    """

    def __init__(self, root: Path, threads: int = 8) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(root.parent)
        self._disk = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._syncers = ThreadPoolExecutor(threads, thread_name_prefix="sync") if threads > 1 else None
        self._folders = {path.name for path in root.iterdir() if len(path.name) == 2}

    def draft(self) -> Draft:
        """A new file of unknown content."""
        path = self.root / f"{_TMP}{secrets.token_hex(12)}"
        with _translated("begin a file"):
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o400)
            return Draft(path, os.fdopen(descriptor, "w+b"))

    def keep(self, drafts: Sequence[tuple[Draft, str]]) -> list[Blob]:
        """Keep written drafts under the hashes of their bytes, all at once: many files cost little more than
        one.

        All contents are durable before the first name, all names before the return.
        """
        with _translated("keep a file"):
            blobs = [Blob(sha256, draft.file.tell()) for draft, sha256 in drafts]
            for draft, _ in drafts:
                draft.file.flush()
            self._sync(os.fsync, [draft.file.fileno() for draft, _ in drafts])
            self._make_folders({sha256[:2] for _, sha256 in drafts})
            for draft, sha256 in drafts:
                draft.file.close()
                draft.path.rename(self.path(sha256))
                draft.is_kept = True
            self._sync(sync_folder, {self.path(sha256).parent for _, sha256 in drafts})
            return blobs

    def adopt(self, paths: Sequence[Path]) -> list[Blob]:
        """Move finished files of the same disk into the archive; in order, durable on return. No byte is
        copied.
        """
        drafts: list[tuple[Draft, str]] = []
        try:
            for path in paths:
                with _translated(f"read {path.name}"):
                    file = path.open("rb")
                    drafts.append((Draft(path, file), ""))
                    drafts[-1] = (Draft(path, file), hashlib.file_digest(file, "sha256").hexdigest())
                    os.fchmod(file.fileno(), 0o400)
            return self.keep(drafts)
        finally:
            for draft, _ in drafts:
                draft.file.close()

    def path(self, sha256: str) -> Path:
        """Where a file lies, or would lie."""
        return self.root.joinpath(sha256[:2], sha256)

    def is_whole(self, sha256: str) -> bool:
        """Whether the file is there and its bytes are what its name says."""
        try:
            with self.path(sha256).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def sweep(self) -> int:
        """Remove what a crash left half-written (only while no other process writes); how many there were."""
        with _translated("remove what a crash left"):
            leftovers = list(self.root.glob(f"{_TMP}*"))
            for path in leftovers:
                path.unlink()
            return len(leftovers)

    def free(self) -> int:
        """Free bytes on the archive's disk."""
        return shutil.disk_usage(self.root).free

    def close(self) -> None:
        """Let go of the threads and the disk."""
        os.close(self._disk)
        if self._syncers is not None:
            self._syncers.shutdown()

    def _sync(self, sync: Callable[[Any], None], things: Collection[Any]) -> None:
        """Make files or folders durable: one by one, or the whole disk at once where that is cheaper and
        sure.
        """
        if disk.shares_syncs(len(things), self._disk):
            disk.sync_disk(self._disk)
            return
        for _ in (self._syncers or builtins).map(sync, things):
            pass

    def _make_folders(self, names: set[str]) -> None:
        fresh = names - self._folders
        for name in fresh:
            (self.root / name).mkdir(mode=0o700, exist_ok=True)
        if fresh:
            sync_folder(self.root)
            self._folders |= fresh


class Journal:
    """A folder of append-only files, one a day, one JSON object a line; each append is durable on return."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)

    def append(self, moment: datetime, lines: Sequence[Mapping[str, object]]) -> None:
        """Append lines to the file of a day. A torn last line of a crash stays alone on its line."""
        if not lines:
            return
        path = self.folder / f"{moment:%Y-%m-%d}.jsonl"
        text = "".join(json.dumps(line, sort_keys=True, ensure_ascii=False) + "\n" for line in lines)
        with _translated(f"add to {path.name}"):
            is_new = not path.exists()
            with path.open("a+b") as file:
                file.write((_mend(file) + text).encode())
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync_folder(self.folder)

    def lines(self) -> Iterator[dict[str, Any]]:
        """All whole lines, oldest first."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open("rb") as file:
                yield from _whole_lines(file)

    def last_lines(self, days: int = 2) -> Iterator[dict[str, Any]]:
        """The whole lines of the newest files."""
        for path in sorted(self.folder.glob("*.jsonl"))[-days:]:
            with path.open("rb") as file:
                yield from _whole_lines(file)


@dataclass(frozen=True, slots=True)
class Store:
    """Everything of a site that lies beside the ledger."""

    archive: Archive
    manifests: Journal
    witness: Journal
    work: Path

    @classmethod
    def at(cls, var: Path, threads: int = 8) -> Self:
        """The store of the site whose `var` folder this is; folders are made."""
        work = var / "work"
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(
            Archive(var / "archive", threads), Journal(var / "manifests"), Journal(var / "witness"), work
        )

    def clean(self) -> int:
        """Remove what a crash left in archive and work folder; how many half-written files there were."""
        with _translated("empty the work folder"):
            for left in self.work.iterdir():
                if left.is_dir():
                    shutil.rmtree(left)
                else:
                    left.unlink()
        return self.archive.sweep()


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"The archive could not {doing}: {error.strerror}.",
            advice="It is tried again; look after the disk.",
        ) from error


def _mend(file: BinaryIO) -> str:
    """What must come first so that a new line starts: nothing, or an end for a torn one."""
    if not file.seek(0, os.SEEK_END):
        return ""
    file.seek(-1, os.SEEK_END)
    return "" if file.read(1) == b"\n" else "\n"


def _whole_lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    for line in file:
        try:
            yield json.loads(line)
        except ValueError:
            continue  # torn by a crash: what it announced had not happened yet
