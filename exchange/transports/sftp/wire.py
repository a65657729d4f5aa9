"""The SFTP protocol, version 3, over an SSH channel.

Specification: draft-ietf-secsh-filexfer-02, and OpenSSH's file PROTOCOL for the extensions.

paramiko carries the connection; its own SFTP client is not used, for three reasons found by running it: it
decodes every name as UTF-8 and loses a whole listing to one odd name; it drops the error answers of pipelined
writes; it does not tell which extensions the server has. Here paths are bytes, every answer is awaited and
checked, and `posix-rename` and `fsync` are used when they are there.
"""

from __future__ import annotations

import stat
import struct
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

CHUNK = 32_768
"""Bytes of one read or write; every server takes this much."""
_READS, _WRITES = 64, 32
"""How many requests are under way at once (OpenSSH's own client has 64)."""
_LONGEST = 1 << 20
"""Bytes of one answer; more is nonsense (a read answers at most CHUNK, a listing some 100 names)."""

_INIT, _VERSION, _OPEN, _CLOSE, _READ, _WRITE, _LSTAT, _FSTAT = 1, 2, 3, 4, 5, 6, 7, 8
_OPENDIR, _READDIR, _REMOVE, _MKDIR, _RMDIR, _RENAME = 11, 12, 13, 14, 15, 18
_STATUS, _HANDLE, _DATA, _NAME, _ATTRS, _EXTENDED = 101, 102, 103, 104, 105, 200

OK, END_OF_FILE, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, UNSUPPORTED = 0, 1, 2, 3, 4, 8
_SAY = ("OK", "End of file", "No such file", "Permission denied", "Failure", "Bad message")
_READING, _NEW = 0x01, 0x02 | 0x08 | 0x20
_NOTHING = struct.pack(">I", 0)
POSIX_RENAME, FSYNC = b"posix-rename@openssh.com", b"fsync@openssh.com"


class StatusError(Exception):
    """The server's answer was a refusal; code is one of the numbers above."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text or (_SAY[code] if code < len(_SAY) else f"status {code}")
        super().__init__(self.text)


class ProtocolError(Exception):
    """The other side does not speak SFTP as it should."""


class Channel(Protocol):
    """What is needed of an SSH channel."""

    def sendall(self, data: bytes) -> object:
        """Send everything or raise."""

    def recv(self, nbytes: int) -> bytes:
        """Up to so many bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a server says of a file: bytes, type and rights, mtime in seconds; None if it does not say."""

    size: int | None = None
    mode: int | None = None
    mtime: int | None = None

    @property
    def regular(self) -> bool:
        """Whether it is a plain file, as far as the server says."""
        return self.mode is not None and stat.S_ISREG(self.mode)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a listing: the raw name and what the server says of it (of a link, not of its end)."""

    name: bytes
    attributes: Attributes


class _Answer:
    """The fields of a packet, read one after the other and never beyond its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._data):
            raise ProtocolError("An answer of the server ends too early")
        return self._data[self._at - count : self._at]

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def text(self) -> bytes:
        return self.take(self.number())

    def attributes(self) -> Attributes:
        flags = self.number()
        size = int.from_bytes(self.take(8), "big") if flags & 1 else None
        self.take(8 if flags & 2 else 0)
        mode = self.number() if flags & 4 else None
        mtime = int.from_bytes(self.take(8)[4:], "big") if flags & 8 else None
        for _ in range(2 * self.number() if flags & 0x80000000 else 0):
            self.text()
        return Attributes(size, mode, mtime)


class Wire:
    """One SFTP session on one channel. A refusal is a StatusError and leaves the session usable."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._last = 0
        self._arrived: dict[int, tuple[int, _Answer]] = {}
        self._waiting: set[int] = set()
        self._send(_INIT, struct.pack(">I", 3))
        kind, answer = self._packet()
        if kind != _VERSION:
            raise ProtocolError("The server does not answer as an SFTP server")
        self.version = answer.number()
        self.extensions = frozenset(_pairs(answer))

    def listing(self, path: bytes) -> Iterator[Listed]:
        """Everything in a folder; raises before the end when the server breaks off."""
        handle = self._handle(_OPENDIR, _text(path))
        while (batch := self._names(handle)) is not None:
            yield from batch
        self.close_handle(handle)

    def _names(self, handle: bytes) -> list[Listed] | None:
        """The next part of a listing, None at its end (a part may be empty)."""
        try:
            answer = self._await(self._ask(_READDIR, _text(handle)), _NAME)
        except StatusError as error:
            if error.code == END_OF_FILE:
                return None
            raise
        return [_listed(answer) for _ in range(answer.number())]

    def lstat(self, path: bytes) -> Attributes:
        """What lies under a path itself, not what it links to."""
        return self._await(self._ask(_LSTAT, _text(path)), _ATTRS).attributes()

    def fstat(self, handle: bytes) -> Attributes:
        """What the server says of an open file."""
        return self._await(self._ask(_FSTAT, _text(handle)), _ATTRS).attributes()

    def open_reading(self, path: bytes) -> bytes:
        """The handle of a file opened for reading."""
        return self._handle(_OPEN, _text(path), struct.pack(">I", _READING), _NOTHING)

    def open_new(self, path: bytes) -> bytes:
        """The handle of a file that did not exist before, opened for writing."""
        return self._handle(_OPEN, _text(path), struct.pack(">I", _NEW), _NOTHING)

    def close_handle(self, handle: bytes) -> None:
        """Close a file or a folder; a refusal at the last moment is raised, not swallowed."""
        self._done(_CLOSE, _text(handle))

    def remove(self, path: bytes) -> None:
        """Remove a file."""
        self._done(_REMOVE, _text(path))

    def mkdir(self, path: bytes) -> None:
        """Make a folder, with the rights the server gives."""
        self._done(_MKDIR, _text(path), _NOTHING)

    def rmdir(self, path: bytes) -> None:
        """Remove an empty folder."""
        self._done(_RMDIR, _text(path))

    def rename(self, old: bytes, new: bytes) -> None:
        """Rename: in one step, replacing, where the server can; else plainly, refusing a used name."""
        if POSIX_RENAME in self.extensions:
            self._done(_EXTENDED, _text(POSIX_RENAME), _text(old), _text(new))
        else:
            self._done(_RENAME, _text(old), _text(new))

    def sync(self, handle: bytes) -> None:
        """Make an open file durable, where the server offers that."""
        if FSYNC in self.extensions:
            self._done(_EXTENDED, _text(FSYNC), _text(handle))

    def read_into(self, handle: bytes, size: int, sink: Callable[[bytes], object]) -> int:
        """Hand on the bytes of an open file in order, to its end or soon after `size`; their number."""
        pending: deque[tuple[int, int]] = deque()
        following, done = 0, 0
        try:
            while True:
                while following <= size and len(pending) < _READS:
                    pending.append((self._ask_read(handle, following, CHUNK), following))
                    following += CHUNK
                if not pending:
                    return done
                part = self._whole(handle, *pending.popleft())
                sink(part)
                done += len(part)
        except StatusError:
            self._drain(number for number, _ in pending)
            raise

    def _ask_read(self, handle: bytes, offset: int, length: int) -> int:
        return self._ask(_READ, _text(handle), struct.pack(">QI", offset, length))

    def _whole(self, handle: bytes, number: int, offset: int) -> bytes:
        """One chunk; a server may send less than asked before the end, so the rest is asked for again."""
        parts = self._part(number)
        while 0 < len(parts) < CHUNK:
            more = self._part(self._ask_read(handle, offset + len(parts), CHUNK - len(parts)))
            if not more:
                break
            parts += more
        if len(parts) > CHUNK:
            raise ProtocolError("The server sent more than was asked for")
        return parts

    def _part(self, number: int) -> bytes:
        try:
            return self._await(number, _DATA).text()
        except StatusError as error:
            if error.code == END_OF_FILE:
                return b""
            raise

    def write_from(self, handle: bytes, stream: BinaryIO, seen: Callable[[bytes], object]) -> int:
        """Write a stream to an open file, every answer checked; the number of bytes. seen(chunk) for each
        part.
        """
        pending: deque[int] = deque()
        sent = accepted = 0
        try:
            while chunk := stream.read(CHUNK):
                pending.append(self._ask(_WRITE, _text(handle), struct.pack(">Q", sent), _text(chunk)))
                seen(chunk)
                sent += len(chunk)
                if len(pending) >= _WRITES:
                    self._await(pending.popleft(), _STATUS)
                    accepted += CHUNK
            while pending:
                self._await(pending.popleft(), _STATUS)
                accepted = min(accepted + CHUNK, sent)
        except StatusError as error:
            self._drain(pending)
            raise StatusError(error.code, f"{error.text}, after {accepted} bytes") from error
        return sent

    def _drain(self, numbers: Iterator[int] | deque[int]) -> None:
        """Await answers nobody wants any more, so that the session stays in step."""
        for number in numbers:
            self._answer(number)

    def _handle(self, kind: int, *parts: bytes) -> bytes:
        return self._await(self._ask(kind, *parts), _HANDLE).text()

    def _done(self, kind: int, *parts: bytes) -> None:
        self._await(self._ask(kind, *parts), _STATUS)

    def _ask(self, kind: int, *parts: bytes) -> int:
        self._last = (self._last + 1) & 0xFFFFFFFF
        self._waiting.add(self._last)
        self._send(kind, struct.pack(">I", self._last), *parts)
        return self._last

    def _await(self, number: int, wanted: int) -> _Answer:
        """The answer to one request; StatusError when it is a refusal."""
        kind, answer = self._answer(number)
        if kind == _STATUS:
            code = answer.number()
            if code != OK:
                raise StatusError(
                    code, answer.text().decode("utf-8", "backslashreplace") if answer.more() else ""
                )
        if kind != wanted:
            raise ProtocolError(f"The server answered {kind} where {wanted} was due")
        return answer

    def _answer(self, number: int) -> tuple[int, _Answer]:
        while number not in self._arrived:
            kind, answer = self._packet()
            answered = answer.number()
            if answered not in self._waiting:
                raise ProtocolError("The server answers what nobody asked")
            self._waiting.discard(answered)
            self._arrived[answered] = (kind, answer)
        return self._arrived.pop(number)

    def _send(self, kind: int, *parts: bytes) -> None:
        body = b"".join(parts)
        self._channel.sendall(struct.pack(">IB", len(body) + 1, kind) + body)

    def _packet(self) -> tuple[int, _Answer]:
        length = int.from_bytes(self._exactly(4), "big")
        if not 0 < length <= _LONGEST:
            raise ProtocolError(f"The server announces an answer of {length} bytes")
        data = self._exactly(length)
        return data[0], _Answer(data[1:])

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self._channel.recv(count - len(data))
            if not part:
                raise EOFError("The server closed the connection")
            data += part
        return bytes(data)


def _text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _pairs(answer: _Answer) -> Iterator[bytes]:
    """The names of the extensions a server announces (each is followed by a version)."""
    while answer.more():
        yield answer.text()
        answer.text()


def _listed(answer: _Answer) -> Listed:
    name = answer.text()
    answer.text()  # the line meant for people; its form is up to the server
    return Listed(name, answer.attributes())
