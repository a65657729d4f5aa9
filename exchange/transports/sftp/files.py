"""What sources and targets share on a server: looking, comparing, making folders, and reading with a hash."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable

from exchange.transports.contract import Entry, display, name_problem
from exchange.transports.sftp.wire import (
    NO_SUCH_FILE,
    PERMISSION_DENIED,
    UNSUPPORTED,
    Attributes,
    StatusError,
    Wire,
)

NOT_ALLOWED = (PERMISSION_DENIED, UNSUPPORTED)
_KINDS = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"))


def found(wire: Wire, path: bytes) -> Attributes | None:
    """What lies under a path itself (a link, not its end); None when nothing does."""
    try:
        return wire.lstat(path)
    except StatusError as error:
        if error.code == NO_SUCH_FILE:
            return None
        raise


def make_folder(wire: Wire, path: bytes) -> None:
    """Make a folder unless it is there; looked for first, because a server does not say why it made none."""
    there = found(wire, path)
    if there is None:
        wire.mkdir(path)
    elif there.mode is not None and not stat.S_ISDIR(there.mode):
        raise StatusError(PERMISSION_DENIED, f"{display(path)} is not a folder")


def remove(wire: Wire, path: bytes) -> bool:
    """Remove a file; False when there was none."""
    try:
        wire.remove(path)
    except StatusError as error:
        if error.code == NO_SUCH_FILE:
            return False
        raise
    return True


def remove_if_empty(wire: Wire, path: bytes) -> None:
    """Remove a folder of ours; one that is not empty, or not there, is left alone."""
    try:
        wire.rmdir(path)
    except StatusError:
        return


def read(wire: Wire, path: bytes, sink: Callable[[bytes], object]) -> tuple[int, Attributes, Attributes]:
    """Hand a file's bytes on; how many, and what the open file was before and after."""
    handle = wire.open_reading(path)
    try:
        before = wire.fstat(handle)
        size = wire.read_into(handle, before.size or 0, sink)
        return size, before, wire.fstat(handle)
    finally:
        wire.close_handle(handle)


def sha256_of(wire: Wire, path: bytes) -> str:
    """The SHA-256 of a file on the server, as hex; all its bytes are read."""
    digest = hashlib.sha256()
    read(wire, path, digest.update)
    return digest.hexdigest()


def entry(name: bytes, attributes: Attributes) -> Entry:
    """The entry of a listed name."""
    mtime_ns = None if attributes.mtime is None else attributes.mtime * 1_000_000_000
    problem = name_problem(name)
    if problem:
        return Entry(name, "unreadable", reason=f"The server lists a name that cannot be used: {problem}.")
    if attributes.mode is None:
        reason = "The server does not tell what it is."
        return Entry(name, "unreadable", attributes.size, mtime_ns, reason=reason)
    if not attributes.regular:
        kind = next((say for test, say in _KINDS if test(attributes.mode)), "a device or a socket")
        reason = f"It is {kind}; only regular files are taken."
        return Entry(name, "other", attributes.size, mtime_ns, reason=reason)
    return Entry(name, "regular", attributes.size, mtime_ns)
