"""Metrics for Prometheus: what happens is counted where it does, what is comes from the rows."""
