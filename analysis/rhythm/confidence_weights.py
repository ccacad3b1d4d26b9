"""Weights of evidence for a grid, fitted on composed tracks by ``benchmarks/fitting/beats.py``."""

CONFIDENCE_WEIGHTS = {
    "one": -2.191,
    "contrast": 0.555,
    "strength": 0.110,
    "odds": 0.717,
    "focus": 0.000,
    "heard": 0.000,
    "spread": 0.000,
    "unmatched": -0.971,
    "slipped": -3.817,
    "adrift": -6.257,
    "wobble": -4.245,
}
