from __future__ import annotations

import multiprocessing
import shutil
from pathlib import Path

import pytest

from analysis.hashing import content_hash
from library.errors import AmbiguousTrack, BadCorrection, MissingAudio, UnknownTrack
from library.grids import double_grid
from library.instructions import Instructions
from library.library import Library
from library.predictions import Prediction
from library.settings import Settings
from library.tracks import fold
from tests.library.factory import make_report, write_reports, write_tone


def test_rows_carry_value_confidence_and_source(library: Library) -> None:
    row = library.tracks(sort="title")[0]
    assert row.name == "Artist 1 – Track 1"
    assert (row.bpm.source, row.bpm.confidence) == ("analysis", 0.9)
    assert (row.genre.value, row.genre.source) == ("Hip-Hop", "tags")
    assert (row.bucket.value, row.bucket.source) == ("HIP-HOP", "folder")
    assert row.zone.source == "nobody"
    assert row.zone.unsure
    assert row.missing, "the factory's files do not exist"
    assert 1 <= (row.energy_level or 0) <= 10


@pytest.mark.parametrize("sort", ["title", "bpm", "-bpm", "key", "energy", "duration", "added"])
def test_lists_are_sorted_and_cut(library: Library, sort: str) -> None:
    rows = library.tracks(sort=sort)
    assert len(rows) == library.count() == 8
    assert library.tracks(sort=sort, limit=3, offset=2) == rows[2:5]
    if sort.endswith("bpm"):
        bpms = [row.bpm.value for row in rows]
        assert bpms == sorted(bpms, reverse=sort.startswith("-"))


def test_tracks_without_a_value_come_last_both_ways(library: Library) -> None:
    write_reports([make_report(99, bpm=None)], library.settings.reports)
    library.refresh()
    for sort in ("bpm", "-bpm"):
        assert library.tracks(sort=sort)[-1].title == "Track 99"


def test_search_is_by_words_without_case_and_accents(settings: Settings) -> None:
    reports = [
        make_report(1, title="Señorita Straße", artist="Björk", path="/m/A_B/100%.wav"),
        make_report(2, title="Other", artist="Nobody", path="/m/AXB/1000.wav"),
    ]
    write_reports(reports, settings.reports)
    library = Library(settings)
    library.refresh()

    def found(search: str) -> list[str]:
        return [row.title for row in library.tracks(search)]

    for search in ("senorita", "BJORK strasse", "  björk  ", "100%", "a_b/"):
        assert found(search) == ["Señorita Straße"], search
    assert found("wav") == ["Other", "Señorita Straße"] or len(found("wav")) == 2
    assert found("björk other") == []
    assert library.count("senorita") == 1
    assert fold("ÅÄÖ  é") == "aao e"


def test_a_correction_is_seen_everywhere_and_undone(library: Library) -> None:
    track = library.tracks(sort="title")[0].track_id
    tempo = library.row(track).bpm.value
    library.edit_grid(track, double_grid)
    library.correct(track, "key", "8A")
    library.correct(track, "bucket", "CLUB/HOUSE")
    row = library.row(track)
    assert (row.bpm.value, row.bpm.source) == (pytest.approx(2 * tempo), "dj")
    assert (row.key.value, row.camelot, row.key.confidence) == ("A minor", "8A", 1.0)
    assert (row.bucket.value, row.folders) == ("CLUB/HOUSE", ("HIP-HOP",))
    assert [one.track_id for one in library.tracks("club/house")] == [track]
    assert library.report(track).grid.bpm == pytest.approx(2 * tempo)
    assert library.raw_report(track).grid.bpm == pytest.approx(tempo)
    library.undo(track)
    assert library.row(track).bucket.source == "folder"
    library.undo(track, "grid")
    assert library.report(track).grid.bpm == pytest.approx(tempo)
    assert library.row(track).key.source == "dj"


def test_corrections_survive_a_restart_a_rebuild_and_a_new_analysis(library: Library) -> None:
    track = library.tracks(sort="title")[0].track_id
    library.correct(track, "genre", "Boom Bap")
    library.raw_report(track).model_copy(deep=True).write(library.row(track).report_path)
    again = Library(library.settings)
    again.refresh()
    assert again.row(track).genre.value == "Boom Bap"
    assert again.rebuild().updated == 8
    assert again.row(track).genre.value == "Boom Bap"
    assert again.report(track).metadata.genre == "Boom Bap"


def test_what_cannot_be_true_is_refused_before_it_is_kept(library: Library) -> None:
    track = library.tracks()[0].track_id
    with pytest.raises(BadCorrection):
        library.correct(track, "key", "no key")
    with pytest.raises(UnknownTrack):
        library.correct("f" * 32, "genre", "Techno")
    assert library.notebook.history() == []


def test_a_track_without_a_grid_has_none_to_edit(library: Library) -> None:
    write_reports([make_report(50, bpm=None)], library.settings.reports)
    library.refresh()
    with pytest.raises(BadCorrection, match="no grid yet"):
        library.edit_grid(f"{50:032x}", double_grid)


def test_hot_cues_are_kept(library: Library) -> None:
    track = library.tracks()[0].track_id
    library.correct(track, "hot_cues", {"A": 12.5})
    assert library.hot_cues(track) == {"A": {"at_sec": 12.5, "name": ""}}


def test_a_model_that_is_sure_outranks_tags_and_one_that_is_not_does_not(
    library: Library,
) -> None:
    first, second, *_ = [row.track_id for row in library.tracks(sort="title")]
    library.predictions.write(
        "genre",
        {
            first: Prediction("genre", "Trap", 0.8, (("Hip-Hop", 0.2),), "", "v1"),
            second: Prediction("genre", "Polka", 0.3, (), "", "v1"),
        },
    )
    library.refresh_words()
    assert (library.row(first).genre.value, library.row(first).genre.source) == ("Trap", "model")
    assert library.row(second).genre.source == "tags"
    assert library.row(second).suggested_genre.value == "Polka"
    assert library.row(second).suggested_genre.unsure
    library.correct(first, "genre", "Hip-Hop")
    assert library.row(first).genre.source == "dj"
    library.undo(first)
    library.predictions.write("genre", {}, replace_all=True)
    library.refresh_words()
    assert library.row(first).genre.source == "tags"


def test_refresh_reads_only_what_changed(library: Library) -> None:
    assert not library.refresh().anything
    paths = write_reports([make_report(20), make_report(21)], library.settings.reports)
    assert library.refresh().read == 2
    paths[0].unlink()
    found = library.refresh()
    assert (found.read, found.removed) == (0, 1)
    with pytest.raises(UnknownTrack):
        library.report(f"{20:032x}")
    assert library.row(f"{21:032x}").title == "Track 21"


def test_a_bad_report_is_listed_and_stops_nothing(library: Library) -> None:
    bad = library.settings.reports / "half.json"
    bad.write_text('{"metadata": {"title": "x"')
    library.refresh()
    assert library.count() == 8
    assert [path.name for path, _ in library.catalogue.problems()] == ["half.json"]
    bad.unlink()
    library.refresh()
    assert library.catalogue.problems() == []


def test_a_report_that_went_bad_is_passed_over(library: Library) -> None:
    library.tracks()[0].report_path.write_text("{}")
    assert len(list(library.reports())) == 7


def test_a_damaged_catalogue_is_thrown_away_and_made_anew(library: Library) -> None:
    track = library.tracks()[0].track_id
    library.correct(track, "genre", "Jungle")
    library.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{library.settings.catalogue}{suffix}").unlink(missing_ok=True)
    library.settings.catalogue.write_bytes(b"junk" * 5000)
    again = Library(library.settings)
    assert again.refresh().read == 8
    assert again.row(track).genre.value == "Jungle"


def test_copies_and_moved_files_are_one_track(settings: Settings, tmp_path: Path) -> None:
    music = tmp_path / "music"
    first = write_tone(music / "CLUB" / "a.wav", 440)
    other = write_tone(music / "CHILL" / "other.wav", 220)
    reports = [
        make_report(1, path=first, content_hash=content_hash(first)),
        make_report(2, path=other, content_hash=content_hash(other)),
    ]
    write_reports(reports, settings.reports)
    library = Library(settings, Instructions(allowed_folders=[str(music)]))
    library.refresh()
    track = reports[0].track_id
    assert library.path(track) == first
    assert not library.row(track).missing
    assert library.row(track).bucket.value == "CLUB"

    copy = music / "CLUB" / "b.wav"
    shutil.copy(first, copy)
    library.note_file(copy, track)
    assert library.row(track).copies == 2
    first.unlink()
    assert library.path(track) == copy

    moved = music / "READY" / "new name.wav"
    moved.parent.mkdir()
    copy.rename(moved)
    for ask in (library.path, library.playable):
        with pytest.raises(MissingAudio, match=r"b\.wav"):
            ask(track)
    assert library.row(track).missing
    assert library.find_files() >= 1
    assert library.path(track) == moved
    assert Path(library.report(track).metadata.path) != moved
    assert library.playable(track) == library.report(track).at(moved)
    assert Path(library.playable(track).metadata.path) == moved
    assert library.row(track).bucket.value == "READY"
    assert [row.track_id for row in library.tracks("new name")] == [track]
    assert library.find_files() == 0
    assert library.count() == 2


def test_files_of_a_batch_are_noted_by_their_report(settings: Settings, tmp_path: Path) -> None:
    copy = write_tone(tmp_path / "copy.wav", 440)
    paths = write_reports([make_report(1)], settings.reports)
    library = Library(settings)
    library.refresh()
    library.note_files({copy: paths[0], tmp_path / "gone.wav": paths[0]})
    assert library.path(f"{1:032x}") == copy


def test_reports_beside_the_audio_serve_where_the_folder_is_empty(
    settings: Settings, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    audio = write_tone(music / "TECHNO" / "x.wav", 100)
    write_reports([make_report(1, path="/old/place/x.wav")], audio.parent)
    (music / "truth.json").write_text('{"tracks": []}')
    library = Library(settings, Instructions(allowed_folders=[str(music)]))
    library.refresh()
    assert [row.path for row in library.tracks()] == [audio], "found beside its report"
    assert library.catalogue.problems() == [], "other JSON files are nobody's problem"
    write_reports([make_report(2, path=music / "y.wav")], settings.reports)
    library.refresh()
    assert [row.title for row in library.tracks()] == ["Track 2"]


def test_only_allowed_folders_are_listed(settings: Settings) -> None:
    write_reports(
        [make_report(1, path="/music/a.wav"), make_report(2, path="/music more/b.wav"),
         make_report(3, path=settings.uploads / "c.wav")],
        settings.reports,
    )  # fmt: skip
    library = Library(settings, Instructions(allowed_folders=["/music"]))
    library.refresh()
    assert {row.title for row in library.tracks()} == {"Track 1", "Track 3"}
    assert library.count() == 2
    assert len(list(library.reports())) == 2
    everything = Library(settings, Instructions())
    assert everything.count() == 3


def test_find_understands_what_people_type(settings: Settings, tmp_path: Path) -> None:
    audio = write_tone(tmp_path / "krem.wav", 300)
    reports = [
        make_report(1, path=audio, title="Krem", content_hash=content_hash(audio)),
        make_report(2, title="Krem Remix", path="/m/remix.wav"),
        make_report(3, title="Else", path="/m/else.wav"),
    ]
    write_reports(reports, settings.reports)
    library = Library(settings)
    library.refresh()
    assert library.find(str(audio)).title == "Krem"
    assert library.find(reports[0].track_id[:8]).title == "Krem"
    assert library.find("remix").title == "Krem Remix"
    assert library.find("krem").title == "Krem"
    with pytest.raises(UnknownTrack, match="segue analyse"):
        library.find("nothing like it")
    with pytest.raises(AmbiguousTrack, match="fits 3 tracks"):
        library.find("m")


def test_peaks_lie_beside_the_report(library: Library) -> None:
    row = library.tracks()[0]
    assert library.peaks_path(row.track_id) == row.report_path.with_suffix(".peaks")


def _work(home: str, first: int) -> None:
    library = Library(Settings(Path(home)))
    for number in range(first, first + 4):
        write_reports([make_report(number)], library.settings.reports)
        library.refresh()
        library.correct(f"{number:032x}", "genre", f"Genre {number}")


def test_processes_that_refresh_at_once_agree(settings: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    home = str(settings.home)
    workers = [context.Process(target=_work, args=(home, first)) for first in (100, 200, 300)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    library = Library(settings)
    library.refresh()
    assert library.count() == 12
    for row in library.tracks():
        assert row.genre.value == f"Genre {int(row.track_id, 16)}"
