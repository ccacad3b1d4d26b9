"""The whole chain on one file: the report's keys, finiteness, repeatability, options."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.audio import content_hash
from analysis.errors import UnreadableAudio
from analysis.options import AnalysisOptions
from analysis.peaks import Peaks
from analysis.pipeline import analyse_file
from analysis.report import Report
from composer.sketch import make_sketch
from tests.analysis.sounds import noise, save

CONTRACT = {
    "rhythm": "tempo_bpm_global beat_times_sec downbeat_times_sec beat_grid tempo_variation_bpm "
    "polyrhythm_candidates swing_analysis groove_confidence danceability_score "
    "onset_curve_summary madmom_downbeat",
    "tonal": "key key_confidence camelot key_candidates chroma_stats tonnetz_stats tonal_tension "
    "modulation chords spectral_centroid spectral_flatness zero_crossing_rate dissonance_index",
    "dynamics": "rms attack_decay crest_factor lufs loudness_range_lu true_peak_dbtp",
    "spatial": "stereo_width balance_db phase_coherence side_mid_ratio_db",
    "vocal_activity": "voiced_ratio pitch_mean_hz pitch_std_hz voiced_probability_mean segments",
    "instrumentation": "bass_presence mid_presence treble_presence percussive_ratio "
    "vocal_presence_proxy vocal_probability_mean likely_bass_heavy likely_bright_timbre",
    "mood": "danceability valence arousal energy descriptor",
    "structure": "sections phrases drops mix_in_sec mix_out_sec",
    "essentia": "rhythm.bpm lowlevel.spectral_centroid.mean",
    "embeddings": "status",
    "stems": "status",
}
METADATA = (
    "path title artist album genre year sample_rate duration_sec channels format content_hash "
    "dependencies"
)
OPTIONAL_LIBRARIES = {"essentia", "madmom", "openl3", "pyloudnorm", "spleeter"}
NEVER_SHORTENED = {"beat_times_sec", "downbeat_times_sec", "beat_positions"}


@pytest.fixture(scope="module")
def sketch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, _ = make_sketch(tmp_path_factory.mktemp("sketch"), 5, "techno", 30.0, fmt="flac")
    return path


@pytest.fixture(scope="module")
def analysed(sketch: Path) -> tuple[Report, Peaks]:
    return analyse_file(sketch)


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every list and every plain value with the key it stands under."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        yield name, value
        for item in value:
            yield from leaves(item, name)
    else:
        yield name, value


def test_the_report_has_every_key_of_the_contract(analysed: tuple[Report, Peaks]) -> None:
    payload = json.loads(analysed[0].to_json())
    assert set(payload) >= {"schema_version", "metadata", "analysis"}
    assert set(METADATA.split()) <= set(payload["metadata"])
    for family, keys in CONTRACT.items():
        missing = set(keys.split()) - set(payload["analysis"][family])
        assert not missing, (family, missing)
    assert set(payload["metadata"]["dependencies"]) == OPTIONAL_LIBRARIES


def test_the_metadata_is_the_files(sketch: Path, analysed: tuple[Report, Peaks]) -> None:
    metadata = analysed[0].metadata
    assert metadata.path == str(sketch)
    assert metadata.content_hash == content_hash(sketch)
    assert (metadata.format, metadata.channels, metadata.sample_rate) == ("flac", 2, 44_100)
    assert metadata.title
    assert metadata.dependencies["pyloudnorm"]
    assert not metadata.dependencies["spleeter"]


def test_numbers_are_finite_and_curves_short(analysed: tuple[Report, Peaks]) -> None:
    for name, value in leaves(json.loads(analysed[0].to_json())):
        if isinstance(value, float):
            assert math.isfinite(value), name
        if isinstance(value, list) and name not in NEVER_SHORTENED:
            assert len(value) <= 512, name


def test_the_waveform_covers_the_track(analysed: tuple[Report, Peaks]) -> None:
    report, peaks = analysed
    assert peaks.duration_sec == pytest.approx(report.metadata.duration_sec, abs=1 / 150)
    assert peaks.low.max() == peaks.mid.max() == peaks.high.max() == 255


def test_the_same_file_gives_the_same_bytes(sketch: Path, analysed: tuple[Report, Peaks]) -> None:
    report, peaks = analyse_file(sketch)
    assert report.to_json() == analysed[0].to_json()
    assert peaks.low.tobytes() == analysed[1].low.tobytes()


def test_a_report_survives_the_disk(tmp_path: Path, analysed: tuple[Report, Peaks]) -> None:
    path = tmp_path / "report.json"
    analysed[0].write(path)
    assert Report.read(path).to_json() == analysed[0].to_json()


def test_without_essentia_the_report_is_whole(sketch: Path, analysed: tuple[Report, Peaks]) -> None:
    report, _ = analyse_file(sketch, AnalysisOptions(disable_essentia=True, disable_madmom=True))
    assert not report.metadata.dependencies["essentia"]
    assert report.analysis.rhythm.madmom_downbeat == {"status": "disabled"}
    for family in type(report.analysis).model_fields:
        if family != "essentia":
            theirs = getattr(analysed[0].analysis, family)
            ours = getattr(report.analysis, family)
            if family == "rhythm":
                ours = ours.model_copy(update={"madmom_downbeat": theirs.madmom_downbeat})
            assert ours == theirs, family


def test_embeddings_and_stems_are_asked_for(sketch: Path, analysed: tuple[Report, Peaks]) -> None:
    assert "off" in analysed[0].analysis.embeddings["status"]
    assert "off" in analysed[0].analysis.stems["status"]
    options = AnalysisOptions(embeddings=True, stems=True, max_array_points=16)
    report, _ = analyse_file(sketch, options)
    found = report.analysis.embeddings
    assert len(found["mean"]) == found["shape"][1]
    assert found["source"]
    assert found["source"].startswith("openl3") or found["openl3"]
    assert report.analysis.stems["status"]
    assert report.metadata.requested == {"embeddings": True, "stems": True}
    curve = report.analysis.rhythm.onset_curve_summary
    assert all(len(value) <= 16 for value in curve.values() if isinstance(value, list))


def test_high_sample_rates_are_reported_as_they_are(tmp_path: Path) -> None:
    report, _ = analyse_file(save(tmp_path / "a.wav", noise(2, 96_000), 96_000))
    assert report.metadata.sample_rate == 96_000
    assert report.metadata.duration_sec == pytest.approx(2, abs=1e-3)


def test_the_length_is_told_before_the_long_part(tmp_path: Path) -> None:
    told: list[float] = []
    analyse_file(save(tmp_path / "a.wav", noise(1.5), 44_100), on_decoded=told.append)
    assert told == [pytest.approx(1.5)]


def test_a_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    plain = save(tmp_path / "cafe.wav", noise(0.5), 44_100)
    path = tmp_path / b"caf\xe9.wav".decode(errors="surrogateescape")
    try:
        plain.rename(path)
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes only names in UTF-8, so no such file can be")
    with pytest.raises(UnreadableAudio, match="UTF-8"):
        analyse_file(path)
