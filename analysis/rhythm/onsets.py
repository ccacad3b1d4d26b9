"""Onset curves: the one pass over the samples that everything rhythmic is read from.

The track is resampled to one analysis rate, so that every constant downstream means the same
for an 8 kHz voice memo and a 96 kHz master, and is heard in blocks, so that memory does not
grow with anything but the curves themselves (about 35 kB a second of music).

Conventions: time 0 is the first sample; frame ``n`` of a curve stands for the instant
``n * hop_sec``; strengths are ≥ 0 and do not depend on the track's level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
import scipy.signal
import soxr
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

ANALYSIS_RATE_HZ = 22050
"""High enough for hats and clicks, half the work of 44.1 kHz."""

FRAME_HOP = 128
"""5.8 ms: a sixteenth at 200 BPM still spans 13 frames."""

FRAME_SIZE = 512
"""23 ms: short enough to part a kick from the hat a sixteenth later."""

FLUX_LAG_FRAMES = 2
"""Compare with the frame 11.6 ms before: half a window, so an attack is seen once and whole."""

FINE_HOP = 11
"""0.5 ms: the resolution at which the first sample of a kick is sought."""

BAND_EDGES_HZ = (20.0, 150.0, 400.0, 1000.0, 2500.0, 5000.0, 11025.0)
"""Kick and bass; low mids; mids; snare body; click and snare noise; hats."""

FINE_LOW_HZ = 150.0
FINE_MID_HZ = (200.0, 1500.0)
FINE_HIGH_HZ = 2000.0

CHROMA_RATE_HZ = 5512.5
CHROMA_SIZE = 2048
"""0.37 s: parts semitones down to 65 Hz while a chord change stays within one beat."""

CHROMA_HOP = 512
CHROMA_LOW_HZ = (55.0, 220.0)
CHROMA_HIGH_HZ = (220.0, 2000.0)

COMPRESSION = 300.0
"""Magnitudes are log-compressed as log(1 + 300 m), m relative to the track's loud level, so
that hats 50 dB below the kick still count and noise further down does not."""

_BLOCK_SEC = 12.0
_LOUD_QUANTILE = 0.95


@dataclass(frozen=True, eq=False)
class OnsetCurves:
    """Everything that is measured from the samples, on three clocks.

    Attributes
    ----------
    flux
        Onset strength by band, float32 of shape (bands, frames).
    power
        Mean power by band relative to the track's loud level, float32 of shape (bands, frames).
    fine_energy
        Energy of low, mid and high band in blocks of 0.5 ms, float32 of shape (3, blocks);
        block ``n`` covers the time from ``n * fine_hop_sec`` on.
    chroma
        Pitch-class energy, float32 of shape (24, chroma frames): 12 of the bass, 12 above.
    duration_sec
        Length of the track.
    """

    flux: NDArray[np.float32]
    power: NDArray[np.float32]
    fine_energy: NDArray[np.float32]
    chroma: NDArray[np.float32]
    duration_sec: float

    @property
    def hop_sec(self) -> float:
        """Seconds between frames of ``flux`` and ``power``."""
        return FRAME_HOP / ANALYSIS_RATE_HZ

    @property
    def fine_hop_sec(self) -> float:
        """Seconds between blocks of ``fine_energy``."""
        return FINE_HOP / ANALYSIS_RATE_HZ

    @property
    def chroma_hop_sec(self) -> float:
        """Seconds between frames of ``chroma``."""
        return CHROMA_HOP / CHROMA_RATE_HZ

    @cached_property
    def total(self) -> NDArray[np.float32]:
        """Onset strength over all bands, shape (frames,), each band given equal say."""
        spread = self.flux.std(axis=1, keepdims=True)
        scaled: NDArray[np.float32] = (self.flux / np.maximum(spread, 1e-6)).mean(axis=0)
        return scaled


def measure_curves(samples: FloatArray, sample_rate: int) -> OnsetCurves:
    """Measure all onset curves of a track.

    Parameters
    ----------
    samples
        Mono samples, shape (n,); any finite level; a memory map will do.
    sample_rate
        In Hz.

    Returns
    -------
    OnsetCurves
        Of the whole track; all curves are zero for silence.
    """
    duration = len(samples) / sample_rate
    level = _loud_level(samples, sample_rate)
    collector = _Collector(1.0 / level if level > 0 else 0.0, sample_rate)
    block = max(1, int(_BLOCK_SEC * sample_rate))
    for start in range(0, len(samples), block):
        last = start + block >= len(samples)
        collector.push(np.asarray(samples[start : start + block], dtype=np.float32), last)
    return collector.finish(duration)


def _loud_level(samples: FloatArray, sample_rate: int) -> float:
    """Return the RMS that 95 % of all 50 ms blocks stay under."""
    width = max(1, sample_rate // 20)
    levels: list[NDArray[np.float32]] = []
    step = width * 200
    for start in range(0, len(samples), step):
        piece = np.asarray(samples[start : start + step], dtype=np.float32)
        count = len(piece) // width
        if count == 0:
            count, usable = 1, piece
            levels.append(np.sqrt(np.mean(np.square(usable), keepdims=True)))
            continue
        blocks = piece[: count * width].reshape(count, width)
        levels.append(np.sqrt(np.einsum("ij,ij->i", blocks, blocks) / width))
    return float(np.quantile(np.concatenate(levels), _LOUD_QUANTILE)) if levels else 0.0


class _Collector:
    """Takes the samples block by block and keeps only the curves."""

    def __init__(self, gain: float, sample_rate: int) -> None:
        self._gain = np.float32(gain)
        self._main = _resampler(sample_rate, ANALYSIS_RATE_HZ)
        self._slow = _resampler(ANALYSIS_RATE_HZ, CHROMA_RATE_HZ)
        self._window = scipy.signal.get_window("hann", FRAME_SIZE).astype(np.float32)
        self._window *= 2.0 / self._window.sum()
        # Half a window of silence before the track centres frame n on n * hop.
        self._frames_left = np.zeros(FRAME_SIZE // 2, dtype=np.float32)
        self._chroma_left = np.zeros(CHROMA_SIZE // 2, dtype=np.float32)
        self._fine_left = np.zeros((3, 0), dtype=np.float32)
        self._last_log: NDArray[np.float32] | None = None
        self._filters = _fine_filters()
        self._states = [np.zeros((len(sos), 2), dtype=np.float32) for sos in self._filters]
        self._chroma_map = _chroma_map()
        self._chroma_window = scipy.signal.get_window("hann", CHROMA_SIZE).astype(np.float32)
        frequencies = np.fft.rfftfreq(FRAME_SIZE, 1.0 / ANALYSIS_RATE_HZ)
        self._band_starts = np.searchsorted(frequencies, BAND_EDGES_HZ)
        self._band_widths = np.diff(self._band_starts).astype(np.float32)[:, None]
        self._flux: list[NDArray[np.float32]] = []
        self._power: list[NDArray[np.float32]] = []
        self._fine: list[NDArray[np.float32]] = []
        self._chroma: list[NDArray[np.float32]] = []

    def push(self, block: NDArray[np.float32], last: bool) -> None:
        """Hear one more block; ``last`` flushes what the resamplers hold back."""
        heard = self._main.resample_chunk(block * self._gain, last=last)
        slow = self._slow.resample_chunk(heard, last=last)
        if last:  # whole frames to the very end
            tail = np.zeros(FRAME_SIZE // 2, dtype=np.float32)
            slow = np.concatenate([slow, np.zeros(CHROMA_SIZE // 2, dtype=np.float32)])
        else:
            tail = np.zeros(0, dtype=np.float32)
        self._push_fine(heard)
        self._push_frames(np.concatenate([heard, tail]))
        self._push_chroma(slow)

    def finish(self, duration_sec: float) -> OnsetCurves:
        """Return the curves of everything heard."""
        bands = len(BAND_EDGES_HZ) - 1
        flux = _join(self._flux, bands)
        # Flux compares frames `lag` apart: the attack lies halfway between them.
        shift = FLUX_LAG_FRAMES // 2
        flux = np.pad(flux[:, shift:], ((0, 0), (0, shift if flux.shape[1] else 0)))
        return OnsetCurves(
            flux=flux,
            power=_join(self._power, bands),
            fine_energy=_join(self._fine, 3),
            chroma=_join(self._chroma, 24),
            duration_sec=duration_sec,
        )

    def _push_frames(self, block: NDArray[np.float32]) -> None:
        signal = np.concatenate([self._frames_left, block])
        count = (len(signal) - FRAME_SIZE) // FRAME_HOP + 1
        if count <= 0:
            self._frames_left = signal
            return
        frames = np.lib.stride_tricks.sliding_window_view(signal, FRAME_SIZE)[::FRAME_HOP]
        spectrum = scipy.fft.rfft(frames[:count] * self._window, axis=1)
        self._frames_left = signal[count * FRAME_HOP :]
        power = spectrum.real**2 + spectrum.imag**2
        power = np.ascontiguousarray(power[:, : self._band_starts[-1]].T)
        logs = np.log1p(np.float32(COMPRESSION) * np.sqrt(power))
        if self._last_log is None:  # the silence before the track
            self._last_log = np.zeros((len(logs), FLUX_LAG_FRAMES), dtype=np.float32)
        history = np.concatenate([self._last_log, logs], axis=1)
        self._last_log = history[:, -FLUX_LAG_FRAMES:]
        before = history[:, :-FLUX_LAG_FRAMES]
        # The loudest neighbour of the earlier frame: vibrato is no onset (SuperFlux, Böck 2013).
        widened = before.copy()
        np.maximum(widened[1:], before[:-1], out=widened[1:])
        np.maximum(widened[:-1], before[1:], out=widened[:-1])
        rise = np.maximum(logs - widened, 0.0)
        starts = self._band_starts[:-1]
        flux = np.add.reduceat(rise, starts, axis=0) / self._band_widths
        self._flux.append(flux.astype(np.float32))
        self._power.append(np.add.reduceat(power, starts, axis=0).astype(np.float32))

    def _push_fine(self, block: NDArray[np.float32]) -> None:
        # Causal filters: nothing sounds before its first sample, as a symmetric filter's would.
        outputs = []
        for index, sos in enumerate(self._filters):
            if len(block):
                filtered, self._states[index] = scipy.signal.sosfilt(
                    sos, block, zi=self._states[index]
                )
                outputs.append(filtered)
        if not outputs:
            return
        signal = np.concatenate([self._fine_left, np.stack(outputs)], axis=1)
        count = signal.shape[1] // FINE_HOP
        self._fine_left = signal[:, count * FINE_HOP :]
        blocks = signal[:, : count * FINE_HOP].reshape(3, count, FINE_HOP)
        energy = np.einsum("bij,bij->bi", blocks, blocks) / np.float32(FINE_HOP)
        self._fine.append(energy.astype(np.float32))

    def _push_chroma(self, block: NDArray[np.float32]) -> None:
        signal = np.concatenate([self._chroma_left, block])
        count = (len(signal) - CHROMA_SIZE) // CHROMA_HOP + 1
        if count <= 0:
            self._chroma_left = signal
            return
        frames = np.lib.stride_tricks.sliding_window_view(signal, CHROMA_SIZE)[::CHROMA_HOP]
        spectrum = scipy.fft.rfft(frames[:count] * self._chroma_window, axis=1)
        self._chroma_left = signal[count * CHROMA_HOP :]
        self._chroma.append((self._chroma_map @ np.abs(spectrum).T).astype(np.float32))


def _join(parts: list[NDArray[np.float32]], rows: int) -> NDArray[np.float32]:
    return np.concatenate(parts, axis=1) if parts else np.zeros((rows, 0), dtype=np.float32)


def _resampler(rate_in: float, rate_out: float) -> soxr.ResampleStream:
    return soxr.ResampleStream(rate_in, rate_out, 1, dtype="float32", quality="HQ")


def _fine_filters() -> list[NDArray[np.float32]]:
    designs = (
        scipy.signal.butter(2, FINE_LOW_HZ, "lowpass", fs=ANALYSIS_RATE_HZ, output="sos"),
        scipy.signal.butter(1, FINE_MID_HZ, "bandpass", fs=ANALYSIS_RATE_HZ, output="sos"),
        scipy.signal.butter(2, FINE_HIGH_HZ, "highpass", fs=ANALYSIS_RATE_HZ, output="sos"),
    )
    return [np.asarray(sos, dtype=np.float32) for sos in designs]


def _chroma_map() -> NDArray[np.float32]:
    """Return weights (24, bins) from FFT bins to pitch classes of the bass and of the rest."""
    frequencies = np.fft.rfftfreq(CHROMA_SIZE, 1.0 / CHROMA_RATE_HZ)
    weights = np.zeros((24, len(frequencies)), dtype=np.float32)
    for row, (low, high) in ((0, CHROMA_LOW_HZ), (12, CHROMA_HIGH_HZ)):
        bins = np.flatnonzero((frequencies >= low) & (frequencies < high))
        pitch = 12.0 * np.log2(frequencies[bins] / 440.0) + 9.0
        nearest = np.round(pitch)
        # A bin counts less the further it lies from the semitone.
        weights[row + nearest.astype(int) % 12, bins] = 1.0 - np.abs(pitch - nearest)
    return weights
