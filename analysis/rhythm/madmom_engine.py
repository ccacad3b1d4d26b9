"""madmom's downbeat tracker (Böck et al. 2016), where the DJ has installed it.

madmom is never a dependency: its last release speaks an older Python and numpy, and its models
are for non-commercial use only. Where it is installed, what it misses is put back, and its beats
are reported beside ours.
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import soxr

from analysis.audio import Audio

MADMOM_RATE_HZ = 44100
MADMOM_FPS = 100
BEATS_PER_BAR = (3, 4)
_ABSTRACT = ("MutableSequence", "Sequence", "Iterable")


class _RaggedNumpy:
    """numpy, but rows of unequal length make an array of objects, as they did for madmom."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def asarray(self, rows: Any) -> Any:
        """Return an array, of objects where the rows differ in length."""
        try:
            return np.asarray(rows)
        except ValueError:
            return np.asarray(rows, dtype=object)


@contextlib.contextmanager
def _older_collections() -> Iterator[None]:
    """Put the abstract classes back where Python 3.9 had them, for an import's time."""
    missing = [name for name in _ABSTRACT if not hasattr(collections, name)]
    for name in missing:
        setattr(collections, name, getattr(collections.abc, name))
    try:
        yield
    finally:
        for name in missing:
            delattr(collections, name)


def import_madmom(module: str) -> Any:
    """Import a module of madmom, with the names it expects of older Pythons and numpys.

    Raises
    ------
    ImportError
        If madmom is not installed, or does not import all the same.
    """
    if "madmom" not in sys.modules and importlib.util.find_spec("madmom") is None:
        raise ModuleNotFoundError("No module named 'madmom'", name="madmom")
    for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object)):
        if name not in np.__dict__:
            setattr(np, name, kind)
    with _older_collections():
        found: Any = importlib.import_module(f"madmom.{module}")
    if hasattr(found, "np"):
        found.np = _RaggedNumpy()
    return found


def madmom_downbeats(audio: Audio, *, disabled: bool = False) -> dict[str, Any]:
    """Return madmom's beats, or why there are none.

    Returns
    -------
    dict
        ``status`` is ``"ok"`` with ``beat_times_sec``, ``beat_positions`` (1 = bar 1) and
        ``downbeat_times_sec``; otherwise ``status`` says the reason.
    """
    if disabled:
        return {"status": "disabled"}
    try:
        downbeats = import_madmom("features.downbeats")
    except ImportError as error:
        missing = (error.name or "").split(".")[0] == "madmom"
        reason = "not installed" if missing else f"does not import: {error}"
        return {"status": f"unavailable: madmom {reason}"}
    samples = audio.mono
    if audio.sample_rate != MADMOM_RATE_HZ:
        samples = soxr.resample(samples, audio.sample_rate, MADMOM_RATE_HZ)
    try:
        activations = downbeats.RNNDownBeatProcessor()(np.asarray(samples, dtype=np.float32))
        tracker = downbeats.DBNDownBeatTrackingProcessor(
            beats_per_bar=list(BEATS_PER_BAR), fps=MADMOM_FPS
        )
        beats = np.asarray(tracker(activations), dtype=np.float64).reshape(-1, 2)
    except Exception as error:  # a foreign engine must not take the report with it
        return {"status": f"failed: {type(error).__name__}: {error}"}
    return {
        "status": "ok",
        "beat_times_sec": [float(time) for time in beats[:, 0]],
        "beat_positions": [int(position) for position in beats[:, 1]],
        "downbeat_times_sec": [float(time) for time, position in beats if position == 1],
    }
