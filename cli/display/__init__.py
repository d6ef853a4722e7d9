"""How things look: on a terminal, and the pages of one run."""
