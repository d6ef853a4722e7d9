"""Models that turn texts into vectors: behind an endpoint, or on this machine."""
