"""What kind of thing a repository is: a project to build with, a copy, a list, a template."""
