"""Tracks as the DJ knows them: settings, the DJ's notebook, the catalogue."""
