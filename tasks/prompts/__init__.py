"""What a model is asked, what it must answer, and what it may not claim."""
