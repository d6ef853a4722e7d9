"""The loop over units of work that steps share: fetch, save, try again, and how much may fail."""
