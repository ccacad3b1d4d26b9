"""What benchmarks/decks.py measures with."""
