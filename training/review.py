"""In which order a DJ looks at answers: where a word helps most, first."""

from __future__ import annotations

from collections.abc import Mapping

from library.predictions import Prediction


def review_order(predictions: Mapping[str, Prediction]) -> list[str]:
    """Return the tracks, those with the least certain answers first."""
    return sorted(
        predictions,
        key=lambda track: (
            predictions[track].value is not None,
            predictions[track].probability,
            track,
        ),
    )
