"""The database of a process: opening it, writing to it, and bringing its schema up to date."""
