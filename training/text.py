"""What a track's names say, as a few numbers: sentence embeddings, else TF-IDF and SVD.

all-MiniLM-L6-v2 through sentence-transformers serves where it is installed and its weights lie on
this machine; nothing is downloaded unasked. Vectors are kept by the text's hash.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from training.features import Matrix

ENCODER_NAME = "all-MiniLM-L6-v2"

DIMENSIONS = 24
"""So many directions hold what a few hundred titles have in common; more would be names."""

Encode = Callable[[Sequence[str]], Matrix]

_kept: dict[str, Matrix] = {}


def describe(row: Mapping[Any, Any]) -> str:
    """Return a track in words: ``"{artist} - {title}, {genres}, BPM {bpm}, key {key}"``.

    Parts that are not known are left out.
    """

    def known(*names: str) -> str:
        values = (row.get(name) for name in names)
        return next((str(one).strip() for one in values if one is not None and one == one), "")

    genres = [known(name) for name in ("genre_1", "genre_2", "genre_3", "genre_label", "genre")]
    tempo = known("bpm", "rhythm.bpm_corr")
    try:
        tempo = f"BPM {float(tempo):.0f}"
    except ValueError:
        tempo = ""
    key = known("key", "key_camelot")
    name = " - ".join(part for part in (known("artist"), known("title")) if part)
    words = " ".join(dict.fromkeys(genre for genre in genres if genre))
    return ", ".join(part for part in (name, words, tempo, f"key {key}" if key else "") if part)


def sentence_encoder() -> Encode | None:
    """Return the sentence encoder, or None where it is not installed or has no weights here."""
    if importlib.util.find_spec("sentence_transformers") is None:
        return None
    module = importlib.import_module("sentence_transformers")
    try:
        model = module.SentenceTransformer(ENCODER_NAME, local_files_only=True)
    except Exception:  # its many errors all say: no usable weights here
        return None

    def encode(texts: Sequence[str]) -> Matrix:
        names = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in _kept}
        if new:
            vectors = np.asarray(model.encode(list(new.values())), dtype=np.float64)
            _kept.update(zip(new, vectors, strict=True))
        return np.array([_kept[name] for name in names])

    return encode


@dataclass
class TextFeatures:
    """Columns from the tracks' descriptions.

    Attributes
    ----------
    source_ : str
        ``all-MiniLM-L6-v2``, ``tf-idf``, or empty where the texts say nothing.
    """

    source_: str = ""
    words_: Any = field(default=None, repr=False)
    squeeze_: Any = field(default=None, repr=False)

    def fit(self, table: pd.DataFrame) -> TextFeatures:
        """Learn words (or nothing, with an encoder) and the directions that matter."""
        texts = _texts(table)
        encode = sentence_encoder()
        if encode is not None:
            self.source_ = ENCODER_NAME
            vectors = encode(texts)
            self.squeeze_ = PCA(min(DIMENSIONS, *vectors.shape), random_state=0).fit(vectors)
            return self
        self.words_ = TfidfVectorizer(sublinear_tf=True, min_df=2, strip_accents="unicode")
        try:
            counts = self.words_.fit_transform(texts)
        except ValueError:  # no word stands twice
            return self
        if counts.shape[1] > 1:
            self.source_ = "tf-idf"
            count = min(DIMENSIONS, counts.shape[1] - 1)
            self.squeeze_ = TruncatedSVD(count, random_state=0).fit(counts)
        return self

    def transform(self, table: pd.DataFrame) -> Matrix:
        """Return the columns, shape (n, dimensions); none where the texts said nothing."""
        if not self.source_:
            return np.empty((len(table), 0))
        texts = _texts(table)
        if self.source_ == "tf-idf":
            return np.asarray(self.squeeze_.transform(self.words_.transform(texts)))
        encode = sentence_encoder()
        if encode is None:  # trained where it was installed
            return np.full((len(table), self.squeeze_.n_components_), np.nan)
        return np.asarray(self.squeeze_.transform(encode(texts)))


def _texts(table: pd.DataFrame) -> list[str]:
    return [describe(row) for row in table.to_dict("records")]
