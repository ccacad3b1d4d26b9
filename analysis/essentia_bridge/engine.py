"""Essentia itself, loaded only when it may run."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any


@cache
def load_essentia() -> ModuleType | str:
    """Return ``essentia.standard``, or why it cannot be used, as a clause."""
    try:
        essentia: Any = importlib.import_module("essentia")
        essentia.log.infoActive = False
        essentia.log.warningActive = False
        return importlib.import_module("essentia.standard")
    except ImportError as error:
        return f"Essentia is not installed ({error})"
