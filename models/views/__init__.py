"""What is true of runs and workers now, read from rows: what commands and pages show."""
