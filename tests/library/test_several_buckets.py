"""A track in more than one bucket: said, found, and lying in several folders."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from analysis.hashing import content_hash
from library.errors import BadCorrection
from library.instructions import Instructions
from library.library import Library
from library.settings import Settings
from tests.library.factory import make_report, write_reports, write_tone


def test_a_track_in_several_buckets_is_found_under_each(library: Library) -> None:
    first, second, *_ = [row.track_id for row in library.tracks(sort="title")]
    library.correct(first, "bucket", "Warm-up; Closing")
    library.correct(second, "bucket", ["Closing"])
    row = library.row(first)
    assert (row.bucket.value, row.bucket.others, row.bucket.source) == (
        "Warm-up", ("Closing",), "dj",
    )  # fmt: skip
    assert row.folders == ("HIP-HOP",)
    assert [one.track_id for one in library.tracks("warm-up")] == [first]
    assert {one.track_id for one in library.tracks("closing")} == {first, second}
    assert library.catalogue.values("bucket") == ["Closing", "HIP-HOP", "TECHNO", "Warm-up"]
    assert library.tracks(sort="-bucket")[0].track_id == first
    library.rebuild()
    assert library.row(first).bucket == row.bucket
    library.undo(first)
    assert library.row(first).bucket.values == ("HIP-HOP",)


def test_a_folder_with_the_separator_in_its_name_is_one_bucket_that_cannot_be_said(
    library: Library,
) -> None:
    odd = make_report(30, path="/music/CLUB/Rock; Pop/30.wav")
    write_reports([odd], library.settings.reports)
    library.refresh()
    assert library.row(odd.track_id).bucket.values == ("Rock; Pop",)
    assert "Rock; Pop" in library.catalogue.values("bucket")
    for said in ("Rock; Pop", "  rock;  POP ", ["Rock; Pop"]):
        with pytest.raises(BadCorrection, match="rename its folder"):
            library.correct(odd.track_id, "bucket", said)
    # said before there could be several, it is one bucket still
    library.notebook.record(odd.track_id, "bucket", "Rock; Pop")
    library.refresh_words()
    assert library.row(odd.track_id).bucket.values == ("Rock; Pop",)


def test_a_catalogue_from_before_there_were_several_is_brought_up_to_date(
    library: Library,
) -> None:
    track = library.tracks(sort="title")[0].track_id
    added = library.row(track).added
    library.correct(track, "bucket", "A; B")
    library.close()
    with sqlite3.connect(library.settings.catalogue) as old:
        old.execute("DROP INDEX tracks_buckets")
        for column in ("buckets", "folders"):
            old.execute(f"ALTER TABLE tracks DROP COLUMN {column}")
        old.execute("ALTER TABLE tracks ADD COLUMN folder TEXT")
        old.execute("UPDATE tracks SET folder = 'HIP-HOP', bucket = 'A'")
        three = "json_array(json_extract(value, '$[0]'), json_extract(value, '$[1]'),"
        three += " json_extract(value, '$[2]'))"
        old.execute(
            f"UPDATE tracks SET facts = (SELECT json_group_object(key, json({three}))"
            " FROM json_each(facts))"
        )
        old.execute("PRAGMA user_version = 1")
    again = Library(library.settings)
    assert again.row(track).bucket.values == ("A",), "old rows can be read until then"
    again.refresh_words()
    assert again.row(track).bucket.values == ("A", "B")
    assert again.row(track).folders == ("HIP-HOP",)
    assert again.row(track).added == added
    assert again.catalogue.folder_buckets()[track] == ("HIP-HOP",)
    again.close()


def test_copies_in_two_folders_put_a_track_into_both_buckets(
    settings: Settings, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    first = write_tone(music / "Warm-up" / "a.wav", 440)
    report = make_report(1, path=first, content_hash=content_hash(first))
    write_reports([report], settings.reports)
    library = Library(settings, Instructions(allowed_folders=[str(music)]))
    library.refresh()
    for folder in ("Closing", ".", "Warm-up/again"):
        copy = music / folder / "a.wav"
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(first, copy)
    assert library.find_files() >= 1
    row = library.row(report.track_id)
    assert row.folders == ("Closing", "Warm-up", "Warm-up/again")
    assert row.bucket.values == row.folders
    assert row.bucket.source == "folder"
    assert library.catalogue.folder_buckets() == {report.track_id: row.folders}
    (music / "Closing" / "a.wav").unlink()
    library.rebuild()
    assert library.row(report.track_id).folders == ("Warm-up", "Warm-up/again")
    library.close()
