"""From a plan to checked documents: items, stages, engines, journal, run."""
