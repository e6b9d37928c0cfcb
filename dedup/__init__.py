"""Near-duplicates: found by MinHash, verified by true Jaccard similarity, removed best first."""
