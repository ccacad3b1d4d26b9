from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.svm import SVC

from training.estimators import BLOCK, FORESTS, BlockSVC, ask, fit_member


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_answers_by_blocks_are_the_librarys_own(classes: int) -> None:
    matrix, truth = make_classification(
        2 * BLOCK + 1, 12, n_informative=8, n_classes=classes, random_state=classes
    )
    names = truth * 3 + 1  # labels need not be counted from 0
    theirs = SVC(C=3.0).fit(matrix[:300], names[:300])
    ours = BlockSVC(C=3.0).fit(matrix[:300], names[:300])
    np.testing.assert_allclose(
        ours.decision_function(matrix), theirs.decision_function(matrix), atol=1e-9
    )
    np.testing.assert_array_equal(ours.decision_function(matrix[:1]).shape,
                                  theirs.decision_function(matrix[:1]).shape)  # fmt: skip


def test_members_answer_side_by_side_without_mixing_up_warnings() -> None:
    matrix, truth = make_classification(400, 12, n_informative=8, n_classes=3, random_state=1)
    fitted = {name: fit_member(name, matrix[:200], truth[:200]) for name in ("svm", *FORESTS)}
    filters = list(warnings.filters)
    with warnings.catch_warnings(record=True) as heard:
        for _ in range(5):
            answers = ask(fitted, matrix[200:], 4)
    assert [str(one.message) for one in heard] == []
    assert list(warnings.filters) == filters
    for model, likely in zip(fitted.values(), answers, strict=True):
        assert model is not None
        np.testing.assert_array_equal(likely[:, :3], model.predict_proba(matrix[200:]))
        np.testing.assert_array_equal(likely[:, 3], 0.0)  # a class that none has seen
