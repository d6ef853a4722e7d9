"""Options that several commands accept."""
