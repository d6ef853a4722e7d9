"""Having a run executed, and showing how it goes."""
