"""Asking a broker whether it can do what Scout needs of it, by doing it."""
