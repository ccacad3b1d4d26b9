"""Grids against music whose every beat is known."""

from __future__ import annotations

from typing import Any

import mir_eval
import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.rhythm.grid import GridResult, find_grid
from composer.render import Rendered, render_track
from composer.spec import compose_spec

RATE = 44100


def kicks(times_sec: NDArray[np.float64], duration_sec: float, rate: int) -> NDArray[np.float32]:
    samples = np.zeros(int(duration_sec * rate), dtype=np.float32)
    t = np.arange(int(0.25 * rate)) / rate
    kick = np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-t * 40)))) * np.exp(-t * 12)
    for time in times_sec:
        start = round(time * rate)
        part = samples[start : start + len(t)]
        part += kick[: len(part)].astype(np.float32)
    return samples


@pytest.mark.parametrize("bpm", [92.37, 120.0, 127.5003, 139.999, 151.02])
@pytest.mark.parametrize("rate", [22050, 48000])
def test_tempo_and_phase_of_bare_kicks(bpm: float, rate: int) -> None:
    grid = find_grid(kicks(np.arange(0.31, 60.0, 60 / bpm), 60.0, rate), rate)
    assert grid.bpm is not None
    assert grid.constant
    assert abs(grid.bpm - bpm) < 0.002
    assert abs(grid.beat_times_sec[0] - 0.31) < 0.002


def test_beats_go_from_the_start_of_the_track_to_its_end() -> None:
    grid = find_grid(kicks(np.arange(8.0, 50.0, 0.5), 60.0, RATE), RATE)
    assert 0.0 <= grid.beat_times_sec[0] < 0.5
    assert 59.4 < grid.beat_times_sec[-1] < 60.0
    np.testing.assert_allclose(np.diff(grid.beat_times_sec), 0.5, atol=2e-3)


def test_a_first_beat_at_the_first_sample_is_kept() -> None:
    grid = find_grid(kicks(np.arange(0.0, 40.0, 60 / 126), 40.0, RATE), RATE)
    assert grid.beat_times_sec[0] == pytest.approx(0.0, abs=0.002)


def test_a_long_breakdown_does_not_bend_the_grid() -> None:
    beats = np.arange(0.2, 120.0, 60 / 124)
    played = beats[(beats < 40) | (beats > 85)]
    noise = np.random.default_rng(3).standard_normal(120 * RATE).astype(np.float32) * 0.01
    grid = find_grid(kicks(played, 120.0, RATE) + noise, RATE)
    assert grid.constant
    assert np.abs(grid.beat_times_sec[: len(beats)] - beats).max() < 0.002


def test_one_step_of_tempo_gives_two_segments() -> None:
    first = np.arange(0.5, 60.0, 60 / 120)
    second = np.arange(first[-1] + 60 / 129, 110.0, 60 / 129)
    grid = find_grid(kicks(np.concatenate([first, second]), 112.0, RATE), RATE)
    assert not grid.constant
    assert [bpm for _, bpm in grid.segments] == pytest.approx([120.0, 129.0], abs=0.02)
    assert grid.segments[1][0] == pytest.approx(second[0], abs=0.7)
    assert _f_measure(np.concatenate([first, second]), grid) > 0.98


@pytest.mark.parametrize("samples", [np.zeros(10 * RATE), np.zeros(100), np.zeros(0)])
def test_silence_has_no_grid(samples: NDArray[np.float64]) -> None:
    grid = find_grid(samples, RATE)
    assert grid.bpm is None
    assert len(grid.beat_times_sec) == 0
    assert grid.confidence == 0.0


def test_noise_is_not_trusted() -> None:
    noise = np.random.default_rng(11).standard_normal(60 * RATE) * 0.1
    assert find_grid(noise, RATE).confidence < 0.3


def test_short_music_is_no_grid() -> None:
    assert find_grid(kicks(np.arange(0.0, 3.0, 0.5), 3.0, RATE), RATE).bpm is None


# Composed music. Seeds from 1000 on, like everything the constants were fitted on.
CONSTANT = [
    ("deep house", 1101), ("techno", 1102), ("drum & bass", 1103), ("hip-hop", 1104),
    ("trance", 1105), ("uk garage", 1106), ("dubstep", 1107),
]  # fmt: skip


def composed(style: str, seed: int, **flags: Any) -> Rendered:
    return render_track(compose_spec(seed, style, 60.0, phrase_bars=4, **flags))


def _f_measure(beats: NDArray[np.float64], grid: GridResult) -> float:
    found = grid.beat_times_sec
    inside = found[(found > beats[0] - 0.1) & (found < beats[-1] + 0.1)]
    return float(mir_eval.beat.f_measure(beats, inside, f_measure_threshold=0.02))


@pytest.mark.parametrize(("style", "seed"), CONSTANT)
def test_composed_music_of_one_tempo(style: str, seed: int) -> None:
    track = composed(style, seed)
    grid = find_grid(track.samples.mean(axis=0), track.sample_rate)
    assert grid.bpm is not None
    assert grid.constant
    assert abs(grid.bpm - track.truth["bpm"]) < 0.01
    beats = np.array(track.truth["beats"])
    assert _f_measure(beats, grid) > 0.97  # within 20 ms
    near = np.abs(grid.beat_times_sec[:, None] - beats).min(axis=0)
    assert np.median(near) < 0.002
    downs = np.array(track.truth["downbeats"])
    assert np.median(np.abs(grid.downbeat_times_sec[:, None] - downs).min(axis=0)) < 0.005


@pytest.mark.parametrize(("seed", "bpm"), [(1204, 161.51), (1214, 174.24)])
def test_half_time_music_is_not_counted_at_half_its_tempo(seed: int, bpm: float) -> None:
    track = composed("dubstep", seed, bpm=bpm)
    grid = find_grid(track.samples.mean(axis=0), track.sample_rate)
    assert grid.bpm == pytest.approx(bpm, abs=0.01)


def test_composed_music_that_drifts() -> None:
    track = composed("nu-disco", 1108, drift=True)
    grid = find_grid(track.samples.mean(axis=0), track.sample_rate)
    assert not grid.constant
    assert _f_measure(np.array(track.truth["beats"]), grid) > 0.9


def test_the_same_samples_give_the_same_grid() -> None:
    samples = composed("electro", 1109).samples.mean(axis=0)
    one, two = find_grid(samples, RATE), find_grid(samples.copy(), RATE)
    assert one.bpm == two.bpm
    np.testing.assert_array_equal(one.beat_times_sec, two.beat_times_sec)
    assert one.confidence == two.confidence
