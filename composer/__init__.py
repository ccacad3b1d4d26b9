"""Composes and renders dance music whose truth is known exactly. Uses no other package here."""

from composer.render import Rendered, compose_truth, render_track
from composer.spec import TrackSpec, benchmark_specs, compose_spec

__all__ = [
    "Rendered",
    "TrackSpec",
    "benchmark_specs",
    "compose_spec",
    "compose_truth",
    "render_track",
]
