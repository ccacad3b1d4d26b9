"""Sounds of known content, and files of every format holding them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from analysis.audio import Audio

Samples = NDArray[np.float32]

PYAV_CODECS = {
    ".m4a": "aac",
    ".aac": "aac",
    ".mka": "aac",
    ".alac.m4a": "alac",
    ".webm": "libopus",
    ".wma": "wmav2",
    ".tta": "tta",
    ".wv": "wavpack",
}
SOUNDFILE_SUFFIXES = (".wav", ".aiff", ".flac", ".ogg", ".opus", ".mp3", ".caf", ".w64")
ALL_SUFFIXES = (*SOUNDFILE_SUFFIXES, *PYAV_CODECS)


def sine(frequency_hz: float, seconds: float, rate: int = 44_100, level_db: float = 0.0) -> Samples:
    """Return a sine of a peak level, shape (n,)."""
    t = np.arange(round(seconds * rate)) / rate
    return np.asarray(10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * t), np.float32)


def noise(seconds: float, rate: int = 44_100, seed: int = 0, channels: int = 2) -> Samples:
    """Return white noise, shape (channels, n)."""
    shape = (channels, round(seconds * rate))
    return np.random.default_rng(seed).uniform(-0.5, 0.5, shape).astype(np.float32)


def audio_of(samples: Samples, rate: int = 44_100, source_channels: int | None = None) -> Audio:
    """Return samples as if decoded from a file."""
    samples = np.atleast_2d(samples).astype(np.float32)
    return Audio(samples, rate, source_channels or len(samples), Path("made.wav"), "wav")


def save(path: Path, samples: Samples, rate: int) -> Path:
    """Write samples of shape (channels, n) in the format that the suffix names."""
    suffix = "".join(path.suffixes[-2:]) if path.name.endswith(".alac.m4a") else path.suffix
    if suffix in PYAV_CODECS:
        return _save_with_ffmpeg(path, samples, rate, PYAV_CODECS[suffix])
    subtype = {".opus": "OPUS", ".ogg": "VORBIS"}.get(suffix)
    container = {".opus": "OGG"}.get(suffix)
    soundfile.write(path, samples.T, rate, subtype=subtype, format=container)
    return path


def _save_with_ffmpeg(path: Path, samples: Samples, rate: int, codec: str) -> Path:
    layout = "stereo" if len(samples) == 2 else "mono"
    with av.open(str(path), "w", format="matroska" if path.suffix == ".mka" else None) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.codec_context.layout = layout
        stream.codec_context.bit_rate = 160_000
        if codec in ("tta", "wavpack"):
            stream.codec_context.format = {"tta": "s16", "wavpack": "s16p"}[codec]
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format="fltp", layout=layout
        )
        frame.sample_rate, frame.pts = rate, 0
        size = stream.codec_context.frame_size or 4_096
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name if stream.codec_context.format else "fltp",
            layout=layout,
            rate=rate,
            frame_size=size,
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path
