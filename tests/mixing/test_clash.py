"""What two tracks do to each other, on tones and silence whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from mixing.clash import harmonic_clash, vocal_overlap_sec

RATE = 44_100
SECONDS = 8


def chord(*notes: int) -> np.ndarray:
    time = np.arange(SECONDS * RATE) / RATE
    sound = sum(
        np.sin(2 * np.pi * 440 * 2 ** ((note - 69) / 12) * partial * time) / partial
        for note in notes
        for partial in (1, 2, 3, 4)
    )
    return np.repeat(0.05 * np.asarray(sound, np.float32)[None], 2, axis=0)


def test_keys_a_semitone_apart_rub_and_the_same_key_does_not() -> None:
    c_minor, c_sharp_minor, e_flat = chord(60, 63, 67), chord(61, 64, 68), chord(63, 67, 70)
    same = harmonic_clash(c_minor, 0.7 * c_minor, RATE)
    relative = harmonic_clash(c_minor, e_flat, RATE)
    semitone = harmonic_clash(c_minor, c_sharp_minor, RATE)
    assert same is not None
    assert relative is not None
    assert semitone is not None
    assert abs(same) < 0.01
    assert relative < 0.3
    assert semitone > 0.7


def test_what_is_hardly_heard_does_not_clash() -> None:
    loud = chord(60, 64, 67)
    assert harmonic_clash(loud, 0.02 * chord(61, 65, 68), RATE) is None
    assert harmonic_clash(loud, np.zeros_like(loud), RATE) is None
    assert harmonic_clash(loud[:, :RATE], loud[:, :RATE], RATE) is None


def test_two_voices_count_where_both_are_sung_and_heard() -> None:
    voice = chord(69)
    sung = [(1.0, 5.0, 1.0)]
    assert vocal_overlap_sec(voice, voice, RATE, sung, [(3.0, 7.0, 1.0)]) == pytest.approx(2.0)
    assert vocal_overlap_sec(voice, voice, RATE, sung, [(5.0, 7.0, 1.0)]) == 0.0
    assert vocal_overlap_sec(voice, voice, RATE, sung, []) == 0.0
    quieter = vocal_overlap_sec(voice, 10 ** (-10 / 20) * voice, RATE, sung, [(3.0, 7.0, 0.5)])
    assert quieter == pytest.approx(2.0 * 0.5 * 4 * 0.1 / 1.1**2, rel=0.02)
    assert vocal_overlap_sec(voice, np.zeros_like(voice), RATE, sung, sung) == 0.0
