"""HTTP for every source: one client with bounds, one guard of keys, one reading of told waits."""
