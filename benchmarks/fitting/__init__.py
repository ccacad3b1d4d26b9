"""Weights that ship with Segue, fitted again from composed tracks."""
