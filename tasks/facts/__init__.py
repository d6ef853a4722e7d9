"""What is known of a repository beside its text, and worked out without a model."""
