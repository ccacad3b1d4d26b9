"""One audio file in, one report out. Knows nothing of libraries, models or screens."""
