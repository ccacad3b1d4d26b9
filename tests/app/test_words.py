from __future__ import annotations

import pytest

from app.pages.labels import choices, short, standing
from app.pages.mixer import bars_of, measured_words, named, style_words
from app.parts import camelot_colour, said
from app.words import Said, Tone, clock, confidence, kicks, percent, signed, time_left, true_peak
from library.predictions import Prediction
from library.tracks import DJ, FOLDER, MODEL, TAGS, Fact
from mixing.plan import Measured


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (61.4, "1:01"), (59.6, "1:00"), (3725, "1:02:05")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_time_left_is_words_or_nothing() -> None:
    assert time_left(None) == ""
    assert time_left(float("inf")) == ""
    assert time_left(0.2) == "1 s left"
    assert time_left(40) == "40 s left"
    assert time_left(200) == "3 min left"


def test_a_confidence_under_one_half_is_unsure_and_the_dj_is_never_doubted() -> None:
    assert confidence(0.49) == Said("unsure", Tone.UNSURE)
    assert confidence(None) == Said("unsure", Tone.UNSURE)
    assert confidence(0.5) == Said("sure")
    assert confidence(0.1, by_dj=True) == Said("yours", Tone.GOOD)


def test_figures_come_with_their_meaning() -> None:
    assert kicks(2.4) == Said("Kicks together: 2 ms (tight)", Tone.GOOD)
    assert kicks(9).tone is Tone.UNSURE
    assert kicks(32).tone is Tone.BAD
    assert true_peak(-1.0).tone is Tone.GOOD
    assert true_peak(-0.2).tone is Tone.BAD
    assert signed(-4.69) == "−4.7"
    assert signed(1.83) == "+1.8"


def test_what_could_not_be_measured_is_said_with_its_reason() -> None:
    why_null = dict.fromkeys(("kick_async_p95_ms", "drift_ms"), "a cut has no overlap")
    measured = Measured(true_peak_dbtp=-1.2, why_null=why_null)
    assert [line.text for line in measured_words(measured)] == [
        "True peak: −1.2 dBTP (clean)",
        "Not measured (kicks, drift): a cut has no overlap",
    ]


def test_colour_is_never_the_only_sign() -> None:
    for tone in (Tone.GOOD, Tone.UNSURE, Tone.BAD):
        assert "<i aria-hidden" in said(Said("x", tone))
    assert said(Said("<b>", Tone.PLAIN)) == '<span class="said plain ">&lt;b&gt;</span>'


def test_the_wheel_has_24_colours() -> None:
    places = [f"{hour}{letter}" for hour in range(1, 13) for letter in "AB"]
    assert len({camelot_colour(place) for place in places}) == 24
    assert camelot_colour("13A") == camelot_colour("") == "var(--raised)"


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (Fact("House", 1.0, DJ), Said("yours", Tone.GOOD)),
        (Fact(), Said("unknown", Tone.UNSURE)),
        (Fact("House", 0.41, MODEL), Said(f"unsure, {percent(0.41)}", Tone.UNSURE)),
        (Fact("House", 0.82, MODEL), Said(percent(0.82))),
        (Fact("House", None, TAGS), Said("by tag")),
        (Fact("CLUB", None, FOLDER), Said("by folder")),
    ],
)
def test_who_vouches_for_a_label(fact: Fact, words: Said) -> None:
    assert standing(fact) == words


def test_chips_keep_their_order_when_one_is_chosen() -> None:
    guess = Prediction("bucket", "TECHNO", 0.6, (("HOUSE", 0.3), ("BASS", 0.1)))
    known = ["BASS", "CHILL", "HOUSE", "TECHNO"]
    before = choices(Fact("TECHNO", 0.6, MODEL), guess, known)
    after = choices(Fact("HOUSE", 1.0, DJ), guess, known)
    assert before == after == ["TECHNO", "HOUSE", "BASS"]


def test_the_standing_label_is_always_among_the_chips() -> None:
    guess = Prediction("bucket", "TECHNO", 0.6, (("HOUSE", 0.3), ("BASS", 0.1)))
    assert choices(Fact("NEW", 1.0, DJ), guess, []) == ["TECHNO", "HOUSE", "NEW"]
    assert choices(Fact("NEW", 1.0, DJ), None, ["A", "B", "C", "D"]) == ["A", "B", "NEW"]
    assert choices(Fact(), None, []) == []


def test_a_bucket_is_called_by_its_last_folder_unless_two_end_alike() -> None:
    among = ["CLUB/HOUSE", "CHILL/HOUSE", "CLUB/TECHNO"]
    assert short("CLUB/TECHNO", among) == "TECHNO"
    assert short("CLUB/HOUSE", among) == "CLUB/HOUSE"


def test_a_crossfade_in_milliseconds_becomes_the_nearest_length_in_bars() -> None:
    assert bars_of(16_000, 120.0) == "8"
    assert bars_of(15_000, 128.0) == "8"
    assert bars_of(8_000, None) == "auto"
    assert bars_of(0, 120.0) == "auto"


def test_styles_in_words() -> None:
    assert style_words("eq_blend") == "EQ blend"
    assert style_words("cut_mix") == "Cut mix"


def test_the_plans_letters_are_those_of_the_decks() -> None:
    line = "A ends in A minor (8A); B, trimmed by 1 dB, takes over"
    assert named(line, "a") == line
    assert named(line, "b") == "B ends in A minor (8A); A, trimmed by 1 dB, takes over"
