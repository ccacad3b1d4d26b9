"""Structure: sections, drops, phrases, and where a DJ would mix in and out."""

from __future__ import annotations

from analysis.structure.describe import describe_structure

__all__ = ["describe_structure"]
