"""A language model's view of each repository: asked for, validated, checked and scored."""
