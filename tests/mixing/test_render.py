"""Transitions as they are rendered: kicks on kicks, clocks, files, and what stops them."""

from __future__ import annotations

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

RATE = 44_100


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
