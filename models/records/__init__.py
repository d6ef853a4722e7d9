"""Everything on record about a run: packed into a bundle, or checked for contradictions."""
