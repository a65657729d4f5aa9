"""What a disk, a sender and an operator can do to a folder."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import resource
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from exchange import disk
from exchange.errors import RefusedError, TransportError
from exchange.transports import registry
from exchange.transports.contract import (
    Entry,
    GoneError,
    NameTakenError,
    NotStableError,
    Place,
    Source,
    settle,
)
from exchange.transports.folder import fs

DATA = b"x" * 5000
SHA = hashlib.sha256(DATA).hexdigest()
TMP, FINAL = b".x-1.part", b"out.xml"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "inbox"
    path.mkdir()
    return path


@pytest.fixture
def source(inbox: Path) -> Source:
    return registry.source(Place(f"folder:{inbox}"))


def only(source: Source) -> Entry:
    (entry,) = source.scan()
    return entry


class TestWriters:
    """A file is not taken while any process has it open for writing, however quiet that process is."""

    def test_open_for_writing(self, inbox: Path, source: Source) -> None:
        with (inbox / "a").open("wb") as stream:
            stream.write(DATA)
            stream.flush()
            with pytest.raises(NotStableError):
                source.claim(only(source), "1")
        assert source.claim(only(source), "1") is not None

    def test_open_for_writing_when_it_was_claimed(self, inbox: Path, source: Source) -> None:
        (inbox / "a").write_bytes(DATA)
        claim = source.claim(only(source), "1")
        assert claim is not None
        with (inbox / ".claim/site.1/a").open("ab"), pytest.raises(NotStableError):
            source.fetch(claim, io.BytesIO())
        assert source.fetch(claim, io.BytesIO()).sha256 == SHA

    def test_a_reader_is_no_writer(self, inbox: Path, source: Source) -> None:
        (inbox / "a").write_bytes(DATA)
        with (inbox / "a").open("rb"):
            assert source.claim(only(source), "1") is not None

    def test_a_writer_that_comes_during_the_check_does_not_end_us(self, inbox: Path) -> None:
        """The kernel signals a process whose lease is broken; the default signal would kill it."""
        (inbox / "a").write_bytes(DATA)
        code = """
            import os, sys
            from exchange.transports.folder import fs
            descriptor = os.open(sys.argv[1], os.O_RDONLY)
            seen = [fs.being_written(descriptor) for _ in range(20000)]
            print(len(seen))
        """
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                with (inbox / "a").open("r+b"):
                    pass

        threads = [threading.Thread(target=write) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            done = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(code), inbox / "a"], capture_output=True, text=True
            )
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert (done.returncode, done.stdout.strip()) == (0, "20000")

    def test_replaced_between_look_and_rename(
        self, inbox: Path, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (inbox / "a").write_bytes(DATA)
        entry = only(source)
        rename = os.rename

        def replaced(old: object, new: object, **where: int) -> None:
            (inbox / "new").write_bytes(b"newer")
            rename(inbox / "new", inbox / "a")
            rename(old, new, **where)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "rename", replaced)
        with pytest.raises(NotStableError):
            source.claim(entry, "1")
        assert (inbox / "a").read_bytes() == b"newer"
        assert list(source.leftover_claims()) == []


def _race(path: Path, owner: str, results: object) -> None:
    source = registry.source(Place(f"folder:{path}", owner=owner))
    won = 0
    for entry in list(source.scan()):
        try:
            won += source.claim(entry, f"{owner}{won}") is not None
        except NotStableError:
            pass
    results.put(won)  # type: ignore[attr-defined]


def test_every_file_has_one_winner(inbox: Path) -> None:
    for number in range(300):
        (inbox / f"{number}.csv").write_bytes(b"%d" % number)
    context = get_context("fork")
    results = context.Queue()
    racers = [context.Process(target=_race, args=(inbox, f"o{n}", results), daemon=True) for n in range(4)]
    for racer in racers:
        racer.start()
    won = [results.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join(60)
    assert sum(won) == 300
    assert len(list(inbox.glob(".claim/*/*.csv"))) == 300


class TestRights:
    """Tried as a user without rights, in a process of its own (root may do everything)."""

    def run(self, code: str, *paths: Path) -> str:
        prelude = """
            import io, os, sys
            from pathlib import Path
            from exchange.transports import registry
            from exchange.transports.contract import Place
            inbox = sys.argv[1]
            source = registry.source(Place(f"folder:{inbox}"))
            target = registry.target(Place(f"folder:{inbox}"))
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        """
        text = textwrap.dedent(prelude) + textwrap.dedent(code)
        done = subprocess.run([sys.executable, "-c", text, *paths], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @pytest.fixture(autouse=True)
    def _reachable(self, tmp_path: Path) -> Iterator[None]:
        if os.geteuid() != 0:
            pytest.skip("needs root to become somebody without rights")
        walk, changed = tmp_path, []
        while walk != Path("/"):
            mode = walk.stat().st_mode
            if not mode & 0o005:
                changed.append((walk, mode))
                walk.chmod(mode | 0o055)
            walk = walk.parent
        yield
        for path, mode in changed:
            path.chmod(mode)

    def test_an_unreadable_file_hides_no_other(self, inbox: Path) -> None:
        inbox.chmod(0o777)
        (inbox / "a").write_bytes(b"1")
        (inbox / "secret").write_bytes(b"2")
        (inbox / "secret").chmod(0)
        shown = self.run("print(sorted((e.name, e.kind, e.reason) for e in source.scan()))", inbox)
        assert (
            shown == "[(b'a', 'regular', ''), (b'secret', 'unreadable', 'The right to read it is missing.')]"
        )

    def test_a_folder_that_may_only_be_read(self, inbox: Path) -> None:
        (inbox / "a").write_bytes(b"1")
        inbox.chmod(0o555)
        shown = self.run(
            """
            claim = source.claim(next(iter(source.scan())), "1")
            out = io.BytesIO()
            facts = source.fetch(claim, out)
            print(claim.moved, out.getvalue())
            clear = lambda: source.finish(claim, facts, "delete")
            for act in (clear, lambda: target.stage(b"t", io.BytesIO(), 0)):
                try:
                    act()
                except Exception as error:
                    print(type(error).__name__, "rights are missing" in str(error))
            print([line.ok for line in source.probe()], [line.ok for line in target.probe()])
            """,
            inbox,
        )
        assert shown.splitlines() == [
            "False b'1'", "RefusedError True", "RefusedError True", "[True, False] [False]",
        ]  # fmt: skip

    def test_a_folder_that_may_not_be_listed(self, inbox: Path) -> None:
        inbox.chmod(0o700)
        shown = self.run(
            """
            try:
                list(source.scan())
            except Exception as error:
                print(type(error).__name__)
            """,
            inbox,
        )
        assert shown == "RefusedError"


class TestLinks:
    def test_claims_that_lead_elsewhere(self, inbox: Path, source: Source, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (inbox / "a").write_bytes(DATA)
        (inbox / ".claim").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(TransportError):
            source.claim(only(source), "1")
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert (inbox / "a").exists()

    def test_staging_that_leads_elsewhere(self, inbox: Path, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (inbox / ".staging").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(TransportError):
            registry.target(Place(f"folder:{inbox}")).stage(TMP, io.BytesIO(DATA), len(DATA))
        assert list((tmp_path / "elsewhere").iterdir()) == []


class TestDelivery:
    def test_a_full_disk_leaves_nothing(self, inbox: Path) -> None:
        target = registry.target(Place(f"folder:{inbox}"))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(TransportError):
                target.stage(TMP, io.BytesIO(b"x" * 200_000), 200_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list((inbox / ".staging").iterdir()) == []

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
    def test_a_failing_sync_is_an_error_and_leaves_nothing(
        self, inbox: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        target = registry.target(Place(f"folder:{inbox}"))
        target.discard(TMP)
        (inbox / ".staging").mkdir()
        sync, failed = os.fsync, []

        def fails_once(descriptor: int) -> None:
            if not failed:
                failed.append(descriptor)
                raise OSError(number, os.strerror(number))
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", fails_once)
        with pytest.raises(TransportError) as caught:
            target.stage(TMP, io.BytesIO(DATA), len(DATA))
        assert not isinstance(caught.value, RefusedError)
        assert str(inbox) in caught.value.message
        assert caught.value.advice
        assert list((inbox / ".staging").iterdir()) == []

    def test_without_a_rename_that_refuses(self, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fs, "_renames", lambda *_: fs.ctypes.set_errno(errno.EINVAL) or -1)
        target = registry.target(Place(f"folder:{inbox}"))
        (inbox / "out.xml").write_bytes(b"theirs")
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        with pytest.raises(NameTakenError):
            target.publish(TMP, FINAL)
        assert (inbox / "out.xml").read_bytes() == b"theirs"
        (inbox / "out.xml").unlink()
        target.publish(TMP, FINAL)
        assert (inbox / "out.xml").read_bytes() == DATA
        assert [line.what for line in target.probe() if not line.ok] == ["names"]

    def test_what_follows_from_a_look(self, inbox: Path) -> None:
        target = registry.target(Place(f"folder:{inbox}"))

        def settled() -> tuple[str, bool]:
            found = settle(target.look(TMP, FINAL, len(DATA), SHA), consumes=False, money=True)
            return found.act, found.discard_tmp

        assert settled() == ("hold", False), "without .staging it is not the folder it was staged in"
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        assert settled() == ("publish", False)
        (inbox / ".staging" / TMP.decode()).write_bytes(b"torn")
        assert settled() == ("stage", False)
        target.discard(TMP)
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        target.publish(TMP, FINAL)
        assert settled() == ("delivered", False)
        (inbox / "out.xml").unlink()
        assert settled() == ("delivered", False), "only our own rename can have removed the temporary name"

    def test_taking_over_elsewhere_is_no_proof(self, inbox: Path) -> None:
        with pytest.raises(GoneError):
            registry.target(Place(f"folder:{inbox}")).take_over(TMP, b".x-2.part")

    def test_rights_of_delivered_files(self, inbox: Path) -> None:
        for options, mode in (({}, 0o640), ({"mode": "0664"}, 0o664)):
            target = registry.target(Place(f"folder:{inbox}", options=options))
            target.stage(TMP, io.BytesIO(DATA), len(DATA))
            target.publish(TMP, b"%o" % mode)
            assert (inbox / f"{mode:o}").stat().st_mode & 0o777 == mode

    def test_nothing_is_seen_under_the_final_name_before_it_is_whole(self, inbox: Path) -> None:
        target = registry.target(Place(f"folder:{inbox}"))
        seen: list[int] = []
        stop = threading.Event()

        def consume() -> None:
            while not stop.is_set():
                for path in inbox.glob("*.xml"):
                    seen.append(len(path.read_bytes()))
                    path.unlink()

        consumer = threading.Thread(target=consume)
        consumer.start()
        big = b"y" * 300_000
        for number in range(60):
            target.stage(TMP, io.BytesIO(big), len(big))
            target.publish(TMP, b"%d.xml" % number)
        deadline = time.monotonic() + 20
        while len(seen) < 60 and time.monotonic() < deadline:
            time.sleep(0.01)
        stop.set()
        consumer.join()
        assert seen == [len(big)] * 60


def test_no_descriptor_is_left_open(inbox: Path, source: Source) -> None:
    target = registry.target(Place(f"folder:{inbox}"))
    before = len(os.listdir("/proc/self/fd"))
    for number in range(20):
        (inbox / "a").write_bytes(DATA)
        claim = source.claim(only(source), str(number))
        assert claim is not None
        facts = source.fetch(claim, io.BytesIO())
        source.finish(claim, facts, "archive" if number % 2 else "delete")
        assert list(source.leftover_claims()) == []
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        with pytest.raises(NameTakenError):
            (inbox / "out.xml").touch()
            target.publish(TMP, FINAL)
        target.discard(TMP)
        (inbox / "out.xml").unlink()
        next(iter(source.scan()), None)
    assert len(os.listdir("/proc/self/fd")) == before


class TestOrderOfSyncs:
    """What a power cut must not undo is on disk before the next step relies on it."""

    @pytest.fixture
    def calls(self, monkeypatch: pytest.MonkeyPatch, inbox: Path) -> list[str]:
        made: list[str] = []
        sync, rename, noreplace, unlink = os.fsync, os.rename, fs.rename_noreplace, os.unlink

        def synced(descriptor: int) -> None:
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
            made.append(f"sync {path.relative_to(inbox)}")
            sync(descriptor)

        def named(act: object, what: str) -> object:
            def call(name: bytes, *rest: object, **where: int) -> object:
                made.append(f"{what} {name.decode()}")
                return act(name, *rest, **where)  # type: ignore[operator]

            return call

        def disk_synced(descriptor: int) -> None:
            made.append("sync the disk")

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(disk, "sync_disk", disk_synced)
        monkeypatch.setattr(os, "rename", named(rename, "rename"))
        monkeypatch.setattr(os, "unlink", named(unlink, "unlink"))
        monkeypatch.setattr(fs, "rename_noreplace", named(noreplace, "rename"))
        return made

    def test_claiming_and_clearing(self, inbox: Path, source: Source, calls: list[str]) -> None:
        (inbox / "a").write_bytes(DATA)
        claim = source.claim(only(source), "1")
        assert claim is not None
        assert calls == ["sync .", "rename a", "sync .claim/site.1", "sync .claim", "sync ."]
        calls.clear()
        facts = source.fetch(claim, io.BytesIO())
        source.finish(claim, facts, "delete")
        assert calls == ["unlink a", "unlink .marker", "sync .claim"]

    def test_archiving(self, inbox: Path, source: Source, calls: list[str]) -> None:
        (inbox / "a").write_bytes(DATA)
        claim = source.claim(only(source), "1")
        assert claim is not None
        facts = source.fetch(claim, io.BytesIO())
        calls.clear()
        source.finish(claim, facts, "archive")
        assert calls[:4] == ["sync .", "rename site.1", "sync .archive", "sync .claim"]

    def test_delivering(self, inbox: Path, calls: list[str]) -> None:
        target = registry.target(Place(f"folder:{inbox}"))
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        target.publish(TMP, FINAL)
        assert calls == [
            "sync .",
            "sync .staging/.x-1.part",
            "sync .staging",
            "rename .x-1.part",
            "sync .",
            "sync .staging",
        ]

    def test_many_share_the_syncs_of_their_disk(
        self, inbox: Path, source: Source, calls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(disk, "MANY", 1)
        for name in ("a", "b"):
            (inbox / name).write_bytes(DATA)
        entries = sorted(source.scan(), key=lambda entry: entry.name)
        with source.together(2) as shared:
            claims = [source.claim(entry, entry.name.decode()) for entry in entries]
            assert shared
        assert calls == ["sync .", "rename a", "rename b", "sync the disk"]
        facts = [source.fetch(claim, io.BytesIO()) for claim in claims if claim is not None]
        calls.clear()
        with source.together(2):
            for claim, fetched in zip(claims, facts, strict=True):
                assert claim is not None
                source.finish(claim, fetched, "archive")
        assert calls == ["sync .", "rename site.a", "rename site.b", "sync the disk"]
        target = registry.target(Place(f"folder:{inbox}"))
        calls.clear()
        with target.together(1):
            target.stage(TMP, io.BytesIO(DATA), len(DATA))
        with target.together(1):
            target.publish(TMP, FINAL)
        assert calls == ["sync .", "sync the disk", "rename .x-1.part", "sync the disk"]


def test_few_files_and_strange_disks_are_synced_one_by_one(
    inbox: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    with source.together(disk.MANY - 1) as shared:
        assert not shared
    monkeypatch.setattr(disk, "_SURE", {})
    with source.together(1000) as shared:
        assert not shared


def test_a_shared_sync_that_fails_is_an_error(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(disk, "MANY", 1)
    monkeypatch.setattr(disk, "sync_disk", broken)
    target = registry.target(Place(f"folder:{inbox}"))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(TransportError, match="the disk reported an error"), target.together(2):
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(NotStableError), target.together(2):
        raise NotStableError("what is raised inside comes through")
