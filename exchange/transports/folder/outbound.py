"""A folder that files are brought to: written and synced in `.staging/`, then renamed in one step."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from exchange.errors import RefusedError, TransportError
from exchange.transports.contract import (
    STAGING,
    TAKEN_ADVICE,
    NameTakenError,
    Presence,
    Probed,
    Seen,
    Staged,
    display,
    safe_name,
)
from exchange.transports.folder import fs
from exchange.transports.folder.room import Room

_CHUNK = 1 << 20


class FolderTarget:
    """One folder of this machine (or mounted on it) as a target; see `contract.Target`."""

    def __init__(self, path: Path, mode: int, owner: str) -> None:
        self.where = f"folder:{path}"
        self._path = path
        self._room = Room(path)
        self._mode = mode
        self._owner = owner

    def together(self, number: int) -> AbstractContextManager[bool]:
        """See `contract.Target.together`."""
        return self._room.together(number)

    def stage(self, tmp: bytes, stream: BinaryIO, size: int) -> Staged:
        """See `contract.Target.stage`."""
        _expect_safe(tmp)
        with (
            fs.translated(f"write to {self._path}"),
            self._room.opened() as place,
            self._room.folder(STAGING, place, create=True) as staging,
        ):
            _expect_one_disk(place, staging)
            descriptor = _create(tmp, staging)
            try:
                staged = self._write(descriptor, stream, size)
            except (OSError, TransportError):
                fs.remove(tmp, staging)
                raise
            self._room.sync(staging)
        return staged

    def _write(self, descriptor: int, stream: BinaryIO, size: int) -> Staged:
        """Write, sync and close; a stream longer or shorter than it should be is an error."""
        digest, written = hashlib.sha256(), 0
        with os.fdopen(descriptor, "wb", buffering=0) as out:
            while chunk := stream.read(_CHUNK):
                _write_whole(out, chunk)
                digest.update(chunk)
                written += len(chunk)
            os.fchmod(descriptor, self._mode)
            self._room.sync(descriptor)
            on_disk = os.fstat(descriptor).st_size
        if not size == written == on_disk:
            raise TransportError(
                f"{written} bytes were written and {on_disk} arrived, but {size} were announced."
            )
        return Staged(written, digest.hexdigest())

    def publish(self, tmp: bytes, final: bytes) -> None:
        """See `contract.Target.publish`."""
        _expect_safe(tmp, final)
        with (
            fs.translated(f"publish {display(final)} in {self._path}"),
            self._room.opened() as place,
            self._room.folder(STAGING, place) as staging,
        ):
            try:
                fs.rename_noreplace(tmp, staging, final, place)
            except FileExistsError as error:
                raise NameTakenError(
                    f"The name {display(final)} is already used in {self._path}; nothing was overwritten.",
                    advice=TAKEN_ADVICE,
                ) from error
            self._room.sync(place, staging)

    def look(self, tmp: bytes, final: bytes, size: int, sha256: str) -> Presence:
        """See `contract.Target.look`.

        Without `.staging` this is not the folder the file was staged in (its disk is not mounted): unknown.
        """
        _expect_safe(tmp, final)
        with fs.translated(f"look at {display(final)} in {self._path}"), self._room.opened() as place:
            if fs.seen(STAGING, place) is None:
                return Presence("unknown", "unknown")
            with self._room.folder(STAGING, place) as staging:
                before = _compared(tmp, staging, size, sha256)
            return Presence(before, _compared(final, place, size, sha256), private=True)

    def discard(self, tmp: bytes) -> bool:
        """See `contract.Target.discard`."""
        _expect_safe(tmp)
        with fs.translated(f"remove {display(tmp)}"), self._room.opened() as place:
            if fs.seen(STAGING, place) is None:
                return False
            with self._room.folder(STAGING, place) as staging:
                return fs.remove(tmp, staging)

    def take_over(self, old_tmp: bytes, new_tmp: bytes) -> bool:
        """See `contract.Target.take_over`; GoneError when the folder is not the one it was staged in."""
        _expect_safe(old_tmp, new_tmp)
        with (
            fs.translated(f"take over {display(old_tmp)}"),
            self._room.opened() as place,
            self._room.folder(STAGING, place) as staging,
        ):
            try:
                fs.rename_noreplace(old_tmp, staging, new_tmp, staging)
            except FileNotFoundError:
                return False
            os.fsync(staging)
        return True

    def probe(self) -> list[Probed]:
        """See `contract.Target.probe`."""
        tmp, other = (f".probe-{self._owner}-{os.getpid()}.{part}".encode() for part in ("a", "b"))
        try:
            self.discard(tmp)
            self.discard(other)
            self.stage(tmp, io.BytesIO(b"?"), 1)
            with fs.translated(f"rename in {self._path}"), self._room.opened() as place:
                writable = fs.changeable(place)
                with self._room.folder(STAGING, place) as staging:
                    guarded = fs.rename_noreplace(tmp, staging, other, staging)
            self.discard(other)
        except TransportError as error:
            return [Probed("deliver", False, error.message, error.advice)]
        if not writable:
            return [
                Probed("deliver", False, "The right to write to the folder is missing.", "Give that right.")
            ]
        return [Probed("deliver", True, "Files can be written, renamed and removed."), _probed_names(guarded)]

    def close(self) -> None:
        """Nothing is kept open."""


def _expect_safe(*names: bytes) -> None:
    for name in names:
        safe_name(name)


def _probed_names(guarded: bool) -> Probed:
    if guarded:
        return Probed("names", True, "The file system itself refuses to overwrite a name.")
    say = "This file system cannot refuse a used name in the same step as the rename."
    return Probed("names", False, say, "Let nobody else write into this folder.")


def _create(tmp: bytes, staging: int) -> int:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        return os.open(tmp, flags, 0o600, dir_fd=staging)
    except FileExistsError as error:
        advice = "Discard it first; nothing was written."
        raise TransportError(f"The temporary file {display(tmp)} exists already.", advice=advice) from error


def _expect_one_disk(place: int, staging: int) -> None:
    if os.fstat(place).st_dev != os.fstat(staging).st_dev:
        raise RefusedError(
            "The folder .staging lies on another disk than its target.",
            advice="Unmount what lies on .staging.",
        )


def _write_whole(out: io.FileIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[out.write(rest) :]


def _compared(name: bytes, inside: int, size: int, sha256: str) -> Seen:
    """What lies under a name, compared by size and hash."""
    found = fs.seen(name, inside)
    if found is None:
        return "absent"
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        return "different"
    try:
        with fs.reading(name, inside) as descriptor, os.fdopen(os.dup(descriptor), "rb") as stream:
            return "same" if hashlib.file_digest(stream, "sha256").hexdigest() == sha256 else "different"
    except FileNotFoundError:
        return "absent"
