"""Training mixes: which documents, split, written as shards, with a manifest."""
