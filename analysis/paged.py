"""Samples of long recordings, kept in a temporary file instead of in memory.

A DJ mix of ninety minutes is 1.9 GB of samples. All that reads samples reads them a stretch at a
time, so they may lie on disk; the system would still count every page it once read as this
process's memory, so pages are given back as reading goes on.
"""

from __future__ import annotations

import mmap
import tempfile
from typing import Any

import numpy as np

LONG_SEC = 900.0
"""Longer recordings are kept on disk: DJ mixes, not tracks."""

KEPT_BYTES = 64 << 20
"""So much is read before its pages are given back."""


class PagedSamples(np.memmap[Any, np.dtype[np.float32]]):
    """An array in a temporary file that keeps little of it in memory while slices are read.

    Only reading and writing through slices is counted; a sum over the whole pages it all in.
    """

    _touched: list[int]

    def __array_finalize__(self, obj: Any) -> None:
        super().__array_finalize__(obj)
        self._touched = getattr(obj, "_touched", [0])

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        if isinstance(part, np.ndarray) and part.nbytes < self.nbytes:
            self._count(part.nbytes)
        return part

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        self._count(np.asarray(value).nbytes)

    def _count(self, touched: int) -> None:
        """Give the pages back once enough of them were touched; the file keeps what they held."""
        self._touched[0] += touched
        if self._touched[0] > KEPT_BYTES:
            self._touched[0] = 0
            pages: mmap.mmap | None = getattr(self, "_mmap", None)
            if pages is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
                pages.madvise(mmap.MADV_DONTNEED)


def room_for(shape: tuple[int, ...], sample_rate: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return room for samples: in memory, or on disk where they are long.

    Parameters
    ----------
    shape
        The last dimension is time.
    sample_rate
        In Hz.
    """
    if shape[-1] <= LONG_SEC * sample_rate:
        return np.empty(shape, np.float32)
    with tempfile.TemporaryFile(prefix="segue-") as file:  # gone with the last array that maps it
        return PagedSamples(file, np.float32, "w+", shape=shape)
