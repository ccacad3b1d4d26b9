"""How voice-like a track is, moment by moment, from its spectral peaks.

What sets a voice apart in a mix: its partials slide together (vibrato, glides, jitter) where
instruments hold still or jump, they are harmonics of one fundamental, and they sit in the formant
region. Nothing here is transformed anew: `analysis.partials` has every peak already.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.partials import FRAME_RATE_HZ, Partials
from analysis.spectra import Spectra

Floats = NDArray[np.float64]

_PARTIALS_HZ = (180.0, 4200.0)  # where voices have partials and kicks and hi-hats have none
_UPPER_HZ = 600.0  # above the fundamentals of chords: vibrato shows most on high partials
_LINK_CENTS = 80.0  # farther than this in 23 ms is another note
_GLIDE_CENTS = (3.0, 60.0)  # per frame: a vibrato of 20 cents at 5 Hz moves up to 15
_STEADY_CENTS = 1.5
_CENTRE = 0.3  # side below −10 dB of mid
_SMOOTHING = 13  # frames, 0.3 s: a syllable
_CONTEXT = 21  # rows, 2 s: a line of song
_RECENT = 21  # frames, 0.5 s
_BLOCK = 2048  # frames measured at once: 20 MB of tables
_AHEAD = 2  # frames beyond a block that its partials may move to
_EVERY = 4  # features are read every 93 ms
RATE_HZ = FRAME_RATE_HZ / _EVERY
_FORMANT_BANDS = slice(18, 70)  # mel bands, about 350 Hz to 3.7 kHz
_ENVELOPE_BANDS = slice(15, 75)

_COMB_HZ = (100.0, 900.0)  # fundamentals tried
_COMB_STEP_CENTS = 25.0
_COMB_ORDERS = 12
_COMB_JITTER_CENTS2 = 4.0  # movements within 2 cents are measurement noise
_COMB_ENOUGH = 4.0  # partials that glide together before it is surely one voice
_COMB_HELD_CELLS = 3  # the fundamental of a voice moves less than this in 23 ms

FEATURES = (
    "glide", "steady", "glide_level", "upper_glide", "upper_steady", "together", "centred_glide",
    "centred", "formant", "envelope_spread", "envelope_change", "level", "sung", "sung_level",
    "sung_partials", "sung_held", "sung_recently", "glide_level_context", "sung_context",
    "sung_level_context", "sung_partials_context",
)  # fmt: skip
_SHARE = 8  # column of ``sung`` among what is measured of partials
_IN_CONTEXT = ("glide_level", "sung", "sung_level", "sung_partials")


def voice_features(spectra: Spectra) -> Array:
    """Return how voice-like each 93 ms is, shape (rows, 21), columns as in `FEATURES`."""
    partials = spectra.partials
    count = partials.frames
    blocks = [
        _measure(partials, spectra.level_factor, first, min(first + _BLOCK, count))
        for first in range(0, count, _BLOCK)
    ]
    measured = np.concatenate([block[0] for block in blocks])
    fundamental = np.concatenate([block[1] for block in blocks])
    held = np.abs(np.diff(fundamental, prepend=fundamental[:1])) <= _COMB_HELD_CELLS
    share = measured[:, _SHARE]
    columns = [measured[:, :8], _envelope(spectra, count), measured[:, 8:], (share * held)[:, None]]
    table = _smoothed(np.column_stack(columns), _SMOOTHING)
    table[:, FEATURES.index("sung_level")] = np.log10(table[:, FEATURES.index("sung_level")] + 1e-3)
    recent = scipy.ndimage.maximum_filter1d(_smoothed(share, 5), _RECENT)
    table = np.column_stack([table, recent])[::_EVERY]
    context = _smoothed(table[:, [FEATURES.index(name) for name in _IN_CONTEXT]], _CONTEXT)
    return np.column_stack([table, context]).astype(np.float32)


def _measure(
    partials: Partials, factor: float, first: int, last: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Return what the partials of frames ``first`` to ``last`` tell, and the sung fundamental.

    Columns: the first eight of `FEATURES`, then ``sung``, ``sung_level`` (as a weight),
    ``sung_partials``.
    """
    count = last - first
    frame, cents, weight, side = _chosen(partials, factor, first, last + _AHEAD)
    moved, after = _links(frame, cents)
    inside = frame < count
    frame, cents, weight, side = frame[inside], cents[inside], weight[inside], side[inside]
    moved, after = moved[inside], after[inside]
    bend = np.abs(after - moved)
    glides = (np.abs(moved) > _GLIDE_CENTS[0]) & (np.abs(moved) < _GLIDE_CENTS[1])
    glides &= bend < np.maximum(6.0, 0.5 * np.abs(moved))
    steady = (np.abs(moved) < _STEADY_CENTS) & (np.abs(after) < _STEADY_CENTS + 0.5)
    upper = cents > 1200 * np.log2(_UPPER_HZ / 55)
    centred = side < _CENTRE

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(frame, values, minlength=count), np.float64)

    whole = total(weight) + 1e-9
    gliding = total(weight * glides)
    high = total(weight * upper) + 1e-9
    drift = total(np.where(glides, weight * np.nan_to_num(moved), 0)) / (gliding + 1e-9)
    square = total(np.where(glides, weight * np.nan_to_num(moved) ** 2, 0)) / (gliding + 1e-9)
    sung, fundamental, found = _comb(frame, cents, weight, moved, after, count)
    columns = [
        gliding / whole,
        total(weight * steady) / whole,
        np.log10(gliding + 1e-4),
        total(weight * (glides & upper)) / high,
        total(weight * (steady & upper)) / high,
        np.abs(drift) / np.sqrt(square + 1) * gliding / whole,
        total(weight * (glides & centred)) / whole,
        total(weight * centred) / whole,
        sung / whole,
        sung,
        found,
    ]
    return np.stack(columns, axis=1), fundamental


def _envelope(spectra: Spectra, count: int) -> Floats:
    """Return ``formant``, ``envelope_spread``, ``envelope_change`` and ``level``, (count, 4)."""
    mel = np.sqrt(spectra.mel[:count])
    mel = np.pad(mel, ((0, count - len(mel)), (0, 0)))
    loud = mel.sum(axis=1) + np.float32(1e-9)
    level_db = 20 * np.log10(mel[:, _ENVELOPE_BANDS] + np.float32(1e-6))
    smooth = scipy.ndimage.uniform_filter1d(level_db, 3, axis=0)
    change = np.zeros(count, np.float32)
    if count > 6:
        change[3:-3] = np.abs(smooth[6:] - smooth[:-6]).mean(axis=1)
    columns = [
        mel[:, _FORMANT_BANDS].sum(axis=1) / loud,
        scipy.ndimage.uniform_filter1d(level_db, 5, axis=1).std(axis=1),
        change,
        20 * np.log10(loud),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _smoothed(values: Floats, width: int) -> Floats:
    return np.asarray(scipy.ndimage.uniform_filter1d(values, width, axis=0), np.float64)


def _comb(
    frame: NDArray[np.int64],
    cents: Floats,
    weight: Floats,
    moved: Floats,
    after: Floats,
    count: int,
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return, for each frame, how much sings on the best fundamental.

    Every gliding partial votes for the fundamentals it may be a harmonic of; a fundamental's
    score is the weight of its voters, as far as they move alike and are many.

    Returns
    -------
    score, fundamental, voters
        One value a frame: weight, which cell of the fundamentals tried, how many partials.
    """
    size = np.abs(moved)
    glides = (size > 2) & (size < _GLIDE_CENTS[1])
    glides &= np.abs(after - moved) < np.maximum(6.0, 0.5 * size)
    frame, cents, weight, moved = frame[glides], cents[glides], weight[glides], moved[glides]
    low, high = (1200 * np.log2(hz / 55) for hz in _COMB_HZ)
    cells = int((high - low) / _COMB_STEP_CENTS) + 1
    orders = 1200 * np.log2(np.arange(1, _COMB_ORDERS + 1))
    cell = np.rint((cents[:, None] - low - orders) / _COMB_STEP_CENTS).astype(np.int64)
    partial, order = np.nonzero((cell >= 0) & (cell < cells))
    index = frame[partial] * cells + cell[partial, order]

    def table(values: Floats | None) -> Floats:
        return np.asarray(np.bincount(index, values, minlength=count * cells), np.float64)

    heard, move = weight[partial], moved[partial]
    total = table(heard)
    mean = table(heard * move) / (total + 1e-9)
    spread = np.maximum(table(heard * move**2) / (total + 1e-9) - mean**2, 0)
    number = table(None)
    alike = mean**2 / (mean**2 + spread + _COMB_JITTER_CENTS2)
    sung = (total * alike * np.minimum(number / _COMB_ENOUGH, 1)).reshape(count, cells)
    best = sung.argmax(axis=1)
    rows = np.arange(count)
    return sung[rows, best], best, number.reshape(count, cells)[rows, best]


def _chosen(
    partials: Partials, factor: float, first: int, last: int
) -> tuple[NDArray[np.int64], Floats, Floats, NDArray[np.float32]]:
    """Return frame (from ``first``), cents above 55 Hz, weight and side of the partials read."""
    low, high = _PARTIALS_HZ
    rows = slice(*np.searchsorted(partials.frame, [first, last]))
    hz = partials.frequency_hz[rows]
    inside = (hz > low) & (hz < high)
    cents = 1200 * np.log2(hz[inside].astype(np.float64) / 55)
    weight = np.sqrt(partials.magnitude[rows][inside].astype(np.float64) * factor)
    frame = partials.frame[rows][inside].astype(np.int64) - first
    return frame, cents, weight, partials.side[rows][inside]


def _links(frame: NDArray[np.int64], cents: Floats) -> tuple[Floats, Floats]:
    """Return how far each partial moves to the next frame, and from there to the one after.

    NaN where no partial lies within reach.
    """
    span = 20_000.0  # more cents than any two partials are apart: keys order frames, then pitch
    key = frame * span + cents
    if not len(key):
        return np.zeros(0), np.zeros(0)
    wanted = key + span
    right = np.clip(np.searchsorted(key, wanted), 0, len(key) - 1)
    left = np.clip(right - 1, 0, len(key) - 1)
    nearest = np.where(np.abs(key[left] - wanted) < np.abs(key[right] - wanted), left, right)
    moved = key[nearest] - wanted
    linked = np.abs(moved) < _LINK_CENTS
    moved = np.where(linked, moved, np.nan)
    return moved, np.where(linked, moved[nearest], np.nan)
