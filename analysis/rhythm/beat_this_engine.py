"""Beat This! (Foscarin, Schlüter & Widmer 2024), where the DJ has it and names its checkpoint.

It needs torch and a weights file, so it is never a dependency. Its beats are reported beside ours.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from analysis.audio import Audio

CHECKPOINT_VARIABLE = "SEGUE_BEAT_THIS_CHECKPOINT"
"""Environment variable: path of the checkpoint file. A file, never a name that would be fetched."""

SAME_SEC = 0.02
"""A beat this near to a downbeat is that downbeat: one frame of the network."""


def beat_this_beats(audio: Audio, checkpoint: str | None = None) -> dict[str, Any]:
    """Return the network's beats, or why there are none.

    Parameters
    ----------
    audio
        The track.
    checkpoint
        Path of the weights; by default what ``SEGUE_BEAT_THIS_CHECKPOINT`` names.

    Returns
    -------
    dict
        ``status`` is ``"ok"`` with ``beat_times_sec``, ``beat_positions`` (1 = bar 1) and
        ``downbeat_times_sec``; otherwise ``status`` says the reason.
    """
    checkpoint = checkpoint or os.environ.get(CHECKPOINT_VARIABLE)
    if not checkpoint:
        return {"status": f"off: name a checkpoint file in {CHECKPOINT_VARIABLE}"}
    if not Path(checkpoint).is_file():
        return {"status": f"unavailable: there is no file {checkpoint}"}
    try:
        inference = importlib.import_module("beat_this.inference")
    except ImportError as error:
        missing = (error.name or "").split(".")[0] == "beat_this"
        reason = "is not installed" if missing else f"does not import: {error}"
        return {"status": f"unavailable: beat_this {reason}"}
    try:
        track = inference.Audio2Beats(checkpoint_path=checkpoint, device="cpu", dbn=False)
        beats, downbeats = track(np.asarray(audio.mono, dtype=np.float32), audio.sample_rate)
    except Exception as error:  # a foreign engine must not take the report with it
        return {"status": f"failed: {type(error).__name__}: {error}"}
    bars = [float(time) for time in downbeats]
    times = [float(time) for time in beats]
    return {
        "status": "ok",
        "beat_times_sec": times,
        "beat_positions": _positions(times, bars),
        "downbeat_times_sec": bars,
    }


def _positions(beats: list[float], downbeats: list[float]) -> list[int | None]:
    """Return each beat's number within its bar; None before the first bar."""
    positions: list[int | None] = []
    for time in beats:
        if any(abs(time - bar) <= SAME_SEC for bar in downbeats):
            positions.append(1)
        else:
            last = positions[-1] if positions else None
            positions.append(None if last is None else last + 1)
    return positions
