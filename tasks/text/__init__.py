"""Reading text from outside: its sentences and its keywords."""
