"""SQLite the way Segue uses it: WAL, patient with other processes, migrated by version.

Statements are SQLAlchemy Core throughout; what only SQLite knows (pragmas, ``user_version``)
stays in this module.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, OperationalError

from library.errors import UnusableDatabase

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another: longer than the longest transaction (a full rebuild
of a catalogue of 100,000 tracks), shorter than a person's patience with a hung program."""

WAL_RETRIES = 50
"""Switching a new file to WAL ignores the busy timeout while another process does the same."""

CHUNK = 500
"""Names in one SQL statement."""

Migration = Callable[[Connection], None]


def open_database(path: Path, migrations: Sequence[Migration]) -> Engine:
    """Open or create a SQLite file and bring it to the newest version.

    Parameters
    ----------
    path
        The file; its folder is made.
    migrations
        Step ``i`` takes the schema from ``user_version`` i to i + 1, inside one transaction.

    Returns
    -------
    Engine
        Safe to share between threads. Every transaction it begins is ``BEGIN IMMEDIATE`` when
        opened by `writing`, deferred otherwise.

    Raises
    ------
    UnusableDatabase
        If the file is no SQLite database, is damaged, or comes from a newer Segue.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # not written as text: in an address, a folder called 'what?' would end at its question mark
    address = URL.create("sqlite", database=str(path))
    engine = create_engine(address, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_size=8)
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    try:
        _migrate(engine, path, migrations)
    except DatabaseError as error:
        engine.dispose()
        if isinstance(error.orig, sqlite3.OperationalError):
            raise UnusableDatabase(path, f"cannot be opened ({error.orig})") from error
        raise UnusableDatabase(
            path, "is not a database or is damaged; restore it with a file made by `segue backup`"
        ) from error
    except UnusableDatabase:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that holds the write lock from its first moment.

    A deferred transaction that reads, then writes, fails at once when another process wrote
    in between; taking the lock first makes it wait instead.
    """
    with engine.connect().execution_options(segue_writing=True) as connection, connection.begin():
        yield connection


def chunks(names: Sequence[str]) -> list[Sequence[str]]:
    """Return names in parts that one SQL statement can take."""
    return [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)]


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or write over those with the same primary key."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in rows[0] if name not in keys},
    )
    connection.execute(statement, list(rows))


def _prepare_connection(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's `begin` event says BEGIN, not the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    # a committed word survives a power cut, not only a crash of the program
    cursor.execute("PRAGMA synchronous = FULL")
    for attempt in range(WAL_RETRIES):
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == WAL_RETRIES - 1:
                raise
            time.sleep(0.02 * (attempt % 5 + 1))
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("segue_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _migrate(engine: Engine, path: Path, migrations: Sequence[Migration]) -> None:
    newest = len(migrations)
    with engine.connect() as connection:
        version = _version(connection)
    if version == newest:
        return
    try:
        with writing(engine) as connection:
            version = _version(connection)  # another process may have been faster
            if version > newest:
                raise UnusableDatabase(
                    path, f"was written by a newer Segue (version {version}); update this one"
                )
            for step in range(version, newest):
                migrations[step](connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {step + 1}")
    except OperationalError as error:
        raise UnusableDatabase(path, f"cannot be brought up to date ({error.orig})") from error
