"""Templates: which files a package consists of when an InferenceTemplate makes it. Pure."""
