"""The system calls of the folder transport: durable, never following links, never overwriting.

Everything works relative to folder descriptors, so that a replaced folder cannot lead a call elsewhere.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange.errors import RefusedError, TransportError
from exchange.transports.contract import GoneError, display

_RENAME_NOREPLACE = 1
_NO_SUCH_CALL = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
RIGHTS = (errno.EACCES, errno.EPERM)
NOT_CHANGEABLE = (*RIGHTS, errno.EROFS)
_renames = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)

_SAY = {
    errno.ENOSPC: ("the disk is full", "Free space; it goes on by itself."),
    errno.EDQUOT: ("the disk quota is used up", "Free space or raise the quota; it goes on by itself."),
    errno.EIO: ("the disk reported an error", "Have the disk checked."),
    errno.EROFS: ("the file system is mounted read-only", "Have the disk and its mount checked."),
    errno.EMFILE: ("too many files are open", "Raise the limit of open files (ulimit -n)."),
    errno.ENOTDIR: ("it is not a folder", "Put the folder back or change the declared place."),
    errno.ELOOP: ("it is a symbolic link, which is not followed", "Put a real folder or file there."),
    errno.EXDEV: (
        "its own folders lie on another disk",
        "Keep .claim, .archive and .staging on the same disk.",
    ),
}


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn every OSError into one of our errors; `doing` continues the sentence "Cannot …"."""
    try:
        yield
    except OSError as error:
        raise ours(error, doing) from error


def ours(error: OSError, doing: str) -> TransportError:
    """Our error for an error of the operating system."""
    if error.errno == errno.ENOENT:
        return GoneError(f"Cannot {doing}: it is not there.", advice="Put it back or correct the place.")
    if error.errno in RIGHTS:
        advice = "Give the user that runs the exchange the right to do so."
        return RefusedError(f"Cannot {doing}: the rights are missing ({error.strerror}).", advice=advice)
    say, advice = _SAY.get(error.errno or 0, (error.strerror or str(error), "It is tried again."))
    return TransportError(f"Cannot {doing}: {say}.", advice=advice)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The descriptor of a declared place; one that is not there is no vanished file but a broken world."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        advice = "Make the folder, mount its disk, or correct the declared place."
        raise TransportError(f"The folder {path} is not there.", advice=advice) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def folder(name: bytes, inside: int, *, create: bool = False) -> Iterator[int]:
    """The descriptor of a folder inside a place, see `open_folder`."""
    descriptor = open_folder(name, inside, create=create)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_folder(name: bytes, inside: int, *, create: bool = False) -> int:
    """Open a folder inside a place; no link is followed. create: make it first, for us only."""
    if create:
        _make(name, inside)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=inside)


def _make(name: bytes, inside: int) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=inside)
    except FileExistsError:
        return
    os.fsync(inside)


def changeable(inside: int) -> bool:
    """Whether names may be made, renamed and removed in a folder."""
    return os.access(b".", os.W_OK | os.X_OK, dir_fd=inside, effective_ids=True)


def names(inside: int) -> list[bytes]:
    """The names in a folder, sorted."""
    with os.scandir(inside) as listing:
        return sorted(os.fsencode(item.name) for item in listing)


def seen(name: bytes, inside: int) -> os.stat_result | None:
    """What lies under a name, itself and not what it links to; None when nothing does."""
    try:
        return os.stat(name, dir_fd=inside, follow_symlinks=False)
    except FileNotFoundError:
        return None


def identity(found: os.stat_result) -> str:
    """What stays the same while a file is moved within its disk."""
    return f"{found.st_dev}:{found.st_ino}"


@contextmanager
def reading(name: bytes, inside: int) -> Iterator[int]:
    """An open regular file; neither a link is followed nor a pipe waited for."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=inside)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RefusedError(f"{display(name)} is no longer a file.", advice="Look who replaced it.")
        yield descriptor
    finally:
        os.close(descriptor)


def being_written(descriptor: int) -> bool:
    """Whether some process has the file open for writing, as far as the system tells (local disks).

    A read lease is granted only when nobody has. The kernel may signal the end of a lease; its usual signal
    would end this process, so one that is ignored by default takes its place.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False  # not our file, or no leases here: equality of size and time has to do
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def rename_noreplace(old: bytes, old_in: int, new: bytes, new_in: int) -> bool:
    """Rename in one step, FileExistsError when the new name is used. True when the system guards the name.

    A file system without such a rename gets a look and then a plain rename: whole and never twice, but a
    program that makes the same name in that instant would be overwritten (`exchange check` says so).
    """
    if _renameat2(old, old_in, new, new_in):
        return True
    if seen(new, new_in) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    os.rename(old, new, src_dir_fd=old_in, dst_dir_fd=new_in)
    return False


def _renameat2(old: bytes, old_in: int, new: bytes, new_in: int) -> bool:
    """False when this file system or kernel has no rename that refuses to replace."""
    if _renames is None:
        return False
    if _renames(old_in, old, new_in, new, _RENAME_NOREPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_SUCH_CALL:
        return False
    raise OSError(number, os.strerror(number))


def remove(name: bytes, inside: int) -> bool:
    """Remove a file durably; False when there was none."""
    try:
        os.unlink(name, dir_fd=inside)
    except FileNotFoundError:
        return False
    os.fsync(inside)
    return True


def kind_of(mode: int) -> str:
    """What is not a regular file is called for people; empty for a regular file."""
    if stat.S_ISREG(mode):
        return ""
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"))
    return next((say for test, say in kinds if test(mode)), "a device or a socket")
