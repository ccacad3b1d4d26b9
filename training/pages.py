"""What the models and the DJ's corrections are worth, as HTML pages that need no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import plotly.graph_objects as go

from analysis.files import write_atomically
from library.buckets import buckets_of_value, show_buckets
from training.audit import Review, acceptance
from training.comparison import Comparison
from training.evaluation import Scores
from training.registry import Version

WANTED_ACCEPTANCE = 0.8
"""Share of answers that a DJ should only have to nod at."""


def write_report(
    comparison: Comparison, scores: tuple[Scores, Scores], classes: Sequence[str], path: Path
) -> None:
    """Write an HTML page that needs no network: figures, F1 by label, both confusions."""
    labels = list(classes)
    bars = go.Figure(
        [
            go.Bar(name=name, x=labels, y=[one.f1 for one in found.per_class])
            for name, found in zip(comparison.names, scores, strict=True)
        ],
        layout={"title": "F1 by label", "barmode": "group"},
    )
    pictures = [bars] + [
        go.Figure(
            go.Heatmap(z=found.confusion, x=labels, y=labels, colorscale="Blues"),
            layout={
                "title": f"{name}: answers (across) to true labels (down)",
                "yaxis": {"autorange": "reversed"},
            },
        )
        for name, found in zip(comparison.names, scores, strict=True)
    ]
    rows = "".join(
        f"<tr><td>{name.replace('_', ' ')}</td><td>{_shown(a)}</td><td>{_shown(b)}</td></tr>"
        for (name, a), b in zip(
            scores[0].summary().items(), scores[1].summary().values(), strict=True
        )
    )
    first, second = comparison.names
    body = (
        f"<h1>{first} and {second}</h1><p>{comparison.verdict}. Gain in accuracy"
        f" {comparison.gain:+.3f} (95 % between {comparison.gain_low:+.3f} and"
        f" {comparison.gain_high:+.3f}); only {first} right: {comparison.only_first}, only"
        f" {second} right: {comparison.only_second}.</p>"
        f"<table><tr><th></th><th>{first}</th><th>{second}</th></tr>{rows}</table>"
    )
    _write(path, "Models", body, pictures)


def importance_picture(shares: Sequence[tuple[str, float]]) -> go.Figure:
    """Return a bar picture of the features that tell most, with their shares."""
    falling = list(shares)[::-1]
    return go.Figure(
        go.Bar(x=[share for _, share in falling], y=[name for name, _ in falling], orientation="h"),
        layout={"title": "What tells most", "xaxis": {"tickformat": ".1%"}},
    )


def write_importance(shares: Sequence[tuple[str, float]], what: str, path: Path) -> None:
    """Write the picture of a model's features as a page."""
    _write(path, what, f"<h1>{escape(what)}</h1>", [importance_picture(shares)])


def write_feedback_report(
    reviews: Sequence[Review],
    versions: Sequence[Version],
    curve: Sequence[tuple[int, float]],
    path: Path,
) -> None:
    """Write how often answers were accepted, what was corrected into what, and what it brought.

    Parameters
    ----------
    reviews
        Oldest first.
    versions
        Of the bucket model.
    curve
        (labelled tracks, accuracy on the holdout) with a part of the labels and with all.
    """
    course = acceptance(reviews)
    pictures = [
        go.Figure(
            [
                go.Scatter(x=[one.time for one in course], y=[one.recent for one in course],
                           name="last 50"),
                go.Scatter(x=[one.time for one in course], y=[one.overall for one in course],
                           name="all"),
            ],
            layout={"title": "Answers accepted", "yaxis": {"range": [0, 1]}},
        ).add_hline(WANTED_ACCEPTANCE, line_dash="dot"),
        go.Figure(
            go.Scatter(x=[count for count, _ in curve], y=[share for _, share in curve]),
            layout={"title": "Accuracy on the holdout by labelled tracks"},
        ),
        go.Figure(
            go.Scatter(
                x=[one.trained_at for one in reversed(versions)],
                y=[one.metrics.get("accuracy") for one in reversed(versions)],
                text=[f"{one.name}: {one.tracks} tracks" for one in reversed(versions)],
                mode="lines+markers",
            ),
            layout={"title": "Accuracy by version"},
        ),
    ]  # fmt: skip
    wrong: dict[tuple[str, str], int] = {}
    for one in reviews:
        if one.answered and not one.accepted:
            pair = (one.predicted or "", show_buckets(buckets_of_value(one.said)))
            wrong[pair] = wrong.get(pair, 0) + 1
    rows = "".join(
        f"<tr><td>{escape(was)}</td><td>{escape(said)}</td><td>{count}</td></tr>"
        for (was, said), count in sorted(wrong.items(), key=lambda item: -item[1])
    )
    share = f"{course[-1].overall:.0%}" if course else "none yet"
    body = (
        f"<h1>Feedback</h1><p>{len(reviews)} reviews; answers accepted: {share}"
        f" (wanted: {WANTED_ACCEPTANCE:.0%}).</p>"
        f"<table><tr><th>answered</th><th>corrected to</th><th>times</th></tr>{rows}</table>"
    )
    _write(path, "Feedback", body, pictures)


def _write(path: Path, title: str, body: str, pictures: Sequence[go.Figure]) -> None:
    parts = [
        picture.to_html(full_html=False, include_plotlyjs=index == 0)
        for index, picture in enumerate(pictures)
    ]
    page = f'<!doctype html><meta charset="utf-8"><title>{title}</title>{body}{"".join(parts)}'
    write_atomically(path, page.encode())


def _shown(value: float | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
