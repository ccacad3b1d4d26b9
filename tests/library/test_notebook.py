from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from library.database import writing
from library.errors import NothingToUndo, UnusableDatabase
from library.notebook import MIGRATIONS, UNDO, Notebook

TRACKS = ("a" * 32, "b" * 32)
KINDS = ("genre", "bucket", "hot_cues")

values = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.dictionaries(st.sampled_from("ABC"), st.integers(), max_size=2),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.sampled_from(TRACKS), st.sampled_from(KINDS), values),
        st.tuples(
            st.just("undo"),
            st.sampled_from((None, *TRACKS)),
            st.sampled_from((None, *KINDS)),
            st.none(),
        ),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_any_sequence_of_words_and_undos_equals_a_list(sequence: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        notebook = Notebook(Path(folder) / "notebook.sqlite")
        standing: list[tuple[str, str, Any]] = []
        written = 0
        for action, track, kind, value in sequence:
            if action == "record":
                notebook.record(track, kind, value)
                standing.append((track, kind, value))
                written += 1
                continue
            fitting = [
                entry
                for entry in standing
                if track in (None, entry[0]) and kind in (None, entry[1])
            ]
            if not fitting:
                with pytest.raises(NothingToUndo):
                    notebook.undo(track, kind)
                continue
            gone = notebook.undo(track, kind)
            assert (gone.content_hash, gone.kind, gone.value) == fitting[-1]
            del standing[max(i for i, entry in enumerate(standing) if entry == fitting[-1])]
            written += 1

        expected: dict[str, dict[str, Any]] = {}
        for track, kind, value in standing:
            expected.setdefault(track, {})[kind] = value
        for track in TRACKS:
            said = {k: v for k, v in expected.get(track, {}).items() if v is not None}
            assert notebook.latest(track) == said
        assert notebook.latest_of() == {
            track: notebook.latest(track) for track in TRACKS if notebook.latest(track)
        }
        history = notebook.history()
        assert len(history) == written
        assert [entry.id for entry in history] == sorted((e.id for e in history), reverse=True)
        kept = [(e.content_hash, e.kind, e.value) for e in notebook.history(standing=True)]
        assert kept == list(reversed(standing))
        notebook.close()


def test_what_was_said_is_there_after_reopening(tmp_path: Path) -> None:
    first = Notebook(tmp_path / "n.sqlite")
    entry = first.record(TRACKS[0], "bucket", "CLUB/ÄTHER", source="import")
    first.close()
    again = Notebook(tmp_path / "n.sqlite")
    assert again.latest(TRACKS[0]) == {"bucket": "CLUB/ÄTHER"}
    assert again.history()[0].source == "import"
    assert again.last_id() == entry
    assert again.changed_since(entry) == set()
    assert again.changed_since(entry - 1) == {TRACKS[0]}


def test_none_takes_back_what_was_said_and_undo_brings_it_back(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "n.sqlite")
    notebook.record(TRACKS[0], "genre", "Techno")
    notebook.record(TRACKS[0], "genre", None)
    assert notebook.latest(TRACKS[0]) == {}
    notebook.undo(TRACKS[0], "genre")
    assert notebook.latest(TRACKS[0]) == {"genre": "Techno"}


def test_the_file_itself_refuses_change_and_deletion(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "n.sqlite")
    notebook.record(TRACKS[0], "genre", "Techno")
    stranger = sqlite3.connect(tmp_path / "n.sqlite")
    for statement in ("DELETE FROM entries", "UPDATE entries SET value = '1'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            stranger.execute(statement)
    stranger.close()


def test_an_undo_cannot_name_an_entry_that_is_not_there(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "n.sqlite")
    with pytest.raises(IntegrityError), writing(notebook._engine) as connection:
        notebook._append(connection, TRACKS[0], UNDO, {"entry": 99}, "dj", 99)
    assert notebook.history() == []


def test_words_on_several_tracks_are_withdrawn_together_or_not_at_all(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "notebook.sqlite")
    first, second = TRACKS[:2]
    ids = notebook.record_all("bucket", {first: "A", second: "B"})
    assert ids == sorted(ids)
    gone = notebook.undo_all([first, second], "bucket")
    assert [(one.content_hash, one.value) for one in gone] == [(first, "A"), (second, "B")]
    assert notebook.latest_of() == {}
    notebook.record(first, "bucket", "C")
    with pytest.raises(NothingToUndo):
        notebook.undo_all([first, second], "bucket")
    with pytest.raises(TypeError):
        notebook.record_all("bucket", {second: "D", first: {"D"}})  # a set is no JSON
    assert notebook.latest_of() == {first: {"bucket": "C"}}


def test_undo_cannot_be_recorded_by_hand(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="undo"):
        Notebook(tmp_path / "n.sqlite").record(TRACKS[0], UNDO, {"entry": 1})


def _first_version(path: Path) -> None:
    old = sqlite3.connect(path)
    old.execute(
        "CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL,"
        " content_hash TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL)"
    )
    rows = [
        ("2025-01-01T00:00:00+00:00", TRACKS[0], "genre", '"House"'),
        ("2025-01-02T00:00:00+00:00", TRACKS[0], "genre", '"Techno"'),
        ("2025-01-03T00:00:00+00:00", TRACKS[0], "undo", '{"entry": 2}'),
        ("2025-01-04T00:00:00+00:00", TRACKS[1], "bucket", '"CLUB"'),
    ]
    old.executemany(
        "INSERT INTO entries (time, content_hash, kind, value) VALUES (?, ?, ?, ?)", rows
    )
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()


def test_a_notebook_of_the_first_version_is_migrated_with_its_undos(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    _first_version(path)
    notebook = Notebook(path)
    assert notebook.latest(TRACKS[0]) == {"genre": "House"}
    assert notebook.latest(TRACKS[1]) == {"bucket": "CLUB"}
    assert {entry.source for entry in notebook.history()} == {"dj"}
    withdrawn = notebook.undo(TRACKS[0])
    assert withdrawn.value == "House"
    version = sqlite3.connect(path).execute("PRAGMA user_version").fetchone()[0]
    assert version == len(MIGRATIONS)


def test_a_migration_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "n.sqlite"
    _first_version(path)

    def breaks(connection: Any) -> None:
        MIGRATIONS[1](connection)
        raise RuntimeError("power cut")

    monkeypatch.setattr("library.notebook.MIGRATIONS", (MIGRATIONS[0], breaks))
    with pytest.raises(RuntimeError):
        Notebook(path)
    monkeypatch.undo()
    assert Notebook(path).latest(TRACKS[0]) == {"genre": "House"}


def test_a_notebook_from_a_newer_segue_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    Notebook(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.commit()
    raw.close()
    with pytest.raises(UnusableDatabase, match="newer Segue"):
        Notebook(path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    path.write_bytes(b"not a database at all" * 300)
    with pytest.raises(UnusableDatabase) as caught:
        Notebook(path)
    assert str(caught.value).startswith("UnusableDatabase: ")
    assert "\n" not in str(caught.value)
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("name", ["what?", "#1 & 50%?a=b", 'it\'s "quoted"', "Ünï – 🎧"])
def test_a_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    for file in ("notebook.sqlite", "other.sqlite"):
        notebook = Notebook(folder / file)
        notebook.record(TRACKS[0], "genre", file)
        notebook.close()
        assert (folder / file).is_file()
    kept = Notebook(folder / "notebook.sqlite")
    assert kept.latest(TRACKS[0]) == {"genre": "notebook.sqlite"}
    assert Notebook(kept.backup(folder / "copy?.sqlite")).latest(TRACKS[0])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_backup_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "notebook.sqlite")
    (tmp_path / "file").touch()
    for to in (tmp_path / "file" / "copy.sqlite", tmp_path / "file" / "deeper" / "copy.sqlite"):
        with pytest.raises(UnusableDatabase, match="cannot be written"):
            notebook.backup(to)
    with pytest.raises(UnusableDatabase, match="the notebook itself"):
        notebook.backup(notebook.path)
    notebook.record(TRACKS[0], "genre", "House")
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {
        "file",
        "notebook.sqlite",
    }


def test_a_backup_taken_while_writing_is_whole(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "n.sqlite")
    for number in range(50):
        notebook.record(TRACKS[0], "rating", number % 6)
    copy = notebook.backup(tmp_path / "safe" / "copy.sqlite")
    notebook.record(TRACKS[0], "rating", 5)
    assert [path.name for path in copy.parent.iterdir()] == ["copy.sqlite"]
    restored = Notebook(copy)
    assert len(restored.history()) == 50
    assert restored.latest(TRACKS[0]) == {"rating": 49 % 6}
    dated = notebook.backup(tmp_path / "safe")
    assert dated.name.startswith("notebook-")
    assert len(Notebook(dated).history()) == 51


WRITER = """
import sys
from pathlib import Path
from library.notebook import Notebook
notebook = Notebook(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    entry = notebook.record("c" * 32, "count", number)
    print(number, flush=True)
"""


@pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL, the kill that is tested"
)
@pytest.mark.parametrize("words", [1, 7, 23])
def test_killing_the_program_loses_nothing_that_was_said(tmp_path: Path, words: int) -> None:
    path = tmp_path / "n.sqlite"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert writer.stdout is not None
    said = 0
    while said < words:
        said = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.wait()
    said = int(rest[-1]) if rest else said
    notebook = Notebook(path)
    values = [entry.value for entry in reversed(notebook.history())]
    # the last one may be on disk although the program died before it could say so
    assert values in (list(range(1, said + 1)), list(range(1, said + 2)))
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def _write_many(path: str, track: str, count: int) -> None:
    notebook = Notebook(Path(path))
    for number in range(count):
        notebook.record(track, "rating", number % 6)
        if number % 5 == 4:
            notebook.undo(track)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"  # made by whoever comes first
    context = multiprocessing.get_context("spawn")
    tracks = [str(number) * 32 for number in range(3)]
    writers = [context.Process(target=_write_many, args=(str(path), track, 10)) for track in tracks]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 3
    notebook = Notebook(path)
    for track in tracks:
        assert len(notebook.history(track)) == 12
        assert len(notebook.history(track, standing=True)) == 8
