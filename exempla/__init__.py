"""The command line, and what every folder shares: records, places in source files, errors."""
