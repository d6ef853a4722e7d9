"""How alike texts are: by vectors, which are stored or asked for, or by their rare words."""
