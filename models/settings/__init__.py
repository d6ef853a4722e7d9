"""Scout's settings: the only place that reads the environment."""
