"""GitHub over its REST API, read only."""
