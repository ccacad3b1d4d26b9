"""Styles as they are heard: the level of each band over time, every style told from the others."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import load_audio
from mixing.measure import describe_quality
from mixing.plan import Plan
from mixing.planner import plan_transition
from mixing.render import render
from mixing.styles import STYLES

A_LOW, A_MID, A_HIGH = 55.0, 440.0, 5000.0
B_LOW, B_MID, B_HIGH = 70.0, 660.0, 7000.0
FULL_DB = {A_LOW: 0.08, A_MID: 0.05, A_HIGH: 0.03, B_LOW: 0.08, B_MID: 0.05, B_HIGH: 0.03}


class Heard:
    """A rendered transition, asked for the level of one tone at one time."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        assert plan.rendered is not None
        audio = load_audio(plan.rendered.path)
        self.samples = audio.samples
        self.rate = audio.sample_rate
        self.start = plan.transition_start_sec
        self.end = plan.transition_end_sec
        self.beat = (self.end - self.start) / plan.bars / 4

    def level(self, hz: float, sec: float, window_sec: float = 0.2) -> float:
        """Return a tone's level in dB against its own level in its track."""
        first = round((sec - window_sec / 2) * self.rate)
        part = self.samples[0, first : first + round(window_sec * self.rate)]
        times = np.arange(len(part)) / self.rate
        window = np.hanning(len(part))
        amplitude = 2 * np.abs(np.sum(part * window * np.exp(-2j * np.pi * hz * times)))
        gain = self.plan.output_gain_db
        if hz in (B_LOW, B_MID, B_HIGH):
            gain += self.plan.gain_db
        own = FULL_DB[hz] * window.sum() * 10 ** (gain / 20)
        return float(20 * np.log10(amplitude / own + 1e-6))

    def at(self, share: float) -> float:
        return self.start + share * (self.end - self.start)


@pytest.fixture(scope="module")
def heard(tone_pair, tmp_path_factory):
    folder = tmp_path_factory.mktemp("styles")
    done: dict[str, Heard] = {}

    def hear(style: str, *effects: str) -> Heard:
        key = "-".join((style, *effects))
        if key not in done:
            plan = plan_transition(*tone_pair, style, 8, effects)
            assert plan.style == style
            done[key] = Heard(render(plan, folder / f"{key}.wav", context_bars=4))
        return done[key]

    return hear


@pytest.mark.parametrize("style", STYLES)
def test_before_it_is_a_and_after_it_is_b(heard, style: str) -> None:
    it = heard(style)
    before = it.start - 2.0 - it.beat / 2  # between kicks, whose clicks hold all tones
    assert it.level(A_MID, before) == pytest.approx(0.0, abs=1.0)
    assert it.level(B_MID, before) < -40
    tail = max([echo.tail_sec for echo in it.plan.echoes], default=0.0)
    after = it.end + tail + it.beat / 2
    assert it.level(B_MID, after) == pytest.approx(0.0, abs=1.0)
    assert it.level(A_MID, after) < -40
    assert np.isfinite(it.samples).all()


@pytest.mark.parametrize("style", [name for name, each in STYLES.items() if each.blend])
def test_blends_keep_the_level(heard, style: str) -> None:
    it = heard(style)
    total = [
        10 * np.log10(sum(10 ** (it.level(hz, it.at(share)) / 10) for hz in (A_MID, B_MID)) + 1e-9)
        for share in np.linspace(0.05, 0.95, 13)
    ]
    assert max(total) < 3.2
    assert min(total) > -8.0


@pytest.mark.parametrize(
    ("style", "share"),
    [
        ("beatmatch_crossfade", 0.5),
        ("bass_swap", 0.5),
        ("eq_blend", 0.5),
        ("long_blend", 0.5),
        ("filter_sweep", 0.25),
    ],
)
def test_basslines_change_places_at_once(heard, style: str, share: float) -> None:
    it = heard(style)
    before, after = it.at(share) - 1.5 * it.beat, it.at(share) + 1.5 * it.beat
    assert it.level(A_LOW, before) > it.level(B_LOW, before) + 15
    assert it.level(B_LOW, after) > it.level(A_LOW, after) + 15
    assert it.plan.measured is not None
    assert it.plan.measured.bass_overlap_sec <= 4 * it.beat


def test_beatmatch_crossfade_is_even_in_the_middle(heard) -> None:
    it = heard("beatmatch_crossfade")
    ride = it.level(A_HIGH, it.at(0.5))
    for hz in (A_MID, B_MID, B_HIGH):
        assert it.level(hz, it.at(0.5)) == pytest.approx(ride, abs=1.0)
    assert ride == pytest.approx(-3.0, abs=1.5)


def test_bass_swap_holds_both_mids(heard) -> None:
    it = heard("bass_swap")
    for share in (0.35, 0.65):
        assert it.level(A_MID, it.at(share)) == pytest.approx(
            it.level(B_MID, it.at(share)), abs=1.0
        )


def test_eq_blend_hands_over_highs_before_mids(heard) -> None:
    it = heard("eq_blend")
    assert it.level(B_HIGH, it.at(0.45)) > it.level(A_HIGH, it.at(0.45)) + 20
    assert it.level(A_MID, it.at(0.4)) > it.level(B_MID, it.at(0.4)) + 10


def test_long_blend_brings_highs_in_late(heard) -> None:
    it = heard("long_blend")
    assert it.level(B_HIGH, it.at(0.15)) < it.level(B_MID, it.at(0.15)) - 5


def test_filter_sweep_thins_a_and_opens_b(heard) -> None:
    it = heard("filter_sweep")
    assert it.level(A_MID, it.at(0.75)) < it.level(A_HIGH, it.at(0.75)) - 10
    assert it.level(B_HIGH, it.at(0.15)) < it.level(B_MID, it.at(0.15)) - 10


def test_drop_swap_leaves_all_of_a_until_the_drop(heard) -> None:
    it = heard("drop_swap")
    assert it.level(A_LOW, it.end - 2 * it.beat) > -4
    assert it.level(B_LOW, it.end - 1.5 * it.beat) < -18
    assert it.level(B_LOW, it.end + 0.3) > -2
    assert it.level(A_MID, it.end + 0.3) < -40


def test_cut_mix_cuts(heard) -> None:
    it = heard("cut_mix")
    assert it.level(A_MID, it.end - 0.1, 0.1) > -1
    assert it.level(A_MID, it.end + 0.1, 0.1) < -40
    assert it.level(B_MID, it.end + 0.1, 0.1) > -1


def test_echo_transition_drowns_and_lingers(heard) -> None:
    it = heard("echo_transition")
    assert it.level(A_MID, it.end - 0.2) < 3
    lingering = [it.level(A_MID, it.end + sec) for sec in (0.5, 1.5, 3.0)]
    assert lingering[0] > -20
    assert lingering[0] > lingering[1] > lingering[2]
    assert it.level(A_LOW, it.end + 0.5) < -20


def test_echo_out_throws_only_the_last_beat(heard) -> None:
    it = heard("echo_out")
    assert it.level(A_MID, it.end - 4 * it.beat) == pytest.approx(0.0, abs=1.0)
    assert -20 < it.level(A_MID, it.end + 1.5 * it.beat) < -1
    assert it.level(A_MID, it.end + 8 * it.beat) < -15


def test_loop_roll_repeats_ever_shorter_loops(heard) -> None:
    it = heard("loop_roll")
    course = [each for each in it.plan.segments.a if each.out_start_sec >= it.start - 1e-6]
    lengths = [each.out_end_sec - each.out_start_sec for each in course]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] >= 16 * lengths[-1] - 1e-6
    assert len({round(each.track_start_sec, 6) for each in course}) == 1
    assert it.level(A_LOW, it.end - 0.3) < -15


def test_backspin_plays_backwards(heard) -> None:
    it = heard("backspin")
    spin = [each for each in it.plan.segments.a if each.rate < 0]
    first = spin[0]
    assert first.out_end_sec - first.out_start_sec < it.beat
    middle = (first.out_start_sec + first.out_end_sec) / 2
    # Four times as fast, thus two octaves up.
    part = it.samples[0, round((middle - 0.06) * it.rate) : round((middle + 0.06) * it.rate)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 16))
    hz = np.fft.rfftfreq(1 << 16, 1 / it.rate)
    band = (hz > 400) & (hz < 4000)
    assert hz[band][spectrum[band].argmax()] == pytest.approx(-first.rate * A_MID, rel=0.02)


def test_plain_fade_hands_the_bass_over_half_way(heard) -> None:
    it = heard("plain_fade")
    assert it.level(A_LOW, it.at(0.25)) == pytest.approx(it.level(A_MID, it.at(0.25)), abs=1.5)
    assert it.level(B_LOW, it.at(0.25)) < it.level(B_MID, it.at(0.25)) - 10
    assert it.level(A_LOW, it.at(0.75)) < it.level(A_MID, it.at(0.75)) - 10
    assert it.plan.measured.bass_overlap_sec <= 4 * it.beat
    assert it.plan.measured.kick_async_p95_ms is None
    assert "not matched" in it.plan.measured.why_null["kick_async_p95_ms"]


def test_a_looped_phrase_keeps_a_going(tone_pair, tmp_path: Path) -> None:
    a, b = tone_pair
    lines = a.analysis.rhythm.downbeat_times_sec
    plan = plan_transition(a, b, "bass_swap", 8, mix_out_sec=lines[-1], mix_in_sec=0.5)
    assert plan.loop_bars == 8
    it = Heard(render(plan, tmp_path / "looped.wav", context_bars=4))
    assert it.end > a.metadata.duration_sec - it.plan.rendered.clock_offset_sec + 8.0
    assert it.level(A_MID, it.at(0.4)) > -3
    assert it.plan.measured.kick_async_p95_ms < 2.0
    assert it.level(B_MID, it.end + 1.0) > -1


def test_effects_are_heard(heard) -> None:
    dry, wet = heard("cut_mix"), heard("cut_mix", "echo_tail")
    assert wet.level(A_MID, wet.end + wet.beat) > dry.level(A_MID, dry.end + dry.beat) + 15
    thin = heard("cut_mix", "filter_drop")
    assert thin.level(A_MID, thin.end - 0.3) < dry.level(A_MID, dry.end - 0.3) - 6


def test_no_two_styles_are_the_same(heard) -> None:
    hashes = {hashlib.sha256(heard(style).samples.tobytes()).hexdigest() for style in STYLES}
    assert len(hashes) == len(STYLES)


def test_quality_is_said_in_words(heard) -> None:
    words = dict(describe_quality(heard("cut_mix").plan))
    assert any("no overlap" in text for text in words)
    assert set(words.values()) <= {"good", "unsure", "clash"}
    assert describe_quality(plan_without_measure(heard("cut_mix").plan)) == []


def plan_without_measure(plan: Plan) -> Plan:
    return plan.model_copy(update={"measured": None})
