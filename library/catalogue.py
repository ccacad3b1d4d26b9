"""The catalogue: an index over reports, notebook and predictions, for search and sorting.

It holds nothing of its own: it can be deleted and rebuilt at any time, and several processes
may refresh it at once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    inspect,
    or_,
    select,
)

from library.database import chunks, open_database
from library.errors import UnusableDatabase
from library.tracks import Fact, TrackRow, fold

schema = MetaData()

meta = Table("meta", schema, Column("name", String, primary_key=True), Column("value", Text))
"""Marks that say how far the index has read the notebook and the predictions."""

reports = Table(
    "reports",
    schema,
    Column("path", String, primary_key=True),
    Column("mtime_ns", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content_hash", String, index=True),
    Column("problem", Text),
    Column("facts", Text),
)
"""Every report file seen; ``content_hash`` is null where it could not be read."""

files = Table(
    "files",
    schema,
    Column("path", String, primary_key=True),
    Column("content_hash", String, nullable=False, index=True),
    Column("mtime_ns", Integer),
    Column("size", Integer),
)
"""Every place where a track's audio was seen."""

tracks = Table(
    "tracks",
    schema,
    Column("content_hash", String, primary_key=True),
    Column("report_path", String, nullable=False),
    Column("title", String, nullable=False),
    Column("artist", String, nullable=False),
    Column("album", String, nullable=False),
    Column("year", Integer),
    Column("duration_sec", Float, nullable=False),
    Column("format", String, nullable=False),
    Column("lufs", Float),
    Column("rating", Integer),
    Column("camelot", String, nullable=False),
    Column("camelot_order", Integer),
    Column("bpm", Float),
    Column("energy", Float),
    Column("genre", String),
    Column("bucket", String),
    Column("buckets", Text),
    Column("folders", Text),
    Column("unsure", Boolean, nullable=False),
    Column("facts", Text, nullable=False),
    Column("haystack", Text, nullable=False),
    Column("title_order", String, nullable=False),
    Column("artist_order", String, nullable=False),
    Column("added", String, nullable=False),
)
"""One row a track, as lists show it; ``facts`` is JSON {name: [value, confidence, source, others]},
``buckets`` and ``folders`` are JSON lists, and ``bucket`` is the first of them, to sort by."""

for _name in (
    "bpm",
    "camelot_order",
    "energy",
    "genre",
    "bucket",
    "buckets",
    "added",
    "title_order",
):
    Index(f"tracks_{_name}", tracks.c[_name])

SORTS: dict[str, ColumnElement[Any]] = {
    "title": tracks.c.title_order,
    "artist": tracks.c.artist_order,
    "album": tracks.c.album,
    "bpm": tracks.c.bpm,
    "key": tracks.c.camelot_order,
    "energy": tracks.c.energy,
    "duration": tracks.c.duration_sec,
    "genre": tracks.c.genre,
    "bucket": tracks.c.bucket,
    "year": tracks.c.year,
    "rating": tracks.c.rating,
    "added": tracks.c.added,
}
"""What lists may be sorted by; a leading ``-`` turns it round."""


def _create(connection: Connection) -> None:
    schema.create_all(connection)


def _allow_several_buckets(connection: Connection) -> None:
    """Version 2: a list of buckets and one of folders; without marks every row is written anew."""
    there = {column["name"] for column in inspect(connection).get_columns("tracks")}
    for name in {"buckets", "folders"} - there:
        connection.exec_driver_sql(f"ALTER TABLE tracks ADD COLUMN {name} TEXT")
    connection.exec_driver_sql("CREATE INDEX IF NOT EXISTS tracks_buckets ON tracks (buckets)")
    connection.execute(delete(meta))


MIGRATIONS = (_create, _allow_several_buckets)


class Catalogue:
    """The index in one SQLite file.

    Parameters
    ----------
    path
        The file; made if missing, thrown away and made anew if damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        try:
            self.engine = open_database(self.path, MIGRATIONS)
        except UnusableDatabase as error:
            if "damaged" not in error.reason:
                raise
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            self.engine = open_database(self.path, MIGRATIONS)

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def tracks(
        self,
        search: str = "",
        sort: str = "artist",
        limit: int | None = None,
        offset: int = 0,
        folders: Sequence[Path] = (),
    ) -> list[TrackRow]:
        """Return the rows that match, sorted.

        Parameters
        ----------
        search
            Words that must all occur in title, artist, album, genre, bucket or a path; case
            and accents don't matter.
        sort
            One of `SORTS`, turned round by a leading ``-``; tracks without the value come last.
        limit, offset
            The part of the list that is wanted.
        folders
            Only tracks with a copy in one of these folders; empty: all.
        """
        column = SORTS[sort.removeprefix("-")]
        order = column.desc() if sort.startswith("-") else column.asc()
        query = (
            self._matching(select(tracks), search, folders)
            .order_by(column.is_(None), order, tracks.c.title_order, tracks.c.content_hash)
            .limit(limit)
            .offset(offset)
        )
        with self.engine.connect() as connection:
            found = connection.execute(query).all()
            places = self._paths(connection, [row.content_hash for row in found])
        return [_row(row, places.get(row.content_hash, [])) for row in found]

    def count(self, search: str = "", folders: Sequence[Path] = ()) -> int:
        """Return how many tracks match; see `tracks`."""
        query = self._matching(select(func.count()).select_from(tracks), search, folders)
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def ids(self, folders: Sequence[Path] = ()) -> list[str]:
        """Return every track's id; see `tracks` for ``folders``."""
        query = self._matching(select(tracks.c.content_hash), "", folders)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def row(self, track_id: str) -> TrackRow | None:
        """Return one track's row, or None."""
        return self.rows([track_id]).get(track_id)

    def rows(self, track_ids: Sequence[str]) -> dict[str, TrackRow]:
        """Return {track id: row} of those tracks that are listed."""
        found: dict[str, TrackRow] = {}
        with self.engine.connect() as connection:
            for chunk in chunks(track_ids):
                query = select(tracks).where(tracks.c.content_hash.in_(chunk))
                places = self._paths(connection, chunk)
                for row in connection.execute(query):
                    found[row.content_hash] = _row(row, places.get(row.content_hash, []))
        return found

    def ids_starting(self, prefix: str) -> list[str]:
        """Return the ids of the tracks whose id starts with ``prefix``, at most two."""
        query = select(tracks.c.content_hash).where(
            tracks.c.content_hash.startswith(prefix.lower(), autoescape=True)
        )
        with self.engine.connect() as connection:
            return list(connection.execute(query.limit(2)).scalars())

    def report_path(self, track_id: str) -> Path | None:
        """Return where a track's report lies, or None."""
        query = select(tracks.c.report_path).where(tracks.c.content_hash == track_id)
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else Path(found)

    def track_of(self, report_path: Path) -> str | None:
        """Return the id of the track that a report file is about, or None."""
        query = select(reports.c.content_hash).where(reports.c.path == str(report_path))
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else str(found)

    def paths(self, track_id: str) -> list[Path]:
        """Return every place where the track's audio was seen, in the order of their names."""
        with self.engine.connect() as connection:
            return self._paths(connection, [track_id]).get(track_id, [])

    def values(self, column: str) -> list[str]:
        """Return the distinct values of ``genre`` or ``bucket``, sorted."""
        chosen = {"genre": tracks.c.genre, "bucket": tracks.c.buckets}[column]
        query = select(chosen).where(chosen.is_not(None)).distinct()
        with self.engine.connect() as connection:
            found = [str(value) for value in connection.execute(query).scalars()]
        if column == "genre":
            return sorted(found)
        return sorted({name for several in found for name in json.loads(several)})

    def folder_buckets(self) -> dict[str, tuple[str, ...]]:
        """Return {track id: folders below the library's root} of tracks that lie in some."""
        query = select(tracks.c.content_hash, tracks.c.folders)
        with self.engine.connect() as connection:
            found = connection.execute(query.where(tracks.c.folders.is_not(None))).all()
        # many tracks, few folders
        lists = {folders: tuple(json.loads(folders)) for folders in {row[1] for row in found}}
        return {str(track): lists[folders] for track, folders in found}

    def problems(self) -> list[tuple[Path, str]]:
        """Return the reports that could not be read, each with the reason."""
        query = select(reports.c.path, reports.c.problem).where(reports.c.problem.is_not(None))
        with self.engine.connect() as connection:
            found = connection.execute(query.order_by(reports.c.path)).all()
        return [(Path(path), str(problem)) for path, problem in found]

    @staticmethod
    def _matching(query: Select[Any], search: str, folders: Sequence[Path]) -> Select[Any]:
        for word in fold(search).split():
            query = query.where(tracks.c.haystack.contains(word, autoescape=True))
        if folders:
            inside = or_(
                *(
                    files.c.path.startswith(str(folder / "_")[:-1], autoescape=True)
                    for folder in folders
                )
            )
            query = query.where(
                tracks.c.content_hash.in_(select(files.c.content_hash).where(inside))
            )
        return query

    @staticmethod
    def _paths(connection: Connection, track_ids: Sequence[str]) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for chunk in chunks(track_ids):
            query = select(files.c.content_hash, files.c.path).where(
                files.c.content_hash.in_(chunk)
            )
            for track, path in connection.execute(query.order_by(files.c.path)):
                found.setdefault(track, []).append(Path(path))
        return found


def facts_to_json(facts: dict[str, Fact]) -> str:
    """Return facts in the form the ``facts`` column holds."""
    return json.dumps({name: list(asdict(fact).values()) for name, fact in facts.items()})


def _row(row: Any, places: Sequence[Path]) -> TrackRow:
    facts = {name: _fact(*parts) for name, parts in json.loads(row.facts).items()}
    present = next((path for path in places if path.is_file()), None)
    return TrackRow(
        track_id=row.content_hash,
        path=present or (places[0] if places else Path()),
        report_path=Path(row.report_path),
        title=row.title,
        artist=row.artist,
        album=row.album,
        year=row.year,
        duration_sec=row.duration_sec,
        format=row.format,
        camelot=row.camelot,
        folders=tuple(json.loads(row.folders or "[]")),
        lufs=row.lufs,
        rating=row.rating,
        added=row.added,
        copies=len(places),
        missing=present is None,
        **facts,
    )


def _fact(value: Any, confidence: float | None, source: str, others: Sequence[Any] = ()) -> Fact:
    return Fact(value, confidence, source, tuple(others))
