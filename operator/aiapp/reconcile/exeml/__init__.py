"""Models of ExeML projects: their records, and what is done before one is registered."""
