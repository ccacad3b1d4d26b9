"""Where everything lives: one home, one settings object that every path comes from."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from library.folders import typed_path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Folders and files below one home.

    Parameters
    ----------
    home
        ``SEGUE_HOME``, or the folder of ``instructions.json`` (the repository).
    other_reports
        A folder of reports to work on instead of the home's own, with an index of its own.
    """

    home: Path
    other_reports: Path | None = None

    @property
    def reports(self) -> Path:
        """One JSON report and one waveform file a track."""
        return self.other_reports or self.home / "reports"

    @property
    def models(self) -> Path:
        """Trained bundles."""
        return self.home / "models"

    @property
    def data(self) -> Path:
        """Notebook, catalogue, predictions, datasets."""
        return self.home / "data"

    @property
    def logs(self) -> Path:
        """Logs, among them predictions we are unsure of."""
        return self.home / "logs"

    @property
    def demo(self) -> Path:
        """The demo crate's music."""
        return self.home / "demo"

    @property
    def uploads(self) -> Path:
        """Music dropped onto the page."""
        return self.home / "uploads"

    @property
    def mixes(self) -> Path:
        """Rendered transitions and sets."""
        return self.home / "mixes"

    @property
    def cache(self) -> Path:
        """What can be made again at any time, such as decoded sound."""
        return self.home / ".cache"

    @property
    def notebook(self) -> Path:
        """The DJ's own word: corrections, cues, ratings. Never thrown away."""
        return self.data / "notebook.sqlite"

    @property
    def catalogue(self) -> Path:
        """An index that can be rebuilt at any time; one for each folder of reports."""
        if self.other_reports is None:
            return self.data / "catalogue.sqlite"
        mark = hashlib.sha256(os.fsencode(self.other_reports)).hexdigest()[:12]
        return self.data / f"catalogue-{mark}.sqlite"

    @property
    def predictions(self) -> Path:
        """What the models think; training writes it, and may write it anew at any time."""
        return self.data / "predictions.sqlite"

    @property
    def instructions(self) -> Path:
        """The DJ's defaults."""
        return self.home / "instructions.json"

    @property
    def recommender(self) -> Path:
        """The recommender bundle."""
        return self.models / "recommender.joblib"

    def label_model(self, kind: str) -> Path:
        """Return where the model that predicts ``kind`` lies (``genre``, ``bucket``)."""
        return self.models / f"{kind}.joblib"


def load_settings(
    home: Path | str | None = None, other_reports: Path | str | None = None
) -> Settings:
    """Return the settings for ``home``, else for ``SEGUE_HOME``, else for the repository."""
    chosen = home or os.environ.get("SEGUE_HOME") or PROJECT_ROOT
    return Settings(
        typed_path(chosen).resolve(),
        None if other_reports is None else typed_path(other_reports).resolve(),
    )
