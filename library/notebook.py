"""The DJ's own word: an append-only notebook of corrections, cues and history.

Every entry is (time, track, kind, value, source). Nothing is ever changed or deleted: an undo
is one more entry, which withdraws an earlier one; the file itself refuses anything else. Tracks
are named by content hash, so the DJ's word follows a file that is renamed, moved or retagged.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)

from library.database import open_database, writing
from library.errors import NothingToUndo, UnusableDatabase

UNDO = "undo"
"""The kind of an entry that withdraws another."""

ANSWER_CHUNK = 500
"""Tracks asked for in one statement, well below SQLite's limit on variables."""

_schema = MetaData()
_entries = Table(
    "entries",
    _schema,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("time", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("source", String, nullable=False),
    Column("withdraws", Integer, ForeignKey("entries.id"), unique=True),
)


def _create_first_version(connection: Connection) -> None:
    """Version 1: entries alone; an undo names the withdrawn entry in its value."""
    connection.exec_driver_sql(
        "CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL,"
        " content_hash TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL)"
    )


def _add_source_and_seal(connection: Connection) -> None:
    """Version 2: who said it, undo as a reference, an index, and a seal against change."""
    run = connection.exec_driver_sql
    run("ALTER TABLE entries ADD COLUMN source TEXT NOT NULL DEFAULT 'dj'")
    run("ALTER TABLE entries ADD COLUMN withdraws INTEGER REFERENCES entries(id)")
    run(f"UPDATE entries SET withdraws = json_extract(value, '$.entry') WHERE kind = '{UNDO}'")
    run("CREATE UNIQUE INDEX entries_withdraws ON entries(withdraws) WHERE withdraws NOT NULL")
    run("CREATE INDEX entries_track ON entries(content_hash, kind, id)")
    for change in ("UPDATE", "DELETE"):
        run(
            f"CREATE TRIGGER entries_no_{change.lower()} BEFORE {change} ON entries BEGIN"
            " SELECT RAISE(ABORT, 'the notebook is append-only'); END"
        )


MIGRATIONS = (_create_first_version, _add_source_and_seal)


@dataclass(frozen=True)
class Entry:
    """One line of the notebook.

    Parameters
    ----------
    id
        Grows by time; unique in the notebook.
    time
        UTC, ISO 8601.
    content_hash
        The track.
    kind
        ``grid key genre bucket zone hot_cues rating played …`` or ``undo``.
    value
        Any JSON value; None takes back whatever was said of this kind before.
    source
        Who said it: ``dj``, ``import`` …
    withdraws
        For an undo: the entry that no longer stands.
    withdrawn
        True where a later undo names this entry.
    """

    id: int
    time: str
    content_hash: str
    kind: str
    value: Any
    source: str
    withdraws: int | None = None
    withdrawn: bool = False


class Notebook:
    """The notebook in one SQLite file, open in any number of processes at once.

    Parameters
    ----------
    path
        The file, made with its folder if missing, migrated if old.
    clock
        Returns the time of an entry (UTC); tests give their own.

    Raises
    ------
    UnusableDatabase
        If the file is damaged or from a newer version.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] | None = None) -> None:
        self.path = Path(path)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._engine = open_database(self.path, MIGRATIONS)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def record(self, content_hash: str, kind: str, value: Any, source: str = "dj") -> int:
        """Write one entry; when this returns, it is on disk.

        Parameters
        ----------
        content_hash
            The track.
        kind
            What the value is about; anything but ``undo``.
        value
            A JSON value, whole (a grid correction is the whole grid).
        source
            Who says so.

        Returns
        -------
        int
            The entry's id.
        """
        return self.record_all(kind, {content_hash: value}, source)[0]

    def record_all(self, kind: str, values: Mapping[str, Any], source: str = "dj") -> list[int]:
        """Write {track: value} as one entry each, all of them or none; return their ids."""
        if kind == UNDO:
            raise ValueError("an undo is written by undo()")
        with writing(self._engine) as connection:
            return [
                self._append(connection, track, kind, value, source, None)
                for track, value in values.items()
            ]

    def undo(self, content_hash: str | None = None, kind: str | None = None) -> Entry:
        """Withdraw the newest entry that still stands, by a further entry.

        Parameters
        ----------
        content_hash, kind
            Only entries about this track, of this kind.

        Returns
        -------
        Entry
            The entry that no longer stands.

        Raises
        ------
        NothingToUndo
            If none stands.
        """
        with writing(self._engine) as connection:
            return self._withdraw(connection, content_hash, kind)

    def undo_all(self, content_hashes: Iterable[str], kind: str) -> list[Entry]:
        """Withdraw each track's newest entry of a kind, all of them or none; see `undo`."""
        with writing(self._engine) as connection:
            return [self._withdraw(connection, track, kind) for track in content_hashes]

    def latest(self, content_hash: str) -> dict[str, Any]:
        """Return what stands about one track: the newest value of every kind said."""
        return self.latest_of([content_hash]).get(content_hash, {})

    def latest_of(self, content_hashes: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
        """Return what stands about many tracks (None: all that the notebook names)."""
        if content_hashes is None:
            chunks: list[list[str] | None] = [None]
        else:
            wanted = sorted(set(content_hashes))
            chunks = [wanted[i : i + ANSWER_CHUNK] for i in range(0, len(wanted), ANSWER_CHUNK)]
        found: dict[str, dict[str, Any]] = {}
        with self._engine.connect() as connection:
            for chunk in chunks:
                standing = self._query(None, None, standing=True)
                if chunk is not None:
                    standing = standing.where(_entries.c.content_hash.in_(chunk))
                for row in connection.execute(standing.order_by(_entries.c.id)):
                    entry = _entry(row)
                    kinds = found.setdefault(entry.content_hash, {})
                    kinds.pop(entry.kind, None)
                    if entry.value is not None:
                        kinds[entry.kind] = entry.value
        return {track: kinds for track, kinds in found.items() if kinds}

    def history(
        self,
        content_hash: str | None = None,
        kind: str | None = None,
        *,
        standing: bool = False,
        since: int = 0,
        limit: int | None = None,
    ) -> list[Entry]:
        """Return entries, newest first.

        Parameters
        ----------
        content_hash, kind
            Only entries about this track, of this kind.
        standing
            Leave out undos and what they withdrew.
        since
            Only entries with a greater id.
        limit
            At most so many.
        """
        query = self._query(content_hash, kind, standing=standing)
        query = query.where(_entries.c.id > since).order_by(_entries.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def last_id(self) -> int:
        """Return the newest entry's id, 0 in an empty notebook: a mark to compare against."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(_entries.c.id))).scalar_one() or 0

    def changed_since(self, entry_id: int) -> set[str]:
        """Return the tracks that entries after ``entry_id`` are about."""
        query = select(_entries.c.content_hash).where(_entries.c.id > entry_id).distinct()
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def backup(self, to: Path) -> Path:
        """Copy the notebook while it is in use, whole and checked.

        Parameters
        ----------
        to
            A file (replaced), or an existing folder (a dated name is chosen there).

        Returns
        -------
        Path
            The copy: one file, no side files needed.

        Raises
        ------
        UnusableDatabase
            If the copy does not pass SQLite's integrity check, cannot be written, or would take
            the notebook's own place.
        """
        to = Path(to)
        if to.is_dir():
            to = to / f"notebook-{self._clock():%Y%m%d-%H%M%S}.sqlite"
        if to.resolve() == self.path.resolve():
            # whoever has the notebook open would go on writing into the file that was replaced
            raise UnusableDatabase(to, "is the notebook itself; name another file for the copy")
        part = to.with_name(f".{to.name}.{os.getpid()}.part")
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            self._copy(part)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(to)
        except (OSError, sqlite3.Error) as error:
            raise UnusableDatabase(to, f"cannot be written ({error})") from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return to

    def _copy(self, to: Path) -> None:
        """Copy the notebook into one file and check the copy."""
        with (
            contextlib.closing(sqlite3.connect(self.path)) as source,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise UnusableDatabase(self.path, "is damaged; the copy was thrown away")

    def _withdraw(
        self, connection: Connection, content_hash: str | None, kind: str | None
    ) -> Entry:
        query = self._query(content_hash, kind, standing=True)
        row = connection.execute(query.order_by(_entries.c.id.desc()).limit(1)).first()
        if row is None:
            about = [f"for track {content_hash}" if content_hash else "in the notebook"]
            about += [f"about {kind}"] if kind else []
            raise NothingToUndo(" ".join(about))
        entry = _entry(row)
        self._append(
            connection, entry.content_hash, UNDO, {"entry": entry.id}, entry.source, entry.id
        )
        return Entry(**{**entry.__dict__, "withdrawn": True})

    def _append(
        self,
        connection: Connection,
        content_hash: str,
        kind: str,
        value: Any,
        source: str,
        withdraws: int | None,
    ) -> int:
        result = connection.execute(
            insert(_entries).values(
                time=self._clock().isoformat(timespec="microseconds"),
                content_hash=content_hash,
                kind=kind,
                value=json.dumps(value, ensure_ascii=False, allow_nan=False),
                source=source,
                withdraws=withdraws,
            )
        )
        return int(result.inserted_primary_key[0])  # type: ignore[index]

    @staticmethod
    def _query(content_hash: str | None, kind: str | None, *, standing: bool) -> Select[Any]:
        later = _entries.alias("later")
        withdrawn = select(later.c.id).where(later.c.withdraws == _entries.c.id).exists()
        query = select(*_entries.c, withdrawn.label("withdrawn"))
        if content_hash is not None:
            query = query.where(_entries.c.content_hash == content_hash)
        if kind is not None:
            query = query.where(_entries.c.kind == kind)
        if standing:
            query = query.where(_entries.c.kind != UNDO, ~withdrawn)
        return query


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        time=row.time,
        content_hash=row.content_hash,
        kind=row.kind,
        value=json.loads(row.value),
        source=row.source,
        withdraws=row.withdraws,
        withdrawn=bool(row.withdrawn),
    )
