"""Transitions as they are heard: kicks, levels, lengths, every style told from the others."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import load_audio
from mixing.errors import MissingFile, UnwritableMix
from mixing.kicks import find_kicks, onset_curve, usual_body
from mixing.measure import describe_quality
from mixing.plan import Plan
from mixing.planner import plan_transition
from mixing.render import render
from mixing.styles import STYLES

RATE = 44_100
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


# Kicks and clocks


def kick_times(plan: Plan, samples: np.ndarray, rate: int, side: str) -> tuple[float, float]:
    """Return median and p95 of where a track's kicks are against the plan's clock, in ms."""
    clock = getattr(plan.timeline, side)
    track = getattr(plan, side)
    period = 60 / track.bpm / clock.rate
    first = clock.out_time(track.first_downbeat_sec)
    curve = onset_curve(samples, rate, usual_body(samples, rate))
    beat = first + np.ceil((0.3 - first) / period) * period
    kicks = find_kicks(curve, 0.0, beat, period)
    assert kicks is not None
    off = (kicks.times_sec - (beat + kicks.beats * period)) * 1e3
    return float(np.median(off)), float(np.percentile(np.abs(off - np.median(off)), 95))


@pytest.mark.parametrize(
    ("a_bpm", "b_bpm"),
    [(124.0, 126.0), (126.0, 124.0), (120.0, 127.0), (128.0, 128.0), (87.0, 174.0)],
)
def test_kicks_are_together_and_where_the_timeline_says(
    kick_track, tmp_path: Path, a_bpm: float, b_bpm: float
) -> None:
    a = kick_track(a_bpm, seconds=64.0, first_sec=0.31)
    b = kick_track(b_bpm, seconds=64.0, first_sec=0.77, kick_hz=57.0)
    plan = render(
        plan_transition(a, b, "beatmatch_crossfade", 8), tmp_path / "mix.wav", context_bars=8
    )
    measured = plan.measured
    assert measured is not None
    assert measured.kicks_compared >= 16
    assert measured.kick_async_p95_ms <= 2.0
    assert measured.drift_ms <= 2.0
    assert measured.loudness_step_lu <= 2.0
    assert measured.true_peak_dbtp <= -1.0
    # Against the truth: the plan's clocks put kick on kick.
    line = plan.timeline
    assert line is not None
    for share in (0.0, 0.5, 1.0):
        out = line.overlap_start_sec + share * (line.overlap_end_sec - line.overlap_start_sec)
        beat_a = (out - line.a.zero_sec) * line.a.rate / (60 / a_bpm) - 0.31 / (60 / a_bpm)
        beat_b = (out - line.b.zero_sec) * line.b.rate / (60 / b_bpm) - 0.77 / (60 / b_bpm)
        apart = (beat_b - beat_a * plan.tempo_multiple) % 4
        apart_ms = min(apart, 4 - apart) * 60 / (a_bpm * plan.tempo_multiple) * 1e3
        assert apart_ms < 2.0
    # And in the file: before the overlap A alone, after it B alone would glide, so A it is.
    audio = load_audio(plan.rendered.path)
    alone = audio.samples[:, : round(line.overlap_start_sec * audio.sample_rate)]
    off, spread = kick_times(plan, alone, audio.sample_rate, "a")
    assert abs(off) < 1.0
    assert spread < 1.0


def test_a_wrong_grid_is_corrected_by_the_audio(kick_track, tmp_path: Path) -> None:
    a = kick_track(124.0, seconds=64.0, first_sec=0.31)
    b = kick_track(126.0, seconds=64.0, first_sec=0.77, kick_hz=57.0).model_copy(deep=True)
    b.grid.first_downbeat_sec += 0.022
    b.grid.bpm += 0.004
    plan = render(plan_transition(a, b, "bass_swap", 8), tmp_path / "mix.wav", context_bars=2)
    assert plan.measured.kick_async_p95_ms <= 2.0
    assert plan.measured.drift_ms <= 2.0


def test_composed_tracks_meet(house_pair, tmp_path: Path) -> None:
    (a, truth_a), (b, truth_b) = house_pair
    plan = render(plan_transition(a, b, bars=8), tmp_path / "mix.wav", context_bars=8)
    assert plan.blend
    assert plan.measured.true_peak_dbtp <= -1.0
    line = plan.timeline
    inside = [
        [
            clock.out_time(sec)
            for sec in truth["kicks"]
            if line.overlap_start_sec < clock.out_time(sec) < line.overlap_end_sec
        ]
        for clock, truth in ((line.a, truth_a), (line.b, truth_b))
    ]
    beat = 60 / truth_a["bpm"]
    lags = [
        1e3 * min((kick - other for other in inside[0]), key=abs)
        for kick in inside[1]
        if inside[0] and min(abs(kick - other) for other in inside[0]) < beat / 8
    ]
    if lags:
        assert np.percentile(np.abs(lags), 95) <= 3.0
    if plan.measured.kick_async_p95_ms is not None:
        assert plan.measured.kick_async_p95_ms <= 5.0
    assert describe_quality(plan)


# Whole files


def test_the_whole_mix_is_all_of_a_and_b_to_its_end(tone_pair, tmp_path: Path) -> None:
    a, b = tone_pair
    shares: list[float] = []
    plan = render(
        plan_transition(a, b, "bass_swap", 8),
        tmp_path / "mix.flac",
        progress=lambda share, _words: shares.append(share),
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    audio = load_audio(tmp_path / "mix.flac")
    expected = plan.segments.b[-1].out_end_sec
    assert audio.duration_sec == pytest.approx(expected, abs=1 / RATE)
    assert plan.rendered.duration_sec == pytest.approx(expected, abs=1 / RATE)
    assert plan.rendered.clock_offset_sec == 0.0
    # A's head and B's tail are the tracks themselves, but for the gain.
    gain = 10 ** (plan.output_gain_db / 20)
    head = slice(round(5 * RATE), round(9 * RATE))
    assert (
        np.abs(audio.samples[:, head] - load_audio(a.metadata.path).samples[:, head] * gain).max()
        < 1e-6
    )
    last = plan.segments.b[-1]
    out_first = round((expected - 6.0) * RATE)
    own_first = round(last.track_time(out_first / RATE) * RATE)
    own = load_audio(b.metadata.path).samples[:, own_first : own_first + 4 * RATE]
    own = own * gain * 10 ** (plan.gain_db / 20)
    assert np.abs(audio.samples[:, out_first : out_first + 4 * RATE] - own).max() < 1e-5


def test_context_bars_cut_the_same_mix_out(tone_pair, tmp_path: Path) -> None:
    plan = plan_transition(*tone_pair, "beatmatch_crossfade", 8)
    before = plan.to_json()
    whole = render(plan, tmp_path / "whole.wav")
    part = render(plan, tmp_path / "part.wav", context_bars=2)
    assert plan.to_json() == before
    assert part.rendered.duration_sec == pytest.approx(12 * 2.0, abs=0.01)
    offset = part.rendered.clock_offset_sec
    assert part.timeline.overlap_start_sec == pytest.approx(
        whole.timeline.overlap_start_sec - offset, abs=1e-6
    )
    one = load_audio(tmp_path / "whole.wav").samples
    two = load_audio(tmp_path / "part.wav").samples
    first = round(offset * RATE)
    assert np.abs(one[:, first : first + two.shape[1]] - two).max() < 2e-3


def test_the_same_plan_gives_the_same_bytes(kick_track, tmp_path: Path) -> None:
    a, b = kick_track(124.0), kick_track(126.0)
    plan = plan_transition(a, b, "bass_swap", 4)
    files = [tmp_path / "one.wav", tmp_path / "two.wav"]
    plans = [render(plan, file, context_bars=1) for file in files]
    assert files[0].read_bytes() == files[1].read_bytes()
    plans[1].rendered.path = plans[0].rendered.path
    assert plans[0].to_json() == plans[1].to_json()


@pytest.mark.parametrize("suffix", [".mp3", ".ogg"])
def test_encoded_files_keep_time_and_ceiling(kick_track, tmp_path: Path, suffix: str) -> None:
    a, b = kick_track(124.0, peak=0.95), kick_track(126.0, peak=0.95, kick_hz=57.0)
    plan = render(plan_transition(a, b, "bass_swap", 4), tmp_path / f"mix{suffix}", context_bars=6)
    assert plan.measured.true_peak_dbtp <= -1.0
    audio = load_audio(plan.rendered.path)
    assert audio.duration_sec == pytest.approx(plan.rendered.duration_sec, abs=1e-3)
    alone = audio.samples[:, : round(plan.timeline.overlap_start_sec * audio.sample_rate)]
    off, spread = kick_times(plan, alone, audio.sample_rate, "a")
    assert abs(off) < 1.5
    assert spread < 1.5


def test_mono_and_other_rates_mix(kick_track, tmp_path: Path) -> None:
    a = kick_track(124.0, rate=48_000, seconds=60.0)
    b = kick_track(125.0, rate=22_050, channels=1, seconds=60.0, kick_hz=57.0)
    plan = render(plan_transition(a, b, "bass_swap", 4), tmp_path / "mix.wav", context_bars=2)
    assert plan.rendered.sample_rate == 48_000
    assert load_audio(plan.rendered.path).samples.shape[0] == 2
    assert plan.measured.kick_async_p95_ms <= 2.0


def test_quality_is_said_in_words(heard) -> None:
    words = dict(describe_quality(heard("cut_mix").plan))
    assert any("no overlap" in text for text in words)
    assert set(words.values()) <= {"good", "unsure", "clash"}
    assert describe_quality(plan_without_measure(heard("cut_mix").plan)) == []


def plan_without_measure(plan: Plan) -> Plan:
    return plan.model_copy(update={"measured": None})


def test_lost_files_and_stopping_have_a_name(kick_track, tmp_path: Path) -> None:
    a, b = kick_track(124.0), kick_track(126.0)
    plan = plan_transition(a, b, "cut_mix", 4)
    gone = plan.model_copy(deep=True)
    gone.b.path = str(tmp_path / "gone.wav")
    with pytest.raises(MissingFile, match=r"gone\.wav"):
        render(gone, tmp_path / "mix.wav")
    with pytest.raises(UnwritableMix):
        render(plan, tmp_path / "mix.xyz")

    class StoppedByUser(Exception):
        pass

    def stop(share: float, _words: str) -> None:
        if share > 0.5:
            raise StoppedByUser

    with pytest.raises(StoppedByUser):
        render(plan, tmp_path / "mix.wav", context_bars=2, progress=stop)
    assert list(tmp_path.iterdir()) == []
