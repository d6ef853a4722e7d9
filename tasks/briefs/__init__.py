"""Finding groups of repositories that could be built together, and judging what is said of them."""
