"""Two models on the same unseen rows, and whether their difference is real or luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from scipy.stats import binomtest

from analysis.files import write_atomically
from training.evaluation import Scores

REAL_BELOW = 0.05
"""Chance of such a difference between equally good models below which it is called real."""

DRAWS = 2000
"""Bootstrap samples: enough for two digits of a 95 % interval."""


@dataclass(frozen=True)
class Comparison:
    """How much better the second model is.

    Parameters
    ----------
    names
        Of the first and the second model.
    only_first, only_second
        Rows that only one of them got right.
    p_value
        McNemar's exact test: chance of so uneven a split between equally good models.
    gain
        Accuracy of the second less that of the first.
    gain_low, gain_high
        Its 95 % interval by paired bootstrap.
    """

    names: tuple[str, str]
    only_first: int
    only_second: int
    p_value: float
    gain: float
    gain_low: float
    gain_high: float

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        first, second = self.names
        if self.p_value >= REAL_BELOW:
            return f"no real difference between {first} and {second} (p = {self.p_value:.3g})"
        better, worse = (second, first) if self.gain > 0 else (first, second)
        return f"{better} is better than {worse} (p = {self.p_value:.3g})"


def compare(
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    names: tuple[str, str],
    *,
    seed: int = 0,
) -> Comparison:
    """Compare which of the same rows two models got right.

    Parameters
    ----------
    first, second
        Shape (n,), n > 0: True where the model was right.
    names
        Of the models.
    seed
        Of the bootstrap.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    apart = only_first + only_second
    gains = second.astype(np.float64) - first.astype(np.float64)
    draw = np.random.default_rng(seed)
    means = [float(draw.choice(gains, len(gains)).mean()) for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Comparison(
        names,
        only_first,
        only_second,
        float(binomtest(only_first, apart).pvalue) if apart else 1.0,
        float(gains.mean()),
        float(low),
        float(high),
    )


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
    parts = [
        picture.to_html(full_html=False, include_plotlyjs=index == 0)
        for index, picture in enumerate(pictures)
    ]
    page = f'<!doctype html><meta charset="utf-8"><title>Models</title>{body}{"".join(parts)}'
    write_atomically(path, page.encode())


def _shown(value: float | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
