"""Writing a run down as Markdown files that a person can open, share and trust."""
