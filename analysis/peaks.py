"""Three-band waveform peaks: what decks and pages draw, in a compact file beside the report.

File layout (little-endian), ``<report stem>.peaks``, version 1
---------------------------------------------------------------
==========  =======  ==================================================================
offset      type     meaning
==========  =======  ==================================================================
0           4 bytes  ``SGPK``
4           uint16   version, 1
6           uint16   bands, 3
8           float32  columns per second, 150
12          uint32   n, the number of columns
16          float32  full-scale value of byte 255 in the low band
20          float32  the same, mid band
24          float32  the same, high band
28          uint8×n  low band
28 + n      uint8×n  mid band
28 + 2 n    uint8×n  high band
==========  =======  ==================================================================

Column i covers the time from i / rate to (i + 1) / rate seconds and holds the highest absolute
value in it. Each band has its own scale, so that quiet hi-hats keep all 8 bits; a byte times
scale / 255 is the amplitude against full scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UnreadableReport
from analysis.files import write_atomically

Bytes = NDArray[np.uint8]

RATE_HZ = 150.0
"""A column every 6.7 ms: a beat at 174 BPM is 52 columns, a kick's attack is one."""

_MAGIC = b"SGPK"
_VERSION = 1
_BANDS = 3
_HEADER = struct.Struct("<4sHHfIfff")


@dataclass(frozen=True, eq=False)
class Peaks:
    """Waveform peaks in three bands.

    Parameters
    ----------
    low, mid, high
        uint8, shape (n,); 255 stands for the band's entry in ``scales``.
    rate_hz
        Columns per second.
    scales
        Amplitude against full scale of byte 255, in the order low, mid, high.
    """

    low: Bytes
    mid: Bytes
    high: Bytes
    rate_hz: float = RATE_HZ
    scales: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def duration_sec(self) -> float:
        """Time covered, up to one column longer than the track."""
        return self.low.size / self.rate_hz

    def overview(self, columns: int) -> Bytes:
        """Return the whole track in so many columns, uint8, shape (3, columns).

        Each column holds the maximum of those it stands for; short tracks repeat columns.
        """
        if columns < 1:
            raise ValueError("an overview has at least one column")
        bands = np.stack([self.low, self.mid, self.high])
        n = bands.shape[1]
        if not n:
            return np.zeros((_BANDS, columns), np.uint8)
        starts = np.arange(columns) * n // columns
        if columns >= n:
            return bands[:, starts]
        return np.maximum.reduceat(bands, starts, axis=1)


def write_peaks(peaks: Peaks, path: Path) -> None:
    """Write peaks so that a crash leaves the old file or the new one, never half."""
    header = _HEADER.pack(_MAGIC, _VERSION, _BANDS, peaks.rate_hz, peaks.low.size, *peaks.scales)
    bands = b"".join(band.tobytes() for band in (peaks.low, peaks.mid, peaks.high))
    write_atomically(path, header + bands)


def read_peaks(path: Path) -> Peaks:
    """Read peaks.

    Raises
    ------
    UnreadableReport
        If the file is missing, damaged or of another version.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableReport(path, error.strerror or str(error)) from error
    if len(content) < _HEADER.size or content[:4] != _MAGIC:
        raise UnreadableReport(path, "not a waveform file")
    _, version, bands, rate_hz, n, *scales = _HEADER.unpack_from(content)
    if (version, bands) != (_VERSION, _BANDS) or len(content) != _HEADER.size + _BANDS * n:
        raise UnreadableReport(path, "a damaged waveform file, or one of another version")
    low, mid, high = np.frombuffer(content, np.uint8, offset=_HEADER.size).reshape(_BANDS, n)
    return Peaks(low, mid, high, rate_hz, (scales[0], scales[1], scales[2]))
