"""A set drawn: energy, tempo and key along its time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.files import write_atomically
from mixing.camelot import parse_camelot
from mixing.sets.set_plan import SetPlan, SetTrack

GROUND, PANEL, LINE = "#0E1116", "#161B22", "#2B3340"
TEXT, SECONDARY = "#E6EAF0", "#9AA5B4"
DECK_A, DECK_B = "#2CC9FF", "#FF9F43"
"""The colours of the decks: tracks take turns, as they would lie on them."""


def draw_set(plan: SetPlan, height: int = 460) -> Any:
    """Return the plotly figure of a set, planned or rendered."""
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.42, 0.29, 0.29]
    )
    tracks = plan.tracks
    middles = [(track.enters_sec + track.leaves_sec) / 120 for track in tracks]
    figure.add_trace(
        go.Scatter(
            x=middles,
            y=[track.wished_energy for track in tracks],
            name="energy wished for",
            mode="lines",
            line={"color": SECONDARY, "dash": "dot", "shape": "spline"},
            hoverinfo="skip",
        ),
        row=1,
        col=1,
    )
    for number, track in enumerate(tracks):
        _add_track(figure, number, track)
    for row, title in enumerate(("Energy", "Tempo (BPM)", "Key (Camelot)"), 1):
        figure.update_yaxes(title_text=title, row=row, col=1)
    # Room above each bar for its label.
    levels = [value for track in tracks for value in (track.energy, track.wished_energy) if value]
    tempos = [track.bpm for track in tracks if track.bpm]
    for row, values, least in ((1, levels, 2.0), (2, tempos, 10.0), (3, [1.0, 12.0], 11.0)):
        if values:
            low, high = min(values), max(values)
            spread = max(high - low, least)
            figure.update_yaxes(range=[low - 0.15 * spread, high + 0.3 * spread], row=row, col=1)
    figure.update_yaxes(tickvals=[1, 4, 7, 10, 12], row=3, col=1)
    figure.update_xaxes(title_text="minutes", row=3, col=1)
    figure.update_xaxes(gridcolor=LINE, zeroline=False)
    figure.update_yaxes(gridcolor=LINE, zeroline=False)
    figure.update_layout(
        height=height,
        margin={"l": 56, "r": 12, "t": 12, "b": 40},
        paper_bgcolor=GROUND,
        plot_bgcolor=PANEL,
        font={"color": TEXT, "size": 12},
        showlegend=False,
        hovermode="closest",
    )
    return figure


def _add_track(figure: Any, number: int, track: SetTrack) -> None:
    """Draw one track as a bar in each row."""
    colour = (DECK_A, DECK_B)[number % 2]
    span = [track.enters_sec / 60, track.leaves_sec / 60]
    middle = sum(span) / 2
    hour = parse_camelot(track.camelot)
    values = (track.energy, track.bpm, None if hour is None else hour[0])
    words = (
        "unknown" if track.energy is None else f"energy {track.energy:.1f}",
        "no tempo" if track.bpm is None else f"{track.bpm:.2f} BPM",
        track.camelot or "unknown key",
    )
    for row, (value, said) in enumerate(zip(values, words, strict=True), 1):
        if value is None:
            continue
        figure.add_trace(
            go.Scatter(
                x=[span[0], middle, span[1]],
                y=[value] * 3,
                mode="lines+text",
                text=["", str(number + 1) if row == 1 else (track.camelot if row == 3 else ""), ""],
                textposition="top center",
                textfont={"color": TEXT, "size": 11},
                line={"color": colour, "width": 6},
                hovertemplate=f"{number + 1} · {_plain(track.name)}<br>{said}<extra></extra>",
            ),
            row=row,
            col=1,
        )


def _plain(text: str) -> str:
    """Return text that plotly does not read as markup or as a placeholder."""
    return text.replace("<", "‹").replace(">", "›").replace("{", "(").replace("}", ")")


def write_picture(plan: SetPlan, path: Path) -> None:
    """Write the picture as one HTML file that needs no network."""
    page = draw_set(plan, height=720).to_html(include_plotlyjs=True, full_html=True)
    page = page.replace("<body>", f'<body style="margin:0;background:{GROUND}">', 1)
    write_atomically(path, page.encode())
