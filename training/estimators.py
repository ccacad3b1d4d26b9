"""The estimators a table model is made of, each with settings that suit a few hundred tracks."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections import ChainMap, Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, cpu_count, delayed
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import SVC
from sklearn.utils.multiclass import _ovr_decision_function
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from training.features import Matrix

SEED = 0

TREES = 400
"""Trees of a forest; more change answers by less than their noise."""

ROUNDS = 160
"""Rounds of boosting: many trees of few leaves at a low rate are surer of what is right than half
as many larger ones."""

FOUND_ROUNDS = 80
"""Rounds of other libraries' boosting, whose trees are larger."""

NETWORKS = 4
"""Networks that begin elsewhere and answer together: each alone is too sure of itself."""

NETWORK_ROUNDS = 120
"""Steps of the network's search, which on a few hundred rows beats learning by batches."""

MANY_ROWS = 8000
"""Beyond, a support vector machine's time grows with the square of the rows, and the trees know
enough without it; and one network learns enough."""

SVM_FOLDS = 3
"""Folds in which a support vector machine learns how sure it is."""

BLOCK = 1024
"""Rows whose nearness to all support vectors is held in memory at a time."""


def forest() -> Any:
    """Return a random forest: robust, and best where a few columns tell much."""
    return RandomForestClassifier(TREES, random_state=SEED, n_jobs=1)


def extra_trees() -> Any:
    """Return extremely randomised trees that look at a third of the columns for each split.

    Random cuts keep them from learning single tracks; many columns keep them from wasting
    splits on those that say nothing.
    """
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        ExtraTreesClassifier(TREES, max_features=0.3, random_state=SEED, n_jobs=1),
    )


def boosting() -> Any:
    """Return gradient boosting with small trees, each split on a fifth of the columns."""
    return HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        learning_rate=0.07,
        max_leaf_nodes=6,
        l2_regularization=3.0,
        max_features=0.2,
        early_stopping=False,
        random_state=SEED,
    )


class BlockSVC(SVC):  # type: ignore[misc]
    """scikit-learn's support vector machine, which answers many rows by products of matrices.

    libsvm works out each row's nearness to each support vector by itself; the same decision by
    blocks of rows takes a fifth of the time.
    """

    def decision_function(self, matrix: Matrix) -> Matrix:
        """Return how much speaks for each class, shape (n, classes); of two, for the second."""
        ends = np.cumsum([0, *self.n_support_])
        pairs = list(combinations(range(len(self.classes_)), 2))
        # dual_coef_ holds for a vector of class c its weight against each other class in turn
        weights = np.zeros((len(self.support_vectors_), len(pairs)))
        for column, (one, other) in enumerate(pairs):
            for mine, against in ((one, other - 1), (other, one)):
                vectors = slice(ends[mine], ends[mine + 1])
                weights[vectors, column] = self.dual_coef_[against, vectors]
        duels: Matrix = np.vstack([
            rbf_kernel(matrix[start : start + BLOCK], self.support_vectors_, self._gamma) @ weights
            for start in range(0, len(matrix), BLOCK)
        ]) + self.intercept_  # fmt: skip
        if len(pairs) == 1:
            return duels.ravel()
        return np.asarray(_ovr_decision_function(duels < 0, -duels, len(self.classes_)))


def svm(rows: int) -> Any:
    """Return a support vector machine on columns squeezed into normal distributions."""
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        QuantileTransformer(
            n_quantiles=min(200, rows), output_distribution="normal", random_state=SEED
        ),
        CalibratedClassifierCV(BlockSVC(C=3.0), cv=SVM_FOLDS, ensemble=False),
    )


def mlp(rows: int) -> Any:
    """Return small neural networks on columns squeezed into normal distributions."""
    networks = [
        (str(seed), MLPClassifier((100,), solver="lbfgs", alpha=1.0, max_iter=NETWORK_ROUNDS,
                                  random_state=seed))
        for seed in range(SEED, SEED + (NETWORKS if rows <= MANY_ROWS else 1))
    ]  # fmt: skip
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        QuantileTransformer(
            n_quantiles=min(200, rows), output_distribution="normal", random_state=SEED
        ),
        VotingClassifier(networks, voting="soft"),
    )


def installed(name: str) -> bool:
    """Return whether an optional library is there."""
    return importlib.util.find_spec(name) is not None


class Found:
    """Another library's boosting, with classes renumbered as it needs them.

    Parameters
    ----------
    library, maker
        Where it is, and what it is called there.
    """

    def __init__(self, library: str, maker: str) -> None:
        self.library = library
        self.maker = maker

    def fit(self, matrix: Matrix, truth: npt.NDArray[np.int_]) -> Found:
        """Learn; the classes may have gaps."""
        self.classes_, places = np.unique(truth, return_inverse=True)
        make = getattr(importlib.import_module(self.library), self.maker)
        quiet = {"verbose": -1} if self.library == "lightgbm" else {"verbosity": 0}
        self.model_ = make(
            n_estimators=FOUND_ROUNDS, learning_rate=0.1, random_state=SEED, n_jobs=1, **quiet
        )
        self.model_.fit(matrix, places)
        return self

    def predict_proba(self, matrix: Matrix) -> Matrix:
        """Return probabilities, shape (n, len(classes_))."""
        return np.asarray(self.model_.predict_proba(matrix), dtype=np.float64)


MEMBERS: dict[str, Callable[[int], Any]] = {
    "forest": lambda rows: forest(),
    "extra_trees": lambda rows: extra_trees(),
    "svm": svm,
    "boosting": lambda rows: boosting(),
    "mlp": mlp,
    "lightgbm": lambda rows: Found("lightgbm", "LGBMClassifier"),
    "xgboost": lambda rows: Found("xgboost", "XGBClassifier"),
}
"""{name: maker, given the number of rows to learn from}."""

FORESTS = ("forest", "extra_trees")


def fit_member(name: str, matrix: Matrix, truth: npt.NDArray[np.int_]) -> Any | None:
    """Fit one estimator; None where the data are too few for it.

    Parameters
    ----------
    name
        One of `MEMBERS`.
    matrix
        Shape (n, columns), NaN where missing.
    truth
        Class indices, shape (n,), of at least two classes.
    """
    if name == "svm" and (
        len(truth) > MANY_ROWS or min(Counter(truth.tolist()).values()) < SVM_FOLDS
    ):
        return None  # it would take hours, or not see every class in every fold
    with threadpool_limits(1), warnings.catch_warnings():
        # the network stops by intent before its loss does
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        # threads that wait for each other cost more than they bring
        return MEMBERS[name](len(matrix)).fit(matrix, truth)


def ask(members: Mapping[str, Any], matrix: Matrix, classes: int) -> list[Matrix]:
    """Return each fitted estimator's probabilities over all classes, shape (n, classes).

    They answer side by side: their loops run outside Python, and one slow member costs the others
    nothing. Forests take turns: for each tree scikit-learn sets the process's warning filters
    aside, and two at a time would mix them up.

    Parameters
    ----------
    members
        {one of `MEMBERS`: fitted estimator}.
    matrix
        Shape (n, columns), NaN where missing.
    classes
        How many there are.
    """
    turns = [[name for name in members if name in FORESTS]]
    turns += [[name] for name in members if name not in FORESTS]

    def answer(names: Sequence[str]) -> dict[str, Matrix]:
        found = {}
        for name in names:
            likely = np.zeros((len(matrix), classes))
            own = np.asarray(members[name].classes_, dtype=int)
            likely[:, own] = members[name].predict_proba(matrix)
            found[name] = likely
        return found

    side_by_side = Parallel(n_jobs=max(1, min(len(members), cpu_count())), require="sharedmem")
    with threadpool_limits(1):
        answers = dict(ChainMap(*side_by_side(delayed(answer)(names) for names in turns)))
    return [answers[name] for name in members]
