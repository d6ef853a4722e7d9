"""The commands: one module per line of `scout --help`, and nothing else."""
