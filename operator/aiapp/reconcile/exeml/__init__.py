"""Models of ExeML projects: their records, their registration, and tickets for the pods that serve them."""
