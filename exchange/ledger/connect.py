"""Opening the database under the ledger: SQLite with durable settings that are read back, or PostgreSQL.

SQLite before 3.51.3 (except 3.50.7+ and 3.44.6+) can corrupt a database in WAL mode when two connections
write (sqlite.org/wal.html#walreset); with such a version the ledger uses a rollback journal, which is slower
and safe.
"""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from exchange.errors import LedgerError

try:
    from pysqlite3 import dbapi2 as _bundled
except ImportError:
    _bundled = None

APPLICATION_ID = 0x45584347
"""What `PRAGMA application_id` says of a file that is an Exchange ledger."""
WRITE = "exchange_write"
"""Execution option of a connection whose transaction will write: the lock is taken at its beginning."""
_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ncpfs", "afs", "glusterfs")
)


def sqlite_module() -> ModuleType:
    """The SQLite to use: the bundled one when it is installed, else the one of Python."""
    return _bundled or sqlite3


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite has no WAL-reset bug.

    >>> [wal_is_safe(v) for v in ((3, 40, 1), (3, 44, 6), (3, 50, 6), (3, 50, 7), (3, 51, 2), (3, 53, 4))]
    [False, True, False, True, False, True]
    """
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def database_url(ledger: str, default: Path) -> URL:
    """The address of the database that `ledger:` in `exchange.yaml` names: `sqlite` or `postgresql://…`."""
    if ledger == "sqlite":
        return URL.create("sqlite", database=str(default))
    url = make_url(ledger)
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        return url
    raise LedgerError(
        f"The ledger cannot be kept in {url.get_backend_name()!r}.",
        advice="Use `ledger: sqlite` or `ledger: postgresql://user@host/database`.",
    )


def engine_at(url: URL) -> Engine:
    """An engine for the address, whose every connection is durable or refused."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    path = Path(url.database or "")
    _check_place(path)
    engine = create_engine(url, module=sqlite_module(), connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _check_place(path: Path) -> None:
    """Refuse places where a commit would not be durable or anybody could write."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise LedgerError(
            f"The folder {folder} of the ledger does not exist.", advice="Create the site first."
        )
    if folder.stat().st_mode & stat.S_IWOTH:
        raise LedgerError(
            f"Everybody may write into {folder}, where the ledger lies.", advice=f"Run: chmod o-w {folder}"
        )
    kind = _filesystem(folder)
    if kind in _NETWORK:
        raise LedgerError(
            f"The ledger {path} lies on a network file system ({kind}), where SQLite can lose data.",
            advice="Put `var/` on a local disk, or use `ledger: postgresql://…`.",
        )


def _filesystem(folder: Path) -> str:
    """The type of the file system that holds a folder, "" where the system does not tell."""
    table = Path("/proc/self/mountinfo")
    if not table.exists():
        return ""
    best, kind = -1, ""
    for line in table.read_text().splitlines():
        before, _, after = line.partition(" - ")
        mount = before.split(" ")[4].replace("\\040", " ")
        if folder.is_relative_to(mount) and len(mount) >= best:
            best, kind = len(mount), after.split(" ")[0]
    return kind


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set what durability needs on a new SQLite connection, and read it back."""
    connection.isolation_level = None
    module = sqlite_module()
    journal, level = ("wal", 2) if wal_is_safe(module.sqlite_version_info) else ("truncate", 3)
    wanted = {
        "busy_timeout": 30_000,
        "journal_mode": journal,
        "synchronous": level,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }
    for name, value in wanted.items():
        connection.execute(f"PRAGMA {name} = {value}").close()
        (got,) = connection.execute(f"PRAGMA {name}").fetchone()
        if got != value:
            raise LedgerError(
                f"SQLite {module.sqlite_version} did not accept {name} = {value} (it is {got}); "
                "a crash could lose what the ledger has promised.",
                advice="Put `var/` on an ordinary local disk.",
            )


def _begin_sqlite(connection: Connection) -> None:
    """Begin explicitly; a writing transaction takes its lock now, because a later upgrade can fail at
    once.
    """
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
