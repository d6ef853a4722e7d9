"""The vectors of a run's texts: stored, asked for where they are missing, or not to be had."""
