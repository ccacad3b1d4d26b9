"""Answers of each fold on disk, so that a measurement that was interrupted goes on where it was."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn

import training
from analysis.files import write_atomically
from training import estimators
from training.assigners import Groups, make_model
from training.features import Matrix

CODE = ("assigners", "calibration", "estimators", "tables", "text")
"""Modules of `training` that decide an answer: another line of theirs, and nothing kept counts."""


@dataclass
class KeptModel:
    """A model whose answers are looked up where the same model, rows and code gave them before.

    Parameters
    ----------
    name
        One of `assigners.KINDS_OF_MODEL`.
    folder
        Where answers are kept.
    spent
        Here go the CPU seconds of each answer, whenever it was worked out.

    Attributes
    ----------
    classes_ : list of str
        Labels, sorted.
    """

    name: str
    folder: Path
    spent: list[float] = field(default_factory=list)
    classes_: list[str] = field(default_factory=list)

    def fit(
        self, table: pd.DataFrame, labels: Sequence[str], groups: Groups | None = None
    ) -> KeptModel:
        """Take the rows; learning waits until an answer is not kept."""
        self.classes_ = sorted(set(labels))
        self._learned = (table, list(labels), groups)
        return self

    def predict_proba(self, table: pd.DataFrame) -> Matrix:
        """Return probabilities, shape (n, len(classes_)), from the folder where they are there."""
        path = self.folder / f"{self.name}-{self._hash(table)}.npz"
        if not path.is_file():
            rows, labels, groups = self._learned
            start = time.process_time()
            likely = make_model(self.name).fit(rows, labels, groups).predict_proba(table)
            buffer = io.BytesIO()
            np.savez_compressed(buffer, likely=likely, cpu_sec=time.process_time() - start)
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, buffer.getvalue())
        with np.load(path, allow_pickle=False) as stored:
            self.spent.append(float(stored["cpu_sec"]))
            return np.asarray(stored["likely"], dtype=np.float64)

    def _hash(self, asked: pd.DataFrame) -> str:
        rows, labels, groups = self._learned
        found = hashlib.sha256(repr((make_model(self.name), labels, list(rows))).encode())
        found.update(repr((sklearn.__version__, estimators.TREES, estimators.ROUNDS)).encode())
        for table in (rows, asked):
            found.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
        found.update(b"" if groups is None else np.ascontiguousarray(groups).tobytes())
        found.update(code(CODE))
        return found.hexdigest()[:20]


def code(modules: Sequence[str]) -> bytes:
    """Return the source of modules of `training`, one after another."""
    folder = Path(training.__file__).parent
    return b"".join((folder / f"{module}.py").read_bytes() for module in modules)
