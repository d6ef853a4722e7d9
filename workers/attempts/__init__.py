"""One attempt at a step: how it works, how it is stopped, and what is recorded of its end."""
