"""What happened to a run, and what to do next: the rules behind `scout explain`."""
