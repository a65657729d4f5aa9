"""Bringing a database to the present schema. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from exchange.errors import LedgerError
from exchange.ledger.connect import APPLICATION_ID, WRITE

HEAD = "0012"
"""The revision this program works with; a test compares it with the newest file in `migrations/versions`."""


def bring_up_to_date(engine: Engine) -> None:
    """Make or migrate the tables, in one transaction: after a crash the schema is the old or the new one."""
    try:
        with engine.connect() as connection, connection.begin():
            if _revision(connection) == HEAD:
                return
        with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
            _check_owner(connection)
            _upgrade(connection, _revision(connection))
    except DBAPIError as error:
        raise LedgerError(
            f"The ledger could not be opened: {error.orig}.",
            advice="Check that it is an Exchange ledger and that the disk is well.",
        ) from error


def _check_owner(connection: Connection) -> None:
    """Refuse a SQLite file that somebody else's program made."""
    if connection.dialect.name != "sqlite":
        return
    owner = connection.exec_driver_sql("PRAGMA application_id").scalar()
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar()
    if owner != APPLICATION_ID and (owner or tables):
        raise LedgerError(
            "The database is not an Exchange ledger.",
            advice="Name another file in `ledger:`; nothing was changed.",
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _upgrade(connection: Connection, revision: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if revision is not None and revision not in known:
        raise LedgerError(
            f"The ledger was written by a newer version of Exchange (schema {revision}, known are {known}).",
            advice="Install that version or a later one.",
        )
    if revision == HEAD:
        return  # another process was faster
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
