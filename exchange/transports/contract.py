"""What every transport promises: the nouns and the two ends, `Source` and `Target`.

A transport is a module (or package) of this folder with three functions, found by walking the folder:

    check(place) -> list[str]      problems of the declaration, as sentences; touches nothing outside
    source(place) -> Source        the end files are taken from; connects on first use
    target(place) -> Target        the end files are brought to; connects on first use

What a caller may rely on, whatever the transport:

- **Names are bytes.** One odd name never hides the others; `display` makes a name fit for people.
- **A listing that failed is an error, never an empty listing.**
- **Every failure is of four kinds**: `TransportError` (try again later), `RefusedError` (a person must act),
  and of the former the two special cases `NotStableError` (the file changed under our hands: try again) and
  `GoneError` (it is no longer there). No exception of an operating system or a library gets past a transport.
- **No call waits for ever**: a place that says nothing for 30 seconds is a `TransportError`; a slow one that
  keeps moving bytes is not.
- An object is used by one thread at a time; different objects may be used at the same time. After an error
  the same object may be used again: it connects anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from exchange.errors import RefusedError, TransportError
from exchange.wording import counted

EntryKind = Literal["regular", "other", "unreadable"]
After = Literal["archive", "delete", "keep"]
Seen = Literal["absent", "same", "different", "unknown"]

CLAIMS, ARCHIVE, STAGING, MARKER = b".claim", b".archive", b".staging", b".marker"
"""Our own folders inside a place, and the done-file beside a claimed file; a scan never shows them."""
OWN_NAMES = frozenset((CLAIMS, ARCHIVE, STAGING, MARKER))


class NotStableError(TransportError):
    """The file changed while it was read; it is tried again."""


class GoneError(TransportError):
    """The file is no longer there."""


TAKEN_ADVICE = (
    "Look at that file. If it is this delivery already, `reject` the arrival and say so; if not, have it moved away and "
    "`retry` the arrival, or give the target another `name` and `replay` it."
)


class NameTakenError(RefusedError):
    """The name is already used by another file at the target; nothing was overwritten."""


class SecretText(Protocol):
    """A secret whose text is shown only when asked for by name (`exchange.secrets.Secret` is one)."""

    def reveal(self) -> str:
        """The text itself; never to be kept, logged or put into a message."""


@dataclass(frozen=True, slots=True)
class Place:
    """A declared place with everything needed to reach it.

    at: `folder:PATH` or `sftp://user@host:port/path`; base: the site's folder, relative folder paths start
    there; host_keys: the pinned keys, `SHA256:…` fingerprints or known_hosts lines, any of which is accepted;
    options: transport-specific settings by declared name, unknown ones are problems of `check`;
    owner: what tells this ledger from every other one, so that two of them never take each other's claims.
    """

    at: str
    base: Path = Path()
    secret: SecretText | None = None
    host_keys: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    owner: str = "site"

    @property
    def scheme(self) -> str:
        """The transport's name: what stands before the first colon."""
        return self.at.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """One name seen in a scan of a source.

    size in bytes and mtime_ns (nanoseconds since 1970 by the clock of the place, only ever compared for
    equality) are None when the place does not tell; identity is `device:inode` where the place has such a
    thing; reason is a sentence for people when the kind is not "regular".
    """

    name: bytes
    kind: EntryKind
    size: int | None = None
    mtime_ns: int | None = None
    identity: str | None = None
    reason: str = ""

    @property
    def fingerprint(self) -> str:
        """Equal as long as the file looks untouched; with place and name it is a ledger claim's key."""
        return f"{self.size}:{self.mtime_ns}:{self.identity or ''}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One file that is ours.

    moved: it lies in `.claim/<owner>.<id>/` at the place, and nobody else will take it. Not moved (the source
    may not be changed): it still lies under its name, and the ledger's unique key of place, name and
    `fingerprint` is the claim. marker: the done-file that announced it, taken away together with it.
    """

    id: str
    name: bytes
    moved: bool
    fingerprint: str = ""
    marker: bytes | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read of a claimed file: size in bytes, SHA-256 as hex, the time and identity it carried."""

    size: int
    sha256: str
    mtime_ns: int | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """What was written under the temporary name: size in bytes and SHA-256 as hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Presence:
    """What a look at the target found under the temporary and under the final name.

    "same" is the awaited size and hash (by size alone only where hash_compared is False); "unknown" where the
    place gives no right to look. atomic: publishing here is one step, so both names never exist at once.
    private: the temporary name lies in a folder of ours, so only our own rename can have removed it.
    """

    tmp: Seen
    final: Seen
    atomic: bool = True
    private: bool = False
    hash_compared: bool = True


@dataclass(frozen=True, slots=True)
class Settlement:
    """What must follow from a look: publish (again), it is delivered, or a person must look (hold), and why.

    discard_tmp: remove the temporary name afterwards (the server died half-way through its own rename).
    """

    act: Literal["publish", "delivered", "stage", "hold"]
    reason: str
    discard_tmp: bool = False


@dataclass(frozen=True, slots=True)
class Probed:
    """One line of `exchange check` about a place: what was tried, did it go well, a sentence for people."""

    what: str
    ok: bool
    say: str
    advice: str = ""


class Source(Protocol):
    """Where files are taken from."""

    where: str
    """The place for people and as the ledger's key: address without any secret."""

    def together(self, number: int) -> AbstractContextManager[bool]:
        """Work on so many files in a `with` block: whether they share their syncs.

        False: every call is durable by itself, and several objects at a time are quicker than one. True: what
        is done in the block is durable at its end only; a TransportError raised there says that none of it may be.
        """

    def scan(self) -> Iterable[Entry]:
        """Every name in the place (not below it), in no order, without our own folders.

        Links, pipes, devices and folders come as kind "other" and are never opened; what may not be read
        comes as "unreadable". Raises TransportError when the listing could not be had whole.
        """

    def claim(
        self, entry: Entry, claim_id: str, *, marker: bytes | None = None, move: bool = True
    ) -> Claim | None:
        """Make the file ours; None when it is no longer there (somebody else was first: no error).

        The file is moved into `.claim/<owner>.<id>/` in one step, durably, then the marker. Where the source
        may not be changed, or with move=False, nothing moves and Claim.moved is False. Raises NotStableError
        when the file is not the one seen (changed since the scan) or a process still has it open for writing:
        nothing was moved then.
        """

    def fetch(self, claim: Claim, out: BinaryIO) -> Fetched:
        """Copy the claimed file's bytes into `out` (from its present position; the caller syncs it).

        Size, time and identity are compared before, after and with the number of bytes read; any difference
        is a NotStableError and what was written to `out` must be thrown away. GoneError when it vanished.
        """

    def finish(self, claim: Claim, fetched: Fetched, after: After) -> None:
        """Clear the file from the source as the flow says, now that the ledger holds it; may be repeated.

        "archive": into `.archive/<owner>.<id>/` at the place; "delete": removed; "keep": left alone (claim
        such files with move=False; a moved one is archived). A file that is already gone is fine.
        NotStableError when the file is no longer what was fetched (bytes came late): nothing was removed, and
        a person must look.
        """

    def leftover_claims(self) -> Iterable[Claim]:
        """Our files in `.claim/`: what a crash or a lost answer left, and whatever is being worked on now.

        Ask before each scan, and leave out the claims the caller is busy with. Other owners' claims are never
        shown. Empty claim folders are removed on the way.
        """

    def probe(self) -> list[Probed]:
        """Try what a source must be able to do, touching no sender's file; problems are results."""

    def close(self) -> None:
        """Let go of connections; the object may be used again afterwards."""


class Target(Protocol):
    """Where files are brought to: stage under a temporary name, then publish in one step."""

    where: str
    """The place for people and as the ledger's key: address without any secret."""

    def together(self, number: int) -> AbstractContextManager[bool]:
        """See `Source.together`."""

    def stage(self, tmp: bytes, stream: BinaryIO, size: int) -> Staged:
        """Write the stream durably under a temporary name that must not exist yet.

        The size is compared with what the place then reports (and the bytes are read back when the place asks
        for it); a difference is a TransportError. The temporary file is removed after an error where that is
        possible.
        """

    def publish(self, tmp: bytes, final: bytes) -> None:
        """Give the staged file its final name in one step, durably.

        NameTakenError when the final name exists: nothing was changed. After any other TransportError it is
        unknown whether it happened: `look` and `settle` before anything else.
        """

    def look(self, tmp: bytes, final: bytes, size: int, sha256: str) -> Presence:
        """What lies under both names, compared with the awaited size and hash."""

    def discard(self, tmp: bytes) -> bool:
        """Remove a temporary file; False when there was none. Never touches a final name."""

    def take_over(self, old_tmp: bytes, new_tmp: bytes) -> bool:
        """Fence off an earlier owner: rename its temporary file to ours; False when it was published."""

    def probe(self) -> list[Probed]:
        """Try staging, renaming and removing with a file of our own; problems are results, not errors."""

    def close(self) -> None:
        """Let go of connections; the object may be used again afterwards."""


class Transport(Protocol):
    """A module of this folder."""

    def check(self, place: Place) -> list[str]:
        """Problems of the declaration, as sentences; nothing outside the process is touched."""

    def source(self, place: Place) -> Source:
        """The end files are taken from; connects on first use."""

    def target(self, place: Place) -> Target:
        """The end files are brought to; connects on first use."""


def listed(source: Source) -> Probed:
    """Whether a place can be listed, and how many names wait there."""
    try:
        count = sum(1 for _ in source.scan())
    except TransportError as error:
        return Probed("list", False, error.message, error.advice)
    waiting = counted(count, "name waits", "names wait")
    return Probed("list", True, f"The folder can be listed; {waiting} there.")


def display(name: bytes) -> str:
    """A name for people: UTF-8 where it is, everything else and every control character escaped as `\\xNN`.

    >>> display(b"tilaus\\xe4\\n.csv")
    'tilaus\\\\xe4\\\\x0a.csv'
    """
    text = name.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8"))


def name_problem(name: bytes) -> str | None:
    """Why a name may not be used at a place (it would lead elsewhere or not fit), None when it may.

    >>> name_problem(b"../etc/passwd")
    'it contains a slash'
    """
    if b"/" in name:
        return "it contains a slash"
    if b"\0" in name:
        return "it contains a NUL byte"
    if name in (b"", b".", b".."):
        return "it is empty or names a folder"
    if len(name) > 255:
        return f"it has {len(name)} bytes, at most 255 are possible"
    return None


def safe_name(name: bytes) -> bytes:
    """The name itself; RefusedError when it would lead outside the place or does not fit."""
    problem = name_problem(name)
    if problem:
        shown = display(name[:300])
        raise RefusedError(f"The file name {shown!r} cannot be used: {problem}.", advice="Change the name.")
    return name


def settle(presence: Presence, *, consumes: bool, money: bool) -> Settlement:
    """What follows from a look at a delivery that was staged, and whose publishing is in doubt.

    consumes: the receiver is declared to take files away at once. money: the delivery moves money, so that a
    doubt that a gap in the server's own rename could explain is a matter for a person.
    """
    if "unknown" in (presence.tmp, presence.final):
        return Settlement("hold", "The target does not let us look whether the file was published.")
    if presence.tmp == "absent":
        return _settle_without_tmp(presence, consumes)
    return _settle_with_tmp(presence, money)


def _settle_without_tmp(presence: Presence, consumes: bool) -> Settlement:
    if presence.final == "same":
        return Settlement("delivered", "The file lies at the target under its final name.")
    if presence.private or (consumes and presence.final == "absent"):
        return Settlement("delivered", "The file was published and the receiver has taken it.")
    if presence.final == "absent":
        return Settlement("hold", "The temporary and the final file are gone; the receiver may have it.")
    return Settlement("hold", "The temporary file is gone and another file lies under the final name.")


def _settle_with_tmp(presence: Presence, money: bool) -> Settlement:
    if presence.final == "same":
        return Settlement("delivered", "It was published, only the temporary name stayed.", discard_tmp=True)
    if presence.final == "different":
        return Settlement("hold", "The final name is already used by another file.")
    if money and not presence.atomic:
        return Settlement("hold", "The server renames in two steps: it may be published and taken.")
    if presence.tmp == "different":
        return Settlement("stage", "The temporary file is not whole; it is written again.")
    return Settlement("publish", "The file was staged and not yet published.")
