"""The catalogue's row of a track: what its reports, files, the DJ and the models say, merged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select

from library.catalogue import facts_to_json, files, reports, tracks
from library.database import CHUNK, chunks, upsert
from library.folders import bucket_of
from library.keys import parse_key
from library.notebook import Notebook
from library.predictions import Prediction, Predictions
from library.tracks import fold, merge


def write_tracks(
    connection: Connection,
    wanted: set[str] | None,
    roots: Sequence[Path],
    notebook: Notebook,
    predictions: Predictions,
) -> tuple[int, int]:
    """Write listed tracks anew.

    Parameters
    ----------
    connection
        A transaction of the catalogue.
    wanted
        Which tracks; None: all.
    roots
        The library's folders, from which buckets are counted.
    notebook, predictions
        What the DJ and the models say of them.

    Returns
    -------
    tuple of int
        How many rows were written and how many removed.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    added: dict[str, str] = {}
    everyone: set[str] = set()
    every_row = select(tracks.c.content_hash, tracks.c.added)
    every_report = select(reports.c.content_hash).where(reports.c.content_hash.is_not(None))
    for chunk in [None] if wanted is None else chunks(sorted(wanted)):
        rows_now, reports_now = every_row, every_report
        if chunk is not None:
            rows_now = every_row.where(tracks.c.content_hash.in_(chunk))
            reports_now = every_report.where(reports.c.content_hash.in_(chunk))
        added |= {row.content_hash: row.added for row in connection.execute(rows_now)}
        everyone.update(connection.execute(reports_now).scalars())
    everyone.update(added)
    ids = sorted(everyone)
    said = notebook.latest_of(None if wanted is None else ids)
    guesses = (
        {track: predictions.of(track) for track in ids} if len(ids) <= CHUNK else predictions.all()
    )
    rows: list[dict[str, Any]] = []
    present: set[str] = set()
    for chunk in chunks(ids):
        places: dict[str, list[str]] = {}
        of_chunk = select(files.c.content_hash, files.c.path).order_by(files.c.path)
        for track, path in connection.execute(of_chunk.where(files.c.content_hash.in_(chunk))):
            places.setdefault(track, []).append(path)
        # of several reports of one track the newest counts
        newest = select(reports).order_by(reports.c.mtime_ns, reports.c.path)
        found = {
            row.content_hash: row
            for row in connection.execute(newest.where(reports.c.content_hash.in_(chunk)))
        }
        for track, row in found.items():
            present.add(track)
            since = added.get(track) or min(
                now, datetime.fromtimestamp(row.mtime_ns / 1e9, UTC).isoformat(timespec="seconds")
            )
            rows.append(
                _track_row(
                    row,
                    places.get(track, []),
                    roots,
                    said.get(track, {}),
                    guesses.get(track, {}),
                    since,
                )
            )
    upsert(connection, tracks, rows)
    lost = [track for track in ids if track not in present]
    for chunk in chunks(lost):
        connection.execute(delete(tracks).where(tracks.c.content_hash.in_(chunk)))
    return len(rows), len([track for track in lost if track in added])


def _track_row(
    report: Any,
    places: Sequence[str],
    roots: Sequence[Path],
    said: dict[str, Any],
    guesses: dict[str, Prediction],
    added: str,
) -> dict[str, Any]:
    facts = json.loads(report.facts)
    here = [Path(path) for path in places]
    living = [path for path in here if path.is_file()] or here[:1]
    lie_in = (bucket_of(path, roots) for path in living)
    folders = list(dict.fromkeys(folder for folder in lie_in if folder))
    merged = merge(facts, folders, said, guesses)
    key = parse_key(merged["key"].value)
    genre, bucket = merged["genre"], merged["bucket"]
    searched = [facts["title"], facts["artist"], facts["album"], *places]
    searched += [str(value) for value in (*genre.values, *bucket.values) if value]
    return {
        "content_hash": report.content_hash,
        "report_path": report.path,
        "title": facts["title"],
        "artist": facts["artist"],
        "album": facts["album"],
        "year": facts["year"],
        "duration_sec": facts["duration_sec"],
        "format": facts["format"],
        "lufs": facts["lufs"],
        "rating": said.get("rating"),
        "camelot": key.camelot if key else "",
        "camelot_order": key.number * 2 + (not key.minor) if key else None,
        "bpm": merged["bpm"].value,
        "energy": merged["energy"].value,
        "genre": genre.value,
        "bucket": bucket.value,
        "buckets": _listed(bucket.values),
        "folders": _listed(folders),
        "unsure": genre.unsure or bucket.unsure,
        "facts": facts_to_json(merged),
        "haystack": fold(" ".join(searched)),
        "title_order": fold(facts["title"]),
        "artist_order": fold(facts["artist"]),
        "added": added,
    }


def _listed(names: Sequence[str]) -> str | None:
    return json.dumps(names, ensure_ascii=False) if names else None
