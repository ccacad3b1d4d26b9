"""What the DJ may switch on and off in an analysis."""

from __future__ import annotations

import os
from dataclasses import dataclass

ESSENTIA_SWITCH = "SEGUE_DISABLE_ESSENTIA"
"""Environment variable: anything but empty and 0 does the same as ``disable_essentia``."""


@dataclass(frozen=True)
class AnalysisOptions:
    """Options of one analysis.

    Parameters
    ----------
    disable_essentia, disable_madmom
        Do without the library even where it is installed.
    embeddings
        Compute a learned embedding where OpenL3 and its weights are there, else say why not.
    stems
        Measure separated stems where Spleeter is there, else say why not.
    max_array_points
        Long curves in the report are shortened to at most this many points; beats never are.
    """

    disable_essentia: bool = False
    disable_madmom: bool = False
    embeddings: bool = False
    stems: bool = False
    max_array_points: int = 512

    def __post_init__(self) -> None:
        if self.max_array_points < 2:
            raise ValueError("max_array_points is at least 2")

    @property
    def use_essentia(self) -> bool:
        """Whether Essentia may run, by these options and by the environment."""
        return not self.disable_essentia and os.environ.get(ESSENTIA_SWITCH, "") in ("", "0")
