"""Fit the key model: ``python -m benchmarks.fitting.keys --tracks 520 --out FILE``.

Multinomial logistic regression with an L2 penalty on composed tracks of known key: one template
a mode, turned to every tonic, so that twelve keys share their weights. Each track is learned from
four times: twice with its true phrases, once with phrases counted from a wrong bar, once without
any, so that no single cue is trusted alone. Prints how well keys are found in tracks held out of
the fit.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import mir_eval
import numpy as np
import scipy.optimize
import scipy.special
from numpy.typing import NDArray

from analysis.files import write_atomically
from analysis.keys import KEYS, MODES, split_key
from analysis.structure.segment import PHRASE_BARS
from analysis.tonal.key import KeyEvidence
from analysis.tonal.key_weights import BIAS, WEIGHTS
from benchmarks.fitting.heard import Heard, fitting_parser, folds, heard_tracks, table_text

PENALTY = 0.01
"""L2 towards zero: on four views of each of some hundred tracks the least that helps."""
REFINING_PENALTY = 1.0
"""L2 towards the weights in place, which stand for several hundred tracks."""
FOLDS = 5

Floats = NDArray[np.float64]
Profiles = dict[str, Floats]


@dataclass(frozen=True)
class Example:
    """One track: its key as an index of ``KEYS``, its true profiles first, then distorted ones."""

    key: int
    views: tuple[Profiles, ...]


def example_of(heard: Heard, rng: np.random.Generator) -> Example:
    """Measure a track's profiles."""
    evidence = KeyEvidence.of(heard.pitches)
    bars = np.asarray(heard.truth["downbeats"], np.float64)
    wrong = bars[int(rng.integers(1, PHRASE_BARS)) :: PHRASE_BARS]
    true = evidence.profiles(bars[::PHRASE_BARS])
    views = (true, true, evidence.profiles(wrong), evidence.profiles(None))
    return Example(KEYS.index(heard.truth["key"]), views)


def design(profiles: Profiles) -> Floats:
    """Return what each weight is multiplied by for each key, shape (24, weights).

    Weights are a bias for minor, then twelve degrees for each profile and mode.
    """
    rows = np.zeros((len(KEYS), 1 + 24 * len(profiles)))
    for row, key in zip(rows, KEYS, strict=True):
        tonic, mode = split_key(key)
        row[0] = MODES.index(mode)
        for number, name in enumerate(WEIGHTS):
            first = 1 + 24 * number + 12 * MODES.index(mode)
            row[first : first + 12] = np.roll(profiles[name], -tonic)
    return rows


def weights_in_place() -> Floats:
    """Return the weights that ship, in the order of `design`."""
    tables = [np.ravel(WEIGHTS[name]) for name in WEIGHTS]
    return np.concatenate([[BIAS[1] - BIAS[0]], *tables])


def fit(examples: Sequence[Example], start: Floats, penalty: float) -> Floats:
    """Return the weights of least loss: −log probability of the keys plus the L2 penalty.

    Parameters
    ----------
    examples
        Tracks to learn from; their views share the say of one track.
    start
        Weights that the penalty pulls towards.
    penalty
        Its strength.
    """
    table = np.stack([design(view) for one in examples for view in one.views])
    keys = np.array([one.key for one in examples for _ in one.views])
    rows = np.arange(len(keys))

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = table @ weights
        logs = scores - scipy.special.logsumexp(scores, axis=1, keepdims=True)
        away = weights - start
        slope = np.einsum("nk,nkw->w", np.exp(logs), table) - table[rows, keys].sum(axis=0)
        value = -logs[rows, keys].sum() + 0.5 * penalty * (away**2).sum()
        return float(value), slope + penalty * away

    found = scipy.optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}
    )
    return np.asarray(found.x)


def score_of(example: Example, weights: Floats) -> float:
    """Return the MIREX score of the key found with true phrases, fifths either way counted half."""
    found = KEYS[int((design(example.views[0]) @ weights).argmax())]
    true = KEYS[example.key]
    return max(
        float(mir_eval.key.weighted_score(true, found)),
        float(mir_eval.key.weighted_score(found, true)),
    )


def source_of(weights: Floats, origin: str) -> str:
    """Return the module of the weights."""
    tables = []
    for number, name in enumerate(WEIGHTS):
        first = 1 + 24 * number
        rows = weights[first : first + 24].reshape(2, 12)
        tables.append(f'    "{name}": {table_text(rows, digits=1)},\n')
    half = weights[0] / 2
    return f'''"""Weights of the key model, by ``benchmarks.fitting.keys``.

Per profile of `analysis.tonal.key.KeyEvidence` a tuple for major, then one for minor; degrees in
semitones from the tonic up. Multinomial logistic regression (L2) on composed tracks:
{origin}.
"""

# fmt: off
WEIGHTS = {{
{"".join(tables)}}}
BIAS = ({-half:.2f}, {half:.2f})
"""Of major and of minor."""
'''


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, report, write; returns the exit status."""
    parser = fitting_parser(str(__doc__).splitlines()[0], "analysis/tonal/key_weights.py")
    parser.add_argument(
        "--refine", action="store_true",
        help="pull towards the weights in place, not towards zero: for few tracks",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    examples = [example_of(heard, rng) for heard in heard_tracks(options)]
    present = weights_in_place()
    start = present if options.refine else np.zeros_like(present)
    penalty = REFINING_PENALTY if options.refine else PENALTY
    scores = []
    for held_out in folds(len(examples), FOLDS):
        inside = [one for one, out in zip(examples, held_out, strict=True) if not out]
        outside = [one for one, out in zip(examples, held_out, strict=True) if out]
        if inside and outside:
            weights = fit(inside, start, penalty)
            scores += [score_of(one, weights) for one in outside]
    print(f"weights in place: weighted {np.mean([score_of(one, present) for one in examples]):.3f}")
    if scores:
        print(f"fitted, {len(scores)} tracks each held out once: weighted {np.mean(scores):.3f}")
    if options.out:
        origin = f"{options.tracks} of seed {options.seed}"
        origin += ", refining the weights before" if options.refine else ""
        text = source_of(fit(examples, start, penalty), origin)
        write_atomically(options.out, text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
