"""Form: which sections follow each other, and which layers play in each phrase."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from composer.spec import TrackSpec
from composer.styles import Style

# Longest run of phrases of one label: 32 bars of break, 32 of drop.
_LONGEST = {"intro": 3, "build": 1, "drop": 4, "break": 4, "verse": 3, "outro": 3}
_GROWTH = ("drop", "break", "verse", "intro", "outro")
# What is left when the time allows only so many phrases.
_SMALLEST = {
    1: "drop",
    2: "intro drop",
    3: "intro drop outro",
    4: "intro drop break drop",
    5: "intro drop break drop outro",
    6: "intro build drop break drop outro",
}
# The same for songs, which need their verses.
_SMALLEST_SONG = {
    1: "verse",
    2: "verse drop",
    3: "intro verse drop",
    4: "intro verse drop outro",
    5: "intro verse drop verse drop",
    6: "intro verse drop verse drop outro",
    7: "intro verse drop verse break drop outro",
}
_ENERGY = {"intro": 3, "build": 6, "drop": 9, "break": 3, "verse": 6, "outro": 3}


@dataclass(frozen=True)
class Section:
    """Consecutive phrases of one label; bars count from 0, energy is 1 to 10."""

    label: str
    start_bar: int
    bars: int
    energy: int


@dataclass(frozen=True)
class Phrase:
    """A run of bars in which the same layers play.

    Parameters
    ----------
    layers
        Level of each sounding layer, 0 to 1: kick snare hats open perc ride bass chords pad arp
        lead vocal.
    opening
        Music low-passed at the start and opening towards the end.
    riser, roll, fill
        Noise sweep, snare roll or drum fill into what follows.
    kick_gap_beats
        The kick is silent for this many beats at the end.
    variation
        Which of a layer's patterns is played.
    """

    label: str
    start_bar: int
    bars: int
    layers: dict[str, float]
    section_start: bool
    opening: bool = False
    riser: bool = False
    roll: bool = False
    fill: bool = False
    kick_gap_beats: int = 0
    variation: int = 0


def _fit_form(form: list[str], phrases: int, rng: np.random.Generator) -> list[str]:
    """Grow or shrink a form to a number of phrases, keeping its order."""
    smallest = _SMALLEST_SONG if "verse" in form else _SMALLEST
    if phrases in smallest and len(form) > phrases:
        return smallest[phrases].split()
    form = list(form)
    while len(form) > phrases:
        doubled = [i for i in range(1, len(form) - 1) if form[i] == form[i - 1]]
        spare = doubled or [i for i in range(1, len(form) - 1) if form[i] in ("build", "verse")]
        spare = spare or list(range(1, len(form) - 1))
        del form[spare[int(rng.integers(len(spare)))]]
    while len(form) < phrases:
        runs = [(label, len(list(group))) for label, group in groupby(form)]
        growable = [
            index
            for index, (label, length) in enumerate(runs)
            if label in _GROWTH and length < _LONGEST[label]
        ]
        if not growable:
            form[-1:-1] = ["break", "drop"] if phrases - len(form) > 1 else ["outro"]
            continue
        weights = np.array([4.0 if runs[i][0] == "drop" else 1.5 for i in growable])
        chosen = int(rng.choice(growable, p=weights / weights.sum()))
        at = sum(length for _, length in runs[: chosen + 1])
        form.insert(at, runs[chosen][0])
    return form


def total_phrases(spec: TrackSpec) -> int:
    """Phrases that come nearest to the wished duration."""
    bars = spec.seconds * spec.bpm / 240.0
    return max(1, round(bars / spec.phrase_bars))


def _layers(
    label: str, index: int, count: int, spec: TrackSpec, style: Style, rng: np.random.Generator
) -> dict[str, float]:
    """Layers of one phrase of a section of ``count`` phrases."""

    def maybe(share: float, level: float = 1.0) -> float:
        return level if rng.random() < share else 0.0

    last = index == count - 1
    arp, lead = style.arp_share, style.lead_share
    if label == "intro":
        layers = {"kick": 0.85, "hats": 0.7, "perc": maybe(0.7, 0.8), "pad": maybe(0.4, 0.5)}
        if index > 0 or count == 1:
            layers |= {"snare": maybe(0.8, 0.8), "open": maybe(0.5, 0.6), "chords": maybe(0.4, 0.4)}
        if last and count > 1:
            layers |= {"bass": maybe(0.5, 0.7)}
        if spec.drumless_intro or not style.drums:
            layers = {"pad": 0.9, "lead": maybe(0.5, 0.5), "arp": maybe(0.4, 0.5)}
            if not (layers["lead"] or layers["arp"]):
                layers["chords"] = 0.6
    elif label == "build":
        layers = {"hats": 0.6, "chords": 0.8, "pad": 0.5, "arp": maybe(arp, 0.8)}
        layers |= {"kick": maybe(0.55, 0.9), "bass": maybe(0.3, 0.6), "lead": maybe(lead * 0.5)}
    elif label == "drop":
        layers = {"kick": 1.0, "snare": 1.0, "hats": 1.0, "open": 1.0, "bass": 1.0, "perc": 0.9}
        layers |= {"chords": maybe(0.85, 0.9), "pad": maybe(0.4, 0.5), "ride": maybe(0.7 * last)}
        layers |= {"lead": maybe(lead, 0.9), "arp": maybe(arp, 0.7), "vocal": maybe(0.5)}
    elif label == "break":
        layers = {"pad": 1.0, "chords": maybe(0.5, 0.7), "lead": maybe(0.25 + 0.6 * lead, 0.8)}
        layers |= {"arp": maybe(arp, 0.8), "vocal": maybe(0.75), "bass": maybe(0.25, 0.5)}
        if index > 0:
            layers["hats"] = maybe(0.3, 0.4)
    elif label == "verse":
        layers = {"kick": 1.0, "snare": 1.0, "hats": 0.8, "bass": 0.9, "chords": 0.8}
        layers |= {"perc": maybe(0.5, 0.7), "vocal": 1.0, "lead": maybe(0.2, 0.5)}
    else:
        layers = {"kick": 0.85, "hats": 0.7, "perc": maybe(0.8, 0.8), "snare": maybe(0.6, 0.8)}
        layers |= {"pad": maybe(0.4, 0.5), "bass": maybe(0.6, 0.8) if index == 0 < count - 1 else 0}
        if spec.drumless_outro:
            layers = {"pad": 0.9, "lead": maybe(0.5, 0.5)}
    if not spec.vocals:
        layers.pop("vocal", None)
    if not style.drums:
        for name in ("kick", "snare", "hats", "open", "perc", "ride"):
            layers.pop(name, None)
        layers["pad"] = max(layers.get("pad", 0.0), 0.7)
    return {name: level for name, level in layers.items() if level > 0.0}


def arrange(
    spec: TrackSpec, style: Style, rng: np.random.Generator
) -> tuple[list[Section], list[Phrase]]:
    """Lay out the track's sections and its phrases.

    Returns
    -------
    sections, phrases
        Both gapless from bar 0; every section is a whole number of phrases.
    """
    form = style.forms[int(rng.integers(len(style.forms)))].split()
    labels = _fit_form(form, total_phrases(spec), rng)
    if not style.drums:  # nothing drops where nothing beats
        labels = ["verse" if label == "drop" else label for label in labels]
    sections: list[Section] = []
    phrases: list[Phrase] = []
    bar = 0
    drops = 0
    runs = [(label, len(list(group))) for label, group in groupby(labels)]
    for number, (label, count) in enumerate(runs):
        following = runs[number + 1][0] if number + 1 < len(runs) else ""
        drops += label == "drop"
        energy = _ENERGY[label] + (1 if label == "drop" and drops > 1 else 0)
        sections.append(Section(label, bar, count * spec.phrase_bars, energy))
        for index in range(count):
            last = index == count - 1
            into_drop = last and following == "drop"
            lifted = into_drop and label in ("build", "break", "intro")
            layers = _layers(label, index, count, spec, style, rng)
            drummed = "kick" in layers or "snare" in layers
            phrases.append(
                Phrase(
                    label=label,
                    start_bar=bar,
                    bars=spec.phrase_bars,
                    layers=layers,
                    section_start=index == 0,
                    opening=label in ("intro", "build") or (label == "break" and lifted),
                    riser=lifted or (last and following == "build" and rng.random() < 0.5),
                    roll=lifted and style.drums and label != "intro" and rng.random() < 0.75,
                    fill=drummed and not lifted and bool(rng.random() < (0.8 if last else 0.45)),
                    kick_gap_beats=int(rng.choice([0, 1, 2, 4])) if into_drop else 0,
                    variation=int(rng.integers(4)) if index else 0,
                )
            )
            bar += spec.phrase_bars
    return sections, phrases
