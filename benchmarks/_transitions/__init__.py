"""The parts of ``benchmarks/transitions.py``."""
