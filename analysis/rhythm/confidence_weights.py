"""Weights of evidence for a grid, fitted on composed tracks by ``benchmarks/fitting/beats.py``."""

CONFIDENCE_WEIGHTS = {
    "one": -2.975,
    "contrast": 0.795,
    "strength": 1.218,
    "odds": 0.537,
    "focus": 0.969,
    "heard": 0.000,
    "spread": 0.000,
    "unmatched": -1.077,
    "slipped": -5.288,
}
