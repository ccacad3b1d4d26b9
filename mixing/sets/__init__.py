"""Whole sets: which tracks, in which order, mixed into one continuous file."""
