"""Parts of ``benchmarks/analysis.py``: tracks and their truth, engines, workers, scores, tables."""
