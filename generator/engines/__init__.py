"""What answers requests; each engine is one module, found by its entry point."""
