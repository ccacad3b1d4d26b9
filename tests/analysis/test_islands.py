"""Beats counted across stretches in which none is heard."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.rhythm.drift import tempo_path
from analysis.rhythm.islands import TURN_CELLS, island_turns, join_islands, turned_matches
from analysis.rhythm.pulse import TimeMap

HOP = 128 / 22050
END_SEC = 96.0
BEAT_SEC = 0.5
GAP_SEC = (40.0, 56.0)


def drums(beats_sec: np.ndarray) -> np.ndarray:
    """Pulse curves of kicks on all beats and snares on every other, shape (2, frames)."""
    curves = np.zeros((2, int(END_SEC / HOP) + 1))
    curves[0, np.round(beats_sec / HOP).astype(int)] = 1.0
    curves[1, np.round(beats_sec[1::2] / HOP).astype(int)] = 1.0
    return (curves - curves.mean(axis=1, keepdims=True)).astype(np.float32)


def broken_off(first_sec: float, end_sec: float) -> np.ndarray:
    """The drums with a stretch left out."""
    beats = np.arange(0.0, END_SEC, BEAT_SEC)
    return drums(beats[(beats < first_sec) | (beats >= end_sec)])


def astray(lost_beats: float) -> TimeMap:
    """A grid that is right up to the gap and loses so many beats in it."""
    beats = np.arange(0.0, END_SEC + BEAT_SEC, BEAT_SEC)
    late = np.interp(beats, GAP_SEC, (0.0, lost_beats))
    return TimeMap(beats + late * BEAT_SEC)


def test_half_a_beat_lost_in_a_breakdown_is_found_again() -> None:
    found = join_islands(broken_off(*GAP_SEC), HOP, astray(0.5), END_SEC)
    for start_sec in (0.0, GAP_SEC[1] + 6.0):
        there = found.position(np.arange(start_sec, start_sec + 30.0, BEAT_SEC))
        np.testing.assert_allclose(there, np.round(there), atol=0.02)
    assert np.diff(found.beat_times).min() > 0.8 * BEAT_SEC


def test_so_is_a_whole_beat_or_the_bar_would_start_on_another() -> None:
    found = join_islands(broken_off(*GAP_SEC), HOP, astray(1.0), END_SEC)
    there = np.round(found.position(np.array([0.0, GAP_SEC[1] + 8.0]))).astype(int)
    assert (there[1] - there[0]) % 2 == 0


def test_a_grid_that_is_heard_throughout_is_left_alone() -> None:
    beats = astray(0.0)
    assert join_islands(broken_off(0.0, 0.0), HOP, beats, END_SEC) is beats


def test_the_last_tempo_heard_goes_on_to_the_end() -> None:
    beats = np.arange(0.0, END_SEC + BEAT_SEC, BEAT_SEC)
    away = TimeMap(beats - 0.1 * np.maximum(beats - 64.0, 0.0))  # follows who knows what
    found = join_islands(broken_off(64.0, END_SEC), HOP, away, END_SEC)
    times = found.beat_times[found.beat_times < END_SEC]
    assert np.abs(times - np.round(times / BEAT_SEC) * BEAT_SEC).max() < 0.01
    assert times[-1] > END_SEC - 2 * BEAT_SEC


def test_silence_has_no_islands() -> None:
    beats = astray(0.0)
    assert join_islands(np.zeros((2, int(END_SEC / HOP)), np.float32), HOP, beats, END_SEC) is beats


@pytest.mark.parametrize("turn", range(8))
def test_every_island_is_turned_to_the_clearest(turn: int) -> None:
    rng = np.random.default_rng(2)
    clear = rng.random((3, 48))
    clear -= clear.mean(axis=1, keepdims=True)
    turned = 0.5 * np.roll(clear, -turn * TURN_CELLS, axis=1)
    assert island_turns([turned, clear, clear]).tolist() == [turn, 0, 0]
    assert int(turned_matches(turned, clear).argmax()) == turn


def test_notes_beside_the_beat_do_not_lead_the_tempo_away() -> None:
    beats = np.arange(0.0, END_SEC, 60 / 128)
    first, last = beats[beats >= 36.0][0], 42.0
    curve = np.zeros(int(END_SEC / HOP) + 1)
    curve[np.round(beats[(beats < first) | (beats >= last)] / HOP).astype(int)] = 1.0
    curve[np.round(np.arange(first, last, 5 / 8 * 60 / 128) / HOP).astype(int)] = 0.5
    _, bpm = tempo_path((curve - curve.mean())[None].astype(np.float32), HOP)
    octaves = np.log2(bpm / 128)
    np.testing.assert_allclose(octaves, np.round(octaves), atol=0.03)
