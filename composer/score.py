"""Notes: harmony, bass lines, chords, arpeggios, melodies and sung phrases, by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.arrange import Phrase
from composer.spec import TrackSpec, stream
from composer.styles import Style
from composer.theory import Chord, Key, chord_of, parse_key, scale_note, voice_near

_BASS_LOW_MIDI = 31
_LEAD_LOW_MIDI = 67
_OFFBEAT_BASS = "..R-..R-..R-..R-"
# One bar of melody: where notes begin.
_CELLS = (
    "x..x..x...x..x..",
    "x...x..x....x...",
    "x.x...x.x...x.x.",
    "..x..x..x...x...",
    "x.....x.x.......",
    "x..x....x..x..x.",
    "x...x...x.x.x...",
    "x.......x..x....",
)


@dataclass(frozen=True)
class Note:
    """A note of a layer; positions and lengths in straight beats, velocity 0 to 1."""

    layer: str
    beat: float
    beats: float
    midi: int
    velocity: float


@dataclass(frozen=True)
class Syllable:
    """A sung syllable; positions in straight beats."""

    beat: float
    beats: float
    midi: int
    from_midi: int
    velocity: float


@dataclass(frozen=True)
class Score:
    """All that is played but the drums.

    Parameters
    ----------
    key
        The composed key.
    chords
        One chord a bar.
    notes, syllables
        In order of composition.
    vocal_phrases
        First and last straight beat of each sung phrase.
    """

    key: Key
    chords: list[Chord]
    notes: list[Note]
    syllables: list[Syllable]
    vocal_phrases: list[tuple[float, float]]


def _harmony(
    spec: TrackSpec, style: Style, phrases: list[Phrase], rng: np.random.Generator
) -> list[Chord]:
    """Choose a chord for every bar: one progression throughout, another one in breaks."""
    key = parse_key(spec.key)
    pool = style.minor if key.mode == "minor" else style.major
    richness = style.richness[int(rng.integers(len(style.richness)))]
    main = pool[int(rng.integers(len(pool)))].split()
    other = pool[int(rng.integers(len(pool)))].split() if rng.random() < 0.5 else main
    every = style.bars_per_chord[int(rng.integers(len(style.bars_per_chord)))]
    chords: list[Chord] = []
    for phrase in phrases:
        line = other if phrase.label in ("break", "verse") else main
        for bar in range(phrase.bars):
            chords.append(chord_of(line[(bar // every) % len(line)], key, richness))
    # The piece comes home: its last bar is the tonic's.
    chords[-1] = chord_of("i" if key.mode == "minor" else "I", key, richness)
    return chords


def _bar_of(pattern: str, bar: int) -> str:
    bars = pattern.split("|")
    return bars[bar % len(bars)]


def _held(pattern: str, step: int) -> int:
    end = step + 1
    while end < len(pattern) and pattern[end] == "-":
        end += 1
    return end - step


def _bass(
    chords: list[Chord], phrase: Phrase, pattern: str, rng: np.random.Generator
) -> list[Note]:
    notes = []
    level = phrase.layers["bass"]
    for bar in range(phrase.start_bar, phrase.start_bar + phrase.bars):
        line = _bar_of(pattern, bar)
        chord = chords[bar]
        root = _BASS_LOW_MIDI + (chord.root - _BASS_LOW_MIDI) % 12
        after = chords[min(bar + 1, len(chords) - 1)]
        target = _BASS_LOW_MIDI + (after.root - _BASS_LOW_MIDI) % 12
        steps = {
            "R": root,
            "O": root + 12,
            "F": root + (7 if 7 in chord.intervals else 6),
            "S": root + (chord.intervals[3] if len(chord.intervals) > 3 else 12),
            "P": target + (2 if target < root else -2) if target != root else root + 7,
        }
        for step, mark in enumerate(line):
            if mark not in steps:
                continue
            length = _held(line, step) / 4.0
            accent = 1.0 if step % 4 == 0 else 0.88
            notes.append(
                Note(
                    "bass",
                    4 * bar + step / 4,
                    0.92 * length,
                    steps[mark],
                    level * accent * float(rng.uniform(0.93, 1.0)),
                )
            )
    return notes


def _chordal(
    layer: str, chords: list[Chord], phrase: Phrase, pattern: str, center: int,
    rng: np.random.Generator,
) -> list[Note]:  # fmt: skip
    """Play chords in a rhythm; a held chord that does not change is not struck again."""
    notes: list[Note] = []
    level = phrase.layers[layer]
    bar, last = phrase.start_bar, phrase.start_bar + phrase.bars
    while bar < last:
        line = _bar_of(pattern, bar)
        span = 1
        if line[0] == "X" and _held(line, 0) == 16:
            while bar + span < last and span < 4 and chords[bar + span] == chords[bar]:
                span += 1
        for step, mark in enumerate(line):
            if mark not in "xX":
                continue
            length = 0.4 if mark == "x" else _held(line, step) / 4.0 + 4.0 * (span - 1)
            for midi in voice_near(chords[bar], center):
                velocity = level * float(rng.uniform(0.85, 1.0))
                notes.append(Note(layer, 4 * bar + step / 4, 0.97 * length, midi, velocity))
        bar += span
    return notes


def _arp(chords: list[Chord], phrase: Phrase, order: list[int], gates: str) -> list[Note]:
    notes = []
    level = phrase.layers["arp"]
    for bar in range(phrase.start_bar, phrase.start_bar + phrase.bars):
        voiced = voice_near(chords[bar], 68)
        ladder = [*voiced, *(midi + 12 for midi in voiced)]
        for step in range(16):
            if gates[step] == ".":
                continue
            midi = ladder[order[step % len(order)] % len(ladder)]
            accent = 1.0 if step % 4 == 0 else 0.75
            notes.append(Note("arp", 4 * bar + step / 4, 0.22, midi, level * accent))
    return notes


def _motif(key: Key, rng: np.random.Generator) -> list[list[tuple[int, int, int]]]:
    """Draw four bars of (step, length in steps, scale degree): A, A varied, A, an answer."""
    cell, answer = (_CELLS[int(i)] for i in rng.integers(len(_CELLS), size=2))
    bars = []
    degree = int(rng.choice([0, 2, 4, 7]))
    first: list[tuple[int, int, int]] = []
    for number in range(4):
        line = answer if number == 3 else cell
        if number == 2 and first:
            bars.append(first)
            continue
        starts = [step for step, mark in enumerate(line) if mark == "x"]
        bar = []
        for place, step in enumerate(starts):
            following = starts[place + 1] if place + 1 < len(starts) else 16
            degree = int(np.clip(degree + rng.choice([-2, -1, -1, 0, 1, 1, 2, 3]), -2, 9))
            bar.append((step, min(following - step, 6), degree))
        first = first or bar
        bars.append(bar)
    return bars


def _settle(midi: int, chord: Chord) -> int:
    """Move a note to the chord's nearest."""
    return min(
        (midi + shift for shift in (0, -1, 1, -2, 2, -3, 3)),
        key=lambda note: (note % 12 not in chord.pitch_classes, abs(note - midi)),
    )


def _lead(
    key: Key, chords: list[Chord], phrase: Phrase, motif: list[list[tuple[int, int, int]]],
    rng: np.random.Generator,
) -> list[Note]:  # fmt: skip
    notes = []
    level = phrase.layers["lead"]
    for bar in range(phrase.start_bar, phrase.start_bar + phrase.bars):
        if phrase.label == "drop" and bar % 8 == 7 and rng.random() < 0.5:
            continue  # breathe before the next phrase
        for step, length, degree in motif[bar % 4]:
            midi = scale_note(key, degree, _LEAD_LOW_MIDI)
            if step % 8 == 0 or length >= 4:
                midi = _settle(midi, chords[bar])
            velocity = level * float(rng.uniform(0.8, 1.0))
            notes.append(Note("lead", 4 * bar + step / 4, 0.24 * length, midi, velocity))
    return notes


def _sing(
    key: Key, chords: list[Chord], phrase: Phrase, low_midi: int, rng: np.random.Generator
) -> tuple[list[Syllable], list[tuple[float, float]]]:
    """Sing lines of one to two bars with breath between them."""
    syllables: list[Syllable] = []
    spans: list[tuple[float, float]] = []
    level = phrase.layers["vocal"]
    unit = 2 if phrase.bars >= 2 else 1
    for bar in range(phrase.start_bar, phrase.start_bar + phrase.bars, unit):
        if rng.random() < (0.15 if phrase.label == "verse" else 0.3):
            continue
        beat = 4.0 * bar + float(rng.choice([0.0, 0.0, 0.5, 1.0]))
        end = 4.0 * bar + unit * float(rng.uniform(2.4, 3.7))
        degree = int(rng.integers(0, 5))
        first = beat
        before = scale_note(key, degree, low_midi) - 2
        while beat < end - 0.2:
            length = float(rng.choice([0.5, 0.5, 0.5, 0.25, 1.0, 0.75]))
            if beat + length >= end - 0.3:
                length = max(end - beat, 0.5)
            degree = int(np.clip(degree + rng.choice([-2, -1, 0, 0, 1, 1, 2]), -1, 7))
            midi = scale_note(key, degree, low_midi)
            if length >= 0.75:
                here = min(int(beat // 4), len(chords) - 1)
                midi = _settle(midi, chords[here])
            velocity = level * float(rng.uniform(0.75, 1.0))
            syllables.append(Syllable(beat, 0.95 * length, midi, before, velocity))
            before = midi
            beat += length
        spans.append((first, beat))
    return syllables, spans


def compose(spec: TrackSpec, style: Style, phrases: list[Phrase]) -> Score:
    """Write the notes of a track.

    Returns
    -------
    Score
        Chords have one entry a bar; notes are in the composed key, save chords borrowed by the
        progression.
    """
    key = parse_key(spec.key)
    chords = _harmony(spec, style, phrases, stream(spec.seed, "harmony"))
    rng = stream(spec.seed, "score")

    def pick(options: tuple[str, ...]) -> str:
        return options[int(rng.integers(len(options)))]

    basses = [pick(style.bass_patterns) for _ in range(2)]
    if spec.offbeat_bass:
        basses = [_OFFBEAT_BASS, _OFFBEAT_BASS]
    rhythms = [pick(style.chord_rhythms) for _ in range(2)]
    motif, second = _motif(key, rng), _motif(key, rng)
    order = [int(i) for i in rng.integers(0, 6, size=int(rng.choice([3, 4, 6, 8, 16])))]
    gates = "".join("x" if rng.random() < 0.8 or step == 0 else "." for step in range(16))
    low_midi = int(rng.choice([50, 53, 57, 60]))
    notes: list[Note] = []
    syllables: list[Syllable] = []
    spans: list[tuple[float, float]] = []
    for phrase in phrases:
        take = 1 if phrase.variation == 3 else 0
        if "bass" in phrase.layers:
            notes += _bass(chords, phrase, basses[take], rng)
        if "chords" in phrase.layers:
            notes += _chordal("chords", chords, phrase, rhythms[take], 60, rng)
        if "pad" in phrase.layers:
            notes += _chordal("pad", chords, phrase, "X" + "-" * 15, 57, rng)
        if "arp" in phrase.layers:
            notes += _arp(chords, phrase, order, gates)
        if "lead" in phrase.layers:
            notes += _lead(key, chords, phrase, second if take else motif, rng)
        if "vocal" in phrase.layers:
            sung, lines = _sing(key, chords, phrase, low_midi, rng)
            syllables += sung
            spans += lines
    return Score(key, chords, notes, syllables, spans)
