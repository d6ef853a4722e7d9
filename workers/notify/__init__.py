"""Telling people what became of a run: exactly once each, and never in the way of the work."""
