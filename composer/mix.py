"""The mixing desk: buses that one-shots are added to, ducking, sends and the sum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pedalboard import Reverb

from composer.osc import Samples

BUSES = ("drums", "bass", "music", "voice", "fx")


def gain(level_db: float) -> np.float32:
    """Decibels to a factor."""
    return np.float32(10.0 ** (level_db / 20.0))


class Desk:
    """Stereo buses of one length.

    Parameters
    ----------
    n
        Samples.
    sample_rate
        Their rate.
    """

    def __init__(self, n: int, sample_rate: int) -> None:
        self.n = n
        self.sample_rate = sample_rate
        self.buses: dict[str, Samples] = {
            name: np.zeros((2, n), dtype=np.float32) for name in BUSES
        }

    def add(self, bus: str, at: int, sound: Samples, level: float, pan: float = 0.0) -> None:
        """Add a mono or stereo sound with its first sample at ``at``; pan −1 left to 1 right."""
        start, stop = max(at, 0), min(at + sound.shape[-1], self.n)
        if stop <= start:
            return
        part = sound[..., start - at : stop - at]
        left = np.float32(level * min(1.0, 1.0 - pan))
        right = np.float32(level * min(1.0, 1.0 + pan))
        target = self.buses[bus]
        target[0, start:stop] += left * (part if part.ndim == 1 else part[0])
        target[1, start:stop] += right * (part if part.ndim == 1 else part[1])

    def duck(self, kicks: NDArray[np.int64], depth: float, recover_sec: float) -> None:
        """Lower bass, music and effects at every kick and let them come back."""
        if depth <= 0.0 or not len(kicks):
            return
        n = int(recover_sec * self.sample_rate)
        shape = 1.0 - depth * (1.0 - np.linspace(0.0, 1.0, n, dtype=np.float32)) ** 1.5
        curve = np.ones(self.n, dtype=np.float32)
        for at in kicks.tolist():
            start, stop = max(at, 0), min(at + n, self.n)
            if stop > start:
                part = curve[start:stop]
                np.minimum(part, shape[start - at : stop - at], out=part)
        for name, share in (("bass", 1.0), ("music", 0.8), ("fx", 0.7)):
            self.buses[name] *= curve * np.float32(share) + np.float32(1.0 - share)

    def echo(self, bus: str, delay_samples: int, feedback: float, level: float) -> None:
        """Ping-pong echoes of a bus, added to the effects bus."""
        sound, effects = self.buses[bus], self.buses["fx"]
        scratch = np.empty(self.n, dtype=np.float32)
        for repeat in range(1, 5):
            at = repeat * delay_samples
            if at >= self.n:
                return
            part = scratch[: self.n - at]
            loud = np.float32(level * feedback ** (repeat - 1))
            for side, factor in ((repeat % 2, loud), (1 - repeat % 2, np.float32(0.3) * loud)):
                np.multiply(sound[side, : self.n - at], factor, out=part)
                effects[side, at:] += part

    def sum(self, sends: dict[str, float], room: float) -> Samples:
        """All buses and the reverb of their sends; shape (2, n)."""
        send = np.zeros((2, self.n), dtype=np.float32)
        total = np.zeros((2, self.n), dtype=np.float32)
        scratch = np.empty((2, self.n), dtype=np.float32)
        for name in BUSES:
            total += self.buses[name]
            if sends.get(name):
                send += np.multiply(self.buses[name], np.float32(sends[name]), out=scratch)
        hall = Reverb(room_size=room, damping=0.45, wet_level=1.0, dry_level=0.0, width=1.0)
        total += hall(send, self.sample_rate)
        return total
