"""The parts of ``benchmarks/buckets.py``."""
