"""Where data comes from: fixtures in a dry run, GitHub and a language model in a live one."""
