"""What corrections bring: a cold start, then a DJ who looks at tracks in one order or another.

Everything that answers, orders and learns is the product's: `LabelModel`, the review queue, the
leaning of neighbours after each word, and a full training after every tenth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.files import write_atomically
from benchmarks._buckets.kept import code
from training import labels
from training.features import table
from training.labels import LabelledTrack, LabelModel
from training.learn import DJ_WEIGHT
from training.review import review_order
from training.space import leanings, make_space

COLD = 30
"""Labels at the start, of which one in ten is wrong."""

WRONG_SHARE = 0.1

TEST_SHARE = 0.3
"""Tracks that nobody is ever asked about, on which accuracy is measured against the truth."""

POINTS = (0, 10, 50, 100)
"""Corrections after which accuracy is measured."""

EVERY = 10
"""Words between two full trainings."""

CODE = ("calibration", "features", "labels", "review", "space")
"""Modules of `training` that decide a course."""

FIRST_DRAW = 1000
"""Seed of the first reported draw of test tracks, cold start and order."""


@dataclass(frozen=True)
class Course:
    """Accuracy at each of `POINTS`, one row a draw."""

    order: str
    accuracy: np.ndarray

    def mean(self) -> list[float]:
        """Return the mean over the draws."""
        return [float(one) for one in self.accuracy.mean(axis=0)]


def compare_orders(
    tracks: Sequence[LabelledTrack],
    draws: int,
    progress: Callable[[int, int], None] | None = None,
    folder: Path | None = None,
) -> list[Course]:
    """Return how accuracy grows in the queue's order and in random order.

    Parameters
    ----------
    tracks
        With their true labels and what is heard of each.
    draws
        How often test tracks, cold start and random order are drawn anew; both orders start from
        the same.
    progress
        Told (done, total) courses.
    folder
        Where courses are kept: those that are there are not gone through again. None: nowhere.
    """
    name = _hash(tracks)
    found = {order: np.zeros((draws, len(POINTS))) for order in ("queue", "random")}
    for draw in range(draws):
        for number, order in enumerate(found):
            seed = FIRST_DRAW + draw
            path = None if folder is None else folder / f"course-{name}-{order}-{seed}.json"
            if path is not None and path.is_file():
                course = json.loads(path.read_bytes())
            else:
                course = _course(tracks, order, seed)
                if path is not None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_atomically(path, json.dumps(course).encode())
            found[order][draw] = course
            if progress:
                progress(2 * draw + number + 1, 2 * draws)
    return [Course(order, rows) for order, rows in found.items()]


def _hash(tracks: Sequence[LabelledTrack]) -> str:
    """Return a name for courses over the same tracks by the same code and settings."""
    found = hashlib.sha256(Path(__file__).read_bytes() + code(CODE))
    settings = (labels.TREES, COLD, WRONG_SHARE, TEST_SHARE, POINTS, EVERY)
    found.update(repr(settings).encode())
    for track in tracks:
        heard = {} if track.heard is None else track.heard
        row = (track.track_id, track.label, track.genre, sorted(heard.items()))
        found.update(repr(row).encode())
    return found.hexdigest()[:20]


def _course(tracks: Sequence[LabelledTrack], order: str, seed: int) -> list[float]:
    draw = np.random.default_rng(seed)
    mixed = [tracks[at] for at in draw.permutation(len(tracks))]
    tests = round(TEST_SHARE * len(mixed))
    test, pool = mixed[:tests], {one.track_id: one for one in mixed[tests:]}
    classes = sorted({str(one.label) for one in tracks})
    known: dict[str, LabelledTrack] = {}
    for number, track in enumerate(list(pool)[:COLD]):
        one = pool[track]
        if number < round(WRONG_SHARE * COLD):
            others = [name for name in classes if name != one.label]
            one = replace(one, label=str(draw.choice(others)))
        known[track] = one
    shuffled = [str(one) for one in draw.permutation(list(pool)[COLD:])]
    accuracy = []
    for said in range(POINTS[-1] + 1):
        if said % EVERY == 0:
            model = LabelModel("bucket").fit(list(known.values()))
            left = [replace(one, label=None) for name, one in pool.items() if name not in known]
            answers = model.predict(left)
            space = make_space(
                list(answers),
                [None] * len(answers),
                table([model.row_of(one) for one in left], model.columns_),
                model.forest_.feature_importances_ if model.forest_ is not None
                else np.ones(len(model.columns_)),
            )  # fmt: skip
        if said in POINTS:
            accuracy.append(_accuracy(model, test))
        if said == POINTS[-1]:
            break
        track = (
            review_order(answers)[0]
            if order == "queue"
            else next(one for one in shuffled if one not in known)
        )
        word = pool[track]
        known[track] = replace(word, weight=DJ_WEIGHT)
        answers |= leanings(space, track, word.labels, answers)
        del answers[track]
    return accuracy


def _accuracy(model: LabelModel, test: Sequence[LabelledTrack]) -> float:
    found = model.predict([replace(one, label=None) for one in test])
    return float(np.mean([found[one.track_id].value == one.label for one in test]))
