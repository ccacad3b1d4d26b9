from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import keys

any_key = st.sampled_from(keys.KEYS)

WHEEL = {
    "1A": "G# minor", "2A": "D# minor", "3A": "A# minor", "4A": "F minor", "5A": "C minor",
    "6A": "G minor", "7A": "D minor", "8A": "A minor", "9A": "E minor", "10A": "B minor",
    "11A": "F# minor", "12A": "C# minor", "1B": "B major", "2B": "F# major", "3B": "C# major",
    "4B": "G# major", "5B": "D# major", "6B": "A# major", "7B": "F major", "8B": "C major",
    "9B": "G major", "10B": "D major", "11B": "A major", "12B": "E major",
}  # fmt: skip


@pytest.mark.parametrize(("code", "key"), WHEEL.items())
def test_camelot_wheel_both_ways(code: str, key: str) -> None:
    assert keys.to_camelot(key) == code
    assert keys.from_camelot(code) == key
    assert keys.parse_key(code.zfill(3)) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Bbm", "A# minor"), ("Bb minor", "A# minor"), ("F♯ minor", "F# minor"), ("E♭", "D# major"),
        ("Abmaj", "G# major"), ("C", "C major"), ("CM", "C major"), ("Cm", "C minor"),
        ("c#m", "C# minor"), ("Cb", "B major"), ("F-sharp minor", "F# minor"), ("1m", "A minor"),
        ("1d", "C major"), ("12d", "F major"), ("A  min", "A minor"), ("B", "B major"),
        ("b minor", "B minor"), ("D flat major", "C# major"),
    ],
)  # fmt: skip
def test_tags_are_understood(text: str, key: str) -> None:
    assert keys.parse_key(text) == key


@pytest.mark.parametrize("text", ["", "o", "13A", "0B", "H", "unknown", "Am7b5", "8C"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert keys.parse_key(text) is None


@given(any_key)
def test_names_survive_every_notation(key: str) -> None:
    assert keys.parse_key(key) == key
    assert keys.parse_key(keys.to_camelot(key)) == key
    assert keys.parse_key(keys.to_open_key(key)) == key


@given(any_key, st.integers(-24, 24))
def test_transposing_back_returns(key: str, semitones: int) -> None:
    assert keys.transpose(keys.transpose(key, semitones), -semitones) == key


@pytest.mark.parametrize(
    ("a", "b", "name"),
    [
        ("A minor", "A minor", "same"), ("A minor", "C major", "relative"),
        ("C major", "A minor", "relative"), ("A minor", "E minor", "fifth_up"),
        ("A minor", "D minor", "fifth_down"), ("A minor", "A major", "parallel"),
        ("A minor", "B minor", "whole_tone_up"), ("A minor", "G minor", "whole_tone_down"),
        ("A minor", "A# minor", "semitone_up"), ("A minor", "G# minor", "semitone_down"),
        ("A minor", "G major", "diagonal"), ("A minor", "F major", "diagonal"),
        ("C major", "E minor", "diagonal"), ("C major", "D minor", "diagonal"),
        ("A minor", "D# minor", "distant"), ("A minor", "C# major", "distant"),
    ],
)  # fmt: skip
def test_relations(a: str, b: str, name: str) -> None:
    assert keys.relation(a, b) == name


@given(any_key, any_key)
def test_wheel_steps_agree_with_relations(a: str, b: str) -> None:
    expected = {"same": 0, "relative": 1, "fifth_up": 1, "fifth_down": 1, "diagonal": 2,
                "whole_tone_up": 2, "whole_tone_down": 2, "parallel": 4, "semitone_up": 5,
                "semitone_down": 5}  # fmt: skip
    name = keys.relation(a, b)
    assert keys.wheel_steps(a, b) == keys.wheel_steps(b, a)
    if name in expected:
        assert keys.wheel_steps(a, b) == expected[name]
