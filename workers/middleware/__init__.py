"""What Dramatiq calls: around every message, and at the beginning and end of a process."""
