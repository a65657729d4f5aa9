"""The SFTP protocol against servers that cut, lie, or answer in any order."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.errors import TransportError
from exchange.transports.sftp.faults import translated
from exchange.transports.sftp.wire import CHUNK, ProtocolError, StatusError, Wire

STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
EOF = 1
Answer = tuple[int, bytes]
Server = Callable[[int, bytes], list[tuple[int, bytes]]]


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def status(code: int, say: bytes = b"") -> Answer:
    return STATUS, struct.pack(">I", code) + text(say) + text(b"")


class Fake:
    """A channel to a server that is a function from a request (kind, body) to an answer."""

    def __init__(
        self, answer: Callable[[int, bytes], Answer | None], *, hello: bytes = b"", last_first: bool = False
    ):
        self.answer, self.last_first = answer, last_first
        self.hello = hello
        self.waiting: list[bytes] = []
        self.buffer = b""

    def sendall(self, data: bytes) -> None:
        kind, body = data[4], data[5:]
        if kind == 1:
            self.waiting.append(self.packet(2, struct.pack(">I", 3) + self.hello))
            return
        answered = self.answer(kind, body[4:])
        if answered is not None:
            self.waiting.append(self.packet(answered[0], body[:4] + answered[1]))

    def packet(self, kind: int, body: bytes) -> bytes:
        return struct.pack(">IB", len(body) + 1, kind) + body

    def recv(self, nbytes: int) -> bytes:
        if not self.buffer and self.waiting:
            self.buffer = self.waiting.pop() if self.last_first else self.waiting.pop(0)
        got, self.buffer = self.buffer[: min(nbytes, 1000)], self.buffer[min(nbytes, 1000) :]
        return got


def file_server(content: bytes, *, at_most: int = CHUNK) -> Callable[[int, bytes], Answer]:
    def answer(kind: int, body: bytes) -> Answer:
        assert kind == 5
        offset, length = struct.unpack(">QI", body[-12:])
        part = content[offset : offset + min(length, at_most)]
        return (DATA, text(part)) if part else status(EOF)

    return answer


def read(wire: Wire, size: int) -> bytes:
    parts: list[bytes] = []
    count = wire.read_into(b"h", size, parts.append)
    assert count == sum(map(len, parts))
    return b"".join(parts)


class TestReading:
    @settings(max_examples=40)
    @given(st.integers(0, 5 * CHUNK), st.sampled_from([CHUNK, CHUNK - 1, 10_000]), st.booleans())
    def test_short_answers_and_any_order(self, size: int, at_most: int, last_first: bool) -> None:
        content = os.urandom(size)
        assert read(Wire(Fake(file_server(content, at_most=at_most), last_first=last_first)), size) == content

    def test_a_server_that_lies_about_the_size(self) -> None:
        content = os.urandom(3 * CHUNK)
        assert read(Wire(Fake(file_server(content))), 10 * CHUNK) == content
        assert len(read(Wire(Fake(file_server(content))), CHUNK)) < len(content)

    def test_more_than_asked(self) -> None:
        with pytest.raises(ProtocolError, match="more than was asked"):
            read(Wire(Fake(lambda *_: (DATA, text(b"x" * (CHUNK + 1))))), 10)

    def test_a_refusal_in_the_middle_leaves_the_session_in_step(self) -> None:
        content = b"y" * (4 * CHUNK)
        serve = file_server(content)
        refused = [True]

        def answer(kind: int, body: bytes) -> Answer:
            if refused and struct.unpack(">Q", body[-12:-4])[0] == CHUNK:
                refused.clear()
                return status(4, b"disk trouble")
            return serve(kind, body)

        wire = Wire(Fake(answer))
        with pytest.raises(StatusError, match="disk trouble"):
            read(wire, len(content))
        assert read(wire, len(content)) == content


class TestWriting:
    def server(self, full_at: int) -> tuple[Fake, dict[int, bytes]]:
        written: dict[int, bytes] = {}

        def answer(kind: int, body: bytes) -> Answer:
            assert kind == 6
            (offset,) = struct.unpack(">Q", body[5:13])
            if offset >= full_at:
                return status(4, b"")
            written[offset] = body[17:]
            return status(0)

        return Fake(answer), written

    def test_whole(self) -> None:
        fake, written = self.server(1 << 40)
        content = os.urandom(100 * CHUNK + 7)
        seen: list[bytes] = []
        assert Wire(fake).write_from(b"h", io.BytesIO(content), seen.append) == len(content)
        assert b"".join(written[offset] for offset in sorted(written)) == content == b"".join(seen)

    @pytest.mark.parametrize("chunks", [0, 1, 31, 32, 33, 99, 100])
    def test_a_refused_write_is_never_lost(self, chunks: int) -> None:
        fake, _ = self.server(chunks * CHUNK)
        wire = Wire(fake)
        with pytest.raises(StatusError, match=f"Failure, after {chunks * CHUNK} bytes"):
            wire.write_from(b"h", io.BytesIO(b"x" * (101 * CHUNK)), len)
        assert fake.waiting == []


class TestListing:
    def test_an_empty_part_is_not_the_end(self) -> None:
        parts = [b"", b"\xe4.csv", b"", b"b"]

        def answer(kind: int, body: bytes) -> Answer:
            if kind == 11:
                return HANDLE, text(b"h")
            if kind == 4:
                return status(0)
            if not parts:
                return status(EOF)
            name = parts.pop(0)
            one = text(name) + text(b"-rw \xff") + struct.pack(">IQ", 1, 7)
            return NAME, struct.pack(">I", bool(name)) + (one if name else b"")

        found = list(Wire(Fake(answer)).listing(b"/"))
        assert [(item.name, item.attributes.size, item.attributes.mode) for item in found] == [
            (b"\xe4.csv", 7, None),
            (b"b", 7, None),
        ]

    @pytest.mark.parametrize("code", [2, 3, 4])
    def test_a_listing_that_breaks_off_is_no_listing(self, code: int) -> None:
        answers = [
            (HANDLE, text(b"h")),
            (NAME, struct.pack(">I", 1) + text(b"a") + text(b"") + bytes(4)),
            status(code),
        ]
        with pytest.raises(StatusError):
            list(Wire(Fake(lambda *_: answers.pop(0))).listing(b"/"))


class TestNonsense:
    @settings(max_examples=300)
    @given(st.binary(max_size=200))
    def test_any_bytes_end_in_our_errors(self, noise: bytes) -> None:
        class Noise:
            rest = noise

            def sendall(self, data: bytes) -> None: ...

            def recv(self, nbytes: int) -> bytes:
                got, self.rest = self.rest[:nbytes], self.rest[nbytes:]
                return got

        with pytest.raises(TransportError), translated("list", "there"):
            list(Wire(Noise()).listing(b"/"))

    @settings(max_examples=300)
    @given(
        st.lists(
            st.tuples(st.sampled_from([STATUS, HANDLE, DATA, NAME, ATTRS, 0, 255]), st.binary(max_size=40)),
            max_size=6,
        )
    )
    def test_any_answers_end_in_our_errors_or_an_answer(self, answers: list[Answer]) -> None:
        wire = Wire(Fake(lambda *_: answers.pop(0) if answers else None))
        try:
            with translated("list", "there"):
                list(wire.listing(b"/"))
                wire.lstat(b"/a")
                read(wire, 100)
        except TransportError:
            pass

    def test_a_huge_answer_is_not_awaited(self) -> None:
        class Huge(Fake):
            def packet(self, kind: int, body: bytes) -> bytes:
                return struct.pack(">I", 1 << 31)

        with pytest.raises(ProtocolError, match="announces"):
            Wire(Huge(lambda *_: None))

    def test_an_answer_nobody_asked_for(self) -> None:
        fake = Fake(lambda *_: None)
        wire = Wire(fake)
        fake.waiting.append(fake.packet(STATUS, struct.pack(">II", 77, 0)))
        with pytest.raises(ProtocolError, match="nobody asked"):
            wire.remove(b"/a")

    def test_a_refusal_in_odd_bytes(self) -> None:
        with pytest.raises(StatusError, match=r"\\xe4"):
            Wire(Fake(lambda *_: status(4, b"\xe4"))).remove(b"/a")


def test_extensions_are_known() -> None:
    hello = text(b"posix-rename@openssh.com") + text(b"1")
    asked: list[int] = []
    for greeting in (hello, b""):
        wire = Wire(Fake(lambda kind, _: asked.append(kind) or status(0), hello=greeting))
        wire.rename(b"/a", b"/b")
        wire.sync(b"h")
    assert asked == [200, 18]
