from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from analysis.keys import KEYS, relation
from analysis.report import Phrase, Rhythm, Structure
from analysis.spectra import Spectra
from analysis.tonal import KeyEstimate, KeyEvidence, describe_tonal
from analysis.tonal.chords import best_path, chords_of_keys, find_chords, histogram
from analysis.tonal.describe import phrase_lines, stats
from analysis.tonal.harmony import roughness, tension, tonnetz
from analysis.tonal.modulation import find_keys
from tests.analysis.music import as_audio, chords, note, sketch

AXIS = [(9, "minor"), (5, "major"), (0, "major"), (7, "major")]  # Am F C G
CADENCE = [(0, "major"), (5, "major"), (7, "major"), (0, "major")]  # C F G C
MINOR = [(2, "minor"), (7, "minor"), (9, "major"), (2, "minor")]  # Dm Gm A Dm


@pytest.mark.parametrize(("triads", "key"), [(CADENCE, "C major"), (MINOR, "D minor")])
@pytest.mark.parametrize("cents", [-45.0, 0.0, 45.0])
def test_cadences_tell_their_key_however_tuned(
    triads: list[tuple[int, str]], key: str, cents: float
) -> None:
    tonal = describe_tonal(Spectra(chords(triads, detune_cents=cents)))
    assert tonal.key == key
    assert tonal.key_candidates[0].key == key


def test_drums_do_not_change_the_key() -> None:
    assert describe_tonal(Spectra(chords(CADENCE, drums=True))).key == "C major"


@pytest.mark.parametrize("semitones", range(12))
def test_a_transposed_track_has_the_transposed_key(semitones: int) -> None:
    turned = [((root + semitones) % 12, mode) for root, mode in CADENCE]
    evidence = KeyEvidence.of(Spectra(chords(turned, repeats=2)).pitches)
    estimate = KeyEstimate.of(evidence.logits())
    assert estimate.key == KEYS[semitones]


def test_where_phrases_begin_tells_a_key_from_its_relative() -> None:
    evidence = KeyEvidence.of(Spectra(chords(AXIS)).pitches)
    a_minor, c_major = (KEYS.index(name) for name in ("A minor", "C major"))
    on_a, on_c = (
        KeyEstimate.of(evidence.logits(np.arange(first, 32, 8.0))) for first in (0.0, 4.0)
    )
    assert on_a.probabilities[a_minor] > on_c.probabilities[a_minor]
    assert on_c.probabilities[c_major] > on_a.probabilities[c_major]


def test_probabilities_are_probabilities() -> None:
    tonal = describe_tonal(Spectra(chords(CADENCE)))
    scores = [candidate.score for candidate in tonal.key_candidates]
    assert scores == sorted(scores, reverse=True)
    assert 0.99 < sum(scores) <= 1.0 + 1e-9 or len(scores) == 5
    assert tonal.key_confidence == scores[0]


def test_composed_tracks_are_in_their_key_or_next_door() -> None:
    near = {"same", "relative", "fifth_up", "fifth_down"}
    found = []
    for seed, style in ((1600, "trance"), (1601, "deep house"), (1602, "reggaeton")):
        audio, truth = sketch(seed, style, 24.0)
        rhythm = Rhythm(beat_times_sec=truth["beats"], downbeat_times_sec=truth["downbeats"])
        found.append(relation(truth["key"], describe_tonal(Spectra(audio), rhythm).key or ""))
    assert set(found) <= near
    assert found.count("same") >= 2


def test_chords_are_found_on_beats() -> None:
    audio = chords(AXIS, seconds_each=2.0, repeats=3)
    beats = np.arange(0, 24, 0.5)
    found = find_chords(Spectra(audio).pitches, beats)
    assert [chord.name for chord in found] == ["Am", "F", "C", "G"] * 3
    assert [chord.start_sec for chord in found] == pytest.approx(np.arange(0, 24, 2.0), abs=0.26)
    shares = histogram(found)
    assert shares == pytest.approx(dict.fromkeys(["Am", "F", "C", "G"], 0.25), abs=0.03)
    assert all(0 <= chord.confidence <= 1 for chord in found)


def test_chords_need_no_beats() -> None:
    tonal = describe_tonal(Spectra(chords(CADENCE)))
    progression = tonal.chords["progression"]
    assert [entry["chord"] for entry in progression[:4]] == ["C", "F", "G", "C"]
    assert progression[0]["start_sec"] == 0
    assert all(a["end_sec"] == b["start_sec"] for a, b in pairwise(progression))


def test_a_change_of_key_is_told() -> None:
    first, second = CADENCE, [((root + 3) % 12, mode) for root, mode in CADENCE]
    before, after = chords(first, repeats=6), chords(second, repeats=6)
    audio = as_audio(np.concatenate([before.mono, after.mono]))
    modulation = describe_tonal(Spectra(audio)).modulation
    assert modulation["count"] == 1
    assert [part["key"] for part in modulation["segments"]] == ["C major", "D# major"]
    assert modulation["segments"][1]["start_sec"] == pytest.approx(48, abs=12)
    assert describe_tonal(Spectra(before)).modulation["count"] == 0


def test_after_a_change_the_key_is_that_of_the_longest_stretch() -> None:
    second = [((root + 3) % 12, mode) for root, mode in CADENCE]
    parts = (chords(CADENCE, repeats=4), chords(second, repeats=9))
    tonal = describe_tonal(Spectra(as_audio(np.concatenate([part.mono for part in parts]))))
    segments = tonal.modulation["segments"]
    assert [part["key"] for part in segments] == ["C major", "D# major"]
    assert tonal.key == "D# major"
    assert segments[0]["start_sec"] == 0
    assert segments[0]["end_sec"] == segments[1]["start_sec"]
    assert all(0 < part["confidence"] <= 1 for part in segments)


def test_a_passing_chord_or_bars_of_drums_are_no_change_of_key() -> None:
    home = chords(CADENCE, repeats=6).mono
    away = chords([(1, "major")], repeats=1).mono
    drums = chords(CADENCE, repeats=2, drums=True).mono - chords(CADENCE, repeats=2).mono
    audio = as_audio(np.concatenate([home, away, drums, home]))
    assert describe_tonal(Spectra(audio)).modulation["count"] == 0


def test_changes_of_key_fall_on_phrases() -> None:
    second = [((root + 2) % 12, mode) for root, mode in CADENCE]
    parts = (chords(CADENCE, repeats=5), chords(second, repeats=5))
    spectra = Spectra(as_audio(np.concatenate([part.mono for part in parts])))
    lines = np.arange(8.0, 80.0, 16.0)
    spans = find_keys(KeyEvidence.of(spectra.pitches), spectra.duration_sec, lines)
    assert [span.key.key for span in spans] == ["C major", "D major"]
    assert spans[1].start_sec == 40.0


def test_phrase_lines_leave_out_borders_within_phrases() -> None:
    bars = [4, 8, 3, 5, 8, 8]
    starts = 2.0 * np.cumsum([0, *bars[:-1]])
    phrases = [Phrase(start_sec=s, bars=n) for s, n in zip(starts, bars, strict=True)]
    downbeats = np.arange(0.0, 72.0, 2.0)
    lines = phrase_lines(Structure(phrases=phrases), downbeats)
    assert lines is not None
    assert lines.tolist() == [8.0, 24.0, 40.0, 56.0]
    without = phrase_lines(None, downbeats)
    assert without is not None
    assert without.tolist() == downbeats[::4].tolist()
    assert phrase_lines(None, np.zeros(0)) is None


def test_silence_and_scraps_have_no_key() -> None:
    for samples in (np.zeros(44_100), np.zeros(30), np.zeros((2, 4000))):
        tonal = describe_tonal(Spectra(as_audio(samples)))
        assert tonal.key is None
        assert tonal.camelot is None
        assert tonal.dissonance_index is None
        assert tonal.chords["histogram"] == {}
        assert tonal.spectral_centroid.mean is None


def test_tonnetz_of_a_triad_and_of_all_notes() -> None:
    fifth = np.zeros((1, 12), np.float32)
    fifth[0, [0, 7]] = 1
    tritone = np.zeros((1, 12), np.float32)
    tritone[0, [0, 6]] = 1
    # notes a fifth apart lie side by side on the circle of fifths, a tritone apart opposite
    assert np.linalg.norm(tonnetz(fifth)[0, :2]) > 0.9
    assert np.linalg.norm(tonnetz(tritone)[0, :2]) < 1e-6
    assert np.abs(tonnetz(np.ones((1, 12), np.float32))).max() < 1e-6


def test_tension_is_movement() -> None:
    still = np.tile(np.eye(12, dtype=np.float32)[0], (50, 1))
    assert tension(tonnetz(still), 10.0).max() == pytest.approx(0, abs=1e-5)
    moving = np.eye(12, dtype=np.float32)[np.repeat([0, 6], 25)]
    assert tension(tonnetz(moving), 10.0).max() > 1
    assert len(tension(np.zeros((1, 6), np.float32), 10.0)) == 0


def test_semitones_are_rougher_than_fifths() -> None:
    def of(*midis: int) -> float:
        tones = sum(note(midi, 3.0) for midi in midis)
        value = roughness(Spectra(as_audio(0.1 * np.asarray(tones))).pitches)
        assert value is not None
        return value

    assert 0 <= of(60, 67) < of(60, 64) < of(60, 61) <= 1


def test_best_path_stays_unless_evidence_says_otherwise() -> None:
    scores = np.zeros((20, 3))
    scores[:, 1] += 0.1
    scores[10, 2] += 1.0
    assert best_path(scores, 0.9).tolist() == [1] * 20
    scores[:10, 1] += 1.0
    scores[10:, 2] += 5.0
    assert best_path(scores, 0.9).tolist() == [1] * 10 + [2] * 10


def test_usual_chords_of_a_key() -> None:
    table = chords_of_keys()
    c_major = table[KEYS.index("C major")]
    assert c_major[0] == 1.0  # C
    assert c_major[12 + 9] == 1.0  # Am
    assert c_major[6] == 0.0  # F#
    assert np.array_equal(np.sort(table[:12]), np.sort(np.tile(c_major, (12, 1))))


def test_stats_of_nothing_are_none() -> None:
    assert stats(np.zeros(0)).mean is None
    assert stats(np.array([1.0, 3.0])).model_dump() == {"mean": 2, "std": 1, "min": 1, "max": 3}


def test_same_input_same_report() -> None:
    audio, _ = sketch(1600, "trance", 30.0)
    one, other = (describe_tonal(Spectra(audio)).model_dump_json() for _ in range(2))
    assert one == other
