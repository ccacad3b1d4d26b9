"""How long it takes to learn from, and to answer, 50,000 rows."""

from __future__ import annotations

import time
from dataclasses import dataclass

from training.assign import assign
from training.assigners import make_model
from training.synthetic import make_dataset

ROWS = 50_000
LEARNED = (5_000, 50_000)
"""Rows that a model has learned from before it is asked: a large library's labels, and beyond."""


@dataclass(frozen=True)
class Timing:
    """Seconds of one model: CPU time of all threads, and what passed on the clock."""

    model: str
    train_rows: int
    train_cpu_sec: float
    asked_rows: int
    answer_cpu_sec: float
    answer_sec: float


def time_model(name: str, *, learn: int, ask: int = ROWS) -> Timing:
    """Train a model on made-up rows, and have it answer others, as `segue buckets assign` does."""
    known = make_dataset(learn, seed=3)
    model = make_model(name)
    names = [] if model.with_text else ["artist", "title"]
    features = known.drop(columns=["bucket_label", "track_id", *names])
    start = time.process_time()
    model.fit(features, known["bucket_label"].tolist())
    trained = time.process_time()
    new = make_dataset(ask, seed=4).drop(columns="bucket_label")
    asked, at = time.process_time(), time.perf_counter()
    assign(new, model)
    return Timing(
        name, learn, trained - start, ask, time.process_time() - asked, time.perf_counter() - at
    )
