"""Models of ExeML projects: where they lie, what makes a version one, and what may be done with it. Pure."""
