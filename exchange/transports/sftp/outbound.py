"""A folder on an SFTP server that files are brought to: uploaded under a temporary name, then renamed.

With `posix-rename` (OpenSSH and many others) the rename is one step on the server; it would replace, so the
final name is looked at first. The plain rename refuses a used name but is two steps on some servers (link,
unlink), so that a doubt about it is settled differently (`contract.settle`).
"""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import BinaryIO

from exchange.errors import TransportError
from exchange.transports.contract import (
    TAKEN_ADVICE,
    NameTakenError,
    Place,
    Presence,
    Probed,
    Seen,
    Staged,
    display,
    safe_name,
)
from exchange.transports.sftp import files
from exchange.transports.sftp.address import address, folder
from exchange.transports.sftp.connect import POOL
from exchange.transports.sftp.wire import (
    FSYNC,
    NO_SUCH_FILE,
    PERMISSION_DENIED,
    POSIX_RENAME,
    StatusError,
    Wire,
)

_HASHED_AT_MOST = 50_000_000
"""Bytes of a file that is read back to settle a doubt; a larger one is compared by its size."""


class SftpTarget:
    """One folder of an SFTP server as a target; see `contract.Target`."""

    def __init__(self, place: Place) -> None:
        self._address = address(place)
        self._base = folder(place).rstrip(b"/")
        staging = place.options.get("staging")
        self._staging = self._base + b"/" + staging.encode() if staging else None
        self._read_back = place.options.get("read back") == "yes"
        self._owner = place.owner
        self.where = f"sftp://{self._address}/{display(folder(place)).lstrip('/')}"

    def together(self, number: int) -> AbstractContextManager[bool]:
        """See `contract.Target.together`; nothing is shared on a server."""
        return nullcontext(False)

    def stage(self, tmp: bytes, stream: BinaryIO, size: int) -> Staged:
        """See `contract.Target.stage`."""
        with self._wire(f"upload {display(tmp)}") as wire:
            if self._staging is not None:
                files.make_folder(wire, self._staging)
            path = self._tmp(tmp)
            if files.found(wire, path) is not None:
                advice = "Discard it first; nothing was written."
                raise TransportError(f"The temporary file {display(tmp)} exists already.", advice=advice)
            handle = wire.open_new(path)
            try:
                return self._upload(wire, handle, path, stream, size)
            except (StatusError, TransportError):
                with suppress(StatusError):
                    wire.remove(path)
                raise

    def _upload(self, wire: Wire, handle: bytes, path: bytes, stream: BinaryIO, size: int) -> Staged:
        digest = hashlib.sha256()
        written = wire.write_from(handle, stream, digest.update)
        wire.sync(handle)
        wire.close_handle(handle)
        there = wire.lstat(path).size
        if not size == written == there:
            say = f"{written} bytes were sent and {there} arrived, but {size} were announced."
            raise TransportError(say, advice="It is sent again.")
        if self._read_back and files.sha256_of(wire, path) != digest.hexdigest():
            say = "What the server gives back is not what was sent."
            raise TransportError(say, advice="It is sent again; tell the server's owner.")
        return Staged(written, digest.hexdigest())

    def publish(self, tmp: bytes, final: bytes) -> None:
        """See `contract.Target.publish`."""
        old, new = self._tmp(tmp), self._final(final)
        with self._wire(f"publish {display(final)}") as wire:
            if files.found(wire, new) is not None:
                raise self._taken(final)
            try:
                wire.rename(old, new)
            except StatusError as error:
                if error.code != NO_SUCH_FILE and files.found(wire, new) is not None:
                    raise self._taken(final) from error
                raise

    def _taken(self, final: bytes) -> NameTakenError:
        return NameTakenError(
            f"The name {display(final)} is already used at {self.where}; nothing was overwritten.",
            advice=TAKEN_ADVICE,
        )

    def look(self, tmp: bytes, final: bytes, size: int, sha256: str) -> Presence:
        """See `contract.Target.look`."""
        old, new = self._tmp(tmp), self._final(final)
        with self._wire(f"look at {display(final)}") as wire:
            before, before_hashed = _compared(wire, old, size, sha256)
            after, after_hashed = _compared(wire, new, size, sha256)
            atomic = POSIX_RENAME in wire.extensions
        return Presence(before, after, atomic=atomic, hash_compared=before_hashed and after_hashed)

    def discard(self, tmp: bytes) -> bool:
        """See `contract.Target.discard`."""
        path = self._tmp(tmp)
        with self._wire(f"remove {display(tmp)}") as wire:
            return files.remove(wire, path)

    def take_over(self, old_tmp: bytes, new_tmp: bytes) -> bool:
        """See `contract.Target.take_over`."""
        old, new = self._tmp(old_tmp), self._tmp(new_tmp)
        with self._wire(f"take over {display(old_tmp)}") as wire:
            try:
                wire.rename(old, new)
            except StatusError:
                if files.found(wire, old) is None:
                    return False
                raise
        return True

    def probe(self) -> list[Probed]:
        """See `contract.Target.probe`."""
        POOL.forget_refusals()
        tmp, other = (f".probe-{self._owner}-{os.getpid()}.{part}".encode() for part in ("a", "b"))
        try:
            self.discard(tmp)
            self.discard(other)
            self.stage(tmp, io.BytesIO(b"?"), 1)
            renamed = self.take_over(tmp, other)
            seen = self.look(tmp, other, 1, hashlib.sha256(b"?").hexdigest())
            self.discard(other)
            with self._wire("ask what it can") as wire:
                extensions = wire.extensions
        except TransportError as error:
            return [Probed("deliver", False, error.message, error.advice)]
        if not renamed or seen.tmp != "absent" or seen.final != "same":
            say = "After a rename the server does not show the file under its new name alone."
            return [Probed("deliver", False, say, "Ask the server's owner what becomes of uploaded files.")]
        return [
            Probed("deliver", True, "Files can be written, renamed, looked at and removed."),
            *_offers(extensions),
        ]

    def close(self) -> None:
        """See `contract.Target.close`."""
        POOL.close(self._address)

    def _wire(self, doing: str) -> AbstractContextManager[Wire]:
        return POOL.lease(self._address, doing)

    def _tmp(self, name: bytes) -> bytes:
        return (self._staging or self._base) + b"/" + safe_name(name)

    def _final(self, name: bytes) -> bytes:
        return self._base + b"/" + safe_name(name)


def _offers(extensions: frozenset[bytes]) -> list[Probed]:
    """What the server can beyond the standard, and what follows when it cannot."""
    two_steps = "The server may rename in two steps; a doubt about a payment is then put to a person."
    volatile = "The server cannot be asked to make an upload durable; it may lose a file in a power cut."
    return [
        Probed("rename", POSIX_RENAME in extensions, "The server renames in one step.")
        if POSIX_RENAME in extensions
        else Probed("rename", False, two_steps),
        Probed("durable", True, "The server makes uploads durable when asked.")
        if FSYNC in extensions
        else Probed("durable", False, volatile),
    ]


def _compared(wire: Wire, path: bytes, size: int, sha256: str) -> tuple[Seen, bool]:
    """What lies under a path by size and hash; and whether the hash could be compared."""
    try:
        there = files.found(wire, path)
        if there is None:
            return "absent", True
        if not there.regular or there.size != size:
            return "different", True
        if size > _HASHED_AT_MOST:
            return "same", False
        return ("same" if files.sha256_of(wire, path) == sha256 else "different"), True
    except StatusError as error:
        return _unseen(wire, path, error)


def _unseen(wire: Wire, path: bytes, error: StatusError) -> tuple[Seen, bool]:
    """What a refused look means: taken meanwhile, readable by size only, or not to be seen at all."""
    if error.code == NO_SUCH_FILE:
        return "absent", True
    if error.code != PERMISSION_DENIED:
        raise error
    try:
        wire.lstat(path)
    except StatusError:
        return "unknown", False
    return "same", False
