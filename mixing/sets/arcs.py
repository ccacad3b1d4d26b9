"""Arcs: how the energy of an evening goes, from its first minute to its last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixing.errors import UnknownStyle

LOW_PERCENTILE, HIGH_PERCENTILE = 5.0, 95.0
"""What counts as the quiet and the loud end of a crate: its tracks but not one stray."""


@dataclass(frozen=True)
class Arc:
    """A course of energy.

    Parameters
    ----------
    name
        As the DJ writes it.
    says
        What it does, in one clause.
    points
        (share of the set's time, energy) from (0, …) to (1, …); energy 0 is the calmest the
        crate has, 1 its peak. Straight lines between.
    """

    name: str
    says: str
    points: tuple[tuple[float, float], ...]

    def at(self, share: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the energy (0–1) at shares of the set's time."""
        shares, energies = zip(*self.points, strict=True)
        return np.asarray(np.interp(share, shares, energies), np.float64)


ARCS = {
    each.name: each
    for each in (
        Arc("warm-up", "rises slowly and leaves the peak to the next DJ", ((0.0, 0.0), (1.0, 0.7))),
        Arc(
            "peak",
            "starts high, climbs to the top and stays there",
            ((0.0, 0.6), (0.2, 0.8), (0.7, 1.0), (0.9, 1.0), (1.0, 0.85)),
        ),
        Arc(
            "journey",
            "two waves, the second one higher, then a way home",
            ((0.0, 0.15), (0.35, 0.8), (0.5, 0.5), (0.8, 1.0), (1.0, 0.3)),
        ),
        Arc("chill", "stays low and comes to rest", ((0.0, 0.35), (0.4, 0.35), (1.0, 0.0))),
    )
}
"""Every arc by name."""

DEFAULT_ARC = "journey"


def find_arc(name: str) -> Arc:
    """Return the arc called ``name``.

    Raises
    ------
    UnknownStyle
        If there is none.
    """
    try:
        return ARCS[name]
    except KeyError:
        raise UnknownStyle(name, ARCS, "arc") from None


def energy_range(energies: Sequence[float]) -> tuple[float, float]:
    """Return the (calm, peak) ends of a crate's energies, on which arcs are drawn."""
    if not energies:
        return 0.0, 10.0
    low, high = np.percentile(energies, (LOW_PERCENTILE, HIGH_PERCENTILE))
    return float(low), float(high)
