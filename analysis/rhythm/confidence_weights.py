"""Weights of evidence for a grid, fitted on composed tracks by ``benchmarks/fitting/beats.py``."""

CONFIDENCE_WEIGHTS = {
    "one": -3.636,
    "contrast": 1.408,
    "strength": 0.721,
    "odds": 0.778,
    "focus": 0.000,
    "heard": 0.000,
    "spread": 0.000,
    "unmatched": -1.602,
    "slipped": -5.598,
}
