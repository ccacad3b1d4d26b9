"""From a specification to sound and truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer import drums, fx
from composer.arrange import Phrase, Section, arrange
from composer.groove import Hit, groove
from composer.master import CEILING_DBTP, LOSSY_CEILING_DBTP, mastered
from composer.mix import Desk, gain
from composer.osc import Samples
from composer.score import Note, Score, Syllable, compose
from composer.spec import TrackSpec, stream
from composer.styles import Style, style_named
from composer.synths import BASSES, INSTRUMENTS, Instrument, Tone
from composer.theory import frequency_hz
from composer.timing import BEATS_PER_BAR, BeatMap, beat_times_sec
from composer.truth import truth_of
from composer.voice import syllable

# Peak level of one stroke or note before mastering, dB.
LEVELS_DB = {
    "kick": -3.5, "snare": -4.5, "hats": -9.0, "open": -9.5, "ride": -15.0, "crash": -9.0,
    "perc": -10.0, "tom": -6.0, "bass": -5.5, "chords": -12.0, "pad": -13.0, "arp": -13.0,
    "lead": -10.0, "vocal": -7.0, "riser": -7.0, "impact": -9.0,
}  # fmt: skip
_SENDS = {"drums": 0.06, "bass": 0.0, "music": 0.22, "voice": 0.22, "fx": 0.3}
_TAIL_SEC = 2.2
# Notes are cached by length on this lattice, so that a drifting tempo does not defeat the cache.
_LENGTH_STEP_SEC = 0.005


@dataclass(frozen=True)
class Rendered:
    """A finished track.

    Parameters
    ----------
    samples
        Shape (2, n), float32, true peak under −0.5 dBTP.
    sample_rate
        Samples a second.
    truth
        What ``composer.truth.truth_of`` says of it.
    """

    samples: Samples
    sample_rate: int
    truth: dict[str, Any]


def _drum_kit(
    spec: TrackSpec, style: Style, hits: list[Hit]
) -> dict[str, tuple[list[Samples], float, float]]:
    """Choose takes, level and pan of every drum that is struck."""
    rng = stream(spec.seed, "kit")
    rate = spec.sample_rate
    kick_kind = style.kicks[int(rng.integers(len(style.kicks)))]
    snare_kind = style.snares[int(rng.integers(len(style.snares)))]
    layered = str(rng.choice(["clap", "rim", "snare", ""]))
    kit: dict[str, tuple[list[Samples], float, float]] = {}
    for name in sorted({hit.drum for hit in hits}):
        own = stream(spec.seed, f"drum {name}")
        usual_db = LEVELS_DB.get(name, LEVELS_DB["perc"]) + style.levels_db.get(name, 0.0)
        level = float(gain(usual_db + float(own.uniform(-1.5, 1.5))))
        pan = 0.0
        if name == "kick":
            takes = [drums.kick(kick_kind, rate, own)]
            level = float(gain(usual_db))
        elif name == "snare":
            takes = []
            for _ in range(3):
                body = drums.snare(snare_kind, rate, own)
                if layered and layered != snare_kind:
                    layer = drums.snare(layered, rate, own)[: len(body)]
                    body[: len(layer)] += np.float32(0.35) * layer
                takes.append(body)
        elif name in ("hats", "open", "ride", "crash"):
            kind = "closed" if name == "hats" else name
            count = 1 if name == "crash" else 4
            state = own.integers(2**31)  # takes differ in noise, not in tuning
            takes = [
                drums.hat(kind, rate, np.random.default_rng([int(state), i])) for i in range(count)
            ]
            pan = float(own.uniform(-0.35, 0.35))
        elif name == "shaker":
            takes = [drums.hat("shaker", rate, own) for _ in range(3)]
            pan = float(own.uniform(-0.6, 0.6))
        else:
            takes = [drums.percussion(name, rate, own)]
            pan = float(own.uniform(-0.7, 0.7))
        kit[name] = (takes, level, pan)
    return kit


def _kick_samples(beat_map: BeatMap, hits: list[Hit]) -> NDArray[np.int64]:
    """Find the kicks' first samples, ascending."""
    beats = np.array([hit.beat for hit in hits if hit.drum == "kick"], dtype=np.float64)
    return np.unique(beat_map.samples(beat_map.swung(beats)))


def _play_drums(
    desk: Desk, spec: TrackSpec, style: Style, beat_map: BeatMap, hits: list[Hit]
) -> None:
    if not hits:
        return
    kit = _drum_kit(spec, style, hits)
    places = beat_map.samples(beat_map.swung(np.array([hit.beat for hit in hits])))
    late = np.rint(np.array([hit.late_sec for hit in hits]) * spec.sample_rate).astype(np.int64)
    for index, (hit, at) in enumerate(zip(hits, (places + late).tolist(), strict=True)):
        takes, level, pan = kit[hit.drum]
        desk.add("drums", at, takes[index % len(takes)], level * hit.velocity, pan)


def _tone(rng: np.random.Generator, bpm: float) -> Tone:
    return Tone(
        brightness=float(rng.uniform(0.15, 0.9)),
        width=float(rng.uniform(0.4, 0.95)),
        decay=float(rng.uniform(0.6, 1.6)),
        resonance=float(rng.uniform(0.7, 2.2)),
        rate_hz=bpm / 60.0 * float(rng.choice([0.5, 1.0, 1.5, 2.0])),
    )


def _cast(spec: TrackSpec, style: Style) -> dict[str, tuple[Instrument, Tone, float]]:
    """Choose which instrument plays each layer, how it is set, and how loud."""
    rng = stream(spec.seed, "cast")

    def pick(options: tuple[str, ...]) -> str:
        return options[int(rng.integers(len(options)))]

    pads = tuple(name for name in style.chords if name in ("pad", "strings", "drone")) or ("pad",)
    parts = {
        "bass": BASSES[pick(style.basses)],
        "chords": INSTRUMENTS[pick(style.chords)],
        "pad": INSTRUMENTS[pick(pads)],
        "arp": INSTRUMENTS[pick(("pluck", "square", "saw", "bell"))],
        "lead": INSTRUMENTS[pick(style.leads)],
    }
    cast = {}
    for layer, part in parts.items():
        level_db = LEVELS_DB[layer] + style.levels_db.get(layer, 0.0)
        tone = _tone(rng, spec.bpm)
        cast[layer] = (part, tone, float(gain(level_db + float(rng.uniform(-2.0, 1.5)))))
    return cast


def _play_notes(
    desk: Desk, spec: TrackSpec, style: Style, beat_map: BeatMap, notes: list[Note]
) -> None:
    if not notes:
        return
    cast = _cast(spec, style)
    rate = spec.sample_rate
    starts = beat_map.swung(np.array([note.beat for note in notes]))
    ends = beat_map.swung(np.array([note.beat + note.beats for note in notes]))
    first = beat_map.samples(starts)
    lengths = beat_map.seconds(ends) - beat_map.seconds(starts)
    cache: dict[tuple[str, int, int], Samples] = {}
    for note, at, length in zip(notes, first.tolist(), lengths.tolist(), strict=True):
        part, tone, level = cast[note.layer]
        steps = max(1, round(length / _LENGTH_STEP_SEC))
        name = (note.layer, note.midi, steps)
        if name not in cache:
            own = stream(spec.seed, f"note {note.layer} {note.midi}")
            freq = frequency_hz(note.midi, spec.detune_cents)
            sound = part(freq, steps * _LENGTH_STEP_SEC, rate, own, tone)
            cache[name] = sound / np.float32(max(float(np.max(np.abs(sound))), 1e-6))
        bus = "bass" if note.layer == "bass" else "music"
        desk.add(bus, at, cache[name], level * note.velocity)


def _sing(desk: Desk, spec: TrackSpec, beat_map: BeatMap, syllables: list[Syllable]) -> None:
    rng = stream(spec.seed, "voice")
    tract = 1.17 if np.mean([s.midi for s in syllables] or [0]) > 60 else 1.0
    level = float(gain(LEVELS_DB["vocal"]))
    late = int(0.013 * spec.sample_rate)
    for sung in syllables:
        start = float(beat_map.swung(sung.beat))
        end = float(beat_map.swung(sung.beat + sung.beats))
        length = float(beat_map.seconds(end) - beat_map.seconds(start))
        at = int(beat_map.samples(start))
        freq = frequency_hz(sung.midi, spec.detune_cents)
        sound = syllable(
            freq, frequency_hz(sung.from_midi, spec.detune_cents), length, spec.sample_rate, rng,
            tract,
        )  # fmt: skip
        desk.add("voice", at, sound, level * sung.velocity)
        # A short, quiet copy a little later on one side widens the voice.
        desk.add("voice", at + late, sound, 0.3 * level * sung.velocity, -0.8)


def _play_effects(
    desk: Desk, spec: TrackSpec, style: Style, beat_map: BeatMap, phrases: list[Phrase]
) -> None:
    rng = stream(spec.seed, "fx")
    rate = spec.sample_rate
    for phrase in phrases:
        start = int(beat_map.samples(float(BEATS_PER_BAR * phrase.start_bar)))
        end = int(beat_map.samples(float(BEATS_PER_BAR * (phrase.start_bar + phrase.bars))))
        if phrase.riser:
            sound = fx.riser(0.5 * (end - start) / rate, rate, rng)
            level = float(gain(LEVELS_DB["riser"]))
            desk.add("fx", end - sound.shape[1], sound, level)
        if phrase.section_start and phrase.label in ("drop", "break") and style.drums:
            desk.add("fx", start, fx.impact(rate, rng), float(gain(LEVELS_DB["impact"] - 6.0)))
            desk.add("fx", start, fx.fall(2.5, rate, rng), float(gain(LEVELS_DB["riser"])))


def _open_filters(desk: Desk, spec: TrackSpec, beat_map: BeatMap, phrases: list[Phrase]) -> None:
    """Low-pass the music where a phrase opens up."""
    music = desk.buses["music"]
    for phrase in phrases:
        if not phrase.opening:
            continue
        start = max(0, int(beat_map.samples(float(BEATS_PER_BAR * phrase.start_bar))))
        end = int(beat_map.samples(float(BEATS_PER_BAR * (phrase.start_bar + phrase.bars))))
        music[:, start:end] = fx.swept(music[:, start:end], 450.0, 14000.0, spec.sample_rate)


def plan(spec: TrackSpec) -> tuple[BeatMap, list[Section], list[Phrase], Score, list[Hit]]:
    """Plan everything but the sound: grid, form, notes and strokes."""
    style = style_named(spec.style)
    sections, phrases = arrange(spec, style, stream(spec.seed, "form"))
    beats = BEATS_PER_BAR * sum(section.bars for section in sections)
    middle = phrases[len(phrases) // 2].start_bar * BEATS_PER_BAR
    times = beat_times_sec(
        beats, spec.bpm, spec.lead_in_sec, spec.drift, spec.step_bpm, middle,
        float(stream(spec.seed, "tempo").uniform(0.0, 6.28)),
    )  # fmt: skip
    beat_map = BeatMap(times, spec.sample_rate, spec.swing_ratio, spec.swing_unit_beats)
    return beat_map, sections, phrases, compose(spec, style, phrases), groove(spec, style, phrases)


def _duration_samples(beat_map: BeatMap) -> int:
    return int(beat_map.samples(float(beat_map.beats))) + int(_TAIL_SEC * beat_map.sample_rate)


def compose_truth(spec: TrackSpec) -> dict[str, Any]:
    """Say what a track's truth will be without rendering it, in milliseconds instead of seconds."""
    beat_map, sections, _, score, hits = plan(spec)
    kicks = _kick_samples(beat_map, hits)
    return truth_of(spec, beat_map, sections, score, kicks, _duration_samples(beat_map))


def render_track(spec: TrackSpec) -> Rendered:
    """Compose and render a track.

    Parameters
    ----------
    spec
        What to play. The same specification gives the same samples.

    Returns
    -------
    Rendered
        Stereo audio and its truth; the audio ends with the reverb's tail.
    """
    style = style_named(spec.style)
    beat_map, sections, phrases, score, hits = plan(spec)
    rate = spec.sample_rate
    n = _duration_samples(beat_map)
    desk = Desk(n, rate)
    kicks = _kick_samples(beat_map, hits)
    _play_drums(desk, spec, style, beat_map, hits)
    _play_notes(desk, spec, style, beat_map, score.notes)
    _sing(desk, spec, beat_map, score.syllables)
    _open_filters(desk, spec, beat_map, phrases)
    beat_sec = 60.0 / spec.bpm
    desk.echo("voice", int(0.75 * beat_sec * rate), 0.4, 0.22)
    desk.echo("music", int(0.75 * beat_sec * rate), 0.35, 0.10)
    _play_effects(desk, spec, style, beat_map, phrases)
    desk.duck(kicks, style.duck, min(0.9 * beat_sec, 0.42))
    rng = stream(spec.seed, "desk")
    mixed = desk.sum(_SENDS, 0.35 + 0.5 * style.reverb)
    floor_db = float(rng.uniform(-80.0, -66.0))
    ceiling_db = CEILING_DBTP if spec.format in ("wav", "flac") else LOSSY_CEILING_DBTP
    samples = mastered(mixed, rate, spec.loudness_lufs, ceiling_db)
    crackle = style.name == "hip-hop" and bool(rng.random() < 0.6)
    samples = samples + fx.bed(n, rate, rng, floor_db, crackle)
    end = int(0.02 * rate)
    samples[:, -end:] *= np.linspace(1.0, 0.0, end, dtype=np.float32)
    return Rendered(samples, rate, truth_of(spec, beat_map, sections, score, kicks, n))
