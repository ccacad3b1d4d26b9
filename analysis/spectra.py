"""Every transform of a track, each made at most once and only when somebody reads it.

The families read from `Spectra` and transform nothing themselves. Full spectrograms are never
kept: one pass over the 44.1 kHz frames measures them block by block (`analysis.frames`), another
over 11 kHz frames keeps the spectral peaks (`analysis.pitches`), so that a track of ten minutes
needs some 100 MB beside its samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.lib.stride_tricks import sliding_window_view

from analysis import filterbanks, partials, pitches
from analysis import frames as frame_measures
from analysis.filterbanks import FRAME_SIZE, SAMPLE_RATE_HZ, Array
from analysis.paged import room_for
from analysis.resample import resampled

if TYPE_CHECKING:
    from analysis.audio import Audio

_BLOCK = 256  # frames measured at once: about 1 MB of spectrum, so that it stays in the cache
_PREAMP_DB = 6.0  # Replay Gain aims 6 dB below what players do; MusicExtractor adds it back
_REPLAY_GAIN_REFERENCE_DB = -31.464  # as MusicExtractor's whole chain reads: 0.03 dB above the norm
_REPLAY_GAIN_FRAME = 2205  # 50 ms
_MAX_REPLAY_GAIN_DB = 40.0  # above this a track is silence, and there is no level to bring it to
_STRETCH = 1 << 20  # samples clipped at once
_SPLIT_FRAMES = 2  # frames pooled before the harmonic/percussive split (46 ms)
_SPLIT_TIME = 9  # frames of the median along time: 0.4 s, longer than a drum, shorter than a note
_SPLIT_BANDS = 9  # mel bands of the median along frequency: wider than a partial


@dataclass(frozen=True, eq=False)
class Split:
    """The harmonic/percussive split of a reduced spectrogram.

    Parameters
    ----------
    harmonic, percussive
        Magnitudes of 128 mel bands, shape (frames, 128); soft-masked, so that their powers add
        up to the whole.
    rate_hz
        Frames per second.
    """

    harmonic: Array
    percussive: Array
    rate_hz: float


class Spectra:
    """The transforms of one track, computed lazily, each once.

    Parameters
    ----------
    audio
        The decoded track.
    """

    frame_rate_hz = frame_measures.FRAME_RATE_HZ
    """Rows per second of ``frames``, ``mel`` and ``mfcc``; row i is centred on i / rate."""

    def __init__(self, audio: Audio) -> None:
        self.audio = audio

    @property
    def duration_sec(self) -> float:
        """Length of the track in seconds."""
        return float(self.audio.duration_sec)

    @cached_property
    def replay_gain_db(self) -> float:
        """Replay Gain: what brings the track to the common level; 0 for silence.

        The 95th percentile of the power of 50 ms frames after the equal-loudness filter.
        """
        return self._measured[1]

    @property
    def level_factor(self) -> float:
        """What samples are multiplied by to bring the track to the common level."""
        return float(10 ** ((self.replay_gain_db + _PREAMP_DB) / 20))

    @cached_property
    def frames(self) -> frame_measures.Frames:
        """Measures of every 23 ms frame (`analysis.frames.Frames`)."""
        return self._measured[0]

    @cached_property
    def _measured(self) -> tuple[frame_measures.Frames, float]:
        samples = self.mono_44k()
        gain_db = _replay_gain_db(samples)
        factor = np.float32(10 ** ((gain_db + _PREAMP_DB) / 20))
        count = len(samples) // frame_measures.HOP + 1
        measurer = frame_measures.Measurer()
        collector = frame_measures.Collector(count)
        for first in range(0, count, _BLOCK):
            rows = min(_BLOCK, count - first)
            begin = first * frame_measures.HOP - FRAME_SIZE // 2
            end = begin + (rows - 1) * frame_measures.HOP + FRAME_SIZE
            part = filterbanks.stretch_of(samples, begin, end) * factor
            np.clip(part, -1.0, 1.0, out=part)
            collector.add(
                measurer.measure(sliding_window_view(part, FRAME_SIZE)[:: frame_measures.HOP])
            )
        return collector.frames(), gain_db

    def mono_44k(self) -> Array:
        """Return the mono mix at 44.1 kHz, float32, shape (n,); not kept, for it is large."""
        mono = self.audio.mono
        if self.audio.sample_rate != SAMPLE_RATE_HZ:
            mono = resampled(mono[None], self.audio.sample_rate, SAMPLE_RATE_HZ)
        return mono

    @property
    def mel(self) -> Array:
        """Energies of 128 mel bands to 22 kHz, float32, shape (frames, 128)."""
        return self.frames.mel128

    @cached_property
    def mfcc(self) -> Array:
        """13 mel cepstral coefficients a frame, shape (frames, 13)."""
        return filterbanks.cepstrum(self.frames.mel40)

    @cached_property
    def gfcc(self) -> Array:
        """13 gammatone cepstral coefficients a frame, shape (frames, 13)."""
        return filterbanks.cepstrum(self.frames.erb)

    @cached_property
    def split(self) -> Split:
        """Harmonic and percussive parts (Fitzgerald 2010) of the pooled mel spectrogram."""
        mel = self.mel
        rows = len(mel) // _SPLIT_FRAMES
        if rows == 0:
            pooled = mel
        else:
            pooled = mel[: rows * _SPLIT_FRAMES].reshape(rows, _SPLIT_FRAMES, -1).mean(axis=1)
        magnitude = np.sqrt(pooled)
        along_time = scipy.ndimage.median_filter(magnitude, size=(_SPLIT_TIME, 1))
        along_bands = scipy.ndimage.median_filter(magnitude, size=(1, _SPLIT_BANDS))
        harmonic, percussive = np.square(along_time), np.square(along_bands)
        share = harmonic / (harmonic + percussive + np.float32(1e-20))
        return Split(
            magnitude * np.sqrt(share),
            magnitude * np.sqrt(1 - share),
            self.frame_rate_hz / _SPLIT_FRAMES,
        )

    @cached_property
    def mono_11k(self) -> Array:
        """The mono mix at 11.025 kHz, float32, shape (n,)."""
        return resampled(self.audio.mono[None], self.audio.sample_rate, pitches.RATE_HZ)

    @cached_property
    def pitches(self) -> pitches.Pitches:
        """Spectral peaks and what notes they are (`analysis.pitches.Pitches`)."""
        return pitches.find_pitches(self.mono_11k)

    @cached_property
    def partials(self) -> partials.Partials:
        """Spectral peaks every 23 ms, with their place in the stereo picture."""
        samples = self.audio.samples
        side = None
        if samples.shape[0] == 2:
            side = resampled(samples, self.audio.sample_rate, pitches.RATE_HZ, (0.5, -0.5))
        return partials.find_partials(self.mono_11k, side)

    def forget_channels(self) -> None:
        """Let go of the channels, once all that is measured of them is."""
        _ = self.partials
        self.audio.forget_channels()

    @property
    def chroma(self) -> Array:
        """Energy of the twelve pitch classes from C, shape (pitch frames, 12), rows max 1."""
        return self.pitches.chroma

    @property
    def chroma_rate_hz(self) -> float:
        """Rows per second of ``chroma``."""
        return pitches.FRAME_RATE_HZ


def _replay_gain_db(samples: Array) -> float:
    samples = at_full_scale(samples)
    power = filterbanks.equal_loudness_power(samples, _REPLAY_GAIN_FRAME)
    if not len(power):
        return 0.0
    loud = float(np.sort(power)[min(len(power) - 1, int(0.95 * len(power)))])
    if loud <= 0:
        return 0.0
    gain_db = _REPLAY_GAIN_REFERENCE_DB - 10 * float(np.log10(loud))
    return gain_db if gain_db <= _MAX_REPLAY_GAIN_DB else 0.0


def at_full_scale(samples: Array) -> Array:
    """Return samples clipped at full scale; a stretch at a time, for a long mix lies on disk."""
    stretches = [slice(at, at + _STRETCH) for at in range(0, len(samples), _STRETCH)]
    if all(float(np.abs(samples[one]).max()) <= 1.0 for one in stretches):
        return samples
    clipped = room_for(samples.shape, SAMPLE_RATE_HZ)
    for one in stretches:
        clipped[one] = np.clip(samples[one], -1.0, 1.0)
    return clipped
