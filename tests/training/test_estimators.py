from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.svm import SVC

from training.estimators import BLOCK, BlockSVC


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
