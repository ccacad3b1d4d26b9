"""Stand-ins for an analysis, for tests of the batch: what a file holds says how it behaves."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from analysis.audio import load_audio
from analysis.hashing import content_hash
from analysis.isolation import Ask, Message
from analysis.options import AnalysisOptions
from analysis.peaks import Peaks
from analysis.report import ANALYSIS_VERSION, Metadata, Report
from analysis.worker import analyse_one

CALLS = "STANDIN_CALLS"
"""Environment variable: a file to which every analysis adds its track's name."""


def analyse(
    path: Path, options: AnalysisOptions, *, identity: str, on_decoded: Any
) -> tuple[Report, Peaks]:
    """Return a small report, or misbehave as the file's name says."""
    audio = load_audio(path)
    on_decoded(audio.duration_sec)
    with Path(os.environ[CALLS]).open("a") as calls:
        calls.write(f"{path.name}\n")
    behaviour = path.stem.partition(" ")[0]
    if behaviour == "crash":
        ctypes.string_at(0)
    if behaviour == "hang":
        time.sleep(600)
    if behaviour == "eat":
        eaten = []
        while True:
            eaten.append(np.ones(1 << 24))
            time.sleep(0.01)
    if behaviour == "exit":
        os._exit(3)
    if behaviour == "raise":
        raise RuntimeError("a bug\nin two lines")
    if behaviour == "slow":
        time.sleep(0.5)
    if behaviour == "print":
        print("chatter on standard output", flush=True)
        os.write(1, b"and from a C library\n")
    metadata = Metadata(
        path=str(path),
        title=path.stem,
        sample_rate=audio.sample_rate,
        duration_sec=audio.duration_sec,
        channels=audio.source_channels,
        format=audio.format,
        content_hash=identity or content_hash(path),
        analysis_version=ANALYSIS_VERSION,
        requested={"embeddings": options.embeddings},
    )
    empty = np.zeros(0, np.uint8)
    return Report(metadata=metadata), Peaks(empty, empty, empty)


def task(payload: Message, ask: Ask) -> Message:
    """What the worker runs."""
    return analyse_one(payload, ask, analyse=analyse)
