"""Write audio files, and measure by how much their decoders put the sound later."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile as sf

from composer.osc import Samples

# libsndfile's Vorbis encoder overflows its stack on very long writes.
_CHUNK = 1 << 16
# 0 is best: about 192 kbit/s for LAME's constant rate, about 190 kbit/s for Vorbis.
_MP3_COMPRESSION = 0.4
_OGG_COMPRESSION = 0.4
_AAC_BIT_RATE = 192_000
# Delay is looked for in this much of the loudest part of the file.
_PROBE_SEC = 6.0
_LONGEST_DELAY_SEC = 0.1
_SOUNDFILE: dict[str, dict[str, Any]] = {
    "wav": {"format": "WAV", "subtype": "PCM_16"},
    "flac": {"format": "FLAC", "subtype": "PCM_16"},
    "ogg": {"format": "OGG", "subtype": "VORBIS", "compression_level": _OGG_COMPRESSION},
    "mp3": {
        "format": "MP3",
        "subtype": "MPEG_LAYER_III",
        "bitrate_mode": "CONSTANT",
        "compression_level": _MP3_COMPRESSION,
    },
}


def _write_soundfile(path: Path, samples: Samples, rate: int, file_format: str) -> None:
    with sf.SoundFile(path, "w", rate, 2, **_SOUNDFILE[file_format]) as file:
        for start in range(0, samples.shape[1], _CHUNK):
            file.write(np.ascontiguousarray(samples[:, start : start + _CHUNK].T))


def _write_aac(path: Path, samples: Samples, rate: int) -> None:
    with av.open(str(path), "w", format="ipod") as container:
        track = container.add_stream("aac", rate=rate)
        track.bit_rate = _AAC_BIT_RATE
        track.layout = "stereo"
        for start in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate = rate
            frame.pts = start
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


def _decode_av(path: Path) -> Samples:
    parts = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts.append(frame.to_ndarray())
    return np.asarray(np.concatenate(parts, axis=1), dtype=np.float32)


def decode(path: Path) -> Samples:
    """Decode one of our own files the way the product does: soundfile, else PyAV; shape (2, n)."""
    if path.suffix == ".m4a":
        return _decode_av(path)
    samples, _ = sf.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.T)


def measured_delay(original: Samples, decoded: Samples, rate: int) -> int:
    """Measure by how many samples a decoded file is later, by cross-correlation."""
    window = min(int(_PROBE_SEC * rate), original.shape[1])
    energy = np.add.reduceat(np.square(original[0]), np.arange(0, original.shape[1], window))
    start = min(int(np.argmax(energy)) * window, original.shape[1] - window)
    reach = int(_LONGEST_DELAY_SEC * rate)
    reference = original[0, start : start + window].astype(np.float64)
    low = max(0, start - reach)
    found = decoded[0, low : start + window + reach].astype(np.float64)
    size = 1 << int(np.ceil(np.log2(len(found) + window)))
    product = np.fft.rfft(found, size) * np.conj(np.fft.rfft(reference, size))
    correlation = np.fft.irfft(product, size)
    # Only shifts by up to the reach either way; the first entry is the earliest of them.
    best = int(np.argmax(correlation[: start - low + reach + 1]))
    return int(best - (start - low))


def write_audio(path: Path, samples: Samples, rate: int, file_format: str) -> float:
    """Write a file under a temporary name, then give it its own.

    Parameters
    ----------
    path
        Where; its folder exists.
    samples
        Shape (2, n).
    file_format
        One of ``composer.spec.FORMATS``.

    Returns
    -------
    float
        Delay of the decoded file in seconds: 0 for lossless files, measured for lossy ones.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        if file_format == "m4a":
            _write_aac(temporary, samples, rate)
        else:
            _write_soundfile(temporary, samples, rate, file_format)
        delay = 0
        if file_format in ("mp3", "ogg", "m4a"):
            delay = measured_delay(samples, decode(temporary), rate)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return delay / rate
