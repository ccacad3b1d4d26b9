from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.errors import BadSpec
from composer.spec import all_keys
from composer.theory import Key, chord_of, frequency_hz, parse_key, scale_note, voice_near


def test_keys_are_named_with_sharps() -> None:
    assert Key(10, "minor").name == "A# minor"
    assert parse_key("A# minor") == Key(10, "minor")
    assert len({parse_key(name) for name in all_keys()}) == 24


@pytest.mark.parametrize("name", ["Bb minor", "A", "H major", "A# dorian"])
def test_unknown_keys_are_refused(name: str) -> None:
    with pytest.raises(BadSpec, match="unknown key"):
        parse_key(name)


@pytest.mark.parametrize(
    ("token", "key", "name"),
    [
        ("i", "A minor", "Am"),
        ("VI", "A minor", "F"),
        ("V", "A minor", "E"),
        ("iv", "C# minor", "F#m"),
        ("ii", "C major", "Dm"),
        ("viio", "C major", "Bdim"),
        ("bII", "A minor", "A#"),
        ("IVsus2", "C major", "Fsus2"),
    ],
)
def test_numerals_mean_what_musicians_mean(token: str, key: str, name: str) -> None:
    assert chord_of(token, parse_key(key)).name == name


def test_sevenths_come_from_the_scale() -> None:
    assert chord_of("V", parse_key("C major"), "seventh").pitch_classes == (7, 11, 2, 5)
    assert chord_of("I", parse_key("C major"), "ninth").pitch_classes == (0, 4, 7, 11, 2)


@given(st.integers(0, 11), st.sampled_from(["major", "minor"]), st.integers(-7, 14))
def test_scale_degrees_stay_in_the_scale(tonic: int, mode: str, degree: int) -> None:
    key = Key(tonic, mode)
    assert scale_note(key, degree, 60) % 12 in key.scale
    assert scale_note(key, degree + 7, 60) == scale_note(key, degree, 60) + 12


def test_voicings_stay_near_their_centre() -> None:
    notes = voice_near(chord_of("i", parse_key("F minor"), "ninth"), 60)
    assert min(notes) >= 54
    assert max(notes) < 66
    assert {note % 12 for note in notes} == {5, 8, 0, 3, 7}


def test_tuning() -> None:
    assert frequency_hz(69) == 440.0
    assert frequency_hz(69, 100.0) == pytest.approx(frequency_hz(70))
