"""The command line ``segue``: one file a group of commands, one place for errors."""

from __future__ import annotations

from app.cli.main import main

__all__ = ["main"]
