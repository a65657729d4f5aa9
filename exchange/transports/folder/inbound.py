"""A folder that files are taken from: claimed by one rename, read with an eye on late writers, then cleared.

.claim/<owner>.<id>/<name>      ours, being worked on (beside it .marker: the done-file that announced it)
.archive/<owner>.<id>/<name>    done, when the flow keeps what it took
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from exchange.errors import TransportError
from exchange.transports.contract import (
    ARCHIVE,
    CLAIMS,
    MARKER,
    OWN_NAMES,
    After,
    Claim,
    Entry,
    Fetched,
    NotStableError,
    Probed,
    display,
    listed,
    safe_name,
)
from exchange.transports.folder import fs
from exchange.transports.folder.room import Room

_CHUNK = 1 << 20


class FolderSource:
    """One folder of this machine (or mounted on it) as a source; see `contract.Source`."""

    def __init__(self, path: Path, owner: str) -> None:
        self.where = f"folder:{path}"
        self._path = path
        self._room = Room(path)
        self._owner = owner.encode() + b"."

    def together(self, number: int) -> AbstractContextManager[bool]:
        """See `contract.Source.together`."""
        return self._room.together(number)

    def scan(self) -> Iterator[Entry]:
        """See `contract.Source.scan`; entries are yielded while the folder is read."""
        with (
            fs.translated(f"list {self._path}"),
            self._room.opened() as place,
            os.scandir(place) as listing,
        ):
            for item in listing:
                name = os.fsencode(item.name)
                entry = None if name in OWN_NAMES else _entry(name, place)
                if entry is not None:
                    yield entry

    def claim(
        self, entry: Entry, claim_id: str, *, marker: bytes | None = None, move: bool = True
    ) -> Claim | None:
        """See `contract.Source.claim`."""
        safe_name(entry.name)
        with fs.translated(f"claim {display(entry.name)}"), self._room.opened() as place:
            if not _is_still(entry, place):
                return None
            in_place = Claim(claim_id, entry.name, False, entry.fingerprint, marker)
            return self._move(place, entry, in_place) if move else in_place

    def _move(self, place: int, entry: Entry, claim: Claim) -> Claim | None:
        """The moved claim, the one in place where nothing may be changed, None when somebody was faster."""
        try:
            with self._room.folder(CLAIMS, place, create=True) as claims:
                return self._move_into(claims, place, entry, claim)
        except OSError as error:
            if error.errno in fs.NOT_CHANGEABLE:
                return claim
            raise

    def _move_into(self, claims: int, place: int, entry: Entry, claim: Claim) -> Claim | None:
        label = self._label(claim)
        with suppress(FileExistsError):
            os.mkdir(label, 0o700, dir_fd=claims)
        with fs.folder(label, claims) as ours:
            try:
                os.rename(entry.name, entry.name, src_dir_fd=place, dst_dir_fd=ours)
                _put_back_if_other(entry, place, ours)
            except (OSError, NotStableError) as error:
                self._remove_empty(label, claims)
                if isinstance(error, FileNotFoundError):
                    return None
                raise
            _take_marker(claim, place, ours)
            self._room.sync(ours, claims, place)  # the new name is durable before the old one is gone
        return replace(claim, moved=True)

    def _label(self, claim: Claim) -> bytes:
        return safe_name(self._owner + claim.id.encode())

    @contextmanager
    def _home(self, claim: Claim, place: int) -> Iterator[int]:
        """The folder in which a claimed file lies now."""
        if not claim.moved:
            yield place
            return
        with self._room.folder(CLAIMS, place) as claims, fs.folder(self._label(claim), claims) as ours:
            yield ours

    def fetch(self, claim: Claim, out: BinaryIO) -> Fetched:
        """See `contract.Source.fetch`."""
        name = safe_name(claim.name)
        with (
            fs.translated(f"read {display(name)}"),
            self._room.opened() as place,
            self._home(claim, place) as home,
            fs.reading(name, home) as descriptor,
        ):
            before = os.fstat(descriptor)
            fetched = _copy(descriptor, out, before)
            after, now = os.fstat(descriptor), fs.seen(name, home)
            if (
                _written(before) != _written(after)
                or fetched.size != after.st_size
                or now is None
                or fs.identity(now) != fs.identity(after)
                or not _as_claimed(claim, after)
                or fs.being_written(descriptor)
            ):
                raise _changed(name)
        return fetched

    def finish(self, claim: Claim, fetched: Fetched, after: After) -> None:
        """See `contract.Source.finish`."""
        doing = f"clear {display(claim.name)} from {self._path}"
        with fs.translated(doing), self._room.opened() as place:
            if after == "keep" and not claim.moved:
                return
            try:
                with self._home(claim, place) as home:
                    _expect_unchanged(claim, fetched, home)
            except FileNotFoundError:
                self._sweep(claim, place)
                return
            if after == "delete":
                self._delete(claim, place)
            else:
                self._archive(claim, place)

    def _delete(self, claim: Claim, place: int) -> None:
        with self._home(claim, place) as home:
            os.unlink(claim.name, dir_fd=home)
            if not claim.moved:
                if claim.marker is not None:
                    fs.remove(safe_name(claim.marker), home)
                self._room.sync(home)
        self._sweep(claim, place)

    def _sweep(self, claim: Claim, place: int) -> None:
        if claim.moved and fs.seen(CLAIMS, place) is not None:
            with self._room.folder(CLAIMS, place) as claims:
                self._remove_empty(self._label(claim), claims)

    def _archive(self, claim: Claim, place: int) -> None:
        label = self._label(claim)
        with self._room.folder(ARCHIVE, place, create=True) as archive:
            if not claim.moved:
                _archive_in_place(claim, place, archive, label)
                return
            with self._room.folder(CLAIMS, place) as claims:
                fs.rename_noreplace(label, claims, label, archive)
                self._room.sync(archive, claims)

    def leftover_claims(self) -> Iterator[Claim]:
        """See `contract.Source.leftover_claims`."""
        with fs.translated(f"look for claims in {self._path}"), self._room.opened() as place:
            if fs.seen(CLAIMS, place) is not None:
                with self._room.folder(CLAIMS, place) as claims:
                    yield from self._ours(claims)

    def _ours(self, claims: int) -> Iterator[Claim]:
        for label in fs.names(claims):
            if label.startswith(self._owner):
                yield from self._claims_in(label, claims)

    def _claims_in(self, label: bytes, claims: int) -> Iterator[Claim]:
        """The files of one claim (one, unless somebody put more there); what is no folder is passed."""
        claim_id = label.removeprefix(self._owner).decode("ascii", "replace")
        try:
            with fs.folder(label, claims) as ours:
                entries = [_entry(name, ours) for name in fs.names(ours) if name != MARKER]
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            if entry is not None:
                yield Claim(claim_id, entry.name, True, entry.fingerprint)
        if not entries:
            self._remove_empty(label, claims)

    def _remove_empty(self, label: bytes, claims: int) -> None:
        """Remove a claim's folder that holds no file any more; one that still does is left alone."""
        try:
            with fs.folder(label, claims) as ours:
                if set(fs.names(ours)) - {MARKER}:
                    return
                fs.remove(MARKER, ours)
            os.rmdir(label, dir_fd=claims)
        except FileNotFoundError:
            return
        self._room.sync(claims)

    def probe(self) -> list[Probed]:
        """See `contract.Source.probe`."""
        listing = listed(self)
        if not listing.ok:
            return [listing]
        try:
            with fs.translated(f"claim in {self._path}"), self._room.opened() as place:
                return [listing, *self._probe_claims(place)]
        except TransportError as error:
            return [listing, Probed("claim", False, error.message, error.advice)]

    def _probe_claims(self, place: int) -> list[Probed]:
        if not fs.changeable(place):
            advice = "Give the right to change the folder, or declare `after: keep`."
            return [Probed("claim", False, "Files can be read here but neither moved nor removed.", advice)]
        with self._room.folder(CLAIMS, place, create=True) as claims:
            if os.fstat(claims).st_dev != os.fstat(place).st_dev:
                return [Probed("claim", False, ".claim lies on another disk than the folder.", "Unmount it.")]
            foreign = [label for label in fs.names(claims) if not label.startswith(self._owner)]
        claimable = Probed("claim", True, "Files can be claimed by renaming them.")
        if not foreign:
            return [claimable]
        others = ", ".join(sorted({display(label.partition(b".")[0]) for label in foreign}))
        say = f"Another exchange takes files here as well: {others}."
        return [claimable, Probed("owner", False, say, "Let one installation only read each folder.")]

    def close(self) -> None:
        """Nothing is kept open."""


def _entry(name: bytes, inside: int) -> Entry | None:
    """The entry of a name; None when it vanished while the folder was listed."""
    try:
        found = os.stat(name, dir_fd=inside, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Entry(name, "unreadable", reason=f"It cannot be looked at: {error.strerror}.")
    facts = (found.st_size, found.st_mtime_ns, fs.identity(found))
    other = fs.kind_of(found.st_mode)
    if other:
        return Entry(name, "other", *facts, reason=f"It is {other}; only regular files are taken.")
    if not os.access(name, os.R_OK, dir_fd=inside, effective_ids=True):
        return Entry(name, "unreadable", *facts, reason="The right to read it is missing.")
    return Entry(name, "regular", *facts)


def _is_still(entry: Entry, place: int) -> bool:
    """False when the file is gone; NotStableError when it is another one or still being written."""
    try:
        with fs.reading(entry.name, place) as descriptor:
            found = os.fstat(descriptor)
            if _fingerprint(found) != entry.fingerprint or fs.being_written(descriptor):
                raise _changed(entry.name)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.ELOOP):
            raise _changed(entry.name) from error
        raise
    return True


def _expect_unchanged(claim: Claim, fetched: Fetched, home: int) -> None:
    found = os.stat(safe_name(claim.name), dir_fd=home, follow_symlinks=False)
    if (found.st_size, found.st_mtime_ns) != (fetched.size, fetched.mtime_ns):
        raise _changed(claim.name)


def _put_back_if_other(entry: Entry, place: int, ours: int) -> None:
    """The rename may have caught a newer file of the same name: that one is not ours yet."""
    found = os.stat(entry.name, dir_fd=ours, follow_symlinks=False)
    if _fingerprint(found) == entry.fingerprint:
        return
    with suppress(
        FileExistsError
    ):  # a third one came meanwhile: then this one stays claimed, and is found there
        fs.rename_noreplace(entry.name, ours, entry.name, place)
    raise _changed(entry.name)


def _take_marker(claim: Claim, place: int, ours: int) -> None:
    if claim.marker is None:
        return
    with suppress(FileNotFoundError, PermissionError):  # the file itself is ours already
        os.rename(safe_name(claim.marker), MARKER, src_dir_fd=place, dst_dir_fd=ours)


def _archive_in_place(claim: Claim, place: int, archive: int, label: bytes) -> None:
    with fs.folder(label, archive, create=True) as ours:
        fs.rename_noreplace(claim.name, place, claim.name, ours)
        if claim.marker is not None:
            with suppress(FileNotFoundError):
                fs.rename_noreplace(safe_name(claim.marker), place, MARKER, ours)
        os.fsync(ours)
    os.fsync(place)


def _copy(descriptor: int, out: BinaryIO, before: os.stat_result) -> Fetched:
    digest, size = hashlib.sha256(), 0
    while chunk := os.read(descriptor, _CHUNK):
        out.write(chunk)
        digest.update(chunk)
        size += len(chunk)
        if size > before.st_size:  # it grows; reading on could take as long as somebody writes
            break
    return Fetched(size, digest.hexdigest(), before.st_mtime_ns, fs.identity(before))


def _written(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _fingerprint(found: os.stat_result) -> str:
    return Entry(b"", "regular", found.st_size, found.st_mtime_ns, fs.identity(found)).fingerprint


def _as_claimed(claim: Claim, found: os.stat_result) -> bool:
    """A file that could not be moved must be the one that was claimed; a moved one is whatever lies there."""
    return claim.moved or _fingerprint(found) == claim.fingerprint


def _changed(name: bytes) -> NotStableError:
    advice = "Nothing to do: it is tried again when it has come to rest."
    return NotStableError(f"{display(name)} is still being changed.", advice=advice)
