"""What can be said of repositories without a language model: keywords, and a score from signals."""
