"""After crashes, tampering and accidents: what is noticed, what is stopped, what goes on."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from exchange import clock, deliver, disk
from exchange.archive import Journal
from exchange.bound import BoundTarget
from exchange.engine import Engine
from exchange.errors import InDoubtError, LedgerError, RefusedError, TransportError, UseError
from exchange.ledger import acts, approving, chain, open_ledger, payments, queries, schema
from exchange.transports import registry
from exchange.transports.contract import Place, Target
from exchange.verify import verify
from tests.ledger.conftest import Site
from tests.ledger.test_law import unguarded
from tests.ledger.test_payments import note
from tests.support.tiny import TinyFlow, expected

ANNA = {"actor": "anna", "because": "I looked"}


def delivered(here: Site, *names: str) -> None:
    for name in names:
        here.put(name, name.encode())
    here.run()


class Odd:
    """A real folder target of which one call fails, before or after it has done its work."""

    def __init__(self, real: Target, call: str, error: TransportError, *, after: bool) -> None:
        self._real, self._call, self._error, self._after = real, call, error, after

    def __getattr__(self, name: str) -> object:
        real = getattr(self._real, name)
        if name != self._call:
            return real

        def fails(*arguments: object) -> None:
            if self._after:
                real(*arguments)
            raise self._error

        return fails


def odd_flow(here: Site, call: str, error: TransportError, *, after: bool = False) -> TinyFlow:
    flow = here.flow()
    outbox = Place("folder:outbox", base=here.root)
    bound = BoundTarget("folder:outbox", lambda: Odd(registry.target(outbox), call, error, after=after))  # type: ignore[arg-type,return-value]
    return replace(flow, targets=[bound])


@pytest.mark.parametrize("call", ["stage", "publish", "discard"])
@pytest.mark.parametrize("after", [False, True])
def test_a_failing_target_is_tried_again_and_nothing_comes_twice(here: Site, call: str, after: bool) -> None:
    here.put("a.txt", b"one")
    here.run(odd_flow(here, call, TransportError("The line broke."), after=after))
    here.run()
    here.run()
    assert here.arrival("a.txt").stage == "done"
    assert here.out() == {f"a.txt.{n}.out": expected(b"one", n) for n in range(2)}
    assert not list((here.root / "outbox" / ".staging").glob("*"))


def test_a_refusing_target_is_held_at_once(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run(odd_flow(here, "stage", RefusedError("The host key has changed.")))
    assert (here.arrival("a.txt").stage, here.arrival("a.txt").hold) == ("held", "world")
    acts.retry(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run()
    assert here.arrival("a.txt").stage == "done"


def test_a_dead_target_is_held_after_a_day(here: Site) -> None:
    here.put("a.txt", b"one")
    dead = odd_flow(here, "stage", TransportError("Nobody answers."))
    for _ in range(27):
        here.run(dead)
    row = here.deliveries()[0]
    assert (row.stage, row.hold, row.reason) == (
        "held", "world", "It has failed for a whole day. Nobody answers.",
    )  # fmt: skip
    assert row.attempts < 30


def test_a_doubt_is_never_sent_again_by_itself(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run(replace(here.flow(), targets=[_unlooked(here)]))
    rows = here.deliveries()
    assert {(row.stage, row.hold) for row in rows} == {("held", "doubt")}
    here.run()
    here.run()
    assert {row.stage for row in here.deliveries()} == {"held"}
    acts.release(here.ledger, rows[0].id, **ANNA)
    assert {row.stage for row in here.deliveries()} == {"held", "delivered"}
    acts.release(here.ledger, rows[1].id, **ANNA)
    here.run()
    assert here.arrival("a.txt").stage == "done"
    assert all("anna" in (row.proof or "") for row in here.deliveries())


def _unlooked(here: Site) -> BoundTarget:
    """A place whose publishing loses its answer, and which does not let us look."""
    outbox = Place("folder:outbox", base=here.root)

    def opened() -> Odd:
        blind = Odd(registry.target(outbox), "look", InDoubtError("No rights to look."), after=False)
        return Odd(blind, "publish", TransportError("The answer was lost."), after=True)  # type: ignore[arg-type]

    return BoundTarget("folder:outbox", opened)  # type: ignore[arg-type]


class Crash(BaseException):
    """The program ends here."""


def crash_before_the_results(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends after its work at the target, before the ledger knows what came of it."""

    def crashed(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(deliver, "_enter_all", crashed)
        here.run()


def test_a_used_name_is_no_proof_after_a_crash(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    here.put("a.txt", b"one")
    (here.root / "outbox" / "a.txt.0.out").write_bytes(b"somebody else's")
    crash_before_the_results(here, monkeypatch)
    here.run()
    assert {row.name: (row.stage, row.hold) for row in here.deliveries()} == {
        "a.txt.0.out": ("held", "doubt"),
        "a.txt.1.out": ("delivered", None),
    }
    assert "used by another file" in str(here.arrival("a.txt").reason)
    assert here.out() == {"a.txt.0.out": b"somebody else's", "a.txt.1.out": expected(b"one", 1)}


def test_what_a_used_name_leaves_is_removed(here: Site) -> None:
    here.put("a.txt", b"one")
    (here.root / "outbox" / "a.txt.0.out").write_bytes(b"somebody else's")
    here.run()
    assert (here.arrival("a.txt").stage, here.arrival("a.txt").hold) == ("held", "name")
    assert not list((here.root / "outbox" / ".staging").glob("*"))


def test_half_a_temporary_file_is_no_proof_after_a_crash(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    here.put("a.txt", b"one")
    here.run(odd_flow(here, "publish", TransportError("The line broke.")))
    for path in (here.root / "outbox" / ".staging").iterdir():
        path.write_bytes(b"half")
    crash_before_the_results(here, monkeypatch)
    here.run()
    assert here.out() == {f"a.txt.{n}.out": expected(b"one", n) for n in range(2)}
    assert here.arrival("a.txt").stage == "done"


@pytest.mark.parametrize("failing", range(7))
def test_a_shared_sync_that_fails_loses_nothing(
    here: Site, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Claiming, contents, names, clearing, contents, names, staging: whichever sync of many files fails."""
    done, sync = count(), disk.sync_disk

    def sometimes(descriptor: int) -> None:
        if next(done) == failing:
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(disk, "MANY", 1)
    monkeypatch.setattr(disk, "sync_disk", sometimes)
    for name in ("a.txt", "b.txt"):
        here.put(name, name.encode())
    here.run()
    assert next(done) > failing, "no such sync"
    for _ in range(3):
        here.run()
    assert here.out() == {
        f"{name}.{n}.out": expected(name.encode(), n) for name in ("a.txt", "b.txt") for n in range(2)
    }
    assert {row.stage for row in here.arrivals()} == {"done"}
    assert not list((here.root / "outbox" / ".staging").glob("*"))
    assert not list((here.root / "var/archive").glob(".tmp-*"))


def test_changed_archive_bytes_are_never_sent(here: Site) -> None:
    here.options["approvals"] = 1
    here.put("a.txt", b"one")
    here.run()
    row = here.deliveries()[0]
    path = here.store.archive.path(row.sha256)
    good = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(b"0:TWO")
    approving.approve(here.ledger, here.arrival("a.txt").id, **ANNA)
    here.run()
    held = next(each for each in here.deliveries() if each.id == row.id)
    assert (held.stage, held.hold) == ("held", "archive")
    assert row.name not in here.out()
    assert any("bytes have changed" in each for each in here.problems())
    path.write_bytes(good)


def test_a_ledger_put_back_stops_everything_until_a_person_lifts_it(here: Site) -> None:
    delivered(here, "a.txt")
    here.ledger.close()
    kept = here.root / "kept"
    shutil.copytree(here.root / "var", kept, ignore=shutil.ignore_patterns("archive", "witness", "manifests"))
    here.ledger = open_ledger("sqlite", here.root / "var" / "ledger.db")
    delivered(here, "b.txt")
    here.put("c.txt", b"later")
    here.ledger.close()
    for path in (here.root / "var").glob("ledger.db*"):
        path.unlink()
    shutil.copy(kept / "ledger.db", here.root / "var" / "ledger.db")
    here.ledger = open_ledger("sqlite", here.root / "var" / "ledger.db")
    before = here.out()
    report = here.run()
    assert "witness" in report.recovered.stops
    assert "does not know 2 deliveries" in report.recovered.stops["witness"]
    here.run()
    assert here.out() == before
    assert [row.name for row in here.arrivals()] == ["a.txt"]
    acts.lift(here.ledger, "witness", **ANNA)
    here.run()
    assert here.arrival("c.txt").stage == "done"
    assert any("the ledger does not" in each for each in here.problems())
    for path in here.store.witness.folder.iterdir():  # the history that was lost, so that the books close
        lines = [line for line in path.read_text().splitlines() if '"b.txt' not in line]
        path.write_text("\n".join(lines) + "\n")


def test_a_ledger_put_back_holds_what_was_under_way(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run(odd_flow(here, "stage", TransportError("Later.")))
    moment = clock.now()
    line = {"delivery": "X" * 26, "target": "t", "name": "n", "at": 2**53, "events": 1, "hash": "no"}
    here.store.witness.append(moment, [line])
    here.run()
    assert (here.arrival("a.txt").stage, here.arrival("a.txt").hold) == ("held", "doubt")
    assert {row.stage for row in here.deliveries()} == {"held"}
    assert here.out() == {}
    [path] = here.store.witness.folder.iterdir()
    path.unlink()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE events SET because = 'x' WHERE n = 3", "Event 3"),
        ("UPDATE events SET data = '{}' WHERE n = 2", "Event 2"),
        ("DELETE FROM events WHERE n = 4", "Event 4"),
        ("UPDATE events SET at = at + 1 WHERE n = 1", "Event 1"),
        ("UPDATE events SET actor = 'ben' WHERE n = 5", "Event 5"),
    ],
)
def test_a_changed_event_is_found_and_named(here: Site, change: str, says: str) -> None:
    delivered(here, "a.txt")
    here.ledger.close()
    copy = here.root / "copy"
    shutil.copytree(here.root / "var", copy)
    changed = open_ledger("sqlite", copy / "ledger.db")
    with unguarded(changed) as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
        connection.execute(text(change.replace("actor = 'ben'", "actor = 'ben', because = 'x'")))
        if change.startswith("DELETE"):
            connection.execute(text("UPDATE arrivals SET event = 1"))
            connection.execute(text("UPDATE deliveries SET event = 1"))
    problems = verify(changed, here.store).problems
    changed.close()
    assert any(each.startswith(says) for each in problems), problems


def test_the_lost_tail_of_the_chain_is_found_by_the_witness(here: Site) -> None:
    delivered(here, "a.txt")
    delivered(here, "b.txt")
    copy = here.root / "copy"
    here.ledger.close()
    shutil.copytree(here.root / "var", copy)
    changed = open_ledger("sqlite", copy / "ledger.db")
    with unguarded(changed) as connection:
        names = "('b.txt', 'b.txt.0.out', 'b.txt.1.out')"
        connection.execute(text(f"DELETE FROM deliveries WHERE name IN {names}"))
        connection.execute(text("DELETE FROM references_used"))
        connection.execute(text("DELETE FROM sightings"))
        connection.execute(text("DELETE FROM arrivals WHERE name = 'b.txt'"))
        last = connection.scalar(
            text("SELECT max(event) FROM (SELECT event FROM arrivals UNION SELECT event FROM deliveries)")
        )
        connection.execute(text("DELETE FROM events WHERE n > :last"), {"last": last})
    problems = verify(changed, here.store).problems
    changed.close()
    assert any("witness journal knows" in each for each in problems), problems


def test_a_row_that_was_edited_is_found(here: Site) -> None:
    delivered(here, "a.txt")
    copy = here.root / "copy"
    here.ledger.close()
    shutil.copytree(here.root / "var", copy)
    changed = open_ledger("sqlite", copy / "ledger.db")
    with unguarded(changed) as connection:
        connection.execute(
            update(schema.deliveries).where(schema.deliveries.c.ord == 0).values(target="folder:mine")
        )
        connection.execute(update(schema.arrivals).values(stage="rejected"))
    problems = verify(changed, here.store).problems
    changed.close()
    assert any("is not what its first event says" in each for each in problems)
    assert any("is rejected, and its event does not say so" in each for each in problems)


def test_a_broken_tail_of_the_chain_stops_the_engine(here: Site) -> None:
    delivered(here, "a.txt")
    with here.ledger.read() as connection:
        sql = connection.scalar(text("SELECT sql FROM sqlite_schema WHERE name = 'event_unchanged'"))
        before = connection.scalar(select(schema.events.c.data).where(schema.events.c.n == 2))
    with here.ledger.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER event_unchanged"))
        connection.execute(text("UPDATE events SET data = '{}' WHERE n = 2"))
    here.put("b.txt", b"two")
    report = here.run()
    assert "Event 2 of the ledger was changed" in report.recovered.stops["chain"]
    assert len(here.out()) == 2
    with here.ledger.engine.begin() as connection:
        connection.execute(text("UPDATE events SET data = :data WHERE n = 2"), {"data": before})
        connection.exec_driver_sql(sql)


def test_two_engines_on_one_site(here: Site) -> None:
    with here.engine(), pytest.raises(UseError, match="Another engine"):
        here.engine()


def test_a_crash_is_known_at_the_next_start(here: Site) -> None:
    lock = here.root / "var" / "lock"
    with here.engine():
        pass
    assert lock.stat().st_size == 0
    lock.write_bytes(b"running\n")
    assert here.run().recovered.stops == {}
    assert lock.stat().st_size == 0


def terminate_when_listened_to() -> None:
    """Before the engine listens, the signal would end the tests."""
    unheard = signal.getsignal(signal.SIGTERM)
    while signal.getsignal(signal.SIGTERM) is unheard:
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_finishes_the_step_and_ends(here: Site) -> None:
    for n in range(50):
        here.put(f"{n:02}.txt", b"%d" % n)
    threading.Thread(target=terminate_when_listened_to).start()
    begun = time.monotonic()
    with here.engine() as engine:
        engine.run(poll=60)
    assert time.monotonic() - begun < 10
    assert {row.stage for row in here.arrivals()} <= {"claimed", "written", "done"}
    here.run()
    assert {row.stage for row in here.arrivals()} == {"done"}


def test_a_bug_in_one_flow_does_not_stop_the_others(here: Site) -> None:
    class Broken:
        def judge(self, *_: object) -> list[object]:
            raise ZeroDivisionError("a bug")

    here.put("a.txt", b"one")
    good = here.flow()
    bad = replace(good, name="bad", source=replace(good.source, ready=Broken()))  # type: ignore[arg-type]
    report = here.run(good, bad)
    assert here.arrival("a.txt").stage == "done"
    assert "ZeroDivisionError: a bug" in report.troubles["bad"][0]
    with here.ledger.read() as connection:
        assert list(queries.troubles(connection)) == ["bad"]
    here.run(good, replace(good, name="bad"))
    with here.ledger.read() as connection:
        assert queries.troubles(connection) == {}


def test_a_source_that_is_gone_is_a_trouble_and_not_an_empty_inbox(here: Site) -> None:
    (here.root / "inbox").rmdir()
    report = here.run()
    assert "inbox is not there" in report.troubles["tiny"][0]


def test_bytes_that_come_late_are_noticed(here: Site) -> None:
    here.options["after"] = "delete"
    path = here.root / "inbox" / "a.txt"
    path.write_bytes(b"one")
    flow = here.flow()
    real = flow.source.open

    class Late:
        def __init__(self) -> None:
            self._real = real()

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

        def finish(self, claim: object, fetched: object, after: object) -> None:
            [claimed] = (here.root / "inbox" / ".claim").glob("*/a.txt")
            with claimed.open("ab") as file:
                file.write(b" and more")
            self._real.finish(claim, fetched, after)  # type: ignore[arg-type]

    here.run(replace(flow, source=replace(flow.source, open=Late)))  # type: ignore[arg-type]
    assert (here.arrival("a.txt").stage, here.arrival("a.txt").hold) == ("held", "late")
    assert here.out() == {}


def test_a_full_ledger_ends_the_run(here: Site) -> None:
    with here.ledger.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    here.put("a.txt", b"one")
    for connection_ in [here.ledger.engine.raw_connection()]:
        connection_.driver_connection.execute(f"PRAGMA max_page_count = {pages}")
        connection_.close()
    with pytest.raises(LedgerError, match="full"):
        for n in range(400):
            here.put(f"{n}.txt", b"doc %d" % n * 100)
        here.run()
    here.ledger.close()
    here.ledger = open_ledger("sqlite", here.root / "var" / "ledger.db")
    here.run()
    assert {row.stage for row in here.arrivals()} == {"done"}


def test_the_journal_survives_a_torn_line(here: Site) -> None:
    journal = Journal(here.root / "journal")
    moment = clock.now()
    journal.append(moment, [{"n": 1}])
    [path] = journal.folder.iterdir()
    with path.open("ab") as file:
        file.write(b'{"n": 2, "torn')
    journal.append(moment, [{"n": 3}])
    assert [line["n"] for line in journal.lines()] == [1, 3]


def test_the_chain_can_be_checked_by_its_rule_alone(here: Site) -> None:
    delivered(here, "a.txt")
    with here.ledger.read() as connection:
        rows = [dict(row) for row in connection.execute(select(schema.events)).mappings()]
    assert chain.broken_link(rows) is None
    assert chain.broken_link([*rows[:3], *rows[4:]]) == 4
    assert chain.broken_link([rows[1], rows[0]]) == 1


def test_the_lock_is_free_after_a_kill(here: Site) -> None:
    child = os.fork()
    if child == 0:
        here.engine()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with here.engine() as engine:
        assert isinstance(engine, Engine)
    descriptor = os.open(here.root / "var" / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


HANGING = """
import sys, time
from pathlib import Path
from exchange import engine
from tests.support.tiny import TinyFlow, site, tiny_flow

class Hanging(TinyFlow):
    def process(self, *_):
        print("reading", flush=True)
        time.sleep(60)

root = Path(sys.argv[1])
ledger, store = site(root)
tiny = tiny_flow(root)
engine.GRACE_SECONDS = 1
with engine.Engine(ledger, store, [Hanging(tiny.source, tiny.targets)], lock=root / "var" / "lock") as running:
    running.run(once=sys.argv[2] == "once")
"""


@pytest.mark.parametrize("how", ["once", "on and on"])
def test_a_step_that_hangs_does_not_keep_the_engine(here: Site, how: str) -> None:
    """However often it is ended so: no file is held for having crashed the program."""
    here.put("a.txt", b"one")
    for _ in range(4 if how == "once" else 1):
        end_hanging(here, how)
    here.run()
    assert here.arrival("a.txt").stage == "done"


def end_hanging(here: Site, how: str) -> None:
    command = [sys.executable, "-c", HANGING, str(here.root), how]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, cwd=Path(__file__).parents[2], **pipes) as engine:  # type: ignore[call-overload]
        assert engine.stdout.readline() == "reading\n"
        begin = time.monotonic()
        engine.send_signal(signal.SIGTERM)
        _, said = engine.communicate(timeout=30)
    assert engine.returncode == 0
    assert "A step did not end within 1 s" in said
    assert time.monotonic() - begin < 20


def test_what_is_staged_when_its_day_of_execution_passes_is_not_published(here: Site) -> None:
    here.put("a.txt", b"one")
    here.run(odd_flow(here, "publish", TransportError("The line broke.")))
    row = here.arrival("a.txt")
    assert [each.stage for each in here.deliveries()] == ["staged", "staged"]
    day = clock.now().date()
    with here.ledger.write() as writing:
        assert payments.enter(writing, [(row, [(0, [note(day=day)])])]) is None
    here.hours += 24
    here.run()
    held = [each for each in here.deliveries() if each.stage == "held"]
    assert [each.hold for each in held] == ["passed"] and f"({day})" in (held[0].reason or "")
    assert len(here.out()) == 1 and not list((here.root / "outbox" / ".staging").glob("*"))
    with pytest.raises(UseError, match=f"has passed .{day}"):
        acts.retry(here.ledger, row.id, zone=UTC, **ANNA)
    acts.retry(here.ledger, row.id, zone=UTC, passed=str(day), **ANNA)
    here.run()
    assert here.arrival("a.txt").stage == "done"
