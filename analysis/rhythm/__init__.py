"""Rhythm: onsets, tempo, beat grid, bars, and how the track swings.

Layers that each work alone: samples → :func:`measure_curves` → :func:`find_grid` →
:func:`describe_rhythm`.
"""
