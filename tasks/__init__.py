"""What a run does: one module per canonical step, the chain, and the sources they read from."""
