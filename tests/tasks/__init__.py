"""Tests of what a run does."""
