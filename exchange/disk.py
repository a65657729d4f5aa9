"""Making things durable: one folder, or everything on a disk at once where that is cheaper and sure.

Two hundred small files synced one by one wait for the disk two hundred times; the disk synced once waits for it
once. That is done only where the system is known to write everything and to report what failed: Linux from 5.8 on,
on the file systems named here.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path
from typing import Any

MANY = 32
"""From so many files on, syncing the whole disk costs less than syncing them one by one."""
_SURE = {
    0xEF53: "ext2, ext3, ext4",
    0x58465342: "xfs",
    0x9123683E: "btrfs",
    0xF2F52010: "f2fs",
    0x01021994: "tmpfs",
}
"""By the number that statfs(2) gives. Of the others some (FUSE, network shares) take the call and do nothing."""
_STATFS_BYTES = 256


def _find_syncfs() -> Any:
    """The C library, where its syncfs also reports errors (Linux 5.8, August 2020); else None."""
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    if os.uname().sysname != "Linux" or version is None or (int(version[1]), int(version[2])) < (5, 8):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "syncfs") and hasattr(library, "fstatfs") else None


_system = _find_syncfs()


def shares_syncs(number: int, descriptor: int) -> bool:
    """Whether so many files on the disk of an open folder are better, and surely, made durable by `sync_disk`."""
    if number < MANY or _system is None:
        return False
    found = ctypes.create_string_buffer(_STATFS_BYTES)
    if _system.fstatfs(descriptor, found) != 0:
        return False
    return ctypes.cast(found, ctypes.POINTER(ctypes.c_long))[0] in _SURE


def sync_disk(descriptor: int) -> None:
    """Make everything durable that was written to the disk of a folder; OSError when something was not.

    The folder must have been open since before the writing: only then is every error since seen.
    """
    if _system.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
