"""Which optional libraries are here, and what each would add.

Segue's reports are whole without any of them.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

OPENL3_WEIGHTS = "SEGUE_OPENL3_WEIGHTS"
"""Environment variable: path of OpenL3's weights, which pip cannot install any more. The same as
in `analysis.embeddings`, which is not imported here because it loads the transforms."""


BEAT_THIS_CHECKPOINT = "SEGUE_BEAT_THIS_CHECKPOINT"
"""Environment variable: path of Beat This!'s checkpoint, as in `analysis.rhythm`."""


@dataclass(frozen=True)
class Dependency:
    """One optional library as found on this machine.

    Parameters
    ----------
    name
        Its name in reports, under ``metadata.dependencies``.
    available
        Whether it is installed and imports.
    version
        Its version, empty where unknown.
    adds
        What a report gains from it.
    reason
        Why it cannot be used; empty where it can.
    advice
        What to do about that; empty where there is nothing to do.
    """

    name: str
    available: bool
    version: str
    adds: str
    reason: str = ""
    advice: str = ""


@dataclass(frozen=True)
class _Optional:
    module: str
    adds: str
    advice: str


_OPTIONAL = {
    "essentia": _Optional(
        "essentia",
        "Essentia's own descriptors, and a second opinion on key and tempo",
        "pip install 'essentia>=2.1b6.dev1389' (Linux and macOS; there is no Windows wheel)",
    ),
    "madmom": _Optional(
        "madmom",
        "madmom's beats and downbeats beside ours",
        "its last release does not import on Python 3.10 and later; build the main branch from "
        "https://github.com/CPJKU/madmom if you need it (models for non-commercial use only)",
    ),
    "beat_this": _Optional(
        "beat_this",
        "the beats and downbeats of a neural network beside ours",
        "install https://github.com/CPJKU/beat_this with PyTorch in this environment and set "
        f"{BEAT_THIS_CHECKPOINT} to a checkpoint file",
    ),
    "openl3": _Optional(
        "openl3",
        "learned embeddings (--embeddings)",
        "it cannot be installed by pip any more; install its source with TensorFlow and set "
        f"{OPENL3_WEIGHTS} to the weights file",
    ),
    "pyloudnorm": _Optional(
        "pyloudnorm",
        "loudness filters by an independent implementation",
        "pip install pyloudnorm",
    ),
    "spleeter": _Optional(
        "spleeter",
        "levels of separated stems (--stems)",
        "it needs Python below 3.12, NumPy 1 and TensorFlow 2.12, so an environment of its own",
    ),
}


def check_dependencies() -> list[Dependency]:
    """Look for every optional library, importing those that are installed.

    Importing TensorFlow takes seconds; this is for ``segue analyse --check`` and
    ``segue doctor``, not for every start.
    """
    return [check_dependency(name) for name in _OPTIONAL]


def check_dependency(name: str) -> Dependency:
    """Look for one optional library.

    Parameters
    ----------
    name
        essentia, madmom, beat_this, openl3, pyloudnorm or spleeter.
    """
    wanted = _OPTIONAL[name]
    reason = _why_missing(wanted.module)
    version = "" if reason == "not installed" else _version(name)
    variable = {"openl3": OPENL3_WEIGHTS, "beat_this": BEAT_THIS_CHECKPOINT}.get(name)
    if not reason and variable is not None:
        weights = os.environ.get(variable, "")
        if not weights:
            reason = f"installed, but {variable} does not name its weights"
        elif not Path(weights).is_file():
            reason = f"installed, but {variable} names no file: {weights}"
    if reason == "not installed" and name == "essentia" and sys.platform == "win32":
        reason = "there is no Windows wheel"
    return Dependency(
        name=name,
        available=not reason,
        version=version,
        adds=wanted.adds,
        reason=reason,
        advice=wanted.advice if reason else "",
    )


def _why_missing(module: str) -> str:
    """Return why a module cannot be imported, empty where it can."""
    try:
        if importlib.util.find_spec(module) is None:
            return "not installed"
        importlib.import_module(module)
    except Exception as error:  # a broken installation may fail in any way
        return f"installed, but does not import: {type(error).__name__}: {error}".split("\n")[0]
    return ""


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""
