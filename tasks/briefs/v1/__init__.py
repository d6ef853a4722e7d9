"""`scout-brief/1`, which rewarded likeness: kept so that runs which grouped by it replay."""
