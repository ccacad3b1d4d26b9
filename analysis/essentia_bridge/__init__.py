"""Descriptors under Essentia's own names, most of them computed from the shared frames."""

from analysis.essentia_bridge.describe import describe_essentia

__all__ = ["describe_essentia"]
