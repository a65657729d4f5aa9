"""What the database itself refuses, whoever asks: illegal moves, changed history, second claims."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from exchange.errors import LedgerError
from exchange.ledger import Ledger, Move, claims, match_tables, open_ledger, queries, rows, schema, sending
from exchange.ledger.migrate import HEAD
from exchange.ledger.stages import ARRIVAL_STAGES, DELIVERY_STAGES, HOLDS, MOVES, PAYMENT_STAGES

LEGAL = {(thing, old, new): who for thing, old, new, who in MOVES}
APPROVED = {"approved", "delivered"}


def newcomer(
    ledger: Ledger, name: str = "a.txt", sha256: str = "aa", *, moved: bool = True
) -> claims.Newcomer:
    return claims.Newcomer(
        id=ledger.new_id(), name_raw=name.encode(), name=name, moved=moved, fingerprint="1:2:3", identity=None,
        marker=None, size=3, mtime_ns=1, sha256=sha256, seen_at=1, source="folder:inbox",
    )  # fmt: skip


def arrive(ledger: Ledger, name: str = "a.txt", sha256: str = "aa") -> rows.Arrival:
    with ledger.write() as writing:
        new = newcomer(ledger, name, sha256)
        [row] = claims.enter(writing, "tiny", [new], on_duplicate="skip", approvals=0)
        return row


def parcel(name: str = "out.xml") -> sending.Parcel:
    return sending.Parcel(
        target="folder:outbox", target_index=0, name=name, sha256="bb", size=1, documents=1, totals={}
    )


def with_delivery(ledger: Ledger) -> rows.Delivery:
    row = arrive(ledger)
    with ledger.write() as writing:
        assert sending.enter(ledger, writing, [(row, [parcel()])]) is None
    with ledger.read() as connection:
        return queries.deliveries(connection, arrival=row.id)[0]


@contextmanager
def refused(ledger: Ledger, why: str | None = None) -> Iterator[Connection]:
    """Raw SQL that must not be possible."""
    with pytest.raises(DBAPIError, match=why), ledger.engine.connect() as connection, connection.begin():
        yield connection
        raise AssertionError("the database let it pass")


@contextmanager
def unguarded(ledger: Ledger) -> Iterator[Connection]:
    """What somebody with full rights could do: the triggers are gone."""
    with ledger.engine.begin() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        yield connection


def test_every_illegal_move_of_an_arrival_is_refused_and_every_legal_one_made(ledger: Ledger) -> None:
    _try_all_moves(ledger, schema.arrivals, "arrival", ARRIVAL_STAGES, arrive(ledger).id)


def test_every_illegal_move_of_a_delivery_is_refused_and_every_legal_one_made(ledger: Ledger) -> None:
    _try_all_moves(ledger, schema.deliveries, "delivery", DELIVERY_STAGES, with_delivery(ledger).id)


def _try_all_moves(
    ledger: Ledger, table: schema.Table, thing: str, stages: tuple[str, ...], id_: str
) -> None:
    for old in stages:
        for new in stages:
            if old == new:
                continue
            for actor in ("engine", "anna"):
                who = LEGAL.get((thing, old, new))
                legal = who == "any" or who == ("machine" if actor == "engine" else "person")
                assert _can_move(ledger, table, id_, old, new, actor) == legal, (thing, old, new, actor)


def _can_move(ledger: Ledger, table: schema.Table, id_: str, old: str, new: str, actor: str) -> bool:
    """Whether the move is possible from that stage; everything is undone again."""
    held = {"hold": "doubt" if new == "held" else None}
    extra = {"proof": "{}", "tmp": ".x"} if table is schema.deliveries else {}

    class Undo(Exception):
        pass

    try:
        with ledger.write(actor, "because") as writing:
            _force(writing.connection, table, id_, old)
            writing.move(table, new, [Move(id_, old, {**held, **extra})])
            raise Undo
    except Undo:
        return True
    except LedgerError as error:
        assert "illegal move" in str(error)
        return False


def _force(connection: Connection, table: schema.Table, id_: str, stage: str) -> None:
    """Put a row into a stage behind the triggers' back (within a transaction that is undone)."""
    values = {"stage": stage, "hold": "doubt" if stage == "held" else None}
    if table is schema.deliveries:
        values |= {"proof": "{}", "tmp": ".x"}
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(update(table).where(table.c.id == id_).values(values))
        connection.execute(text("SET LOCAL session_replication_role = origin"))
        return
    triggers = connection.execute(
        text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '%_moves'")
    ).all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    connection.execute(update(table).where(table.c.id == id_).values(values))
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


def test_a_move_without_its_event_is_refused(ledger: Ledger) -> None:
    row = arrive(ledger)
    with refused(ledger, "no event says so") as connection:
        connection.execute(text("UPDATE arrivals SET stage = 'read'"))
    with refused(ledger, "no event says so") as connection:
        connection.execute(text("UPDATE arrivals SET stage = 'read', event = 1"))
    assert row.stage == "claimed"


def test_a_delivered_arrival_has_no_delivery_without_proof(ledger: Ledger) -> None:
    delivery = with_delivery(ledger)
    with pytest.raises(LedgerError, match="no proof yet"), ledger.write() as writing:
        _force(writing.connection, schema.arrivals, delivery.arrival, "written")
        writing.move(schema.arrivals, "delivered", [Move(delivery.arrival, "written")])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE arrivals SET sha256 = 'cc'", "UPDATE arrivals SET name = 'other'", "UPDATE arrivals SET flow = 'x'",
        "DELETE FROM arrivals", "UPDATE deliveries SET sha256 = 'cc'", "UPDATE deliveries SET name = 'x'",
        "UPDATE deliveries SET target = 'x'", "DELETE FROM deliveries", "UPDATE events SET because = 'x'",
        "DELETE FROM events", "UPDATE moves SET who = 'any'", "DELETE FROM moves",
        "INSERT INTO moves VALUES ('arrival', 'rejected', 'done', 'any')",
    ],
)  # fmt: skip
def test_history_cannot_be_edited(ledger: Ledger, statement: str) -> None:
    with_delivery(ledger)
    with refused(ledger, "never|for ever|legal moves") as connection:
        connection.execute(text(statement))


def test_an_event_must_follow_the_last(ledger: Ledger) -> None:
    arrive(ledger)
    with refused(ledger, "does not follow") as connection:
        connection.execute(
            text("INSERT INTO events VALUES (3, 1, 'engine', 'x', 'y', NULL, '{}', 'prev', 'hash')")
        )


def test_people_must_say_why(ledger: Ledger) -> None:
    with pytest.raises(LedgerError), ledger.write("anna") as writing:
        writing.append([("site", "something", {})])


def test_one_content_goes_through_once(ledger: Ledger) -> None:
    row = arrive(ledger)
    with refused(ledger) as connection:
        copy = {column.name: getattr(row, column.name) for column in schema.arrivals.columns} | {
            "id": ledger.new_id(),
            "event": 1,
        }
        connection.execute(schema.arrivals.insert(), copy)


def test_a_file_left_in_place_is_claimed_once(ledger: Ledger) -> None:
    first, second = (newcomer(ledger, "a.txt", sha, moved=False) for sha in ("aa", "bb"))
    with ledger.write() as writing:
        claims.enter(writing, "tiny", [first], on_duplicate="skip", approvals=0)
    with pytest.raises(LedgerError), ledger.write() as writing:
        claims.enter(writing, "tiny", [second], on_duplicate="skip", approvals=0)


def test_of_two_payment_files_of_one_name_that_come_together_one_is_held(ledger: Ledger) -> None:
    new = [newcomer(ledger, "a.txt", sha) for sha in ("aa", "bb")]
    with ledger.write() as writing:
        entered = claims.enter(writing, "tiny", new, on_duplicate="hold", approvals=0)
    assert [(row.stage, row.hold) for row in entered] == [("claimed", None), ("held", "version")]


def test_files_of_one_second_are_seen_in_seconds_of_their_own_where_that_is_wanted(ledger: Ledger) -> None:
    entered = []
    for flow, names in (("tiny", ("a", "b")), ("tiny", ("c",)), ("other", ("d",))):
        with ledger.write() as writing:
            new = [newcomer(ledger, name, name * 2) for name in names]
            entered += claims.enter(writing, flow, new, on_duplicate="skip", approvals=0, apart=1)
    assert [row.seen_at for row in entered] == [1_000, 2_000, 3_000, 4_000]


def test_the_tables_are_those_of_the_migrations(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), match_tables.matches.metadata) == []


def test_the_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_the_moves_in_the_database_are_those_of_the_program(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert {tuple(row) for row in connection.execute(select(schema.moves))} == set(MOVES)
    stages = {
        "arrival": {"", *ARRIVAL_STAGES},
        "delivery": {"", *DELIVERY_STAGES},
        "payment": {"", *PAYMENT_STAGES},
    }
    assert all({old, new} <= stages[thing] for thing, old, new, _ in MOVES)
    assert len(set(HOLDS)) == len(HOLDS)


@pytest.mark.parametrize(
    ("row", "table"),
    [
        (rows.Arrival, schema.arrivals), (rows.Delivery, schema.deliveries), (rows.Sighting, schema.sightings),
        (rows.Event, schema.events), (rows.StoredFinding, schema.findings), (rows.Document, schema.documents),
    ],
)  # fmt: skip
def test_rows_are_the_columns(row: type, table: schema.Table) -> None:
    assert [field.name for field in fields(row)] == [column.name for column in table.columns]


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    foreign = sqlite3.connect(tmp_path / "ledger.db")
    foreign.execute("CREATE TABLE other (n)")
    foreign.commit()
    foreign.close()
    with pytest.raises(LedgerError, match="not an Exchange ledger"):
        open_ledger("sqlite", tmp_path / "ledger.db")


def test_garbage_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "ledger.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        open_ledger("sqlite", tmp_path / "ledger.db")


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    ledger = open_ledger("sqlite", tmp_path / "ledger.db")
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()
    with pytest.raises(LedgerError, match="newer version"):
        open_ledger("sqlite", tmp_path / "ledger.db")


def test_a_folder_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(LedgerError, match="Everybody may write"):
        open_ledger("sqlite", tmp_path / "ledger.db")


def test_an_unknown_kind_of_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="mysql"):
        open_ledger("mysql://localhost/x", tmp_path / "ledger.db")


def test_sqlite_is_as_durable_as_promised(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    ledger = open_ledger("sqlite", tmp_path / "ledger.db")
    with ledger.read() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
    ledger.close()
