"""Reading what GitHub knows of each repository that was found: metadata and READMEs."""
