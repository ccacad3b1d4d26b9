"""A track's sound as the decks play it: raw PCM, decoded once, sent while it is being decoded.

Decoding begins at the start and goes to wherever a reader waits, then fills the gaps.

The decks must hear the very samples that the beat grid was measured on, so the analysis decoder
decodes for them too. A 16-bit file arrives bit for bit; what exceeds full scale (mp3 often does)
is scaled down by a factor that the track's facts name. Whole files stay in a folder of bounded
size, the least recently played going first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Samples, reduced_rate, stream_audio
from analysis.errors import SegueError, UnreadableAudio
from analysis.report import Report
from app.decks.growing import FRAME_BYTES, PcmFile

_log = logging.getLogger(__name__)

MAX_SAMPLE_RATE = 48_000
"""Files above are brought down: nothing above 24 kHz is heard, and a browser has to hold it."""

FULL_SCALE = 32_768
"""Steps of 16 bits on one side of zero."""

MAX_CACHE_BYTES = 2 << 30
"""About three hours of stereo: an evening's tracks."""

NEAR_SEC = 60
"""What lies no further ahead is reached as soon by going on as by beginning anew there."""

_VERSION = 1  # goes up whenever the same file would be decoded to other samples
_FIRST_FRAMES, _MOST_FRAMES = 1 << 13, 1 << 17  # written at once: little at first, to start soon
_ABANDONED_SEC = 3600.0  # a file half written for so long belongs to a server that was killed


@dataclass(frozen=True)
class PcmFacts:
    """What the sound will be, known before it is decoded.

    Parameters
    ----------
    sample_rate
        In Hz.
    frames
        Samples a channel.
    scale
        What a full-scale 16-bit sample stands for; 1 unless the track exceeds full scale.
    """

    sample_rate: int
    frames: int
    scale: float

    @property
    def size(self) -> int:
        """Length of the PCM in bytes."""
        return self.frames * FRAME_BYTES


def pcm_facts(report: Report) -> PcmFacts:
    """Return what the sound of an analysed track will be."""
    rate = reduced_rate(report.metadata.sample_rate, MAX_SAMPLE_RATE)
    peak_db = report.analysis.dynamics.true_peak_dbtp
    peak = 1.0 if peak_db is None else 10 ** (peak_db / 20)
    return PcmFacts(rate, round(report.metadata.duration_sec * rate), round(max(1.0, peak), 6))


class PcmStore:
    """Decoded tracks in a folder.

    Parameters
    ----------
    folder
        Where they lie; made at need.
    max_bytes
        How much may lie there.
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._growing: dict[str, PcmFile] = {}
        for part in folder.glob(".*.part"):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > _ABANDONED_SEC:
                    part.unlink()

    def open(self, track_id: str, source: Path, facts: PcmFacts) -> PcmFile:
        """Return a track's PCM; where it is not there yet, decoding begins in the background.

        Parameters
        ----------
        track_id
            The track's content hash, which names its sound.
        source
            A copy of its audio.
        facts
            `pcm_facts` of its report.
        """
        mark = f"{facts.sample_rate}-{facts.frames}-{facts.scale:.6f}-v{_VERSION}"
        path = self.folder / f"{track_id}-{mark}.pcm"
        with self._lock:
            growing = self._growing.get(path.name)
            if growing is not None and not growing.failed:
                return growing
            with contextlib.suppress(OSError):
                if path.stat().st_size == facts.size:
                    os.utime(path)
                    return PcmFile(path, facts.size, whole=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room(facts.size)
            # another store, in this process or another, must never write into the same file
            part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.part")
            part.touch()
            near = NEAR_SEC * facts.sample_rate * FRAME_BYTES
            grows = self._growing[path.name] = PcmFile(part, facts.size, near)
        threading.Thread(
            target=self._decode, args=(grows, part, path, source, facts), daemon=True
        ).start()
        return grows

    def _decode(
        self, grows: PcmFile, part: Path, path: Path, source: Path, facts: PcmFacts
    ) -> None:
        problem: SegueError | None = None
        try:
            with part.open("r+b", buffering=0) as file:
                last = _write(file, grows, source, facts)
        except SegueError as error:
            problem = error
        except OSError as error:
            problem = CannotKeepSound(self.folder, error.strerror or str(error))
        except Exception as error:  # whoever waits for the sound must hear of it
            _log.exception("decoding %s", source)
            problem = UnreadableAudio(source, f"decoding broke off ({type(error).__name__})")
        with self._lock:
            if problem is None:
                grows.rename(path)
            else:
                part.unlink(missing_ok=True)
            del self._growing[path.name]
        if problem is None:
            grows.grown(*last)
        else:
            grows.fail(problem)

    def _make_room(self, needed: int) -> None:
        """Delete what was opened longest ago until ``needed`` bytes fit."""
        kept = []
        for path in self.folder.glob("*.pcm"):
            with contextlib.suppress(OSError):
                found = path.stat()
                kept.append((found.st_mtime, found.st_size, path))
        total = needed + sum(size for _, size, _ in kept)
        total += sum(one.size for one in self._growing.values())
        for _, size, path in sorted(kept, key=lambda one: one[0]):
            if total <= self.max_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size


class CannotKeepSound(SegueError):
    """The folder for decoded tracks cannot be written."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder, self.reason = folder, reason

    def __str__(self) -> str:
        return f"CannotKeepSound: {self.folder} cannot be written ({self.reason}); make room there"


def _write(file: BinaryIO, grows: PcmFile, source: Path, facts: PcmFacts) -> tuple[int, int]:
    """Decode into a file, gap by gap.

    Returns
    -------
    tuple of int
        First byte and end of the stretch that made it whole. Readers have not been told of it:
        that waits for the file's name.
    """
    at, missing = 0, facts.size
    while (gap := grows.next(at)) is not None:
        at, end = gap
        file.seek(at)
        for piece in encoded(source, facts, at // FRAME_BYTES):
            begin, taken = at, piece[: end - at]
            file.write(taken)
            at += len(taken)
            missing -= len(taken)
            if missing <= 0:
                return begin, at
            grows.grown(begin, at)
            if grows.next(at) != (at, end):
                break
    return at, at


def encoded(source: Path, facts: PcmFacts, first_frame: int = 0) -> Iterator[bytes]:
    """Yield a track's PCM from a frame on, up to exactly the length that ``facts`` say.

    What is missing at the end of a damaged file is silence.

    Raises
    ------
    UnreadableAudio
        If there is no audio.
    """
    left = facts.frames - first_frame
    for block in _in_pieces(_blocks_from(source, facts, first_frame)):
        if left <= 0:
            return
        taken = block[:, :left]
        left -= taken.shape[1]
        yield _as_pcm(taken, facts.scale)
    while left > 0:
        silence = min(left, _MOST_FRAMES)
        left -= silence
        yield bytes(silence * FRAME_BYTES)


def _blocks_from(source: Path, facts: PcmFacts, first_frame: int) -> Iterator[Samples]:
    """Yield decoded blocks from a frame on."""
    reached = first_frame
    if first_frame:
        start_sec = first_frame / facts.sample_rate
        with contextlib.suppress(UnreadableAudio):  # shorter than it was said to be, or damaged
            for block in stream_audio(
                source, start_sec=start_sec, max_sample_rate=MAX_SAMPLE_RATE
            ).blocks:
                reached += block.shape[1]
                yield block
            return
    passed = 0
    for block in stream_audio(source, max_sample_rate=MAX_SAMPLE_RATE).blocks:
        passed += block.shape[1]
        if passed > reached:
            yield block[:, -(passed - reached) :]
            reached = passed


def _in_pieces(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Gather a decoder's blocks into fewer ones, the first of them soon."""
    held: list[Samples] = []
    frames, wanted = 0, _FIRST_FRAMES
    for block in blocks:
        held.append(block)
        frames += block.shape[1]
        if frames >= wanted:
            yield np.concatenate(held, axis=1)
            held, frames, wanted = [], 0, min(2 * wanted, _MOST_FRAMES)
    if held:
        yield np.concatenate(held, axis=1)


def _as_pcm(block: Samples, scale: float) -> bytes:
    stereo = block if block.shape[0] == 2 else np.repeat(block, 2, axis=0)
    steps: NDArray[Any] = np.rint(stereo.T * np.float32(FULL_SCALE / scale))
    sent: bytes = np.clip(steps, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
    return sent
