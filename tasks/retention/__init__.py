"""Removing what is old: runs, their exports, and what no run uses any more."""
