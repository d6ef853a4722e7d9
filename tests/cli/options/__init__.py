"""Tests of the options that several commands accept."""
