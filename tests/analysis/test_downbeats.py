"""Bar 1, from each witness alone."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.rhythm.beatwise import Beatwise
from analysis.rhythm.downbeats import FEATURE_NAMES, bar_features, find_downbeat

BEATS = 256


def flat(seed: int = 0) -> dict[str, np.ndarray]:
    """Features of beats that are all alike but for the strength of their strokes."""
    rng = np.random.default_rng(seed)
    return {
        "level": np.full((BEATS, 6), -1.0),
        "cells": 0.2 + 0.02 * rng.random((BEATS, 4, 6)),
        "busy": 0.1 + 0.01 * rng.random((BEATS, 6)),
        "chroma": np.tile(np.eye(24)[[0, 12]].sum(axis=0), (BEATS, 1)),
    }


def beatwise(parts: dict[str, np.ndarray]) -> Beatwise:
    return Beatwise(hits=parts["cells"][:, 0], **parts)


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_sections_change_on_bar_lines(first: int) -> None:
    parts = flat()
    for number, start in enumerate(range(first, BEATS, 32)):
        parts["level"][start:] += 0.8 if number % 2 else -0.8
    assert find_downbeat(beatwise(parts))[0] == first


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_harmony_changes_on_bar_lines(first: int) -> None:
    parts = flat()
    for number, start in enumerate(range(first, BEATS, 4)):
        parts["chroma"][start:] = np.eye(24)[[number * 5 % 12, 12 + number * 5 % 12]].sum(axis=0)
    assert find_downbeat(beatwise(parts))[0] == first


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_kick_and_snare_keep_their_places(first: int) -> None:
    parts = flat()
    beat = (np.arange(BEATS) - first) % 4
    parts["cells"][beat == 0, 0, 0] = 1.0  # kick on 1 …
    parts["cells"][beat == 2, 2, 0] = 1.0  # … and after 3
    for band in (3, 4):
        parts["cells"][(beat == 1) | (beat == 3), 0, band] = 1.0
    assert find_downbeat(beatwise(parts))[0] == first


def test_the_witnesses_together_are_surer_than_one() -> None:
    harmony, both = flat(), flat()
    for parts in (harmony, both):
        for number, start in enumerate(range(2, BEATS, 4)):
            chord = np.eye(24)[[number * 5 % 12, 12 + number * 5 % 12]].sum(axis=0)
            parts["chroma"][start:] = chord
    for number, start in enumerate(range(2, BEATS, 32)):
        both["level"][start:] += 0.8 if number % 2 else -0.8
    alone, together = find_downbeat(beatwise(harmony)), find_downbeat(beatwise(both))
    assert alone[0] == together[0] == 2
    assert together[1] > alone[1]


def test_two_bars_are_too_few_to_say() -> None:
    parts = {name: rows[:7] for name, rows in flat().items()}
    features = bar_features(beatwise(parts))
    assert features.shape == (4, len(FEATURE_NAMES))
    assert find_downbeat(beatwise(parts)) == (0, 0.25)
