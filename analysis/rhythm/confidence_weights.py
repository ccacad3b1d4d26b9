"""Weights of evidence for a grid, fitted on composed tracks by ``benchmarks/fitting/beats.py``."""

CONFIDENCE_WEIGHTS = {
    "one": 1.481,
    "contrast": 0.000,
    "strength": 2.482,
    "odds": 0.453,
    "focus": 1.221,
    "heard": 0.000,
    "spread": -1.347,
    "unmatched": -1.740,
    "slipped": -6.245,
}
