"""Essentia's high-level models, when the DJ has their files."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from analysis.filterbanks import Array

MODELS_VARIABLE = "SEGUE_ESSENTIA_MODELS"
"""Environment variable: the folder that holds Essentia's ``.pb`` models with their ``.json``."""

_EMBEDDING = "msd-musicnn"
_RATE_HZ = 16_000.0


def describe_highlevel(
    essentia: ModuleType | None, folder: str | Path | None, samples: Array, sample_rate: int
) -> dict[str, Any]:
    """Run every classifier in ``folder`` on the track.

    Parameters
    ----------
    essentia
        ``essentia.standard``, or None where it may not run.
    folder
        Holds the MusiCNN embedding model (``msd-musicnn*.pb``) and any classifiers built on it,
        ``NAME-msd-musicnn-*.pb`` beside ``….json`` with their classes: moods, Dortmund genre,
        voice/instrumental, danceability.
    samples
        Mono float32, shape (n,).
    sample_rate
        In Hz.

    Returns
    -------
    dict
        ``{name: {class: probability}}``, or ``{"status": reason}``.
    """
    if essentia is None:
        return {"status": "Essentia does not run"}
    if not folder:
        return {"status": f"no models: name their folder in {MODELS_VARIABLE}"}
    root = Path(folder)
    embedding = sorted(root.glob(f"{_EMBEDDING}*.pb"))
    heads = sorted(path for path in root.glob(f"*-{_EMBEDDING}-*.pb") if path not in embedding)
    if not embedding or not heads:
        return {"status": f"no {_EMBEDDING} models in {root}"}
    if not hasattr(essentia, "TensorflowPredictMusiCNN"):
        return {
            "status": "this build of Essentia runs no TensorFlow models: essentia-tensorflow does"
        }
    try:
        audio = essentia.Resample(
            inputSampleRate=float(sample_rate), outputSampleRate=_RATE_HZ, quality=4
        )(samples)
        activations = essentia.TensorflowPredictMusiCNN(
            graphFilename=str(embedding[0]), output="model/dense/BiasAdd"
        )(audio)
        return {_name(head): _classify(essentia, head, activations) for head in heads}
    except (RuntimeError, OSError, ValueError, KeyError) as error:
        return {"status": f"the models do not run: {' '.join(str(error).split())}"}


def _name(head: Path) -> str:
    """Return what a classifier decides: ``mood_happy-msd-musicnn-1.pb`` → ``mood_happy``."""
    return head.name.split(f"-{_EMBEDDING}")[0]


def _classify(essentia: ModuleType, head: Path, activations: Any) -> dict[str, float]:
    facts = json.loads(head.with_suffix(".json").read_text())
    schema = facts["schema"]
    layer = schema["outputs"][0]["name"]
    probabilities = essentia.TensorflowPredict2D(
        graphFilename=str(head), input=schema["inputs"][0]["name"], output=layer
    )(activations)
    means = np.mean(probabilities, axis=0)
    return {str(name): float(value) for name, value in zip(facts["classes"], means, strict=True)}
