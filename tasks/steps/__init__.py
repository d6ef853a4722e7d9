"""The ten canonical steps; each module has the name of its step."""
