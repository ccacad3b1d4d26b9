"""Courses turned into audio."""

from __future__ import annotations

import numpy as np
import pytest

from mixing.errors import MissingFile
from mixing.kicks import find_kicks, onset_curve, usual_body
from mixing.plan import Segment
from mixing.stems import Tape, load_tape, render_course

RATE = 44_100


def tape_of(report) -> Tape:
    return load_tape(report.metadata.path, 0.0, None, RATE)


def seg(start: float, end: float, track: float, rate: float = 1.0, **flags: bool) -> Segment:
    return Segment(out_start_sec=start, out_end_sec=end, track_start_sec=track, rate=rate, **flags)


def test_the_track_as_it_is_comes_back_sample_for_sample(kick_track) -> None:
    tape = tape_of(kick_track(120.0, seconds=40.0, tones=((440.0, 0.1),)))
    out, played = render_course(tape, [seg(0.0, 30.0, 0.0)], 5.0, 10 * RATE)
    assert np.array_equal(out, tape.samples[:, 5 * RATE : 15 * RATE])
    assert played == [seg(0.0, 30.0, 0.0)]


def test_silence_outside_the_course(kick_track) -> None:
    tape = tape_of(kick_track(120.0, seconds=40.0, tones=((440.0, 0.1),)))
    out, _ = render_course(tape, [seg(2.0, 4.0, 10.0)], 0.0, 6 * RATE)
    assert not out[:, : round(1.99 * RATE)].any()
    assert out[:, 2 * RATE : 4 * RATE].any()
    assert not out[:, round(4.01 * RATE) :].any()


@pytest.mark.parametrize("rate", [0.93, 0.96, 0.985, 0.9985, 1.0012, 1.02, 1.05, 1.08])
def test_stretched_kicks_are_where_the_segment_says(kick_track, rate: float) -> None:
    report = kick_track(126.0, seconds=60.0, tones=((220.0, 0.05), (331.0, 0.05)))
    tape = tape_of(report)
    out, _ = render_course(tape, [seg(0.0, 40.0 / rate, 4.0, rate)], 0.0, round(40 / rate * RATE))
    period = 60 / 126 / rate
    first = (0.25 + 8 * 60 / 126 - 4.0) / rate
    kicks = find_kicks(onset_curve(out, RATE, usual_body(out, RATE)), 0.0, first, period)
    assert kicks is not None
    truth = first + kicks.beats * period
    assert len(kicks.beats) > 70
    assert np.percentile(np.abs(kicks.times_sec - truth), 95) < 0.0012


@pytest.mark.parametrize("rate", [0.96, 1.04])
def test_key_lock_keeps_the_pitch(kick_track, rate: float) -> None:
    tape = tape_of(kick_track(120.0, peak=0.0, tones=((440.0, 0.2),), seconds=30.0))
    out, _ = render_course(tape, [seg(0.0, 10.0, 3.0, rate)], 0.0, 10 * RATE)
    assert loudest_hz(out[:, RATE : 9 * RATE]) == pytest.approx(440.0, abs=0.5)


def test_a_record_pulled_back_changes_pitch(kick_track) -> None:
    tape = tape_of(kick_track(120.0, peak=0.0, tones=((440.0, 0.2),), seconds=30.0))
    out, _ = render_course(tape, [seg(0.0, 4.0, 20.0, -1.5, keylock=False)], 0.0, 4 * RATE)
    assert loudest_hz(out[:, RATE : 3 * RATE]) == pytest.approx(660.0, abs=0.5)


def test_a_glide_ends_in_the_original_without_a_seam(kick_track) -> None:
    tape = tape_of(kick_track(120.0, peak=0.0, tones=((110.0, 0.3),), seconds=60.0))
    rates = [1.04, 1.03, 1.02, 1.01]
    course, out_sec, track = [], 0.0, 2.0
    for rate in rates:
        course.append(seg(out_sec, out_sec + 4.0, track, rate, glide=rate < 1.04))
        out_sec, track = out_sec + 4.0, course[-1].track_end_sec
    course.append(seg(out_sec, out_sec + 10.0, track))
    out, played = render_course(tape, course, 0.0, round((out_sec + 10) * RATE))
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 1.1 * 0.3
    # The seam moved the original by less than it may.
    assert abs(played[-1].track_start_sec - track) <= 2 * 0.012 + 1e-9
    # A steady tone stays steady through it.
    around = out[0, round((out_sec - 0.2) * RATE) : round((out_sec + 0.2) * RATE)]
    level = np.sqrt(np.convolve(around**2, np.ones(882) / 882, "valid"))
    assert level.min() > 0.85 * level.max()
    # And what follows is the original itself.
    late = round((out_sec + 5.0) * RATE)
    first = round(played[-1].track_time(late / RATE) * RATE)
    assert np.array_equal(out[:, late : late + 1000], tape.samples[:, first : first + 1000])


def test_a_loop_repeats(kick_track) -> None:
    tape = tape_of(kick_track(120.0, seconds=40.0, tones=((330.0, 0.1),)))
    course = [seg(0.0, 1.0, 8.0), seg(1.0, 2.0, 8.0), seg(2.0, 3.0, 8.0)]
    out, _ = render_course(tape, course, 0.0, 3 * RATE)
    inner = slice(round(0.1 * RATE), round(0.9 * RATE))
    once, again = out[:, inner], out[:, RATE:][:, inner]
    assert np.array_equal(once, again)


def test_other_sample_rates_and_mono_become_the_mixs(kick_track) -> None:
    report = kick_track(120.0, seconds=20.0, rate=48_000, channels=1, tones=((440.0, 0.1),))
    tape = load_tape(report.metadata.path, 5.0, 9.0, RATE)
    assert (tape.start_sec, tape.samples.shape) == (4.0, (2, 5 * RATE))
    assert loudest_hz(tape.samples) == pytest.approx(440.0, abs=0.5)
    assert np.array_equal(tape.samples[0], tape.samples[1])


def test_two_tapes_of_a_track_hold_the_same_samples_at_any_rate(kick_track) -> None:
    path = kick_track(120.0, seconds=20.0, rate=48_000, tones=((440.0, 0.1),)).metadata.path
    one, two = load_tape(path, 2.7, 12.0, RATE), load_tape(path, 7.3, 12.0, RATE)
    early, late = (tape.read(7.5, 2 * RATE) for tape in (one, two))
    assert np.abs(early).max() > 0.1
    assert np.abs(early - late).max() < 1e-4


def test_a_missing_file_has_a_name(tmp_path) -> None:
    with pytest.raises(MissingFile, match="is not there"):
        load_tape(tmp_path / "gone.wav", 0.0, None, RATE)


def loudest_hz(samples: np.ndarray) -> float:
    count = samples.shape[1]
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(count), 8 * count))
    return float(np.argmax(spectrum) * RATE / (8 * count))
