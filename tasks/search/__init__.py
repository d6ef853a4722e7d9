"""Searching: the query string, and the pages of its result as rows."""
