"""A folder on an SFTP server that files are taken from; claimed by rename where the server allows it.

.claim/<owner>.<id>/<name>      ours, being worked on (beside it .marker: the done-file that announced it)
.archive/<owner>.<id>/<name>    done, when the flow keeps what it took
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
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
    Place,
    Probed,
    display,
    listed,
    name_problem,
    safe_name,
)
from exchange.transports.sftp import files
from exchange.transports.sftp.address import address, folder
from exchange.transports.sftp.connect import POOL
from exchange.transports.sftp.wire import Attributes, StatusError, Wire

_OF_A_FOLDER = {b".", b".."}
_NOT_SHOWN = OWN_NAMES | _OF_A_FOLDER


class SftpSource:
    """One folder of an SFTP server as a source; see `contract.Source`."""

    def __init__(self, place: Place) -> None:
        self._address = address(place)
        self._base = folder(place)
        self._owner = place.owner.encode() + b"."
        self.where = f"sftp://{self._address}/{display(self._base).lstrip('/')}"

    def together(self, number: int) -> AbstractContextManager[bool]:
        """See `contract.Source.together`; nothing is shared on a server."""
        return nullcontext(False)

    def scan(self) -> Iterator[Entry]:
        """See `contract.Source.scan`; the whole listing is had before the first entry is handed on."""
        with self._wire("list the folder") as wire:
            entries = [
                self._entry(wire, item.name, item.attributes)
                for item in wire.listing(self._base)
                if item.name not in _NOT_SHOWN
            ]
        return iter(entries)

    def _entry(self, wire: Wire, name: bytes, listed: Attributes) -> Entry:
        """The entry of a name; servers that list without types are asked for each."""
        if listed.mode is None and name_problem(name) is None:
            listed = files.found(wire, self._at(name)) or listed
        return files.entry(name, listed)

    def claim(
        self, entry: Entry, claim_id: str, *, marker: bytes | None = None, move: bool = True
    ) -> Claim | None:
        """See `contract.Source.claim`."""
        safe_name(entry.name)
        with self._wire(f"claim {display(entry.name)}") as wire:
            there = files.found(wire, self._at(entry.name))
            if there is None:
                return None
            if files.entry(entry.name, there).fingerprint != entry.fingerprint or not there.regular:
                raise _changed(entry.name)
            in_place = Claim(claim_id, entry.name, False, entry.fingerprint, marker)
            return self._move(wire, entry, in_place) if move else in_place

    def _move(self, wire: Wire, entry: Entry, claim: Claim) -> Claim | None:
        """The moved claim, the one in place where nothing may be changed, None when somebody was faster."""
        try:
            files.make_folder(wire, self._at(CLAIMS))
            files.make_folder(wire, self._home(claim, moved=True))
            wire.rename(self._at(entry.name), self._claimed(claim, entry.name))
        except StatusError as error:
            files.remove_if_empty(wire, self._home(claim, moved=True))
            if error.code in files.NOT_ALLOWED:
                return claim
            if files.found(wire, self._at(entry.name)) is None:
                return None
            raise
        self._put_back_if_other(wire, entry, claim)
        if claim.marker is not None:
            self._take_marker(wire, claim)
        return replace(claim, moved=True)

    def _put_back_if_other(self, wire: Wire, entry: Entry, claim: Claim) -> None:
        """The rename may have caught a newer file of the same name: that one is not ours yet."""
        caught = wire.lstat(self._claimed(claim, entry.name))
        if files.entry(entry.name, caught).fingerprint == entry.fingerprint:
            return
        if files.found(wire, self._at(entry.name)) is None:
            wire.rename(self._claimed(claim, entry.name), self._at(entry.name))
            files.remove_if_empty(wire, self._home(claim, moved=True))
        raise _changed(entry.name)

    def _take_marker(self, wire: Wire, claim: Claim) -> None:
        marker = safe_name(claim.marker or b"")
        with suppress(StatusError):  # it is gone or may not be moved; the file itself is ours already
            wire.rename(self._at(marker), self._claimed(claim, MARKER))

    def fetch(self, claim: Claim, out: BinaryIO) -> Fetched:
        """See `contract.Source.fetch`; only what lstat calls a plain file is opened (a pipe would block)."""
        path = self._home(claim) + b"/" + safe_name(claim.name)
        digest = hashlib.sha256()

        def take(chunk: bytes) -> None:
            out.write(chunk)
            digest.update(chunk)

        with self._wire(f"read {display(claim.name)}") as wire:
            looked = wire.lstat(path)
            if not looked.regular:
                raise _changed(claim.name)
            size, before, after = files.read(wire, path, take)
            same = _written(looked) == _written(before) == _written(after) == _written(wire.lstat(path))
            as_claimed = claim.moved or files.entry(claim.name, after).fingerprint == claim.fingerprint
            if not (same and as_claimed and size == after.size):
                raise _changed(claim.name)
        return Fetched(size, digest.hexdigest(), files.entry(claim.name, after).mtime_ns)

    def finish(self, claim: Claim, fetched: Fetched, after: After) -> None:
        """See `contract.Source.finish`."""
        if after == "keep" and not claim.moved:
            return
        with self._wire(f"clear {display(claim.name)}") as wire:
            there = files.found(wire, self._home(claim) + b"/" + safe_name(claim.name))
            if there is not None:
                seen = files.entry(claim.name, there)
                if (seen.size, seen.mtime_ns) != (fetched.size, fetched.mtime_ns):
                    raise _changed(claim.name)
                if after != "delete":
                    self._archive(wire, claim)
                    return
                self._delete(wire, claim)
            if claim.moved:
                self._sweep(wire, claim)

    def _delete(self, wire: Wire, claim: Claim) -> None:
        files.remove(wire, self._home(claim) + b"/" + claim.name)
        if not claim.moved and claim.marker is not None:
            files.remove(wire, self._at(safe_name(claim.marker)))

    def _sweep(self, wire: Wire, claim: Claim) -> None:
        home = self._home(claim)
        if files.found(wire, home) is not None:
            files.remove(wire, home + b"/" + MARKER)
            files.remove_if_empty(wire, home)

    def _archive(self, wire: Wire, claim: Claim) -> None:
        home = self._at(ARCHIVE) + b"/" + self._label(claim)
        files.make_folder(wire, self._at(ARCHIVE))
        if claim.moved:
            wire.rename(self._home(claim), home)
            return
        files.make_folder(wire, home)
        wire.rename(self._at(claim.name), home + b"/" + claim.name)
        if claim.marker is not None and files.found(wire, self._at(safe_name(claim.marker))) is not None:
            wire.rename(self._at(claim.marker), home + b"/" + MARKER)

    def leftover_claims(self) -> Iterator[Claim]:
        """See `contract.Source.leftover_claims`."""
        with self._wire("look for claims") as wire:
            if files.found(wire, self._at(CLAIMS)) is None:
                return iter(())
            labels = [item.name for item in wire.listing(self._at(CLAIMS)) if _is_folder(item.attributes)]
            ours = sorted(label for label in labels if label.startswith(self._owner))
            return iter([claim for label in ours for claim in self._claims_in(wire, label)])

    def _claims_in(self, wire: Wire, label: bytes) -> list[Claim]:
        claim_id = label.removeprefix(self._owner).decode("ascii", "replace")
        home = self._at(CLAIMS) + b"/" + label
        names = [item for item in wire.listing(home) if item.name not in {*_OF_A_FOLDER, MARKER}]
        if not names:
            files.remove(wire, home + b"/" + MARKER)
            files.remove_if_empty(wire, home)
        return [
            Claim(claim_id, item.name, True, files.entry(item.name, item.attributes).fingerprint)
            for item in sorted(names, key=lambda item: item.name)
        ]

    def probe(self) -> list[Probed]:
        """See `contract.Source.probe`."""
        POOL.forget_refusals()
        listing = listed(self)
        if not listing.ok:
            return [listing]
        return [listing, *self._probe_claims()]

    def _probe_claims(self) -> list[Probed]:
        home = self._at(CLAIMS) + b"/" + self._owner + b"probe"
        try:
            with self._wire("make a folder for claims") as wire:
                files.make_folder(wire, self._at(CLAIMS))
                files.make_folder(wire, home)
                wire.rmdir(home)
                labels = {item.name for item in wire.listing(self._at(CLAIMS))} - _OF_A_FOLDER
        except TransportError as error:
            advice = "Ask for the right to make folders and rename, or declare `after: keep`."
            return [Probed("claim", False, error.message, advice)]
        foreign = [label for label in labels if not label.startswith(self._owner)]
        others = sorted({display(label.partition(b".")[0]) for label in foreign})
        say = f"Another exchange takes files here as well: {', '.join(others)}."
        shared = (
            [Probed("owner", False, say, "Let one installation only read each folder.")] if others else []
        )
        return [Probed("claim", True, "Folders for claims can be made."), *shared]

    def close(self) -> None:
        """See `contract.Source.close`."""
        POOL.close(self._address)

    def _wire(self, doing: str) -> AbstractContextManager[Wire]:
        return POOL.lease(self._address, doing)

    def _at(self, name: bytes) -> bytes:
        return self._base.rstrip(b"/") + b"/" + name

    def _label(self, claim: Claim) -> bytes:
        return safe_name(self._owner + claim.id.encode())

    def _home(self, claim: Claim, *, moved: bool = False) -> bytes:
        """The folder in which a claimed file lies now."""
        if claim.moved or moved:
            return self._at(CLAIMS) + b"/" + self._label(claim)
        return self._base.rstrip(b"/")

    def _claimed(self, claim: Claim, name: bytes) -> bytes:
        return self._home(claim, moved=True) + b"/" + name


def _is_folder(attributes: Attributes) -> bool:
    return attributes.mode is None or stat.S_ISDIR(attributes.mode)


def _written(attributes: Attributes) -> tuple[int | None, int | None]:
    return attributes.size, attributes.mtime


def _changed(name: bytes) -> NotStableError:
    advice = "Nothing to do: it is tried again when it has come to rest."
    return NotStableError(f"{display(name)} is still being changed.", advice=advice)
