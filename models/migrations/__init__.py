"""Numbered, immutable migrations; a file's name is its identity."""
