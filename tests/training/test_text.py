"""Sentence embeddings where they are installed, by a stand-in that counts what it is asked."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from training import text
from training.synthetic import make_dataset
from training.text import ENCODER_NAME, TextFeatures


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Install an encoder whose vectors say how often each letter stands in a text."""
    seen: list[str] = []

    class SentenceTransformer:
        def __init__(self, name: str, *, local_files_only: bool) -> None:
            assert (name, local_files_only) == (ENCODER_NAME, True)

        def encode(self, texts: list[str]) -> np.ndarray:
            seen.extend(texts)
            return np.array([[one.count(chr(97 + at)) for at in range(26)] for one in texts])

    module = ModuleType("sentence_transformers")
    module.__spec__ = ModuleSpec("sentence_transformers", None)
    module.SentenceTransformer = SentenceTransformer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    monkeypatch.setattr(text, "_kept", {})
    return seen


def test_texts_are_embedded_once_and_squeezed(asked: list[str]) -> None:
    table = make_dataset(60)
    found = TextFeatures().fit(table)
    assert found.source_ == ENCODER_NAME
    assert len(asked) == len(set(asked))
    count = len(asked)
    columns = found.transform(table)
    assert len(asked) == count, "what was embedded once is kept"
    assert columns.shape[0] == 60
    assert 0 < columns.shape[1] <= text.DIMENSIONS
    found.transform(make_dataset(5, seed=9))
    assert count < len(asked) <= count + 5


def test_a_model_made_with_embeddings_knows_that_they_are_missing(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = TextFeatures().fit(make_dataset(30))
    monkeypatch.setattr(text, "sentence_encoder", lambda: None)
    assert np.isnan(found.transform(make_dataset(4, seed=1))).all()
