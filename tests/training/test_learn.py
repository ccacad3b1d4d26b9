from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import joblib
import pytest

from library.errors import NoReports
from library.library import Library
from library.settings import Settings
from tests.library.factory import make_crate, make_report, write_reports
from training.errors import UntrustedBundle, UnusableBundle
from training.learn import (
    first_genre,
    learn_labels,
    load_recommender,
    one_spelling,
    predict_all,
    train_recommender_from,
)
from training.recommend import recommend_from
from training.registry import trust, versions


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    settings = Settings(tmp_path / "home")
    write_reports(make_crate(16), settings.reports)
    library = Library(settings)
    library.refresh()
    yield library
    library.close()


def test_a_library_trains_its_recommender_and_loads_it(library: Library) -> None:
    bundle, version = train_recommender_from(library)
    path = library.settings.recommender
    assert load_recommender(path)["metadata"].equals(bundle["metadata"])
    assert version.tracks == 16
    assert version.metrics == bundle["evaluation"]
    assert [one.name for one in versions(path, "recommender")] == [version.name]
    assert train_recommender_from(library)[1].digest == version.digest, "same data, same bytes"


def test_a_corrected_tempo_reaches_the_bundle(library: Library) -> None:
    row = library.tracks(sort="title")[0]
    _, before = train_recommender_from(library)
    grid = {"bpm": 180.0, "first_beat_sec": 0.1, "first_downbeat_sec": 0.1}
    library.correct(row.track_id, "grid", grid)
    bundle, after = train_recommender_from(library)
    assert after.data_fingerprint != before.data_fingerprint
    assert bundle["metadata"].set_index("track_id").loc[row.track_id, "bpm"] == 180.0


def test_an_empty_library_says_what_to_do(tmp_path: Path) -> None:
    library = Library(Settings(tmp_path))
    with pytest.raises(NoReports, match="segue demo"):
        train_recommender_from(library)
    assert learn_labels(library) == {}
    predict_all(library)


def test_a_bundle_of_another_shape_is_refused(library: Library) -> None:
    path = library.settings.recommender
    path.parent.mkdir(parents=True)
    joblib.dump({"scaler": None}, path)
    with pytest.raises(UntrustedBundle):
        load_recommender(path)
    trust(path)
    with pytest.raises(UnusableBundle, match="is not a recommender"):
        load_recommender(path)


def test_suggestions_come_from_tracks_that_are_there(library: Library, tmp_path: Path) -> None:
    bundle, _ = train_recommender_from(library)
    rows = library.tracks(sort="title")
    asked = rows[1].track_id
    nothing = recommend_from(library, bundle, asked)
    assert nothing.items == ()
    assert {entry.rule for entry in nothing.hidden} == {"file"}
    for row in rows:
        copy = tmp_path / "music" / f"{row.title}.wav"
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(b"")
        library.note_file(copy, row.track_id)
    found = recommend_from(library, bundle, asked)
    assert found.items
    played = [item.track_id for item in found.items[:1]]
    assert played[0] not in [i.track_id for i in recommend_from(library, bundle, asked,
                             played=played).items if not i.widened]  # fmt: skip


def test_every_track_gets_a_genre_and_a_bucket(library: Library) -> None:
    trained = learn_labels(library)
    assert set(trained) == {"genre", "bucket"}
    assert trained["genre"].metrics["accuracy"] > 0.8
    for row in library.tracks():
        found = library.predictions_of(row.track_id)
        assert set(found) == {"genre", "bucket"}
        assert found["genre"].model_version == trained["genre"].name
        assert row.suggested_bucket.value in ("TECHNO", "HIP-HOP")
        assert row.bucket.source == "model"


def test_a_correction_counts_at_once_and_for_the_next_answers(library: Library) -> None:
    learn_labels(library)
    techno = [row for row in library.tracks() if "TECHNO" in row.folders]
    for row in techno[:-1]:
        library.correct(row.track_id, "bucket", "CLUB/PEAK TIME")
        assert library.row(row.track_id).bucket.value == "CLUB/PEAK TIME"
    trained = learn_labels(library, ("bucket",))
    assert set(trained) == {"bucket"}
    left = library.row(techno[-1].track_id)
    assert left.suggested_bucket.value == "CLUB/PEAK TIME"
    library.undo(techno[0].track_id)
    assert library.row(techno[0].track_id).bucket.source in ("model", "folder")


def test_predictions_for_new_tracks_come_from_the_trained_models(library: Library) -> None:
    trained = learn_labels(library)
    new = make_report(500, path="/music/CLUB/new.wav", bpm=130, energy=0.9)
    write_reports([new], library.settings.reports)
    library.refresh()
    predict_all(library)
    found = library.predictions_of(new.track_id)
    assert found["genre"].model_version == trained["genre"].name
    assert found["genre"].value in ("Techno", "Hip-Hop")


def test_without_a_model_tracks_are_unsure_with_the_reason(library: Library) -> None:
    predict_all(library)
    track = library.tracks()[0]
    found = library.predictions_of(track.track_id)["genre"]
    assert (found.value, found.status) == (None, "unsure")
    assert "segue train genre" in found.reason
    assert track.genre.source == "tags"


def test_a_strangers_model_is_not_run(library: Library) -> None:
    path = library.settings.label_model("genre")
    path.parent.mkdir(parents=True)
    joblib.dump({"any": "thing"}, path)
    predict_all(library, ("genre",))
    found = library.predictions_of(library.tracks()[0].track_id)["genre"]
    assert "not trained here" in found.reason


def test_without_labels_tracks_are_unsure_with_the_reason(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    write_reports([make_report(n, path=f"/m/{n}.wav") for n in (1, 2, 3)], settings.reports)
    library = Library(settings)
    library.refresh()
    assert learn_labels(library) == {}
    found = library.predictions_of(library.tracks()[0].track_id)
    assert found["genre"].reason == "no track has a genre yet"
    assert found["bucket"].reason == "no track has a bucket yet"


def test_spellings_of_one_genre_are_one() -> None:
    spelling = one_spelling([("techno", 1.0), ("Techno", 3.0), ("TECHNO", 1.0), (None, 9.0)])
    assert spelling == {"techno": "Techno"}
    assert first_genre("Deep House; Techno") == "Deep House"
    assert first_genre(" , ") is None
    assert first_genre("") is None
