"""Pieces of HTML that several pages show alike. Every text from outside is escaped here."""

from __future__ import annotations

import re
from html import escape

from analysis.report import Report
from app.words import Said, Tone

# Shape as well as colour, so that the tone is read by everyone.
_MARKS = {Tone.GOOD: "✓", Tone.UNSURE: "?", Tone.BAD: "✕", Tone.PLAIN: ""}

# The names that Streamlit's labels know; .streamlit/config.toml says what they look like.
_COLOURS = {Tone.GOOD: "green", Tone.UNSURE: "yellow", Tone.BAD: "red", Tone.PLAIN: "gray"}
_MARKDOWN, _ESCAPED = re.compile(r"([\\`*_\[\]<>$#~:|])"), r"\\\1"

_CAMELOT = re.compile(r"^(1[0-2]|[1-9])([AB])$")
# One hour of the wheel is 30°; 8A/8B (A minor, C major) stand at green-cyan as on printed wheels.
_DEGREES_PER_HOUR = 30
_HUE_AT_ZERO = 285


def said(value: Said, css_class: str = "") -> str:
    """Return words in their tone's colour with its mark before them."""
    mark = _MARKS[value.tone]
    sign = f'<i aria-hidden="true">{mark}</i> ' if mark else ""
    return f'<span class="said {value.tone} {css_class}">{sign}{escape(value.text)}</span>'


def button_text(name: str, value: Said | None) -> str:
    """Return a button's label: a name, and words in their tone's colour with their mark.

    Parameters
    ----------
    name
        What the button is about.
    value
        The words; None for the name alone.
    """
    shown = f"**{_MARKDOWN.sub(_ESCAPED, name)}**"
    if value is None:
        return shown
    mark = _MARKS[value.tone]
    words = f"{mark} {value.text}" if mark else value.text
    return f"{shown} :{_COLOURS[value.tone]}[{words}]"


def camelot_colour(camelot: str) -> str:
    """Return the CSS colour of a place on the Camelot wheel, minor a step darker than major."""
    match = _CAMELOT.match(camelot)
    if match is None:
        return "var(--raised)"
    hue = (_HUE_AT_ZERO - _DEGREES_PER_HOUR * int(match[1])) % 360
    return f"hsl({hue} 62% {58 if match[2] == 'A' else 70}%)"


def camelot_chip(camelot: str | None, *, dimmed: bool = False) -> str:
    """Return the coloured label of a key, '–' where there is none."""
    if not camelot:
        return '<span class="camelot none">–</span>'
    return (
        f'<span class="camelot{" dimmed" if dimmed else ""}" '
        f'style="background:{camelot_colour(camelot)}">{escape(camelot)}</span>'
    )


def bpm_text(report: Report) -> str:
    """Return the tempo in figures, '–' where no beat was found."""
    bpm = report.grid.bpm
    return "–" if bpm is None else f"{bpm:.2f}"


def artwork(track_id: str | None, letter: str) -> str:
    """Return a track's picture, or a plain field with the deck's letter."""
    if track_id is None:
        return f'<div class="art" aria-hidden="true">{escape(letter)}</div>'
    return f'<img class="art" src="/dj/art/{escape(track_id)}" alt="">'
