"""Pitched instruments. Each takes a frequency and a length and gives stereo, shape (2, n).

Instruments are looked up by name in ``INSTRUMENTS``; all share one signature so that a score needs
to know nothing about them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from composer.osc import (
    Samples,
    envelope,
    filtered_tables,
    harmonic_numbers,
    noise,
    phase_of,
    scan,
    shape,
    tables,
)


@dataclass(frozen=True)
class Tone:
    """One track's setting of an instrument.

    Parameters
    ----------
    brightness
        0 dark to 1 bright.
    width
        0 mono to 1 wide.
    decay
        Multiplies the instrument's own decay.
    resonance
        Quality of the filter's peak, about 0.7 to 4.
    rate_hz
        Speed of tremolo, wobble or vibrato.
    """

    brightness: float = 0.5
    width: float = 0.6
    decay: float = 1.0
    resonance: float = 0.8
    rate_hz: float = 4.0


Instrument = Callable[[float, float, int, np.random.Generator, Tone], Samples]


def _length(seconds: float, release: float, rate: int) -> int:
    return max(64, int((seconds + release) * rate))


def _voices(
    stack: Samples,
    freq: float,
    n: int,
    rate: int,
    rng: np.random.Generator,
    count: int,
    cents: float,
    position: NDArray[np.float64] | float,
    width: float,
) -> Samples:
    """Detuned copies spread over the stereo field."""
    out = np.zeros((2, n), dtype=np.float32)
    for index in range(count):
        offset = (index - (count - 1) / 2.0) / max((count - 1) / 2.0, 1.0)
        detuned = freq * 2.0 ** (offset * cents / 1200.0)
        phase = phase_of(detuned, n, rate) + float(rng.random())
        wave = scan(stack, phase, position)
        pan = width * (offset if index % 2 else -offset) if count > 1 else 0.0
        out[0] += np.float32(np.sqrt(0.5 * (1.0 - pan))) * wave
        out[1] += np.float32(np.sqrt(0.5 * (1.0 + pan))) * wave
    return out / np.float32(np.sqrt(count))


def _dark_to_bright(low: float, high: float, count: int = 8) -> NDArray[np.float64]:
    return np.geomspace(low, max(high, low * 1.01), count)


def _mono(x: NDArray[np.floating]) -> Samples:
    return np.stack([x, x]).astype(np.float32)


def pad(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play slow detuned saws through a breathing filter."""
    n = _length(seconds, 0.5, rate)
    cut = 500.0 + 2600.0 * tone.brightness
    stack = filtered_tables("saw", freq, _dark_to_bright(0.5 * cut, 1.6 * cut, 6))
    sway = 0.5 + 0.4 * np.sin(2 * np.pi * (0.11 * np.arange(n) / rate + float(rng.random())))
    sound = _voices(stack, freq, n, rate, rng, 4, 14.0, sway, tone.width)
    return sound * envelope(n, rate, min(0.35, 0.3 * seconds), 3.0, 0.85, 0.5)


def strings(
    freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone
) -> Samples:
    """Play an ensemble: bright saws with a little vibrato and a bow's attack."""
    n = _length(seconds, 0.35, rate)
    stack = filtered_tables("saw", freq, np.array([1800.0 + 3000.0 * tone.brightness]))
    out = np.zeros((2, n), dtype=np.float32)
    time = np.arange(n) / rate
    for index in range(4):
        speed = 4.6 + 0.7 * index
        curve = freq * (1.0 + 0.0035 * np.sin(2 * np.pi * (speed * time + float(rng.random()))))
        wave = scan(stack, phase_of(curve, n, rate) + float(rng.random()), 0.0)
        out[index % 2] += wave
        out[1 - index % 2] += np.float32(1.0 - tone.width) * wave
    return out * envelope(n, rate, min(0.18, 0.3 * seconds), 2.0, 0.8, 0.35)


def supersaw(
    freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone
) -> Samples:
    """Play seven bright detuned saws."""
    n = _length(seconds, 0.15, rate)
    stack = filtered_tables("saw", freq, np.array([4500.0 + 7000.0 * tone.brightness]), 0.7)
    sound = _voices(stack, freq, n, rate, rng, 7, 22.0, 0.0, tone.width)
    return sound * envelope(n, rate, 0.004, 1.2, 0.75, 0.15)


def stab(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play a short chord hit whose filter closes quickly."""
    n = _length(max(seconds, 0.12), 0.2, rate)
    stack = filtered_tables("saw", freq, _dark_to_bright(300.0, 1500 + 5000 * tone.brightness))
    close = np.exp(-np.arange(n) / (0.11 * tone.decay * rate))
    sound = _voices(stack, freq, n, rate, rng, 3, 9.0, close, tone.width)
    return sound * envelope(n, rate, 0.003, 0.3 * tone.decay, 0.15, 0.2)


def pluck(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play a plucked wavetable, saw or pulse by brightness."""
    n = _length(max(seconds, 0.15), 0.12, rate)
    kind = "saw" if tone.brightness > 0.5 else "pulse"
    top = 1200.0 + 6500.0 * tone.brightness
    stack = filtered_tables(kind, freq, _dark_to_bright(180.0, top), tone.resonance)
    close = np.exp(-np.arange(n) / (0.09 * tone.decay * rate))
    sound = _voices(stack, freq, n, rate, rng, 2, 6.0, close, 0.5 * tone.width)
    return sound * envelope(n, rate, 0.002, 0.28 * tone.decay, 0.12, 0.1)


def epiano(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play two-operator FM with a tine and an auto-pan."""
    n = _length(max(seconds, 0.3), 0.25, rate)
    time = np.arange(n) / rate
    turn = 2 * np.pi * freq * time
    index = (0.6 + 1.2 * tone.brightness) * np.exp(-time / 0.35)
    tine = 0.25 * np.exp(-time / 0.06) * np.sin(min(14.0, 9000.0 / freq) * turn)
    sound = (np.sin(turn + index * np.sin(turn)) + tine) * envelope(n, rate, 0.003, 0.9, 0.25, 0.2)
    sway = 0.5 * tone.width * np.sin(2 * np.pi * tone.rate_hz * time + float(rng.random()))
    return np.stack([sound * (1.0 - sway), sound * (1.0 + sway)]).astype(np.float32)


def piano(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play stretched partials that die the faster the higher they are, with a hammer."""
    n = _length(max(seconds, 0.25), 0.2, rate)
    time = np.arange(n) / rate
    sound = np.zeros(n)
    for number in range(1, min(9, int(9000.0 / freq) + 1)):
        partial = number * freq * np.sqrt(1.0 + 0.0004 * number**2)
        level = number ** -(1.7 - 0.7 * tone.brightness) * np.exp(-time * (0.9 + 0.9 * number))
        sound += level * np.sin(2 * np.pi * partial * time + float(rng.random()))
    sound += 0.15 * noise(rng, n) * np.exp(-time / 0.004)
    sound *= envelope(n, rate, 0.001, 5.0, 0.6, 0.15)
    late = int(0.0006 * tone.width * rate)
    right = np.concatenate([np.zeros(late), sound[: n - late]])
    return np.stack([sound, right]).astype(np.float32)


def organ(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play drawbars with key click; percussive in house fashion."""
    n = _length(seconds, 0.06, rate)
    numbers = harmonic_numbers(freq)
    stack = tables(shape("organ", numbers)[None, :])
    time = np.arange(n) / rate
    spin = 1.0 + 0.002 * np.sin(2 * np.pi * 6.1 * time)
    sound = scan(stack, phase_of(freq * spin, n, rate), 0.0)
    sound = sound * envelope(n, rate, 0.003, 0.35 * tone.decay, 0.55, 0.05)
    return _mono(sound + 0.05 * noise(rng, n) * np.exp(-time / 0.003))


def drone(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play a dark, beating, noisy held note."""
    n = _length(seconds, 0.4, rate)
    stack = filtered_tables(
        "square", freq, _dark_to_bright(200.0, 900 + 900 * tone.brightness), 2.0
    )
    sway = 0.5 + 0.5 * np.sin(2 * np.pi * 0.23 * np.arange(n) / rate + float(rng.random()) * 6.0)
    sound = _voices(stack, freq, n, rate, rng, 3, 24.0, sway, tone.width)
    return sound * envelope(n, rate, 0.15, 3.0, 0.9, 0.4)


def bell(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play inharmonic FM."""
    n = _length(max(seconds, 0.5), 0.5, rate)
    time = np.arange(n) / rate
    turn = 2 * np.pi * freq * time
    index = (0.8 + 2.0 * tone.brightness) * np.exp(-time / 0.4)
    sound = np.sin(turn + index * np.sin(3.5 * turn)) + 0.3 * np.sin(2.0 * turn)
    left = sound * envelope(n, rate, 0.001, 0.55 * tone.decay, 0.0, 0.2)
    sway = 0.3 * tone.width * np.sin(2 * np.pi * 2.3 * time)
    return np.stack([left * (1.0 - sway), left * (1.0 + sway)]).astype(np.float32)


def flute(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play few harmonics, breath, and a vibrato that comes late."""
    n = _length(seconds, 0.1, rate)
    time = np.arange(n) / rate
    depth = 0.006 * np.clip((time - 0.25) / 0.3, 0.0, 1.0)
    curve = freq * (1.0 + depth * np.sin(2 * np.pi * 5.1 * time))
    stack = tables(np.array([[1.0, 0.35 + 0.3 * tone.brightness, 0.12, 0.06]]))
    sound = scan(stack, phase_of(curve, n, rate), 0.0) * envelope(n, rate, 0.045, 2.0, 0.85, 0.1)
    breath = sosfilt(
        butter(1, (0.8 * freq, min(4.0 * freq, 0.45 * rate)), "bandpass", fs=rate, output="sos"),
        noise(rng, n),
    )
    return _mono(sound + 0.12 * breath * envelope(n, rate, 0.03, 0.3, 0.4, 0.1))


def _lead(kind: str) -> Instrument:
    def play(
        freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone
    ) -> Samples:
        n = _length(seconds, 0.08, rate)
        time = np.arange(n) / rate
        depth = 0.005 * np.clip((time - 0.2) / 0.3, 0.0, 1.0)
        curve = freq * (1.0 + depth * np.sin(2 * np.pi * 5.6 * time))
        top = 1500.0 + 6000.0 * tone.brightness
        stack = filtered_tables(kind, freq, _dark_to_bright(0.3 * top, top, 5), tone.resonance)
        opening = 0.4 + 0.6 * np.exp(-time / 0.2)
        phase = phase_of(curve, n, rate)
        left = scan(stack, phase, opening)
        right = scan(stack, 1.004 * phase + 0.3, opening)
        near = np.float32(1.0 - 0.5 * tone.width)
        sound = np.stack([left + (1 - near) * right, near * left + right])
        return sound * envelope(n, rate, 0.005, 0.8, 0.7, 0.08)

    play.__doc__ = f"A {kind} lead with vibrato."
    return play


def acid(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play a resonant filter that snaps shut, driven."""
    n = _length(max(seconds, 0.08), 0.03, rate)
    top = 700.0 + 3200.0 * tone.brightness
    stack = filtered_tables("saw", freq, _dark_to_bright(1.2 * freq, top, 10), 3.0 + tone.resonance)
    close = np.exp(-np.arange(n) / (0.08 * tone.decay * rate))
    sound = np.tanh(2.0 * scan(stack, phase_of(freq, n, rate), close))
    return _mono(sound * envelope(n, rate, 0.002, 0.4, 0.5, 0.03))


def sub(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play a near sine with a trace of harmonics, so that small speakers hear it."""
    n = _length(seconds, 0.04, rate)
    grit = 0.05 + 0.35 * tone.brightness
    stack = tables(np.array([[1.0, 0.5 * grit, 0.5 * grit, 0.2 * grit, 0.15 * grit]]))
    sound = scan(stack, phase_of(freq, n, rate), 0.0)
    return _mono(sound * envelope(n, rate, 0.006, 2.0 * tone.decay, 0.75, 0.04))


def eight(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play a long 808-like bass that slides into its pitch and is driven."""
    n = _length(max(seconds, 0.3), 0.1, rate)
    time = np.arange(n) / rate
    curve = freq * (1.0 + 0.5 * np.exp(-time / 0.02))
    wave = np.sin(2 * np.pi * np.cumsum(curve) / rate) * np.exp(-time / (0.8 * tone.decay))
    sound = np.tanh((1.3 + 2.0 * tone.brightness) * wave)
    return _mono(sound * envelope(n, rate, 0.003, 9.0, 1.0, 0.1))


def bass_pluck(
    freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone
) -> Samples:
    """Play a short filtered bass with a sine beneath."""
    n = _length(max(seconds, 0.08), 0.03, rate)
    top = 500.0 + 2200.0 * tone.brightness
    stack = filtered_tables("saw", freq, _dark_to_bright(1.5 * freq, top), tone.resonance)
    close = np.exp(-np.arange(n) / (0.12 * tone.decay * rate))
    phase = phase_of(freq, n, rate)
    sound = scan(stack, phase, close) + np.float32(0.5) * np.sin(2 * np.pi * phase)
    return _mono(sound * envelope(n, rate, 0.003, 0.6, 0.6, 0.03))


def fm_bass(
    freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone
) -> Samples:
    """Play a woody FM bass."""
    n = _length(max(seconds, 0.08), 0.03, rate)
    time = np.arange(n) / rate
    turn = 2 * np.pi * freq * time
    index = (1.0 + 3.0 * tone.brightness) * np.exp(-time / (0.1 * tone.decay)) + 0.2
    sound = np.sin(turn + index * np.sin(2.0 * turn))
    return _mono(sound * envelope(n, rate, 0.003, 0.5, 0.55, 0.03))


def reese(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play detuned saws that beat against each other over a mono sine."""
    n = _length(seconds, 0.05, rate)
    cut = 350.0 + 1300.0 * tone.brightness
    stack = filtered_tables("saw", freq, _dark_to_bright(0.5 * cut, cut, 5), 1.2)
    sway = 0.5 + 0.5 * np.sin(2 * np.pi * 0.4 * np.arange(n) / rate)
    sound = _voices(stack, freq, n, rate, rng, 3, 26.0, sway, 0.3 * tone.width)
    under = np.sin(2 * np.pi * phase_of(freq, n, rate)).astype(np.float32)
    return (sound + np.float32(0.6) * under) * envelope(n, rate, 0.008, 4.0, 0.9, 0.05)


def wobble(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play a bass whose filter is swung by a tempo-like oscillator."""
    n = _length(seconds, 0.04, rate)
    stack = filtered_tables("square", freq, _dark_to_bright(90.0, 2600.0, 10), 2.0)
    swing = 0.5 - 0.5 * np.cos(2 * np.pi * tone.rate_hz * np.arange(n) / rate)
    sound = np.tanh(1.8 * _voices(stack, freq, n, rate, rng, 2, 12.0, swing, 0.2))
    under = np.sin(2 * np.pi * phase_of(freq, n, rate)).astype(np.float32)
    out = (sound + np.float32(0.5) * under) * envelope(n, rate, 0.006, 4.0, 0.95, 0.04)
    return np.asarray(out, dtype=np.float32)


def growl(freq: float, seconds: float, rate: int, rng: np.random.Generator, tone: Tone) -> Samples:
    """Play FM with a moving ratio, hard driven."""
    n = _length(seconds, 0.04, rate)
    time = np.arange(n) / rate
    turn = 2 * np.pi * freq * time
    move = 1.5 + 1.5 * np.sin(2 * np.pi * tone.rate_hz * time - 1.5)
    raw = np.sin(turn + (0.5 + tone.brightness) * move * np.sin(turn + 0.6 * np.sin(3 * turn)))
    return _mono(np.tanh(2.0 * raw) * envelope(n, rate, 0.006, 4.0, 0.9, 0.04))


INSTRUMENTS: dict[str, Instrument] = {
    "pad": pad,
    "strings": strings,
    "supersaw": supersaw,
    "stab": stab,
    "pluck": pluck,
    "epiano": epiano,
    "piano": piano,
    "organ": organ,
    "drone": drone,
    "bell": bell,
    "flute": flute,
    "square": _lead("square"),
    "saw": _lead("saw"),
    "acid": acid,
}
BASSES: dict[str, Instrument] = {
    "sub": sub,
    "eight": eight,
    "pluck": bass_pluck,
    "slap": bass_pluck,
    "saw": bass_pluck,
    "organ": organ,
    "fm": fm_bass,
    "acid": acid,
    "rumble": sub,
    "reese": reese,
    "wobble": wobble,
    "growl": growl,
}
