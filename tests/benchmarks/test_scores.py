"""Scores against closed forms: answers whose distance from the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.keys import KEYS
from benchmarks._analysis.engines import Answer, krumhansl_key
from benchmarks._analysis.scores import Scored, score_run, score_track, summarise
from benchmarks._analysis.tracks import Track
from benchmarks._analysis.workers import Run

BEATS = tuple(0.5 * np.arange(200))


def track(**known: object) -> Track:
    return Track(Path("a.wav"), **{"bpm": 120.0, "beats": BEATS, **known})  # type: ignore[arg-type]


def scored(beats: list[float], confidence: float = 0.0, **known: object) -> Scored:
    run = Run(Answer(bpm=120.0, beats=beats, confidence=confidence), cpu_sec=2.0, peak_mb=100.0)
    return score_run(track(**known), run)


@pytest.mark.parametrize(
    ("bpm", "fine", "coarse", "acc1", "acc2"),
    [
        (120.0, 1, 1, 1, 1),
        (120.019, 1, 1, 1, 1),
        (119.96, 0, 1, 1, 1),
        (124.7, 0, 0, 1, 1),
        (60.0, 0, 0, 0, 1),
        (361.0, 0, 0, 0, 1),
        (90.0, 0, 0, 0, 0),
        (None, 0, 0, 0, 0),
    ],
)
def test_tempo(bpm: float | None, fine: int, coarse: int, acc1: int, acc2: int) -> None:
    score = score_track(track(), Answer(bpm=bpm, beats=[]))
    assert (score.tempo_fine, score.tempo_coarse, score.acc1, score.acc2) == (
        fine, coarse, acc1, acc2,
    )  # fmt: skip


def test_tempo_is_not_asked_where_it_changes_or_where_the_engine_is_silent() -> None:
    assert score_track(track(constant_tempo=False), Answer(bpm=120.0, beats=[])).acc1 is None
    assert score_track(track(), Answer(key="C major")).acc1 is None
    assert score_track(track(bpm=None), Answer(bpm=120.0)).acc1 is None


def test_beats_all_hit_at_a_known_offset() -> None:
    score = score_track(track(), Answer(beats=[time + 0.012 for time in BEATS]))
    assert score.beat_f == score.cmlt == score.amlt == 1.0
    assert score.offsets_ms == pytest.approx([12.0] * len(score.offsets_ms))


def test_every_other_beat_is_half_the_recall() -> None:
    score = score_track(track(), Answer(beats=list(BEATS[::2])))
    assert score.beat_f == pytest.approx(2 / 3, abs=0.01)
    assert score.cmlt == 0.0
    assert score.amlt == 1.0


def test_beats_between_the_beats_miss_all() -> None:
    score = score_track(track(), Answer(beats=[time + 0.25 for time in BEATS]))
    assert score.beat_f == 0.0
    assert score.amlt == pytest.approx(1.0, abs=0.02)
    assert score.offsets_ms == ()


def test_no_beats_score_zero_and_no_word_scores_nothing() -> None:
    assert score_track(track(), Answer(beats=[])).beat_f == 0.0
    assert score_track(track(), Answer()).beat_f is None
    assert score_track(track(beats=None), Answer(beats=[1.0])).beat_f is None


@given(st.sampled_from(KEYS), st.integers(0, 11))
def test_keys_by_their_relation(key: str, step: int) -> None:
    index = KEYS.index(key)
    mode = index // 12
    other = KEYS[12 * mode + (index + step) % 12]
    expected = {0: 1.0, 7: 0.5, 5: 0.5}.get(step, 0.0)
    assert score_track(track(key=key), Answer(key=other)).key_weighted == expected
    relative = KEYS[12 * (1 - mode) + (index + (9 if mode == 0 else 3)) % 12]
    parallel = KEYS[(index + 12) % 24]
    assert score_track(track(key=key), Answer(key=relative)).key_weighted == 0.3
    assert score_track(track(key=key), Answer(key=parallel)).key_weighted == 0.2


def test_a_key_looked_for_in_vain_is_wrong_and_one_not_looked_for_is_not() -> None:
    assert score_track(track(key="C major"), Answer(key="")).key_exact == 0.0
    assert score_track(track(key="C major"), Answer()).key_exact is None


def test_places_match_one_to_one_within_a_bar() -> None:
    truth = track(boundaries=(16.0, 32.0, 48.0))  # a bar is 2 s
    assert score_track(truth, Answer(boundaries=[17.9, 30.1, 48.0])).boundary_f == 1.0
    assert score_track(truth, Answer(boundaries=[18.1])).boundary_f == 0.0
    # Two answers near one place are one hit: precision 1/2, recall 1/3.
    assert score_track(truth, Answer(boundaries=[15.5, 16.5])).boundary_f == pytest.approx(0.4)
    assert score_track(track(drops=()), Answer(drops=[])).drop_f is None
    assert score_track(track(drops=()), Answer(drops=[3.0])).drop_f == 0.0


def test_groups_are_scored_apart() -> None:
    good = scored(list(BEATS))
    drifting = scored([], constant_tempo=False)
    drumless = scored(list(BEATS[::2]), has_drums=False)
    summary = summarise([good, drifting, drumless])
    assert summary["beat_f"] == 1.0
    assert summary["drifting_beat_f"] == 0.0
    assert summary["drumless_beat_f"] == pytest.approx(2 / 3, abs=0.01)


def test_confidence_is_judged_over_all_tracks() -> None:
    wrong = [time + 0.25 for time in BEATS]
    summary = summarise(
        [scored(list(BEATS), 0.9), scored(list(BEATS), 0.85), scored(wrong, 0.87), scored(wrong, 0)]
    )
    assert summary["sure_share"] == 0.75
    assert summary["sure_right"] == pytest.approx(2 / 3)
    assert summary["confidence_auc"] == 0.75  # three of four pairs are in order


def test_cost_is_a_ratio_on_the_same_tracks_and_the_highest_peak() -> None:
    runs = [
        Run(Answer(), cpu_sec=3.0, peak_mb=200.0, yardstick_cpu_sec=2.0),
        Run(Answer(), cpu_sec=1.0, peak_mb=300.0, yardstick_cpu_sec=2.0),
        Run(None, "crashed"),
    ]
    summary = summarise([score_run(track(), run) for run in runs])
    assert (summary["cpu_sec"], summary["cpu_times"]) == (2.0, 1.0)
    assert (summary["peak_mb"], summary["failed"]) == (300.0, 1.0)


def test_krumhansl_key_of_a_scale() -> None:
    chroma = np.zeros(12)
    chroma[[2, 4, 6, 7, 9, 11, 1]] = (1.0, 0.5, 0.7, 0.5, 0.8, 0.5, 0.4)
    assert krumhansl_key(chroma) == "D major"
