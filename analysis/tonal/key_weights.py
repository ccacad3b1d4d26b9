"""Weights of the key model, per profile of `analysis.tonal.key.KeyEvidence`.

A tuple for major, then one for minor; degrees in semitones from the tonic up. Multinomial
logistic regression (L2) on composed tracks of thirteen styles with known keys (seeds 1000–1519),
half of them with phrases counted from the wrong bar or not at all, so that no single cue is
trusted alone. ``benchmarks.fitting.keys`` fits them again; on 91 other tracks of the composer it
found none that name more keys of tracks held out.
"""

WEIGHTS = {
    "note": (
        (14.7, -6.2, -7.4, -5.7, 4.1, -1.4, -5.3, 7.1, -2.0, -0.4, -8.7, 9.9),
        (9.2, -12.0, 3.9, 3.8, -7.5, 3.1, -2.1, 6.5, 2.2, -9.2, 1.8, 1.8),
    ),
    "grounded": (
        (8.7, -6.3, -1.7, -4.9, 5.7, 9.5, -8.3, 7.0, -5.2, 2.8, -13.0, 4.4),
        (11.6, -8.7, 7.1, 6.1, -6.9, -4.1, -2.4, 10.7, -0.5, -11.5, 1.9, -1.9),
    ),
    "phrase": (
        (4.0, -3.2, 4.1, -2.8, 3.3, -0.4, -2.0, 0.7, -2.7, -0.4, -2.8, 1.0),
        (6.1, -3.8, 0.8, 2.0, -2.5, -1.5, -1.3, 2.0, -1.2, -2.7, 2.6, 0.8),
    ),
}
BIAS = (-0.09, 0.09)
"""Of major and of minor."""
