"""Invented artists, titles and albums."""

from __future__ import annotations

import numpy as np

_FIRST = (
    "Marlow", "Ines", "Kessler", "Odile", "Juno", "Tamsin", "Rafe", "Noor", "Vesna", "Caspian",
    "Anouk", "Dario", "Liv", "Silas", "Mireille", "Otis", "Yuki", "Petra", "Emeka", "Solveig",
)  # fmt: skip
_LAST = (
    "Varga", "Halloran", "Quist", "Adeyemi", "Brandt", "Okada", "Fontaine", "Ruiz", "Lindqvist",
    "Marchetti", "Vale", "Nakamura", "Osei", "Ferro", "Castellan", "Holm", "Duarte", "Novak",
)  # fmt: skip
_PROJECTS = (
    "Velvet Signal", "Night Ferry", "Concrete Orchard", "Paper Lanterns", "Low Tide Club",
    "Static Garden", "Copper Moth", "Tenth Floor", "Glass Harbour", "Moonlight Depot",
    "Second Sunrise", "Salt & Circuit", "Harbour Lights", "Quiet Machines", "Amber Transit",
    "The Slow Lift", "Parallel Coast", "Northbound", "Kilo Avenue", "Soft Voltage",
)  # fmt: skip
_WORDS = {
    "deep house": ("Balcony", "Linen", "Late Checkout", "Warm Concrete", "Cinnamon", "Low Light"),
    "techno": ("Turbine", "Sector Nine", "Pressure Valve", "Black Ice", "Conveyor", "Ferrous"),
    "drum & bass": ("Undertow", "Slipstream", "Night Bus", "Afterburner", "Riptide", "Gravity"),
    "hip-hop": ("Corner Store", "Sunday Tape", "Loose Change", "Porch Light", "Long Way", "Stoop"),
    "trance": ("Aurora Line", "Weightless", "Skyward", "First Light", "Horizon Song", "Solstice"),
    "reggaeton": ("Calle Nueve", "Medianoche", "Sin Prisa", "Verano Azul", "Otra Vez", "Candela"),
    "ambient": ("Snowfield", "Tidal Room", "Glass Hours", "Lichen", "Fog Signal", "Still Water"),
}  # fmt: skip
_COMMON = (
    "Ember", "Sidewalk", "Daydream", "Mirage", "Paper Moon", "Kaleido", "Overpass", "Blue Hour",
    "Satellite", "Marigold", "Static", "Carousel", "Telegram", "Velour", "Ripple", "Foxglove",
    "Halogen", "Driftwood", "Signal Fire", "Tangerine", "Backstreet", "Polaroid", "Monsoon",
)  # fmt: skip
_SUFFIXES = ("", "", "", "", " (Extended Mix)", " (Dub)", " (Club Edit)", " (Original Mix)")


def invent(rng: np.random.Generator, style: str) -> tuple[str, str, str]:
    """Invent an artist, a title and an album that fit a style."""

    def pick(words: tuple[str, ...]) -> str:
        return words[int(rng.integers(len(words)))]

    artist = pick(_PROJECTS) if rng.random() < 0.5 else f"{pick(_FIRST)} {pick(_LAST)}"
    if rng.random() < 0.12:
        artist += f" feat. {pick(_FIRST)}"
    words = _WORDS.get(style, ()) + _COMMON
    title = pick(words)
    if rng.random() < 0.35:
        title = f"{title} {pick(('in Motion', 'at Dawn', 'Again', 'Theory', 'Drive', 'II'))}"
    album = pick(_COMMON) + pick((" EP", "", " Sessions", ", Vol. 1"))
    return artist, title + pick(_SUFFIXES), album
