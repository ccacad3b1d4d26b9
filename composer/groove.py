"""Drum parts: patterns laid over phrases, ghost notes, fills, rolls and human timing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.arrange import Phrase
from composer.drums import PERCUSSION
from composer.spec import TrackSpec, stream
from composer.styles import Style

_VELOCITY = {"x": 1.0, "o": 0.7, "g": 0.38}
# Standard deviation of a player's timing, seconds; the kick is exact.
HUMAN_SEC = {"hats": 0.0025, "open": 0.0025, "perc": 0.0045, "snare": 0.0012, "ride": 0.003}


@dataclass(frozen=True)
class Hit:
    """One stroke: what, straight beat, velocity 0 to 1, and how late the player is, seconds."""

    drum: str
    beat: float
    velocity: float
    late_sec: float = 0.0


def _steps(pattern: str, bar: int) -> list[tuple[int, float]]:
    bars = pattern.split("|")
    line = bars[bar % len(bars)]
    return [(step, _VELOCITY[mark]) for step, mark in enumerate(line) if mark in _VELOCITY]


def _percussion_pattern(rng: np.random.Generator) -> str:
    """Spread some strokes evenly over sixteen steps, rotated, with accents."""
    count = int(rng.integers(2, 8))
    turn = int(rng.integers(16))
    marks = ["."] * 16
    for index in range(count):
        marks[(index * 16 // count + turn) % 16] = "x" if rng.random() < 0.5 else "o"
    return "".join(marks)


@dataclass(frozen=True)
class _Kit:
    kick: tuple[str, ...]
    snare: tuple[str, ...]
    hats: tuple[str, ...]
    open: str
    percussion: dict[str, str]


def _kit(style: Style, rng: np.random.Generator) -> _Kit:
    def two(options: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(options[int(i)] for i in rng.integers(len(options), size=2))

    low, high = style.percussion
    count = int(rng.integers(low, high + 1))
    kinds = [PERCUSSION[int(i)] for i in rng.permutation(len(PERCUSSION))[:count]]
    open_hat = style.open_hat_patterns[int(rng.integers(len(style.open_hat_patterns)))]
    return _Kit(
        two(style.kick_patterns),
        two(style.snare_patterns),
        two(style.hat_patterns),
        open_hat,
        {kind: _percussion_pattern(rng) for kind in kinds},
    )


def _fill(phrase: Phrase, rng: np.random.Generator) -> tuple[list[Hit], float]:
    """Play a fill in the last beats of a phrase; also say where it starts."""
    end = 4.0 * (phrase.start_bar + phrase.bars)
    beats = int(rng.choice([1, 2, 2, 4]))
    start = end - beats
    hits = []
    for step in range(4 * beats):
        if rng.random() < 0.3:
            continue
        drum = str(rng.choice(["snare", "tom", "tom", "snare"]))
        hits.append(Hit(drum, start + step / 4, float(rng.uniform(0.45, 0.95)), 0.0))
    return hits, start


def _roll(phrase: Phrase, rng: np.random.Generator) -> list[Hit]:
    """Roll the snare over up to four bars, doubling its speed twice."""
    end = 4.0 * (phrase.start_bar + phrase.bars)
    bars = min(phrase.bars, 4)
    hits = []
    beat = end - 4.0 * bars
    while beat < end - 1e-6:
        done = 1.0 - (end - beat) / (4.0 * bars)
        hits.append(Hit("snare", beat, 0.25 + 0.6 * done, 0.0))
        beat += 1.0 if done < 0.25 else 0.5 if done < 0.5 else 0.25 if done < 0.9 else 0.125
    return hits


def groove(spec: TrackSpec, style: Style, phrases: list[Phrase]) -> list[Hit]:
    """Play every stroke of the track.

    Returns
    -------
    list of Hit
        Kicks have no lateness. Drums are kick, snare, hats, open, ride, crash, tom and the kinds
        of percussion.
    """
    rng = stream(spec.seed, "groove")
    kit = _kit(style, rng)
    hits: list[Hit] = []

    def late(layer: str) -> float:
        return float(np.clip(rng.normal(0.0, HUMAN_SEC[layer]), -0.008, 0.008))

    for phrase in phrases:
        take = phrase.variation % 2
        end = 4.0 * (phrase.start_bar + phrase.bars)
        filling: list[Hit] = []
        fill_from = end
        if phrase.fill:
            filling, fill_from = _fill(phrase, rng)
        kick_until = end - phrase.kick_gap_beats
        roll_from = end - 4.0 * min(phrase.bars, 4) if phrase.roll else end
        for bar in range(phrase.start_bar, phrase.start_bar + phrase.bars):
            at = 4.0 * bar
            for step, velocity in _steps(kit.kick[take], bar):
                beat = at + step / 4
                if "kick" in phrase.layers and beat < kick_until - 1e-6:
                    hits.append(Hit("kick", beat, velocity * phrase.layers["kick"]))
            for step, velocity in _steps(kit.snare[take], bar):
                beat = at + step / 4
                if "snare" in phrase.layers and beat < min(fill_from, roll_from):
                    level = velocity * phrase.layers["snare"]
                    hits.append(Hit("snare", beat, level, abs(late("snare"))))
            if "snare" in phrase.layers and rng.random() < style.ghost_notes:
                beat = at + float(rng.choice([1.75, 2.25, 2.5, 3.75, 0.75]))
                hits.append(Hit("snare", beat, 0.2, late("snare")))
            for layer, pattern in (("hats", kit.hats[take]), ("open", kit.open)):
                for step, velocity in _steps(pattern, bar) if layer in phrase.layers else ():
                    level = velocity * phrase.layers[layer] * float(rng.uniform(0.8, 1.0))
                    hits.append(Hit(layer, at + step / 4, level, late(layer)))
            for kind, pattern in kit.percussion.items() if "perc" in phrase.layers else ():
                for step, velocity in _steps(pattern, bar):
                    if rng.random() < 0.08:
                        continue
                    level = velocity * phrase.layers["perc"] * float(rng.uniform(0.7, 1.0))
                    hits.append(Hit(kind, at + step / 4, level, late("perc")))
            if "ride" in phrase.layers and style.ride:
                hits += [Hit("ride", at + beat, 0.8, late("ride")) for beat in range(4)]
        if "snare" in phrase.layers or phrase.fill:
            hits += filling
        if phrase.roll:
            hits += _roll(phrase, rng)
        loud = phrase.label == "drop" or (phrase.section_start and "kick" in phrase.layers)
        if style.drums and loud and (phrase.section_start or rng.random() < 0.4):
            hits.append(Hit("crash", 4.0 * phrase.start_bar, 0.9))
    if spec.pickup and spec.lead_in_sec * spec.bpm / 60.0 > 0.55 and style.drums:
        hits += [Hit("snare", -0.5, 0.5), Hit("tom", -0.25, 0.7)]
    return hits
