"""A track's course as audio: decoding only what is heard, stretching it, joining the pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from python_stretch import Signalsmith

from analysis.audio import load_audio
from mixing.errors import MissingFile
from mixing.plan import Segment

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

JOIN_SEC = 0.005
"""Fade at the ends of every piece; short enough to leave the kick that follows alone."""

SEAM_SEC = 0.030
"""Crossfade where stretching begins anew or ends."""
SEAM_LAG_SEC = 0.012
"""How far the original may be moved so that both sides of a seam are in phase."""

PITCH_FREE_CHANGE = 0.003
"""Up to this change of rate (5 cents) the pitch may follow: nobody hears it, and plain
resampling leaves every transient as it was."""

PREROLL_SEC = 0.1
"""The stretcher starts this much early, so that it is settled when heard."""

BLOCK_SAMPLES = 3072
INTERVAL_SAMPLES = 768
"""Signalsmith's block and hop, 70 and 17 ms at 44.1 kHz: shorter than its preset (120 and 30 ms),
which leaves half of the preset's error in the timing of hats and kicks. 3072 is 3 · 2¹⁰, a length
that a Fourier transform likes: 3087 samples, 70 ms to the letter, cost a quarter more."""

SPARE_SEC = 0.1
"""Decoded before what is wanted."""

_OVERSAMPLING = 4
_CHUNK = 1 << 18


@dataclass(frozen=True, eq=False)
class Tape:
    """A decoded stretch of a track at the mix's sample rate.

    Parameters
    ----------
    samples
        Stereo, shape (2, n).
    sample_rate
        In Hz.
    start_sec
        Track time of the first sample.
    """

    samples: Samples
    sample_rate: int
    start_sec: float

    def read(self, start_sec: float, count: int) -> Samples:
        """Return ``count`` samples from a track time on, silence where the tape has none."""
        first = round((start_sec - self.start_sec) * self.sample_rate)
        out = np.zeros((2, count), np.float32)
        low, high = max(first, 0), min(first + count, self.samples.shape[1])
        if high > low:
            out[:, low - first : high - first] = self.samples[:, low:high]
        return out


def load_tape(path: Path | str, start_sec: float, end_sec: float | None, rate: int) -> Tape:
    """Decode a stretch of a file as stereo at ``rate``.

    Raises
    ------
    MissingFile
        If the file is not there.
    analysis.errors.UnreadableAudio
        If it cannot be decoded.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFile(path)
    # A whole second is a whole sample at the file's rate and at the mix's: two tapes of one
    # track hold the very same samples wherever they begin. The spare keeps the resampler's
    # first samples out of what is heard.
    start_sec = float(math.floor(max(0.0, start_sec - SPARE_SEC)))
    audio = load_audio(path, start_sec, end_sec)
    samples = audio.samples
    if samples.shape[0] == 1:
        samples = np.repeat(samples, 2, axis=0)
    if audio.sample_rate != rate:
        samples = soxr.resample(np.ascontiguousarray(samples.T), audio.sample_rate, rate).T
    return Tape(np.asarray(samples, np.float32), rate, start_sec)


def render_course(
    tape: Tape, course: Sequence[Segment], start_sec: float, count: int
) -> tuple[Samples, list[Segment]]:
    """Return what is heard of a track between two out times.

    Parameters
    ----------
    tape
        Audio that covers the course there.
    course
        The track's segments on the out clock.
    start_sec
        Out time of the first sample wanted.
    count
        Samples wanted.

    Returns
    -------
    samples
        Shape (2, count); silence where the course has nothing.
    course
        The segments as played: those after a stretch may begin some milliseconds earlier or
        later in the track, so that the seam is in phase.
    """
    rate = tape.sample_rate
    end_sec = start_sec + count / rate
    out = np.zeros((2, count), np.float32)
    played: list[Segment] = []
    runs = _runs(course)
    joins = [JOIN_SEC] + [_join_sec(one, two) for one, two in pairwise(runs)]
    joins.append(JOIN_SEC)
    shift_sec = 0.0
    before: Samples | None = None
    for run, join_in, join_out in zip(runs, joins, joins[1:], strict=False):
        run = [
            each.model_copy(update={"track_start_sec": each.track_start_sec + shift_sec})
            for each in run
        ]
        if join_in == SEAM_SEC and before is not None:
            lag_sec = _seam_lag(tape, run[0].track_start_sec, before)
            shift_sec += lag_sec
            run[0].track_start_sec += lag_sec
        played += run
        begin, end = run[0].out_start_sec - join_in, run[-1].out_end_sec
        if _is_plain(run[0]):
            low, high = max(begin, start_sec), min(end, end_sec)
        else:
            low, high = begin, min(end, end_sec + join_out)
        # Whole samples, so that pieces read in two goes fit together.
        low = start_sec + round((low - start_sec) * rate) / rate
        high = start_sec + round((high - start_sec) * rate) / rate
        starts, ends = abs(low - begin) < 1 / rate, abs(high - end) < 1 / rate
        before = None
        if high <= low or end <= start_sec or begin >= end_sec:
            continue
        piece = _play(tape, run, low, round((high - low) * rate))
        if starts:
            _fade_in(piece, round(join_in * rate))
        if ends:
            before = piece[:, -round(join_out * rate) :].copy()
            _fade_in(piece[:, ::-1], round(join_out * rate))
        _add(out, piece, round((low - start_sec) * rate))
    return out, played


def _is_plain(segment: Segment) -> bool:
    """Return whether a segment is the track as it is."""
    return abs(segment.rate - 1.0) < 1e-9


def _continues(one: Segment, two: Segment) -> bool:
    """Return whether ``two`` goes on where ``one`` ends, in the mix and in the track."""
    return (
        abs(one.out_end_sec - two.out_start_sec) < 1e-6
        and abs(one.track_end_sec - two.track_start_sec) < 1e-4
    )


def _runs(course: Sequence[Segment]) -> list[list[Segment]]:
    """Return the segments in groups that can be played in one go."""
    runs: list[list[Segment]] = []
    for segment in course:
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and _continues(last, segment)
            and _is_plain(last) == _is_plain(segment)
            and last.keylock == segment.keylock
        ):
            runs[-1].append(segment)
        else:
            runs.append([segment])
    return runs


def _join_sec(one: list[Segment], two: list[Segment]) -> float:
    """Return the length of the crossfade between two runs."""
    restarts = _needs_keylock(one) or _needs_keylock(two)
    return SEAM_SEC if restarts and _continues(one[-1], two[0]) else JOIN_SEC


def _needs_keylock(run: Sequence[Segment]) -> bool:
    """Return whether a run is stretched far enough for its pitch to need keeping."""
    return any(each.keylock and abs(each.rate - 1.0) > PITCH_FREE_CHANGE for each in run)


def _play(tape: Tape, run: Sequence[Segment], start_sec: float, count: int) -> Samples:
    """Return ``count`` samples of a run from an out time on."""
    if _is_plain(run[0]):
        return tape.read(run[0].track_time(start_sec), count)
    if _needs_keylock(run):
        return _key_locked(tape, run, start_sec, count)
    return _varispeed(tape, run, start_sec, count)


def _key_locked(tape: Tape, run: Sequence[Segment], start_sec: float, count: int) -> Samples:
    """Play a run with its pitch kept.

    Chosen by figures, at 2 to 8 % on kicks under chords and on real tracks. Signalsmith Stretch
    puts every kick within 0.5 ms of where it belongs, keeps pitch and level, and costs 15 ms a
    second; after there and back its spectrum is 0.4 dB from the original. Rubber Band's R2
    engine: 3 ms, pitch of pure tones off by up to 2 %, 1.3 dB, 25 ms; its R3 engine as wrapped
    here smears kicks over 7 ms and more.
    """
    rate = tape.sample_rate
    first_sec = start_sec - PREROLL_SEC
    heard = [each for each in run if each.out_end_sec > first_sec] or [run[-1]]
    early = heard[0].track_time(first_sec)
    end = _track_time(run, start_sec + count / rate + PREROLL_SEC)
    edges = [
        early,
        *(each.track_start_sec for each in heard[1:] if each.track_start_sec < end),
        end,
    ]
    source = tape.read(early, round((end - early) * rate))
    stretcher = Signalsmith.Stretch()
    stretcher.preset(2, float(rate))
    stretcher.configure(2, BLOCK_SAMPLES, INTERVAL_SAMPLES)
    parts: list[Samples] = []
    # One stretcher throughout: where the rate changes there is no seam.
    for segment, (low, high) in zip(heard, pairwise(edges), strict=False):
        stretcher.setTimeFactor(segment.rate)
        piece = source[:, round((low - early) * rate) : round((high - early) * rate)]
        parts.append(np.asarray(stretcher.process(np.ascontiguousarray(piece)), np.float32))
    stretched = np.concatenate(parts, axis=1)
    skip = round(PREROLL_SEC * rate)
    piece = np.zeros((2, count), np.float32)
    part = stretched[:, skip : skip + count]
    piece[:, : part.shape[1]] = part
    return piece


def _track_time(run: Sequence[Segment], out_sec: float) -> float:
    """Return the track time heard at an out time, beyond the run's ends at its end rates."""
    for segment in run:
        if out_sec < segment.out_end_sec:
            return segment.track_time(out_sec)
    return run[-1].track_time(out_sec)


def _varispeed(tape: Tape, run: Sequence[Segment], start_sec: float, count: int) -> Samples:
    """Play a run at its rates with the pitch following, as a record does.

    The source is oversampled four times and read between samples by cubic interpolation; what
    that adds lies 80 dB below the signal up to 15 kHz.
    """
    rate = tape.sample_rate
    piece = np.empty((2, count), np.float32)
    knots = [run[0].out_start_sec, *(each.out_end_sec for each in run)]
    track = [run[0].track_start_sec, *(each.track_end_sec for each in run)]
    for first in range(0, count, _CHUNK):
        last = min(first + _CHUNK, count)
        times = start_sec + np.arange(first, last) / rate
        position = np.interp(times, knots, track)
        position += np.minimum(times - knots[0], 0) * run[0].rate
        position += np.maximum(times - knots[-1], 0) * run[-1].rate
        low = float(position.min()) - 0.01
        source = tape.read(low, round((float(position.max()) + 0.01 - low) * rate))
        fine = soxr.resample(np.ascontiguousarray(source.T), rate, rate * _OVERSAMPLING).T
        # ``read`` starts on a whole sample: take the position from that very sample.
        origin = tape.start_sec + round((low - tape.start_sec) * rate) / rate
        piece[:, first:last] = _cubic(fine, (position - origin) * rate * _OVERSAMPLING)
    return piece


def _cubic(samples: Samples, position: Floats) -> Samples:
    """Return the signal between samples (Catmull–Rom through four neighbours)."""
    whole = np.clip(np.floor(position).astype(np.int64), 1, samples.shape[1] - 3)
    part = (position - whole).astype(np.float32)
    p0, p1, p2, p3 = (samples[:, whole + step] for step in (-1, 0, 1, 2))
    bend = 2 * p0 - 5 * p1 + 4 * p2 - p3
    twist = 3 * (p1 - p2) + p3 - p0
    value = p1 + 0.5 * part * (p2 - p0 + part * (bend + part * twist))
    return np.asarray(value, np.float32)


def _seam_lag(tape: Tape, track_sec: float, before: Samples) -> float:
    """Return how far to move the original so that it goes on in phase with ``before``.

    Parameters
    ----------
    track_sec
        Track time at the end of the seam.
    before
        The stretched audio of the seam.
    """
    rate, length = tape.sample_rate, before.shape[1]
    reach = round(SEAM_LAG_SEC * rate)
    around = tape.read(track_sec - (length + reach) / rate, length + 2 * reach).sum(axis=0)
    own = before.sum(axis=0)
    score = np.correlate(around, own, "valid")
    power = np.convolve(around**2, np.ones(length), "valid")
    score = score / np.sqrt(np.maximum(power, 1e-9))
    return (int(score.argmax()) - reach) / rate


def _fade_in(samples: Samples, count: int) -> None:
    """Raise the first ``count`` samples from 0, in place (half a cosine)."""
    count = min(count, samples.shape[1])
    samples[:, :count] *= (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)).astype(
        np.float32
    )


def _add(out: Samples, piece: Samples, at: int) -> None:
    """Add a piece to ``out`` at a sample, cut to what fits."""
    low, high = max(at, 0), min(at + piece.shape[1], out.shape[1])
    if high > low:
        out[:, low:high] += piece[:, low - at : high - at]
