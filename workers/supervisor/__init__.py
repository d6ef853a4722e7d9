"""`scout worker`: keeps worker processes running, and owns everything they print."""
